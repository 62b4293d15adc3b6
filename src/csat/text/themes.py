"""What comments of one language are about: themes that are found in them, and stay.

Terms are stems of content words and pairs of neighbouring ones; a negated word is a term of its own
("not solved"). Each distinct comment is a row of tf-idf weights,

    x_t = (1 + ln f_t) (1 + ln((1 + n) / (1 + n_t))),  scaled to length 1,

f_t how often it holds term t, n_t how many of n comments do. Non-negative matrix factorisation (Lee
and Seung 1999), X ≈ W H with W, H >= 0, gives each theme a row of H, scaled to length 1, and each
comment its weight w in each theme.

Themes stay: until the next fit comments are placed in the same themes. A fit starts from the themes
before it, and a new theme that is like an earlier one (cosine, matched one to one) keeps its number
and, as long as its words lead it, its name. A number is never used again.
"""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix, diags
from sklearn.decomposition import NMF, non_negative_factorization
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from csat.text.words import stemmer_of

#: With fewer distinct comments in a language nothing is said of themes.
FEWEST_COMMENTS = 50
#: Distinct comments per theme: with fewer comments there are fewer themes.
COMMENTS_PER_THEME = 20
#: A term is in at least so many distinct comments, and this share of them; the most frequent count.
FEWEST_OF_A_TERM, LEAST_TERM_SHARE, MOST_TERMS = 3, 0.001, 4_000
#: A negation reaches so many words.
NEGATION_REACH = 3
#: A theme that is as like an earlier one (cosine) is that theme.
LEAST_LIKE = 0.4
#: A comment is about a theme where it has this weight in it, and this share of all its weights.
LEAST_WEIGHT, LEAST_WEIGHT_SHARE = 0.15, 0.25
#: A comment is about so many themes at most.
MOST_THEMES_OF_A_COMMENT = 3
#: A name has so many terms; it is kept while they are among so many leading ones.
NAME_TERMS, LEADING_TERMS = 3, 10
#: A name has no term, beside the first, that fewer of the theme's comments hold: "poor" would name
#: those who praise the service, too.
LEAST_NAMING_SHARE = 0.2
#: Weights below this share of the largest of a theme are 0.
SMALLEST_LOADING = 1e-3
ITERATIONS = 400


@dataclass(frozen=True, eq=False)
class Themes:
    """The themes of a language.

    Parameters
    ----------
    language
        ISO 639-1 code.
    comments
        Distinct comments that they were found in.
    terms
        (T,) stems and pairs of stems, in order.
    rarity
        (T,) 1 + ln((1 + n) / (1 + n_t)).
    loadings
        (K, T), at least 0, rows of length 1.
    numbers
        (K,) of the themes, increasing.
    names, words
        (K,) the leading terms, as they are most often written: few of them, and more.
    next_number
        Of the next new theme.
    """

    language: str
    comments: int
    terms: tuple[str, ...]
    rarity: np.ndarray
    loadings: np.ndarray
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    words: tuple[str, ...]
    next_number: int


@dataclass(frozen=True)
class FunctionWords:
    """Words of a language that say nothing of what a comment is about; some of them negate."""

    words: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()


def terms_of(words: Sequence[str], language: str, function: FunctionWords) -> list[tuple[str, str]]:
    """Return the terms of a comment, each with the words that it is written with.

    Examples
    --------
    >>> english = FunctionWords(frozenset({"the", "not", "is"}), frozenset({"not"}))
    >>> terms_of(["the", "bill", "is", "not", "right"], "en", english)
    [('bill', 'bill'), ('not right', 'not right'), ('bill not right', 'bill not right')]
    """
    stem = stemmer_of(language)
    content: list[tuple[str, str]] = []
    reach, negation = 0, ""
    for word in words:
        if word in function.negations:
            reach, negation = NEGATION_REACH, word
            continue
        is_content = len(word) > 1 and word not in function.words
        if is_content:
            # A stem of negations: "kein" and "keine" negate alike.
            content.append(
                (f"not {stem(word)}", f"{negation} {word}") if reach else (stem(word), word)
            )
            reach = 0
        reach = max(reach - 1, 0)
    pairs = itertools.pairwise(content)
    return content + [
        (f"{first[0]} {second[0]}", f"{first[1]} {second[1]}")
        for first, second in pairs
        if first[0] != second[0]
    ]


