"""The language of a comment, with and without function words."""

from __future__ import annotations

import pytest

from csat.text.languages import UNDETERMINED, languages_of
from csat.text.themes import FunctionWords
from csat.text.words import words_of

ENGLISH = [
    "The people on the phone were nice and it was quick.",
    "I was on hold for an hour and nobody was there.",
    "The bill is too high and I do not know why.",
    "It was easy to find what I was looking for.",
    "They took the time to listen to me, good people.",
    "My problem is still not solved by you.",
]
GERMAN = [
    "Die Leute am Telefon waren nett und es ging schnell.",
    "Ich habe eine Stunde in der Warteschleife gehangen.",
    "Die Rechnung ist zu hoch und ich weiß nicht warum.",
    "Es war einfach zu finden, was ich gesucht habe.",
    "Man hat sich die Zeit genommen und mir zugehört.",
    "Mein Problem ist immer noch nicht gelöst, kein guter Anbieter.",
]


@pytest.fixture
def tell(function_words: dict[str, FunctionWords]):
    def languages(comments: list[str]) -> list[str]:
        words = {language: own.words for language, own in function_words.items()}
        return languages_of([words_of(comment) for comment in comments], words)

    return languages


def test_function_words_tell_each_language(tell) -> None:
    told = {
        "en": "I was on hold for an hour and there was nobody to talk to.",
        "de": "Ich war eine Stunde in der Warteschleife und niemand war da.",
        "fr": "Je suis très content de ce service et de votre équipe.",
        "es": "Estoy muy contento con el servicio, pero la factura es muy cara.",
        "it": "Sono molto contento della risposta, ma la bolletta è troppo cara.",
        "nl": "Ik ben heel blij met deze dienst, maar het duurt te lang.",
        "pt": "Estou muito contente com o serviço, mas a conta não está certa.",
        "pl": "Jestem bardzo zadowolony, ale rachunek jest za wysoki i nie wiem dlaczego.",
        "sv": "Jag är inte nöjd eftersom det tog för lång tid och ingen kunde svara mig.",
        "da": "Jeg er meget glad for jeres hjælp, men det tog lang tid og var ikke nemt.",
    }
    assert tell(list(told.values())) == list(told)


def test_other_words_are_told_by_comments_of_the_same_company(tell) -> None:
    short = ["Nice people.", "Schnell.", "Nette Leute.", "quick", "Guter Anbieter", "Solved!"]
    assert tell(short) == [UNDETERMINED] * 6
    assert tell(ENGLISH + GERMAN + short)[12:] == ["en", "de", "de", "en", "de", "en"]


def test_a_rare_language_does_not_take_what_it_has_not_seen(tell) -> None:
    """With many English comments and few Polish ones, unknown words do not become Polish."""
    polish = ["Jestem bardzo zadowolony z tego, że to jest tak szybko zrobione."] * 6
    comments = ENGLISH * 60 + polish + ["Customer care to resolve on priority basis", "Good talk"]
    told = tell(comments)
    assert told[-2:] == ["en", "en"]
    assert told[360:366] == ["pl"] * 6


def test_scripts_tell_languages_without_words(tell) -> None:
    told = {
        "ar": "شكرا جزيلا على الخدمة",
        "he": "שירות מצוין תודה",
        "ru": "Очень быстро, спасибо",
        "ja": "とても良いサービスです、感謝",
        "zh": "服务非常好",
        "ko": "정말 감사합니다",
        "el": "Πολύ καλή εξυπηρέτηση",
    }
    assert tell(ENGLISH + list(told.values()))[6:] == list(told)


def test_what_has_no_words_has_no_language(tell) -> None:
    assert tell([*ENGLISH, "👍👍", "5", "...", "[phone]"])[6:] == [UNDETERMINED] * 4
    assert tell([]) == []


def test_order_and_repetition_change_nothing(tell) -> None:
    comments = ENGLISH + GERMAN + ["Nice people.", "Nette Leute."]
    told = dict(zip(comments, tell(comments), strict=True))
    backwards = comments[::-1]
    assert tell(backwards) == [told[comment] for comment in backwards]


def test_words_of_any_script() -> None:
    assert words_of("The bill isn't RIGHT, [phone] 12!") == ["the", "bill", "isn", "t", "right"]
    assert words_of("<b>Größe</b> naïve") == ["größe", "naïve"]
    assert words_of("服务好 ok") == ["服务", "务好", "ok"]
    assert words_of("") == []
