"""Writes icu.txt: how ICU spells numbers, days and times of day, the oracle of the grammars' tests. Run by hand:
python3 spellout.py > icu.txt
Needs Debian's python3-icu. Numbers are spelt by ICU's rule sets; names of days and months are its symbols. ICU has no rules for a
time of day in words: FRAMES says which of its spelt numbers stand where in one."""
import datetime
import icu

RULES = {"it": "%spellout-numbering", "en": "%spellout-cardinal-verbose", "de": "%spellout-numbering",
         "fr": "%spellout-numbering", "es": "%spellout-numbering"}
ORDINALS = {"en": "%spellout-ordinal", "de": "%spellout-ordinal-n"}
NUMBERS = list(range(0, 1201)) + list(range(1900, 2101, 3)) + [n * 7919 % 1000000 for n in range(1, 400)] + [
    9999, 10000, 21000, 100000, 101000, 108008, 123456, 180081, 200000, 888888, 999999]
MORE = [1001, 2001, 11000, 11111, 21021, 31000, 31031, 71071, 80000, 80080, 81000, 91000, 100001, 100100, 101001, 111000, 121000,
        121121, 131000, 200200, 201000, 221000, 300080, 480080, 501001, 521000, 580000, 700000, 900000, 999000]


def speller(lang, rules):
    spell = icu.RuleBasedNumberFormat(icu.URBNFRuleSetTag.SPELLOUT, icu.Locale(lang))
    spell.setDefaultRuleSet(rules)
    return lambda n: spell.format(n).replace("\u00ad", "")


def frames(lang, plain, feminine, masculine, h, m):
    """A time of day, in the frame of a language."""
    if lang == "it":
        return ("mezzanotte" if h == 0 else "l'una" if h == 1 else "mezzogiorno" if h == 12 else "le ore " + plain(h)) + (
            " e " + plain(m) if m else "")
    if lang == "en":
        if m == 0:
            return "midnight" if h == 0 else "noon" if h == 12 else plain(h) + (" o'clock" if h < 12 else " hundred")
        return plain(h) + (" oh " if m < 10 else " ") + plain(m)
    if lang == "de":
        return masculine(h) + " Uhr" + (" " + plain(m) if m else "")
    if lang == "fr":
        hours = "midi" if h == 12 else "minuit" if h == 0 and m == 0 else feminine(h) + (" heure" if h < 2 else " heures")
        return hours + (" " + feminine(m) if m else "")
    if m == 0 and h in (0, 12):
        return "la medianoche" if h == 0 else "las doce del mediodía"
    return ("la " if h == 1 else "las ") + feminine(h) + (" y " + plain(m) if m else "")


for lang in ("it", "en", "de", "fr", "es"):
    spell = speller(lang, RULES[lang])
    feminine = speller(lang, "%spellout-cardinal-feminine" if lang in ("it", "fr", "es", "de") else RULES[lang])
    masculine = speller(lang, "%spellout-cardinal-masculine" if lang in ("it", "fr", "es", "de") else RULES[lang])
    for n in sorted(set(NUMBERS + MORE)):
        print(lang, "cardinal", n, spell(n), sep="\t")
    names = icu.DateFormatSymbols(icu.Locale(lang))
    for i, name in enumerate(names.getMonths(), 1):
        print(lang, "month", i, name, sep="\t")
    for i, name in enumerate(names.getWeekdays()[1:]):
        print(lang, "weekday", i, name, sep="\t")
    if lang in ORDINALS:
        ordinal = speller(lang, ORDINALS[lang])
        for n in range(1, 32):
            print(lang, "ordinal", n, ordinal(n), sep="\t")
    for h in range(24):
        for m in (0, 1, 5, 9, 10, 11, 15, 21, 30, 31, 45, 51, 59):
            print(lang, "clock", h * 60 + m, frames(lang, spell, feminine, masculine, h, m), sep="\t")
    if lang in ("de", "fr", "es"):  # the year 2026, by the day of the year
        symbols = (names.getWeekdays()[1:], names.getMonths())
        nth = {"de": lambda n: speller("de", "%spellout-ordinal-n")(n),
               "fr": lambda n: speller("fr", "%spellout-ordinal-masculine")(n) if n == 1 else spell(n), "es": spell}[lang]
        for day in range(0, 365, 3):
            at = datetime.date(2026, 1, 1) + datetime.timedelta(days=day)
            week, name, number = symbols[0][(at.weekday() + 1) % 7], symbols[1][at.month - 1], nth(at.day)
            text = {"de": f"{week}, den {number} {name}", "fr": f"{week} {number} {name}", "es": f"{week} {number} de {name}"}[lang]
            print(lang, "date", day, text, sep="\t")
            print(lang, "year", 1900 + day, spell(1900 + day) if lang != "de" else
                  speller("de", "%spellout-numbering-year")(1900 + day), sep="\t")
