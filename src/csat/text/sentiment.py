"""What the words of a comment say of the rating, learned from ratings, and tested against them.

A ridge logistic regression on tf-idf weights of words and pairs of neighbouring words learns which
comments come with a favourable rating. It is fitted once per fold, and each comment is read by the
model that has seen no comment of its customer: so that the figures that tell how good it is are
honest, and a comment's own rating is never in its sentiment.

With p the probability of a favourable rating and b the share of favourable ratings among what the
model learned from, the sentiment is

    100 × sigmoid(logit p - logit b),

the probability as if half of all ratings were favourable: 50 where the words say nothing, whatever
the company's CSAT.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtri
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from csat.model.evaluation import auc

#: Customers are parted into so many folds.
FOLDS = 5
#: Comments of each kind, favourable and not, that a model needs.
FEWEST_OF_A_KIND = 20
#: More comments teach a fold little that is new.
MOST_COMMENTS = 20_000
#: Prior standard deviations of a weight, on the logit per unit of tf-idf, that are tried.
PRIOR_STDS = (1.0, 2.0, 4.0, 8.0)
#: The most frequent words and pairs of words are read, so many.
MOST_TERMS = 20_000
#: Of a long comment so many words are read.
MOST_WORDS = 400
#: The words make the one kind of rating at least twice as likely as the other.
POSITIVE_FROM, NEGATIVE_TO = 100 * 2 / 3, 100 / 3
POSITIVE, NEUTRAL, NEGATIVE = "positive", "neutral", "negative"


@dataclass(frozen=True, eq=False)
class Sentiments:
    """The sentiment of n comments.

    ``score`` (n,) is 0 to 100, NaN where ``reason`` says why there is none, which is null where all
    have one.
    """

    score: np.ndarray
    reason: str | None
    prior_std: float | None = None


@dataclass(frozen=True)
class SentimentQuality:
    """How well sentiment tells ratings, out of fold.

    ``auc`` is the probability that a favourable rating has the higher sentiment of the two, 0.5 for
    a guess, with its interval (Hanley and McNeil 1982); ``correlation`` is Spearman's with the
    rating on 0 to 100. Null, with ``reason``, where it cannot be told.
    """

    n: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    correlation: float | None
    reason: str | None


def read_sentiments(
    comments: Sequence[Sequence[str]], is_favourable: np.ndarray, folds: np.ndarray
) -> Sentiments:
    """Read the sentiment of each comment by a model that has not seen its customer.

    Parameters
    ----------
    comments
        Words of each, as ``words_of`` returns them; those without a word have no sentiment.
    is_favourable
        (n,) 0 or 1: the rating.
    folds
        (n,) 0 … ``FOLDS`` - 1, the same for all comments of a customer.
    """
    y = np.asarray(is_favourable, dtype=np.float64)
    score = np.full(len(y), np.nan)
    has_words = np.array([bool(words) for words in comments], dtype=bool)
    fewest = min(y[has_words].sum(), (1 - y[has_words]).sum()) if has_words.any() else 0
    if fewest < FEWEST_OF_A_KIND:
        said = f"{int(fewest)} comments of the rarer kind of rating, fewer than {FEWEST_OF_A_KIND}."
        return Sentiments(score, said)
    places = np.flatnonzero(has_words)
    # In the order of the comments, which has nothing to do with what they say.
    taught = places[:: max(1, int(np.ceil(len(places) / MOST_COMMENTS)))]
    if any(np.ptp(y[taught[folds[taught] != fold]]) == 0 for fold in range(FOLDS)):
        return Sentiments(score, "All ratings that a fold learns from are alike.")
    vectorizer = TfidfVectorizer(
        analyzer=_grams, min_df=2, sublinear_tf=True, max_features=MOST_TERMS
    )
    try:
        weights = vectorizer.fit([comments[place] for place in taught]).transform(comments)
    except ValueError:
        return Sentiments(score, "No word is in two comments.")
    losses, found = [], []
    for prior_std in PRIOR_STDS:
        scores, loss = np.full(len(y), np.nan), 0.0
        for fold in range(FOLDS):
            rows = taught[folds[taught] != fold]
            own = places[folds[places] == fold]
            if not len(own):
                continue
            model = LogisticRegression(C=prior_std**2, solver="newton-cg").fit(
                weights[rows], y[rows]
            )
            read = model.decision_function(weights[own])
            loss += np.logaddexp(0, np.where(y[own] == 1, -read, read)).sum()
            scores[own] = 100 * expit(read - logit(y[rows].mean()))
        losses.append(loss)
        found.append(scores)
    best = int(np.argmin(losses))
    return Sentiments(found[best], None, PRIOR_STDS[best])


def label_of(score: float) -> str | None:
    """Return a sentiment in words; none for NaN."""
    if np.isnan(score):
        return None
    if score >= POSITIVE_FROM:
        return POSITIVE
    return NEGATIVE if score <= NEGATIVE_TO else NEUTRAL


def sentiment_quality(
    score: np.ndarray, is_favourable: np.ndarray, value: np.ndarray
) -> SentimentQuality:
    """Tell how well sentiment tells ratings.

    Parameters
    ----------
    score
        (n,) sentiment, NaN where there is none.
    is_favourable
        (n,) 0 or 1.
    value
        (n,) the rating, 0 to 100.
    """
    known = ~np.isnan(score)
    score, value = score[known], np.asarray(value, dtype=np.float64)[known]
    y = np.asarray(is_favourable, dtype=np.float64)[known]
    yes, no = int(y.sum()), int(len(y) - y.sum())
    if min(yes, no) < FEWEST_OF_A_KIND:
        said = (
            f"{min(yes, no)} comments of the rarer kind of rating, fewer than {FEWEST_OF_A_KIND}."
        )
        return SentimentQuality(len(y), None, None, None, None, said)
    area = auc(y, score)
    assert area is not None
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (yes - 1) * (q1 - area**2) + (no - 1) * (q2 - area**2)
    half = float(ndtri(0.975)) * np.sqrt(variance / (yes * no))
    return SentimentQuality(
        n=len(y),
        auc=area,
        auc_low=max(0.0, area - half),
        auc_high=min(1.0, area + half),
        correlation=float(spearmanr(score, value).statistic) if np.ptp(score) > 0 else None,
        reason=None,
    )


def _grams(words: Sequence[str]) -> list[str]:
    """Return the words of a comment, and the pairs of neighbouring ones."""
    read = words[:MOST_WORDS]
    return [*read, *(f"{first} {second}" for first, second in itertools.pairwise(read))]
