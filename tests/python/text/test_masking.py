"""Personal data go, in English and German forms; figures stay; and nothing breaks the masking."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from csat.text.masking import (
    ACCOUNT,
    ADDRESS,
    CARD,
    EMAIL,
    LINK,
    LONGEST_COMMENT,
    LONGEST_FORM,
    NAME,
    PHONE,
    MaskedText,
    mask_personal_data,
)

CHECKOUT = Path(__file__).resolve().parents[3]
with (CHECKOUT / "seeds/function_words.csv").open(encoding="utf-8") as seed:
    FUNCTION_WORDS = frozenset(row["word"] for row in csv.DictReader(seed))

PERSONAL = {
    EMAIL: (
        "jo.miller1234@example.com",
        "M.Schmidt+strom@mail.example.co.uk",
        "m.schmidt (at) example punkt com",
        "j.doe [at] mail.example [dot] org",
        "jürgen@müller.example",
        "jo @ example.com",
        "jo@ mail.example.co.uk",
        "jo at example dot com",
        "jo dot miller at mail dot example dot com",
    ),
    LINK: ("https://example.com/?token=abc", "www.example.com/profile/jo"),
    PHONE: (
        "+44 20 7946 0958",
        "+49 (0)30 901820",
        "0049 30 901820",
        "0171 2345678",
        "01712345678",
        "0171-234 56 78",
        "030/1234567",
        "(030) 1234567",
        "(212) 555-0123",
        "212-555-0123",
        "1-212-555-0123",
        "06 12 34 56 78",
    ),
    CARD: (
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "378282246310005",
    ),
    ACCOUNT: (
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000",
        "de89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        # Digits of an account that is no IBAN because one of them is wrong.
        "DE88 3704 0044 0532 0130 00",
        "532013000",
        # Meters, by DIN 43863-5.
        "1EMH0012345678",
        "1 EMH 00 1234 5678",
        "1esy1160123456",
        "4111 1111 1111 1112",
    ),
    ADDRESS: (
        "12 Baker Street",
        "221b baker street, London NW1 6XE",
        "742 Evergreen Terrace, Springfield, IL 62704",
        "Flat 3, 5 Orchard Rd",
        "12 BAKER STREET",
        "12 baker st",
        "12 upper baker rd",
        "SW1A 2AA",
        "P.O. Box 1234",
        "Hauptstraße 5",
        "hauptstrasse 12a",
        "Hauptstr. 12 b, 10115 Berlin",
        "Lange Straße 7, 50667 Köln",
        "Lindenweg 7",
        "Am Markt 3, D-50667 Köln",
        "Postfach 12 34",
    ),
}
NAMED = (
    ("Account number 12345678", f"Account number {ACCOUNT}"),
    ("Kontonummer: 0532013", f"Kontonummer: {ACCOUNT}"),
    ("Kundennummer 4711 234", f"Kundennummer {ACCOUNT}"),
    ("order #98765", f"order #{ACCOUNT}"),
    ("Vertragsnr. AB-1234567", f"Vertragsnr. {ACCOUNT}"),
    ("account 20240131", f"account {ACCOUNT}"),
    ("Vertragsnr. rs-2678551", f"Vertragsnr. {ACCOUNT}"),
    ("Zählernummer 1EMH0012345678", f"Zählernummer {ACCOUNT}"),
    ("Zähler-Nr.: E6S12345", f"Zähler-Nr.: {ACCOUNT}"),
    ("Stromzählernummer 12345678", f"Stromzählernummer {ACCOUNT}"),
    ("meter number 1234567", f"meter number {ACCOUNT}"),
    ("Meter no. 1EMH0012345678", f"Meter no. {ACCOUNT}"),
    ("Kd.-Nr. 1234567", f"Kd.-Nr. {ACCOUNT}"),
    ("KdNr 1234567", f"KdNr {ACCOUNT}"),
    ("Vertr.-Nr.: 1234567", f"Vertr.-Nr.: {ACCOUNT}"),
    ("SSN 123-45-6789", f"SSN {ACCOUNT}"),
    ("call me on 555 1234", f"call me on {PHONE}"),
    ("Mr. John Smith was kind", f"Mr. {NAME} was kind"),
    ("Frau Müller war nett", f"Frau {NAME} war nett"),
    ("Herr Dr. von Weber", f"Herr Dr. {NAME}"),
    ("Dr. med. Hans Meier war da", f"Dr. med. {NAME} war da"),
    ("Frau Prof. Dr. rer. nat. Meier", f"Frau Prof. Dr. rer. nat. {NAME}"),
    ("Herrn Karl-Heinz von der Leyen", f"Herrn {NAME}"),
    ("Frau Schmidt von der Hotline", f"Frau {NAME} von der Hotline"),
    ("Frau von der Leyen", f"Frau {NAME}"),
    ("mr smith was kind", f"mr {NAME} was kind"),
    ("mrs. o'brian-jones helped", f"mrs. {NAME} helped"),
    ("die frau müller war nett", f"die frau {NAME} war nett"),
    ("an herrn dr. med. meier", f"an herrn dr. med. {NAME}"),
    ("frau von der leyen war da", f"frau {NAME} war da"),
    ("my name is Anna Schmidt", f"my name is {NAME}"),
    ("Ich heiße Peter", f"Ich heiße {NAME}"),
)
STAYS = (
    *("31.03.2026", "31.3.26", "31. 3. 2026", "2026-03-31", "2026-03-31 14:05:00", "03/31/2026"),
    *("20260331", "2023-2024", "2024 2025 2026", "14:05", "14:05:30", "9:00-17:00", "14.05 Uhr"),
    *("€ 1.234,50", "$1,234.50", "1.234,50 EUR", "£12000", "Rs. 25000", "Rs 1500000"),
    *("120.50", "12345678.90", "1234567,89", "99,9 %", "-12.5", "0.1234567", "50%"),
    *("1 000 000", "1,000,000", "1.000.000", "100000000", "100000 customers", "12000 Euro"),
    *("3500 kWh", "24/7", "3 times", "2 Stunden", "4 out of 5", "1st", "5G", "8-10 12-14"),
    *("version 10.0.19041", "during 2 calls", "ordering 2 shirts", "Straße 2 mal", "12345"),
    *("unterwegs 3 Stunden", "5 times the road", "waited 2 hours", "Am Montag 3 Anrufe"),
    *("Umweg 2 km", "my name is wrong on the bill", "invoice 12000 euro", "order 31.03.2026"),
    *("bill of 12345.67", "konto 12.345,67", "case 24", "123 Please Close", "Frau am Telefon"),
    *("die frau war nett", "eine frau erklärte es", "die Frau von der Hotline", "Frau sagte nein"),
    *("the dr is in", "a dr visit", "with ms teams", "300 ms delay", "herr und frau", "ms"),
    *("waiting @ home", "at 5 @ 3.50", "not at all dot", "look at amazon.com", "der Punkt ist"),
    *("12 nach st. gallen", "1 st time", "21 st", "zähler zeigt 123456 kWh", "Zählerstand 12345"),
    *("best 12345", "2 mal von der Hotline", "Tarif 1ABC", "meter 12345.5 kWh"),
    *("called 20 people on the road", "my meter says 123456 kWh", "the queue moved 3 places"),
)


@pytest.mark.parametrize(
    ("mask", "written"), [(mask, text) for mask, texts in PERSONAL.items() for text in texts]
)
@pytest.mark.parametrize("sentence", ["{}", "Bitte an {} senden.", "So ({}), please!"])
def test_personal_data_are_masked(mask: str, written: str, sentence: str) -> None:
    found = mask_personal_data(sentence.format(written), FUNCTION_WORDS)
    assert found.text == sentence.format(mask)
    assert found.masked == 1


@pytest.mark.parametrize(("written", "masked"), NAMED)
def test_words_before_tell_what_a_number_or_a_name_is(written: str, masked: str) -> None:
    assert mask_personal_data(written, FUNCTION_WORDS).text == masked


@pytest.mark.parametrize("written", STAYS)
@pytest.mark.parametrize("sentence", ["{}", "It was {}.", "seit {}, immer noch"])
def test_figures_dates_and_words_stay(written: str, sentence: str) -> None:
    text = sentence.format(written).lstrip("-")
    assert mask_personal_data(text, FUNCTION_WORDS) == MaskedText(text, 0, False)


def test_each_of_several_is_masked() -> None:
    text = "On 31.03.2026 I paid 120.50 from DE89370400440532013000, call 0171 2345678 or jo@x.org"
    assert mask_personal_data(text).text == (
        f"On 31.03.2026 I paid 120.50 from {ACCOUNT}, call {PHONE} or {EMAIL}"
    )
    assert mask_personal_data(text).masked == 3


def test_hidden_characters_do_not_hide_personal_data() -> None:
    assert mask_personal_data("jo\u200b@exam\u00adple.com").text == EMAIL
    assert mask_personal_data("0171\u00a0234\u20095678").text == PHONE
    assert (
        mask_personal_data("\u0662\u0661\u0667\u0661\u0662\u0663\u0664\u0665\u0666").text == ACCOUNT
    )
    assert mask_personal_data("\u202egnp.exe\u202c").text == "gnp.exe"


@pytest.mark.parametrize("before", range(LONGEST_COMMENT - 24, LONGEST_COMMENT + 2))
def test_cut_leaves_no_part_of_personal_data(before: int) -> None:
    """Wherever the cut falls, no digit of the account is left before it."""
    account = "DE89 3704 0044 0532 0130 00"
    found = mask_personal_data(("x" * 49 + " ") * (before // 50) + " " * (before % 50) + account)
    assert not any(character.isdigit() for character in found.text)
    assert found.is_cut == (before + len(account) > LONGEST_COMMENT)
    assert len(found.text) <= LONGEST_COMMENT + len(ACCOUNT)


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@"])
def test_a_formula_is_text_in_a_spreadsheet(beginning: str) -> None:
    formula = f'{beginning}HYPERLINK("x","y")'
    assert mask_personal_data(formula).text == f"'{formula}"
    assert mask_personal_data(f" \t{formula}").text == f"'{formula}"
    assert mask_personal_data(f"a{formula}").text == f"a{formula}"


@pytest.mark.parametrize(
    "text",
    [
        "Robert'); drop table answers; --",
        "{{ 1 / 0 }} {% raw %} ${x} %s \\N",
        "<script>alert(1)</script>",
        "Danke 👍🏽👨‍👩‍👧 ❤️",
        "شكرا جزيلا على الخدمة الممتازة",
        "תודה רבה, שירות מצוין",
        "とても良いサービスです",
        "Two\nlines",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    found = mask_personal_data(text)
    assert (found.text, found.masked, found.is_cut) == (text, 0, False)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "1 ",
            "a@",
            "@a.",
            "-a",
            "1.1,",
            "Aa ",
            "12 Aa ",
            "(at)",
            "ab12 ",
            "straße ",
            "order 1 ",
        ),
        *(
            "a dot ",
            "a at a dot ",
            "dr ",
            "mr von ",
            "mr a ",
            "a @ ",
            "1EMH",
            "12 st ",
            "kd.-nr 1a",
        ),
    ],
)
def test_time_is_bounded_whatever_a_comment_holds(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    found = mask_personal_data(text, FUNCTION_WORDS)
    assert time.process_time() - start < 2
    assert len(found.text) <= LONGEST_COMMENT + LONGEST_FORM
    assert found.is_cut


def test_without_function_words_names_are_those_with_a_capital() -> None:
    assert mask_personal_data("mr Smith and mr jones").text == f"mr {NAME} and mr jones"
