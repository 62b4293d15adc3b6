"""Personal data in what customers write, replaced by what they are.

Forms, not a list of names: addresses of e-mail, links, numbers of telephones, cards, accounts and
contracts, postal addresses, and names after a title or "my name is", as they are written in English
and German, and elsewhere where the form is the same. Dates, times, amounts and round numbers stay.
What no form gives away, such as a first name in the middle of a sentence, is not found.

All forms stand in one expression. Its alternatives are tried in turn at each place, what stays
before numbers in general, so that a date is never taken for a telephone. Each repetition is
bounded, so that the time is linear in the length of the text whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from csat.spreadsheets import without_formula

#: Of a longer comment only so many characters are kept.
LONGEST_COMMENT = 4_000
#: No form has more characters: one that begins before the cut is seen to its end.
LONGEST_FORM = 500
#: Numbers of cards have so many digits, the last one Luhn's check digit (ISO/IEC 7812).
CARD_DIGITS = range(13, 20)
#: Telephone numbers have so many digits, with the country or the area (ITU-T E.164: at most 15).
PHONE_DIGITS = range(7, 16)
#: A number of so many digits that means nothing else is taken for one of an account or contract.
ACCOUNT_DIGITS = 8
#: With this many digits, a number in groups of three is no amount either.
GROUPED_ACCOUNT_DIGITS = 9
#: A number with no more digits before its zeros is an order of magnitude.
ROUND_DIGITS = 3

EMAIL, LINK, PHONE, CARD = "[e-mail]", "[link]", "[phone]", "[card]"
ACCOUNT, ADDRESS, NAME = "[account]", "[address]", "[name]"
MASKS = (EMAIL, LINK, PHONE, CARD, ACCOUNT, ADDRESS, NAME)


@dataclass(frozen=True)
class MaskedText:
    """A comment that may be shown.

    ``text`` has masks in place of personal data, ``masked`` of them; ``is_cut`` tells that the
    comment was longer than ``LONGEST_COMMENT``.
    """

    text: str
    masked: int
    is_cut: bool


def mask_personal_data(text: str, function_words: Collection[str] = ()) -> MaskedText:
    """Return a comment without the personal data that their form gives away.

    Control characters go, blanks of all kinds become spaces, and a beginning that a spreadsheet
    would take for a formula gets an apostrophe before it. All else is kept as it is, so that
    whoever shows it as HTML must escape it like any text.

    Parameters
    ----------
    text
        The comment as it was written.
    function_words
        In small letters (was, am, nicht). A word in small letters after a title is a name if it is
        none of them; without them, names after titles are those that begin with a capital.

    Examples
    --------
    >>> mask_personal_data("Call me on 0171 2345678 about the 120.50 of 31.03.2026.").text
    'Call me on [phone] about the 120.50 of 31.03.2026.'
    >>> mask_personal_data("mr smith was kind", {"was"}).text
    'mr [name] was kind'
    """
    is_cut = len(text) > LONGEST_COMMENT
    text = _cleaned(text[: LONGEST_COMMENT + LONGEST_FORM])
    kept, masked = text[:LONGEST_COMMENT], 0
    if _MAY_HOLD.search(text):
        pieces, at, place = [], 0, 0
        while (found := _FORMS.search(text, place)) and found.start() < LONGEST_COMMENT:
            start, end, mask = _judged(found, function_words)
            place = max(end, found.start() + 1)
            if mask:
                pieces += [text[at:start], mask]
                at, masked = end, masked + 1
        kept = "".join([*pieces, text[at : max(at, LONGEST_COMMENT)]])
    if is_cut:
        kept = kept.rstrip() + "…"
    return MaskedText(without_formula(kept), masked, is_cut)


_LETTERS = r"[^\W\d_]"
_CAPITALISED = r"(?-i:[^\W\d_a-zß-öø-ÿ][\w'\u2019-]{1,30})"
_CURRENCY = r"€|\$|£|¥|₹|(?:euros?|eur|usd|gbp|chf|inr|dollars?|pounds?|rs|cents?|franken)(?!\w)"
_UNIT = (
    rf"(?:{_CURRENCY}|%|°|(?:percent|prozent|k?wh|mwh|kw|km|kg|cm|mm|gb|mb|m|mal|times?|x|uhr|h|"
    r"o'?clock|am|pm|seconds?|minutes?|hours?|days?|weeks?|months?|years?|mins?|hrs?|people|"
    r"customers?|users?|points?|calls?|e-?mails?|items?|sekunden?|minuten?|stunden?|tage?n?|"
    r"wochen?|monate?n?|jahre?n?|leute?n?|kunden|personen|punkte?n?|anrufe?n?|std)(?!\w))"
)
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
#: What looks like a number of somebody, and is none.
_STAYS = "|".join(
    (
        # 2026-03-31, with or without a time, 20260331, and from 2024 to 2026.
        rf"(?<!\d){_YEAR}(?P<ymd>[-/.]){_MONTH}(?P=ymd){_DAY}(?!\d)(?:[T ]\d\d?:\d\d(?::\d\d)?)?",
        rf"(?<!\d){_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)",
        rf"(?<!\d){_YEAR}(?: ?[-/–,] ?| ){_YEAR}(?! ?[-/]?\d)",
        # 31.03.2026, 31. 3. 26, 03/31/2026.
        rf"(?<!\d){_DAY}(?P<dmy>[-/.]) ?{_DAY}(?P=dmy) ?(?:{_YEAR}|\d\d)(?![\d-])",
        # 14:05, 14:05:30.
        r"(?<!\d)\d\d?:\d\d(?::\d\d)?(?!\d)",
        # € 1.234,50; 1.234,50 EUR; 1200000 customers; 30 %.
        rf"(?<!\w)(?:{_CURRENCY}|rs\.) ?[-+]?\d{{1,12}}(?:[.,' ]\d{{3}}){{0,4}}"
        r"(?:[.,]\d\d?)?(?!\d)",
        rf"(?<![\d+])(?:0|[1-9]\d{{0,11}})(?:[.,' ]\d{{3}}){{0,4}}(?:[.,]\d{{1,3}})? ?{_UNIT}",
        # 1,234,567.89; 1.234.567,89; 12345678.90; 0.1234567.
        r"(?<![\d+])[1-9]\d{0,2}(?:,\d{3}){1,4}(?:\.\d{1,4})?(?!\d|,\d)",
        r"(?<![\d+])[1-9]\d{0,2}(?:\.\d{3}){1,4}(?:,\d{1,4})?(?!\d|\.\d)",
        r"(?<![\d+])[1-9]\d{0,8}[.,]\d\d?(?![\d.,/ -]*\d)",
        r"(?<![\d+])0[.,]\d{1,15}(?!\d|[.,]\d)",
    )
)
# [at] and (at) are how people write @ where machines read along.
_AT, _DOT = (
    r"(?: ?[\[(] ?(?:at|ät) ?[\])] ?|[@\uff20])",
    r"(?: ?[\[(] ?(?:dot|punkt) ?[\])] ?| (?:dot|punkt) |\.)",
)
_LABEL, _LAST_LABEL = r"\w[\w-]{0,62}", rf"{_LETTERS}{{2,24}}(?!\w)"
_EMAIL = "|".join(
    (
        rf"[\w.+%'-]{{1,64}}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{1,4}}",
        # jo @ example.com, but not "at work @ 5.30".
        rf"[\w.+%'-]{{1,64}} ?[@\uff20] ?{_LABEL}(?:\.{_LABEL}){{0,3}}\.{_LAST_LABEL}",
        # jo dot miller at example dot com: "at" alone is a word, so that each dot must be told.
        rf"(?:[\w+%'-]{{1,64}} (?:dot|punkt) ){{0,2}}[\w.+%'-]{{1,64}} (?:at|ät) "
        rf"{_LABEL}(?: (?:dot|punkt) {_LABEL}){{0,3}} (?:dot|punkt) {_LAST_LABEL}",
    )
)
_LINK = r"(?<!\w)(?:https?://|www\.)[^\s<>\"'()]{1,400}(?<![.,;:!?])"
_IBAN = r"(?<!\w)[a-z]{2}\d\d(?:[ -]?[a-z\d]{4}){2,7}(?:[ -]?[a-z\d]{1,3})?(?!\w)"
# The number that every German meter bears (DIN 43863-5): what it measures, its maker, a block, and
# eight digits, as 1EMH0012345678 or 1 EMH 00 1234 5678.
_METER = (
    r"(?<!\w)\d(?:[a-z]{3}[\da-f]{2}\d{8}|(?-i: ?[A-Z]{3} ?[\dA-F]{2}) ?\d{4} ?\d{4})"
    r"(?![\w-]|[.,]\d)"
)
_ACCOUNT = (
    r"(?<!\w)(?:(?:(?:kd|kund|vertr|rg|rechn|kto|auftr|best|mitgl|vorg|zähl|vers)\.?[ -]?"
    r"(?=nr|nummer)|account|acct|a/c|customer|contract|policy|order|invoice|meter|member|reference|ref|"
    r"ticket|case|ssn|social security|tax|passport|konto|kto|kunden|vertrags?|rechnungs?|"
    r"auftrags?|bestell|(?:strom|gas|wasser|wärme)?(?:zähler|zaehler)|mitglieds|vorgangs|steuer|"
    r"ausweis|sort code|blz|bankleitzahl))"
    r"(?:[ -]?(?:number|no|nr|num|id|nummer|code))?\.?(?: (?:is|was|ist|lautet))? ?[:#=]? ?"
    rf"(?P<number>(?:[a-z\d]{{1,5}}-?)?\d(?:[ /.-]?\d){{4,24}})(?![\w]|[.,]\d)(?! ?{_UNIT})"
)
_DIGITS = r"(?<![\w.,])[+(]{0,2}\d(?:[ ()./\u2010-\u2015-]{0,3}\d){5,24}(?!\w)"
_PHONE_CUE = re.compile(
    r"(?:call|phone|tel|mobile|cell|whatsapp|ring|reach|contact|ruf|erreich|handy|mobil|nummer|"
    r"number|fax|sms|text)[^\d]{0,25}$",
    re.IGNORECASE,
)

_TOWN = rf",? ?(?:[a-z]{{1,2}}-)?\d{{4,5}} {_CAPITALISED}(?:[ -]{_CAPITALISED})?"
_HOUSE = rf" ?\d{{1,4}}(?: ?[a-z](?!\w))?(?:[-/]\d{{1,4}}[a-z]?)?(?![\d:]|[.,]\d)(?! ?{_UNIT})"
_GERMAN_STREET = (
    r"(?<![\w-])(?:[\w-]{1,30} (?:straße|strasse|str\.)|[\w-]{2,30}(?:straße|strasse|str\.?)"
    r"|[\w-]{3,30}(?:weg|gasse|allee|chaussee)|(?-i:[A-ZÄÖÜ])[\w-]{2,30}(?:platz|damm|ufer|steig))"
)
_PLACE_NAME = (
    r"(?<!\w)(?-i:Am|An der|An den|Auf der|Auf dem|Im|In der|In den|Zum|Zur|Unter den|Hinter der) "
    rf"{_CAPITALISED}|(?<!\w){_CAPITALISED}ring"
)
_NO_STREET = (
    r"(?!(?:the|an?|of|on|in|at|to|this|that|and|or|for|with|is|was|times?|hours?|minutes?|days?|"
    r"weeks?|months?|years?|people|more|my|your|please|calls?|e-?mails?|case|order|ticket|"
    r"nach|aus|bei|von|für|uhr|euro?s?|kwh|km)(?!\w))"
)
_STREET_TYPE = (
    r"(?-i:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Square|Sq|Terrace|"
    r"Close|Crescent|Place|Pl|Way|Gardens|Grove|Mews|Row|Highway|Hwy|Parkway|Pkwy)"
)
_ENGLISH_STREET = (
    r"(?<!\w)(?:(?:flat|apt|apartment|unit|suite)\.? \w{1,5},? )?\d{1,5}[a-z]?(?:-\d{1,5})?,? "
    rf"(?:(?:{_NO_STREET}{_CAPITALISED} ){{1,3}}{_STREET_TYPE}(?!\w)"
    rf"|(?:{_NO_STREET}{_LETTERS}[\w'-]{{1,20}} ){{1,2}}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|boulevard|blvd)(?!\w))"
    # Springfield, IL 62704; London SW1A 2AA.
    rf"(?:\.?,? {_CAPITALISED}(?: {_CAPITALISED})?,? "
    r"(?-i:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})(?!\w))?"
)
_ADDRESS = "|".join(
    (
        rf"{_GERMAN_STREET}{_HOUSE}(?:{_TOWN})?",
        rf"(?:{_PLACE_NAME}) \d{{1,4}}[a-z]?{_TOWN}",
        rf"(?<!\w)(?:d|a|ch)-\d{{4,5}} {_CAPITALISED}",
        _ENGLISH_STREET,
        r"(?<!\w)(?-i:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})(?!\w)",
        r"(?<!\w)(?:p\.? ?o\.? box|postfach) \d[\d ]{0,9}(?!\w)",
    )
)
#: Where somebody works or lives, after "Frau Meier von der ..."; no part of a name.
_NO_SURNAME = (
    r"(?:[\w-]{0,20}(?:hotline|technik|abteilung|service|zentrale|firma|buchhaltung|beratung|"
    r"verwaltung|support|vertrieb|stelle|team|werke?n?|netz|filiale|rezeption|auskunft|telefon)"
    r"|hause?|nebenan|gegenüber|heute|gestern|unten|oben)(?![\w-])"
)
#: What follows a title in small letters and is neither a name nor a function word.
_NO_NAME = re.compile(
    rf"(?:{_NO_SURNAME}|sag(?:t|te|en)|mein(?:t|te|en)|erklär(?:t|te|en)|frag(?:t|te)|half|hilft|rief|"
    r"ruft|gab|gibt|kam|kommt|ging|geht|wollte|will|wusste|weiß|schrieb|schreibt|versprach|verspricht|"
    r"doktor|professor|kolleg(?:e|in)|namens|sehr|leider|freundlich|nett|said|says|told|tells|asked|asks|"
    r"helped|helps|called|calls|answered|explained|promised|promises|came|comes|went|wrote|gave|gives|"
    r"never|always|really|very|visits?|appointments?|office|teams|word|excel|outlook|windows|degree|"
    r"doctor|patients?|delay|latency)(?!\w)",
    re.IGNORECASE,
)
#: After an article "Frau" is a woman and "dr" a doctor; "die frau meier" is said, too.
_ARTICLE = re.compile(
    r"(?<!\w)(?:eine[rmns]?|keine[rmns]?|jede[rmns]?|diese[rmns]?|a|the)\W$", re.IGNORECASE
)
_ANY_ARTICLE = re.compile(r"(?<!\w)(?:die|der|den|dem)\W(?:[\w-]{1,20} )?$", re.IGNORECASE)
#: Herr Dr. med. Meier, Frau Prof. Dr. rer. nat. Meier.
_TITLE = (
    r"(?<!\d )(?<!\w)(?:herrn?|frau|mr|mister|mrs|ms|dr|prof)\b\.?"
    r"(?: ?(?:dr|prof|dipl|ing|med|dent|vet|phil|jur|iur|rer|nat|pol|oec|habil|mag|h\. ?c)\b\.?)"
    r"{0,5}"
)
_PARTICLES = r"(?:von|van|de|di|del|della|dos|ter|ten)(?: (?:und zu|der|den|dem|la|las|los))?"
_NAME = (
    rf"{_TITLE} ?(?P<titled>(?P<particles>(?:{_PARTICLES}|zu) )?"
    r"(?!(?:herrn?|frau|mr|mister|mrs|ms|dr|prof)\b)"
    rf"(?P<first>{_LETTERS}[\w'\u2019-]{{1,30}})"
    rf"(?: {_CAPITALISED})?(?: {_PARTICLES} (?!{_NO_SURNAME}){_CAPITALISED})?)"
    r"|(?<!\w)(?:my name is|mein name ist|ich hei(?:ß|ss)e) "
    r"(?!(?:not|still|wrong|wrongly|incorrect|"
    r"spelled|misspelled|written|missing|on|in|the|nicht|noch|falsch|auf|im|in|der|ja)(?!\w))"
    rf"(?P<told>{_CAPITALISED}(?: {_CAPITALISED}){{0,2}}|[\w'\u2019-]{{2,30}})"
)
_FORMS = re.compile(
    "|".join(
        f"(?P<{kind}>{form})"
        for kind, form in (
            ("email", _EMAIL),
            ("link", _LINK),
            ("meter", _METER),
            ("iban", _IBAN),
            ("address", _ADDRESS),
            ("stays", _STAYS),
            ("account", _ACCOUNT),
            ("digits", _DIGITS),
            ("name", _NAME),
        )
    ),
    re.IGNORECASE,
)
#: One of these is in every form; most comments have none, and are done.
_MAY_HOLD = re.compile(
    r"\d|[@\uff20]|[\[(] ?(?:at|ät) ?[\])]|://|www\.|\b(?:dot|punkt|herrn?|frau|mr|mister|mrs|ms|dr|"
    r"prof)\b|name is|name ist|ich hei",
    re.IGNORECASE,
)
_MASK_OF_KIND = {"email": EMAIL, "link": LINK, "meter": ACCOUNT, "address": ADDRESS}
_STAYING = re.compile(_STAYS, re.IGNORECASE)
#: Spaces of all kinds; then what is not seen, among it what turns the direction of writing.
_BLANKS = re.compile(r"[^\S\n]|\r\n?|\u2028|\u2029")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _cleaned(text: str) -> str:
    text = _BLANKS.sub(lambda blank: "\n" if blank[0][0] in "\r\u2028\u2029" else " ", text)
    return _UNSEEN.sub("", text).strip()


def _judged(found: re.Match[str], function_words: Collection[str]) -> tuple[int, int, str | None]:
    """Return where a form starts and ends, and its mask; none where it says nothing of anybody."""
    kind = str(found.lastgroup)
    start, end = found.span()
    mask: str | None = _MASK_OF_KIND.get(kind)
    if kind == "iban":
        digits = sum(character.isdigit() for character in found[0])
        is_account = _is_iban(found[0]) or digits >= 12
        return (start, end, ACCOUNT) if is_account else (start, start + 1, None)
    if kind == "account":
        start, end = found.span("number")
        # Digits that follow "account" are one, though they might be a day in another place.
        if re.match(r"\d+[./ -]", found["number"]) and _STAYING.match(found.string, start):
            return start, start, None
        return start, end, ACCOUNT
    if kind == "digits":
        # A bracket that is not closed within the number is one around it.
        start += found[0].startswith("(") and found[0].count("(") > found[0].count(")")
        mask = _mask_of_number(found.string[start:end], found.string[max(0, start - 40) : start])
    if kind == "name":
        if found["titled"] and not _is_name(found, function_words):
            return start, found.start("titled"), None
        start, end = found.span("titled" if found["titled"] else "told")
        mask = NAME
    return start, end, mask


def _is_name(found: re.Match[str], function_words: Collection[str]) -> bool:
    """Tell whether what follows a title is a name: by a capital, or as no word is known that it is.

    The one who answers is often "the woman of the hotline", which is no name in capitals either.
    """
    first = found["first"]
    before = found.string[max(0, found.start() - 30) : found.start()]
    if found["particles"] and (
        _NO_NAME.match(first) or _ARTICLE.search(before) or _ANY_ARTICLE.search(before)
    ):
        return False
    if not first[0].islower():
        return True
    return (
        bool(function_words)
        and first.lower() not in function_words
        and not _NO_NAME.match(first)
        and not _ARTICLE.search(before)
    )


def _mask_of_number(written: str, before: str) -> str | None:
    """Return what a number is, by its digits, its groups and the words before it."""
    groups = re.findall(r"\d+", written)
    digits = "".join(groups)
    count, lead = len(digits), written.lstrip("(")
    if count in CARD_DIGITS and _is_luhn(digits):
        return CARD
    if lead[0] in "+0" or _PHONE_CUE.search(before) or (written[0] == "(" and ")" in written):
        if lead[0] != "+" and re.fullmatch(r"0*", digits):
            return None
        return PHONE if count in PHONE_DIGITS or count == 6 else ACCOUNT if count > 15 else None
    if re.fullmatch(r"(?:1[-. ])?\d{3}[-./ ]\d{3}[-. ]\d{4}|\d{3}-\d{4}", written):
        return PHONE
    if len(groups) == 1:
        is_round = len(digits.rstrip("0")) <= ROUND_DIGITS
        return ACCOUNT if count >= ACCOUNT_DIGITS and not is_round else None
    if max(map(len, groups)) <= 2 or all(re.fullmatch(_YEAR, group) for group in groups):
        return None
    if "." in written and re.fullmatch(r"[\d.]+", written):
        return None
    return ACCOUNT if count >= GROUPED_ACCOUNT_DIGITS else None


def _is_luhn(digits: str) -> bool:
    """Tell whether the last digit is Luhn's check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _is_iban(written: str) -> bool:
    """Tell whether a text is an IBAN: 1 modulo 97, letters as 10 to 35 (ISO 13616)."""
    text = re.sub(r"[ -]", "", written).upper()
    if not text.isascii() or len(text) < 15:
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1
