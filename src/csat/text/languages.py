"""The language of each comment, without a download.

Function words (the, und, pas) tell the language of comments that hold several of them. What these
comments teach of each language's other words and triples of letters, and how frequent each language
is here, tells that of the others, by naive Bayes: "Nice people." has no function word, and is
English where "nice" is seen in English comments. Letters of a script that one language writes tell
that language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

UNDETERMINED = "und"
#: A comment teaches its language's words where it holds so many different function words of it,
#: and of no other language more than half as many.
FEWEST_FUNCTION_WORDS = 2
#: With so many it is certain, too, where no other comment is in that language.
CERTAIN_FUNCTION_WORDS = 4
#: A language is looked for in other comments where so many teach it, and this share of all that do.
FEWEST_TEACHERS, LEAST_TEACHING_SHARE = 5, 0.01
#: What is seen in all languages together counts for so many comments of each.
COMMENTS_OF_ALL = 5.0
#: In each language a word or triple may stand by accident, with this probability.
BY_ACCIDENT = 0.02
#: A language is told where its probability is as high.
LEAST_CERTAIN = 0.8
#: Of a long comment so many words are looked at.
MOST_WORDS = 200
#: First and last character of letters, and the language that is most often written in them.
_SCRIPTS = (
    ("\u0370", "\u03ff", "el"),
    ("\u0400", "\u04ff", "ru"),
    ("\u0590", "\u05ff", "he"),
    ("\u0600", "\u06ff", "ar"),
    ("\u0900", "\u097f", "hi"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u3040", "\u30ff", "ja"),
    ("\u4e00", "\u9fff", "zh"),
    ("\uac00", "\ud7af", "ko"),
)


@dataclass(frozen=True)
class _Teacher:
    """The language of a comment by its function words, of which it has so many."""

    language: str
    function_words: int


def languages_of(
    comments: Sequence[Sequence[str]], function_words: Mapping[str, frozenset[str]]
) -> list[str]:
    """Return the language of each comment, as ISO 639-1 codes, or ``und`` where nothing tells it.

    Parameters
    ----------
    comments
        Words of each, as ``words_of`` returns them.
    function_words
        By language.
    """
    scripts = [_by_script(words) for words in comments]
    teachers = [
        _by_function_words(words, function_words) if script is None else None
        for words, script in zip(comments, scripts, strict=True)
    ]
    counts = Counter(teacher.language for teacher in teachers if teacher)
    fewest = max(FEWEST_TEACHERS, LEAST_TEACHING_SHARE * counts.total())
    taught = sorted(language for language, count in counts.items() if count >= fewest)
    certain = [
        teacher.language
        if teacher
        and (teacher.language in taught or teacher.function_words >= CERTAIN_FUNCTION_WORDS)
        else script
        for script, teacher in zip(scripts, teachers, strict=True)
    ]
    open_places = [
        place for place, words in enumerate(comments) if words and not certain[place] and taught
    ]
    found = [language or UNDETERMINED for language in certain]
    for place, language in zip(
        open_places, _by_teachers(comments, open_places, certain, taught), strict=True
    ):
        found[place] = language
    return found


def _by_teachers(
    comments: Sequence[Sequence[str]],
    places: Sequence[int],
    certain: Sequence[str | None],
    taught: Sequence[str],
) -> list[str]:
    """Return the most probable language of some comments, from those of which it is certain.

    With n_l comments that teach language l, n_lf of them with feature f, and p_f the share of all
    that teach, P(f | l) = (n_lf + c p_f) / (n_l + c) + e, c being ``COMMENTS_OF_ALL`` and e
    ``BY_ACCIDENT``: what a rare language has not shown yet counts as it does in general, and no
    single triple decides.
    """
    if not places:
        return []
    teaching = [place for place, language in enumerate(certain) if language in taught]
    vectorizer = CountVectorizer(analyzer=_features, binary=True, dtype=np.float64)
    shown = vectorizer.fit_transform([comments[place] for place in teaching])
    is_of = np.array([[certain[place] == language for language in taught] for place in teaching])
    seen, count = shown.T @ is_of, is_of.sum(axis=0)
    share = seen.sum(axis=1, keepdims=True) / len(teaching)
    likelihood = (seen + COMMENTS_OF_ALL * share) / (count + COMMENTS_OF_ALL)
    log_likelihood = np.log(likelihood + BY_ACCIDENT)
    evidence = np.log(count / count.sum()) + (
        vectorizer.transform([comments[place] for place in places]) @ log_likelihood
    )
    probability = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    return [
        taught[row.argmax()] if row.max() >= LEAST_CERTAIN else UNDETERMINED for row in probability
    ]


def _features(words: Sequence[str]) -> list[str]:
    """Return the words of a comment and the triples of letters in them, ends being spaces."""
    looked_at = words[:MOST_WORDS]
    return [
        *looked_at,
        *(f" {word} "[place : place + 3] + "*" for word in looked_at for place in range(len(word))),
    ]


def _by_script(words: Sequence[str]) -> str | None:
    """Return the language of the script that most letters are of, if it is not Latin."""
    letters: Counter[str] = Counter()
    for character in "".join(words[:MOST_WORDS]):
        for first, last, language in _SCRIPTS:
            if first <= character <= last:
                letters[language] += 1
    if not letters:
        return None
    # Japanese is written with Chinese characters, too.
    if letters["ja"]:
        letters["ja"] += letters.pop("zh", 0)
    language, count = letters.most_common(1)[0]
    return language if 2 * count > sum(map(len, words[:MOST_WORDS])) else None


def _by_function_words(
    words: Sequence[str], function_words: Mapping[str, frozenset[str]]
) -> _Teacher | None:
    """Return the language that has clearly the most of its function words in a comment."""
    different = set(words[:MOST_WORDS])
    hits = sorted(
        ((len(different & own), language) for language, own in function_words.items()),
        key=lambda hit: (-hit[0], hit[1]),
    )
    if not hits or hits[0][0] < FEWEST_FUNCTION_WORDS:
        return None
    if len(hits) > 1 and hits[0][0] <= 2 * hits[1][0]:
        return None
    return _Teacher(hits[0][1], hits[0][0])
