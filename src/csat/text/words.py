"""Words of comments in any script, and their stems."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

import snowballstemmer

from csat.text.masking import MASKS

#: Scripts that are written without spaces; their words are pairs of neighbouring characters.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\W\d_])+(?:\u0300-\u036f)*")
_MASK = re.compile("|".join(re.escape(mask) for mask in MASKS))
#: Tags and addresses of what somebody pasted are no words of theirs.
_MARKUP = re.compile(r"<[^<>]{1,200}>")
#: Names of Snowball's stemmers by ISO 639-1 code of the language.
STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}


def words_of(text: str) -> list[str]:
    """Return the words of a masked comment in lower case, in their order; masks are none.

    Numbers are no words, and apostrophes part them. Where no spaces are written, pairs of
    neighbouring characters stand in for words.

    Examples
    --------
    >>> words_of("The bill isn't [phone] 12 right!")
    ['the', 'bill', 'isn', 't', 'right']
    """
    words: list[str] = []
    for run in _WORD.findall(_MARKUP.sub(" ", _MASK.sub(" ", text)).lower()):
        if re.match(f"[{_UNSPACED}]", run):
            words += [run[place : place + 2] for place in range(max(len(run) - 1, 1))]
        else:
            words.append(run)
    return words


@cache
def stemmer_of(language: str) -> Callable[[str], str]:
    """Return what reduces a word of a language to its stem; the word itself where none is known."""
    name = STEMMERS.get(language)
    if name not in snowballstemmer.algorithms():
        return str
    return lru_cache(maxsize=200_000)(snowballstemmer.stemmer(name).stemWord)
