#!/usr/bin/python3
"""The support policy as a table, computed apart from the program: every level and category, opened at twelve instants of
the days around 8 December 2026 (a holiday, a Tuesday), with the three deadlines.

It knows the policy's hours and limits by heart, counts minute by minute with zoneinfo, and prints policy.golden:

    python3 policy.py > policy.golden
"""
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
HOLIDAYS = {date(2026, 12, 8), date(2026, 12, 25), date(2026, 12, 26)}

# Hours by level: weekday (Monday is 0) to intervals of minutes since midnight.
OFFICE = {d: [(540, 780), (840, 1080)] for d in range(5)}
LONG = {d: [(480, 1200)] for d in range(5)} | {5: [(480, 780)]}
LEVELS = {
    # level: (hours, kept on holidays, limits in minutes of a blocking and of another anomaly: contact, intervention, restore)
    "professional": (OFFICE, True, {"blocking": (60, 240, 240), "non_blocking": (240, 480, 480)}),
    "advanced": (LONG, True, {"blocking": (60, 240, 240), "non_blocking": (240, 480, 480)}),
    "extended": (None, False, {"blocking": (60, 240, 120), "non_blocking": (240, 480, 240)}),
    "on_request": (OFFICE, True, {}),
}
CATEGORIES = ["blocking", "non_blocking", "question", "change", "feature"]
OPENED = [
    "2026-12-04 17:20:00",  # Friday, towards the evening
    "2026-12-04 18:00:00",  # Friday, the closing instant
    "2026-12-05 07:59:59",  # Saturday, a second before the longer hours begin
    "2026-12-05 12:30:00",  # Saturday noon
    "2026-12-06 15:00:00",  # Sunday
    "2026-12-07 03:12:00",  # the night to Monday
    "2026-12-07 09:00:00",  # the opening instant
    "2026-12-07 13:00:00",  # the break begins
    "2026-12-07 17:59:00",  # the eve of the holiday, a minute before the end
    "2026-12-08 10:00:00",  # the holiday
    "2026-12-09 13:59:30",  # a break's last half minute
    "2026-12-11 19:45:00",  # Friday evening again
]


def is_open(instant, hours, closed):
    """Whether the minute that begins at this instant (UTC) counts."""
    if hours is None:
        return True
    wall = instant.astimezone(ROME)
    if closed and wall.date() in HOLIDAYS:
        return False
    minute = wall.hour * 60 + wall.minute
    return any(a <= minute < b for a, b in hours.get(wall.weekday(), []))


def due(start, minutes, hours, closed):
    """Walks from start until so many minutes counted."""
    left, at = minutes * 60, start
    while left > 0:
        step = 60 - at.second
        if is_open(at - timedelta(seconds=at.second), hours, closed):
            if left <= step:
                return at + timedelta(seconds=left)
            left -= step
        at += timedelta(seconds=step)
    return at


def show(instant):
    return instant.astimezone(ROME).strftime("%Y-%m-%dT%H:%M:%S%z")


print("# level category opened contact intervention restore(projected); - is no promise; made by policy.py")
for level, (hours, closed, limits) in LEVELS.items():
    for category in CATEGORIES:
        for text in OPENED:
            opened = datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(timezone.utc)
            row = ["-"] * 3
            if category in limits:
                contact, intervention, restore = limits[category]
                acted = due(opened, intervention, hours, closed)
                row = [show(due(opened, contact, hours, closed)), show(acted), show(due(acted, restore, hours, closed))]
            print(level, category, show(opened), *row)
