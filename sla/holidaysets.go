package sla

import (
	"maps"
	"slices"
	"time"
)

// HolidaySets lists the sets of public holidays that a calendar may name, computed offline for any year. What is not
// here comes by an iCalendar file (ReadHolidays) or as exceptions.
func HolidaySets() []string { return slices.Sorted(maps.Keys(holidaySets())) }

func holidaySets() map[string]func() []rule {
	sets := map[string]func() []rule{
		"it": italian, "fr": french, "fr-am": alsatian, "es": spanish, "ch-ti": ticinese, "de": german,
		"gb-eng": english, "gb-sct": scottish, "gb-nir": northernIrish,
	}
	for id, extra := range laender() {
		sets["de-"+id] = func() []rule { return append(german(), extra...) }
	}
	return sets
}

// italian are the public holidays of Italy (law 260 of 1949 as it stands): 2 June again by law 336 of 2000, Saint
// Francis again by law 151 of 2025, in force since 2026. The patron saint is the calendar's own.
func italian() []rule {
	return []rule{
		fixed(time.January, 1, "Capodanno"), fixed(time.January, 6, "Epifania"), easter(0, "Pasqua"), easter(1, "Lunedì dell'Angelo"),
		fixed(time.April, 25, "Liberazione"), fixed(time.May, 1, "Festa del lavoro"),
		fixed(time.June, 2, "Festa della Repubblica").from(2001), fixed(time.August, 15, "Ferragosto"),
		once(2011, time.March, 17, "150º dell'Unità d'Italia"), fixed(time.October, 4, "San Francesco").from(2026), fixed(time.November, 1, "Ognissanti"),
		fixed(time.December, 8, "Immacolata Concezione"), fixed(time.December, 25, "Natale"), fixed(time.December, 26, "Santo Stefano"),
	}
}

// french are those of the Code du travail, L3133-1.
func french() []rule {
	return []rule{
		fixed(time.January, 1, "Jour de l'An"), easter(1, "Lundi de Pâques"), fixed(time.May, 1, "Fête du Travail"),
		fixed(time.May, 8, "Victoire 1945"), easter(39, "Ascension"), easter(50, "Lundi de Pentecôte"),
		fixed(time.July, 14, "Fête nationale"), fixed(time.August, 15, "Assomption"), fixed(time.November, 1, "Toussaint"),
		fixed(time.November, 11, "Armistice"), fixed(time.December, 25, "Noël"),
	}
}

// alsatian adds the two of Alsace and Moselle (L3134-13).
func alsatian() []rule {
	return append(french(), easter(-2, "Vendredi saint"), fixed(time.December, 26, "Saint-Étienne"))
}

// spanish are the days that are kept in the whole of Spain; regions and towns add theirs as exceptions.
func spanish() []rule {
	return []rule{
		fixed(time.January, 1, "Año Nuevo"), fixed(time.January, 6, "Epifanía del Señor"), easter(-2, "Viernes Santo"),
		fixed(time.May, 1, "Fiesta del Trabajo"), fixed(time.August, 15, "Asunción de la Virgen"),
		fixed(time.October, 12, "Fiesta Nacional"), fixed(time.November, 1, "Todos los Santos"),
		fixed(time.December, 6, "Día de la Constitución"), fixed(time.December, 8, "Inmaculada Concepción"), fixed(time.December, 25, "Navidad"),
	}
}

// ticinese are those of the canton of Ticino (law on official holidays of 1934 as it stands).
func ticinese() []rule {
	return []rule{
		fixed(time.January, 1, "Capodanno"), fixed(time.January, 6, "Epifania"), fixed(time.March, 19, "San Giuseppe"),
		easter(0, "Pasqua"), easter(1, "Lunedì di Pasqua"), fixed(time.May, 1, "Festa del lavoro"), easter(39, "Ascensione"),
		easter(49, "Pentecoste"), easter(50, "Lunedì di Pentecoste"), easter(60, "Corpus Domini"), fixed(time.June, 29, "Santi Pietro e Paolo"),
		fixed(time.August, 1, "Festa nazionale"), fixed(time.August, 15, "Assunzione"), fixed(time.November, 1, "Ognissanti"),
		fixed(time.December, 8, "Immacolata Concezione"), fixed(time.December, 25, "Natale"), fixed(time.December, 26, "Santo Stefano"),
	}
}

// german are the nine that every Land keeps; Reformation Day of 2017 was kept everywhere.
func german() []rule {
	return []rule{
		fixed(time.January, 1, "Neujahr"), easter(-2, "Karfreitag"), easter(1, "Ostermontag"), fixed(time.May, 1, "Tag der Arbeit"),
		easter(39, "Christi Himmelfahrt"), easter(50, "Pfingstmontag"), fixed(time.October, 3, "Tag der Deutschen Einheit").from(1990),
		fixed(time.December, 25, "1. Weihnachtstag"), fixed(time.December, 26, "2. Weihnachtstag"),
		once(2017, time.October, 31, "Reformationstag"),
	}
}