def find_themes(
    comments: Sequence[Sequence[tuple[str, str]]],
    language: str,
    *,
    most_themes: int,
    earlier: Themes | None = None,
) -> Themes | None:
    """Find the themes of comments of a language; none where there are too few.

    Parameters
    ----------
    comments
        Terms of each comment, as ``terms_of`` returns them.
    most_themes
        At most so many, and one per ``COMMENTS_PER_THEME`` distinct comments.
    earlier
        The themes until now, which those that are like them go on.
    """
    distinct = sorted({tuple(comment) for comment in comments if comment})
    if len(distinct) < FEWEST_COMMENTS:
        return None
    fewest = max(FEWEST_OF_A_TERM, int(np.ceil(LEAST_TERM_SHARE * len(distinct))))
    vectorizer = CountVectorizer(
        analyzer=_stems, min_df=fewest, max_features=MOST_TERMS, dtype=np.float64
    )
    try:
        counts = vectorizer.fit_transform(distinct)
    except ValueError:
        # No term is in so many comments.
        return None
    terms = tuple(vectorizer.get_feature_names_out().tolist())
    rarity = 1 + np.log((1 + len(distinct)) / (1 + np.asarray((counts > 0).sum(axis=0)).ravel()))
    weights = _weighted(counts, rarity)
    count = min(most_themes, len(distinct) // COMMENTS_PER_THEME, min(weights.shape) - 1)
    if count < 2:
        return None
    loadings = _factorised(weights, count, None)
    if earlier is not None:
        start = _started(loadings, _on_terms(earlier, terms))
        loadings = _factorised(weights, count, start)
    loadings = _pruned(loadings)
    used = np.flatnonzero(loadings.any(axis=0))
    terms = tuple(terms[t] for t in used)
    loadings, weights = loadings[:, used], weights[:, used]
    held = _shares_of_terms(weights, loadings)
    return _numbered(language, terms, rarity[used], loadings, held, distinct, earlier)


def place(
    comments: Sequence[Sequence[tuple[str, str]]], themes: Themes
) -> list[list[tuple[int, float]]]:
    """Return the themes of each comment, by number, with their weights, the largest first."""
    if not comments:
        return []
    vectorizer = CountVectorizer(
        analyzer=_stems,
        vocabulary={term: n for n, term in enumerate(themes.terms)},
        dtype=np.float64,
    )
    weights = _weighted(vectorizer.transform(comments), themes.rarity)
    distinct, first, inverse = _distinct_rows(weights)
    found = _weights_in(weights[first], themes.loadings) if distinct else np.zeros((0, 0))
    share = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12)
    placed = []
    for row, part in zip(found, share, strict=True):
        about = [
            (themes.numbers[k], float(row[k]))
            for k in np.argsort(-row, kind="stable")[:MOST_THEMES_OF_A_COMMENT]
            if row[k] >= LEAST_WEIGHT and part[k] >= LEAST_WEIGHT_SHARE
        ]
        placed.append(about)
    return [placed[k] for k in inverse]


def _stems(comment: Sequence[tuple[str, str]]) -> list[str]:
    return [stem for stem, _ in comment]


def _weighted(counts: csr_matrix, rarity: np.ndarray) -> csr_matrix:
    weights = counts.copy()
    weights.data = 1 + np.log(weights.data)
    return normalize(weights @ diags(rarity)).tocsr()


def _distinct_rows(weights: csr_matrix) -> tuple[int, np.ndarray, np.ndarray]:
    """Return how many rows differ, where each is first, and which of them each row is."""
    weights.sort_indices()
    keys = [
        weights.indices[start:end].tobytes() + weights.data[start:end].tobytes()
        for start, end in zip(weights.indptr, weights.indptr[1:], strict=False)
    ]
    number: dict[bytes, int] = {}
    inverse = np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.int64)
    first = np.unique(inverse, return_index=True)[1]
    return len(number), first, inverse


def _factorised(weights: csr_matrix, count: int, start: np.ndarray | None) -> np.ndarray:
    """Return H of X ≈ W H with rows of length 1, from the singular vectors or from a start."""
    model = NMF(count, init="nndsvda" if start is None else "custom", max_iter=ITERATIONS)
    # What is not quite settled after so many steps is good enough for words.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if start is None:
            # Signs and shuffles of the singular vectors are drawn.
            model.set_params(random_state=0).fit(weights)
        else:
            model.fit_transform(weights, W=np.maximum(_weights_in(weights, start), 1e-6), H=start)
    return normalize(model.components_)


