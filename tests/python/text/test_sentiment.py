"""Sentiment tells ratings that words tell, and none that they do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from csat.text.sentiment import (
    FOLDS,
    label_of,
    read_sentiments,
    sentiment_quality,
)

GOOD = ["great", "friendly", "quick", "solved", "thanks"]
BAD = ["rude", "slow", "broken", "waited", "useless"]
FILLING = [
    "the",
    "it",
    "was",
    "a",
    "my",
    "bill",
    "call",
    "agent",
    "today",
    "week",
    "month",
    "phone",
]


def draw(n: int, seed: int, told_by_words: bool, favourable: float = 0.8):
    random = np.random.default_rng(seed)
    y = (random.random(n) < favourable).astype(float)
    mood = y if told_by_words else (random.random(n) < 0.5)
    comments = [
        random.permutation(
            [*random.choice(GOOD if good else BAD, 2), *random.choice(FILLING, 5)]
        ).tolist()
        for good in mood
    ]
    return comments, y, random.integers(FOLDS, size=n)


def test_words_that_tell_ratings_are_learned() -> None:
    comments, y, folds = draw(600, 1, told_by_words=True)
    read = read_sentiments(comments, y, folds)
    quality = sentiment_quality(read.score, y, 100 * y)
    assert read.reason is None
    assert quality.auc > 0.99
    assert {label_of(score) for score in read.score[y == 1]} == {"positive"}
    assert {label_of(score) for score in read.score[y == 0]} == {"negative"}


def test_words_that_tell_nothing_read_as_nothing() -> None:
    """Over seeds the AUC is that of a guess: nothing of a comment's own rating is in it."""
    found = []
    for seed in range(12):
        comments, y, folds = draw(500, seed, told_by_words=False)
        read = read_sentiments(comments, y, folds)
        found.append(sentiment_quality(read.score, y, 100 * y))
        # Fifty is the middle, though eight of ten ratings are favourable.
        assert abs(np.median(read.score) - 50) < 10
    assert abs(np.mean([quality.auc for quality in found]) - 0.5) < 0.03
    within = [quality.auc_low <= 0.5 <= quality.auc_high for quality in found]
    assert np.mean(within) >= 0.75


def test_a_customer_is_read_by_a_model_that_has_not_seen_them() -> None:
    """A word that only one customer writes tells nothing of their ratings."""
    comments, y, _ = draw(600, 2, told_by_words=False)
    customers = np.arange(600) // 6
    y = np.where(customers % 2 == 0, 1.0, 0.0)
    comments = [[*words, f"name{who}"] for words, who in zip(comments, customers, strict=True)]
    apart = read_sentiments(comments, y, customers % FOLDS)
    together = read_sentiments(comments, y, np.random.default_rng(1).integers(FOLDS, size=600))
    assert abs(sentiment_quality(apart.score, y, y).auc - 0.5) < 0.1
    assert sentiment_quality(together.score, y, y).auc > 0.9


def test_nothing_is_read_where_there_is_too_little() -> None:
    comments, y, folds = draw(600, 3, told_by_words=True)
    few = read_sentiments(comments[:60], y[:60], folds[:60])
    assert np.isnan(few.score).all()
    assert "fewer than 20" in few.reason
    assert np.isnan(read_sentiments(comments, np.ones(600), folds).score).all()
    assert len(read_sentiments([], np.zeros(0), np.zeros(0)).score) == 0
    quality = sentiment_quality(few.score, y[:60], y[:60])
    assert (quality.n, quality.auc, quality.correlation) == (0, None, None)
    assert "fewer than 20" in quality.reason


def test_a_comment_without_words_has_no_sentiment() -> None:
    comments, y, folds = draw(600, 4, told_by_words=True)
    comments[7] = []
    read = read_sentiments(comments, y, folds)
    assert np.flatnonzero(np.isnan(read.score)).tolist() == [7]
    assert label_of(read.score[7]) is None


def test_figures_are_those_of_their_definitions() -> None:
    random = np.random.default_rng(5)
    y = np.repeat([0.0, 1.0], [40, 60])
    score, value = random.random(100) + 0.3 * y, 50 * y + 40 * random.random(100)
    quality = sentiment_quality(score, y, value)
    pairs = score[y == 1][:, None] - score[y == 0]
    assert quality.auc == pytest.approx(np.mean(pairs > 0))
    assert quality.correlation == pytest.approx(spearmanr(score, value).statistic)
    assert quality.auc_low < quality.auc < quality.auc_high


def test_interval_of_the_auc_holds() -> None:
    """Normal scores a standard deviation apart: AUC = Φ(1 / √2) = 0.760."""
    random = np.random.default_rng(6)
    y = np.repeat([0.0, 1.0], [60, 140])
    held = 0
    for _ in range(400):
        found = sentiment_quality(random.normal(y), y, y)
        held += found.auc_low <= 0.7602 <= found.auc_high
    assert 0.92 <= held / 400 <= 0.98