// laender are the days that each Land adds, by its ISO code. Bavaria's Assumption is kept where most people are
// Catholic, which is nearly everywhere; Augsburg's own feast and the few communes of Saxony and Thuringia that keep
// Corpus Christi are exceptions of their calendars.
func laender() map[string][]rule {
	kings, corpus := fixed(time.January, 6, "Heilige Drei Könige"), easter(60, "Fronleichnam")
	assumption, saints := fixed(time.August, 15, "Mariä Himmelfahrt"), fixed(time.November, 1, "Allerheiligen")
	reformation := fixed(time.October, 31, "Reformationstag")
	women := fixed(time.March, 8, "Frauentag")
	north := []rule{reformation.from(2018)}
	return map[string][]rule{
		"bw": {kings, corpus, saints},
		"by": {kings, corpus, assumption, saints},
		"be": {
			women.from(2019), once(2020, time.May, 8, "Tag der Befreiung"), once(2025, time.May, 8, "Tag der Befreiung"),
			once(2028, time.June, 17, "Tag des Volksaufstands"),
		},
		"bb": {easter(0, "Ostersonntag"), easter(49, "Pfingstsonntag"), reformation},
		"hb": north, "hh": north, "ni": north, "sh": north,
		"he": {corpus},
		"mv": {women.from(2023), reformation},
		"nw": {corpus, saints}, "rp": {corpus, saints},
		"sl": {corpus, assumption, saints},
		"sn": {reformation, {name: "Buß- und Bettag", month: time.November, day: 23, before: true, weekday: time.Wednesday}},
		"st": {kings, reformation},
		"th": {fixed(time.September, 20, "Weltkindertag").from(2019), reformation},
	}
}

// british are the bank holidays that England, Wales and Northern Ireland share (Banking and Financial Dealings Act 1971
// and the yearly proclamations). A day that falls on a weekend is kept, and its substitute day too.
func british() []rule {
	return append(jubilees(),
		fixed(time.January, 1, "New Year's Day").substituted(), easter(-2, "Good Friday"), easter(1, "Easter Monday"),
		nth(1, time.Monday, time.May, "Early May bank holiday").from(1978).except(1995, 2020),
		nth(-1, time.Monday, time.May, "Spring bank holiday").except(2002, 2012, 2022),
		nth(-1, time.Monday, time.August, "Summer bank holiday"),
		fixed(time.December, 25, "Christmas Day").substituted(), fixed(time.December, 26, "Boxing Day").substituted())
}

// jubilees are the days that were proclaimed for one year, and those that were moved.
func jubilees() []rule {
	return []rule{
		once(1995, time.May, 8, "Early May bank holiday (VE Day)"), once(1999, time.December, 31, "Millennium Eve"),
		once(2002, time.June, 3, "Golden Jubilee"), once(2002, time.June, 4, "Spring bank holiday"),
		once(2011, time.April, 29, "Royal wedding"), once(2012, time.June, 4, "Spring bank holiday"),
		once(2012, time.June, 5, "Diamond Jubilee"), once(2020, time.May, 8, "Early May bank holiday (VE Day)"),
		once(2022, time.June, 2, "Spring bank holiday"), once(2022, time.June, 3, "Platinum Jubilee"),
		once(2022, time.September, 19, "State funeral of Queen Elizabeth II"), once(2023, time.May, 8, "Coronation of King Charles III"),
	}
}

// english are those of England and Wales.
func english() []rule { return british() }

func northernIrish() []rule {
	return append(british(), fixed(time.March, 17, "Saint Patrick's Day").substituted(),
		fixed(time.July, 12, "Battle of the Boyne").substituted())
}

func scottish() []rule {
	return append(jubilees(), once(2026, time.June, 15, "World Cup bank holiday"), // proclaimed for Scotland alone
		fixed(time.January, 1, "New Year's Day").substituted(), fixed(time.January, 2, "2nd January").substituted(),
		easter(-2, "Good Friday"), nth(1, time.Monday, time.May, "Early May bank holiday").from(1978).except(1995, 2020),
		nth(-1, time.Monday, time.May, "Spring bank holiday").except(2002, 2012, 2022),
		nth(1, time.Monday, time.August, "Summer bank holiday"), fixed(time.November, 30, "Saint Andrew's Day").from(2007).substituted(),
		fixed(time.December, 25, "Christmas Day").substituted(), fixed(time.December, 26, "Boxing Day").substituted())
}
