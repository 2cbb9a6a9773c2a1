"""Writes icu.txt: how ICU spells numbers out, the oracle of the grammars' tests. Run by hand: python3 spellout.py > icu.txt
Needs Debian's python3-icu."""
import icu

RULES = {"it": "%spellout-numbering", "en": "%spellout-cardinal-verbose"}
NUMBERS = list(range(0, 1201)) + list(range(1900, 2101, 3)) + [n * 7919 % 1000000 for n in range(1, 400)] + [
    9999, 10000, 21000, 100000, 101000, 108008, 123456, 180081, 200000, 888888, 999999]
for lang in ("it", "en"):
    spell = icu.RuleBasedNumberFormat(icu.URBNFRuleSetTag.SPELLOUT, icu.Locale(lang))
    spell.setDefaultRuleSet(RULES[lang])
    ordinal = icu.RuleBasedNumberFormat(icu.URBNFRuleSetTag.SPELLOUT, icu.Locale("en"))
    ordinal.setDefaultRuleSet("%spellout-ordinal")
    for n in sorted(set(NUMBERS)):
        print(lang, "cardinal", n, spell.format(n).replace("\u00ad", ""), sep="\t")
    names = icu.DateFormatSymbols(icu.Locale(lang))
    for i, name in enumerate(names.getMonths(), 1):
        print(lang, "month", i, name, sep="\t")
    for i, name in enumerate(names.getWeekdays()[1:]):
        print(lang, "weekday", i, name, sep="\t")
for n in range(1, 32):
    print("en", "ordinal", n, ordinal.format(n), sep="\t")