def _weights_in(weights: csr_matrix, loadings: np.ndarray) -> np.ndarray:
    """Return W of X ≈ W H for a given H."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found, _, _ = non_negative_factorization(
            weights,
            H=np.ascontiguousarray(loadings),
            n_components=len(loadings),
            init="custom",
            update_H=False,
            max_iter=ITERATIONS,
        )
    return found


def _pruned(loadings: np.ndarray) -> np.ndarray:
    """Return the loadings without those that are as good as 0."""
    kept = loadings >= SMALLEST_LOADING * loadings.max(axis=1, keepdims=True)
    return normalize(np.where(kept, loadings, 0.0))


def _on_terms(themes: Themes, terms: Sequence[str]) -> np.ndarray:
    """Return the loadings of themes on other terms, (K, T); 0 on those that they do not know."""
    place = {term: number for number, term in enumerate(themes.terms)}
    known = [(new, place[term]) for new, term in enumerate(terms) if term in place]
    moved = np.zeros((len(themes.loadings), len(terms)))
    if known:
        new, old = np.array(known).T
        moved[:, new] = themes.loadings[:, old]
    return normalize(moved)


def _matched(loadings: np.ndarray, earlier: np.ndarray) -> dict[int, int]:
    """Return which earlier theme each theme goes on, one to one: those that are like enough."""
    like = loadings @ earlier.T
    rows, columns = linear_sum_assignment(-like)
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if like[row, column] >= LEAST_LIKE
    }


def _started(fresh: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Return where a fit starts: at the earlier themes, and for more at those of a fresh fit."""
    start = fresh.copy()
    matched = _matched(fresh, earlier)
    for row, column in matched.items():
        start[row] = earlier[column]
    # Earlier themes that a fresh fit does not find take the place of what is new in it, so that
    # the comments say whether they are gone.
    lost = [k for k in range(len(earlier)) if k not in matched.values() and earlier[k].any()]
    free = [k for k in range(len(fresh)) if k not in matched]
    for row, column in zip(free, lost, strict=False):
        start[row] = earlier[column]
    return np.maximum(start, 1e-6)


def _shares_of_terms(weights: csr_matrix, loadings: np.ndarray) -> np.ndarray:
    """Return the share of each theme's comments, those largest in it, that hold each term."""
    found = _weights_in(weights, loadings)
    is_main = (found.argmax(axis=1)[:, None] == np.arange(len(loadings))) & (found > 0)
    held = (weights > 0).astype(np.float64).T @ is_main
    return held.T / np.maximum(is_main.sum(axis=0), 1)[:, None]


def _numbered(
    language: str,
    terms: tuple[str, ...],
    rarity: np.ndarray,
    loadings: np.ndarray,
    held: np.ndarray,
    distinct: Sequence[Sequence[tuple[str, str]]],
    earlier: Themes | None,
) -> Themes:
    """Return themes with numbers and names, those of earlier themes where they go them on."""
    written = _most_often_written(distinct, set(terms))
    matched = {} if earlier is None else _matched(loadings, _on_terms(earlier, terms))
    next_number = 1 if earlier is None else earlier.next_number
    # New themes get their numbers by size: the share of all weights.
    rows = []
    for row in range(len(loadings)):
        leading = [
            terms[t] for t in np.argsort(-loadings[row], kind="stable") if loadings[row, t] > 0
        ]
        words = _without_parts(leading, 2 * LEADING_TERMS)[:LEADING_TERMS]
        shown = [written[term] for term in words]
        share = dict(zip(terms, held[row], strict=True))
        naming = words[:1] + [term for term in words[1:] if share[term] >= LEAST_NAMING_SHARE]
        name = ", ".join(written[term] for term in naming[:NAME_TERMS])
        if row in matched:
            assert earlier is not None
            number, before = earlier.numbers[matched[row]], earlier.names[matched[row]]
            leads = {written[term] for term in leading[: 2 * LEADING_TERMS]}
            if set(before.split(", ")) <= leads:
                name = before
        else:
            number, next_number = next_number, next_number + 1
        rows.append((number, name, ", ".join(shown), row))
    rows.sort()
    return Themes(
        language=language,
        comments=len(distinct),
        terms=terms,
        rarity=rarity,
        loadings=loadings[[row for *_, row in rows]],
        numbers=tuple(number for number, *_ in rows),
        names=tuple(name for _, name, *_ in rows),
        words=tuple(words for *_, words, _ in rows),
        next_number=next_number,
    )


def _most_often_written(
    distinct: Sequence[Sequence[tuple[str, str]]], terms: set[str]
) -> dict[str, str]:
    """Return each term as most comments write it."""
    forms: dict[str, Counter[str]] = {term: Counter() for term in terms}
    for comment in distinct:
        for term, written in set(comment):
            if term in terms:
                forms[term][written] += 1
    return {
        term: min(counts, key=lambda form: (-counts[form], form)) for term, counts in forms.items()
    }


def _without_parts(leading: Sequence[str], most: int) -> list[str]:
    """Return leading terms without those that repeat words of one that leads them."""
    kept: list[str] = []
    for term in leading[:most]:
        parts = set(term.split()) - {"not"}
        within = [k for k, other in enumerate(kept) if parts & (set(other.split()) - {"not"})]
        if not within:
            kept.append(term)
    return kept
