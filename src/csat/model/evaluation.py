"""How good predictions are, against what simpler ones reach, and which of two models is better.

Every figure takes answers (0 or 1), probabilities of "satisfied" and optional weights, all (n,).
Figures that need answers of both classes are null where there is one class only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CALIBRATION_BINS = 20
#: A bin of calibration holds at least so many answers; with fewer there are fewer bins.
ANSWERS_PER_BIN = 10
#: Below so many answers a figure says more about chance than about a model.
FEWEST_ANSWERS = 30
#: Probabilities are held so far from 0 and 1, so that one answer does not cost infinitely much.
NEAREST_TO_CERTAIN = 1e-6


@dataclass(frozen=True)
class Evaluation:
    """Figures of one set of predictions; null where there is no answer, with the reason.

    ``log_loss`` in nats per answer and ``brier`` are lower when better; ``auc`` lies between 0 and
    1, 0.5 for a guess; ``calibration_error`` in points (0 to 100), beside what a perfect model
    shows by chance on so many answers.
    """

    answers: int
    effective_answers: float | None
    satisfied_share: float | None
    log_loss: float | None
    auc: float | None
    brier: float | None
    calibration_error: float | None
    calibration_error_by_chance: float | None
    base_rate_log_loss: float | None
    last_rating_log_loss: float | None
    last_rating_auc: float | None
    reason: str | None


@dataclass(frozen=True)
class CalibrationBin:
    """One of the equal-count bins of predictions: what was predicted and what was answered."""

    bin_number: int
    answers: int
    predicted: float
    observed: float
    observed_lower: float
    observed_upper: float


@dataclass(frozen=True)
class Comparison:
    """Challenger against champion on the same later answers.

    ``difference`` is the challenger's log-loss less the champion's, in nats per answer: below 0
    the challenger is better. Null, with the reason, where it cannot be told.
    """

    answers: int
    customers: int
    champion_log_loss: float | None
    challenger_log_loss: float | None
    difference: float | None
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    takes_over: bool
    reason: str


def kish_effective_n(weights: np.ndarray) -> float:
    """Return (Σ w)² / Σ w² (Kish 1965): n for equal weights, fewer for unequal ones, 0 for none."""
    weights = np.asarray(weights, dtype=np.float64)
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def log_losses(satisfied: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return -log of the probability given to what was answered, per answer."""
    probability = np.clip(probability, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return -np.where(np.asarray(satisfied) > 0, np.log(probability), np.log1p(-probability))


def auc(
    satisfied: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None
) -> float | None:
    """Return the weighted share of (satisfied, not satisfied) pairs in the right order, ties half.

    Null where all answers are of one class.
    """
    satisfied = np.asarray(satisfied, dtype=np.float64)
    weights = np.ones(len(satisfied)) if weights is None else np.asarray(weights, dtype=np.float64)
    _, group = np.unique(probability, return_inverse=True)
    yes = np.bincount(group, weights * satisfied)
    no = np.bincount(group, weights * (1 - satisfied))
    if not yes.sum() or not no.sum():
        return None
    below = np.cumsum(no) - no
    return float(np.sum(yes * (below + no / 2)) / (yes.sum() * no.sum()))


def calibration_bins(
    satisfied: np.ndarray,
    probability: np.ndarray,
    weights: np.ndarray | None = None,
    bins: int | None = None,
) -> list[CalibrationBin]:
    """Cut answers into bins of equal weight by their prediction and compare with what was said.

    There are as many ``bins`` as the answers are enough for (``bins_for``) where not given. Equal
    predictions share the bin of their middle, so that the order of rows changes nothing and a
    constant prediction is one bin. The interval is Wilson's at 95 %, with the effective answers of
    the bin.
    """
    satisfied = np.asarray(satisfied, dtype=np.float64)
    probability = np.asarray(probability, dtype=np.float64)
    weights = np.ones(len(satisfied)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(satisfied):
        return []
    number = _bin_numbers(probability, weights, bins)
    found = []
    for place in np.unique(number):
        here = number == place
        w, n = weights[here], kish_effective_n(weights[here])
        observed = float(np.average(satisfied[here], weights=w))
        low, high = wilson_interval(observed, n)
        found.append(
            CalibrationBin(
                bin_number=int(place) + 1,
                answers=int(here.sum()),
                predicted=float(np.average(probability[here], weights=w)),
                observed=observed,
                observed_lower=low,
                observed_upper=high,
            )
        )
    return found


def wilson_interval(
    share: float | np.ndarray, n: float | np.ndarray, z: float = 1.959963984540054
) -> tuple[float | np.ndarray, float | np.ndarray]:
    """Return Wilson's (1927) interval of a share among ``n`` (effective) answers, n above 0.

    Of arrays, that of each.
    """
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # Of none and of all, one end is the share itself, from which rounding would part it.
    low = np.where(share <= 0, 0.0, np.maximum(middle - half, 0.0))
    high = np.where(share >= 1, 1.0, np.minimum(middle + half, 1.0))
    return low[()], high[()]


def calibration_error(
    satisfied: np.ndarray,
    probability: np.ndarray,
    weights: np.ndarray | None = None,
    bins: int | None = None,
) -> float | None:
    """Return the mean |predicted - observed| over the bins, by weight, in points (0 to 100).

    Observed shares are noisy: ``calibration_error_by_chance`` says what a perfect model shows.
    Given true probabilities instead of answers, it shows 0.
    """
    satisfied = np.asarray(satisfied, dtype=np.float64)
    if not len(satisfied):
        return None
    w = np.ones(len(satisfied)) if weights is None else np.asarray(weights, dtype=np.float64)
    gaps = np.bincount(_bin_numbers(probability, w, bins), w * (probability - satisfied))
    return float(100 * np.abs(gaps).sum() / w.sum())


def calibration_error_by_chance(
    probability: np.ndarray, weights: np.ndarray | None = None, bins: int | None = None
) -> float | None:
    """Return the calibration error that true probabilities show on average, in points.

    Predicted less observed share of a bin then has mean 0 and variance v = Σ w² p (1 - p) / (Σ w)²,
    which is p (1 - p) / n for n answers of equal weight. It is about normal, so that its size is
    √(2 v / π) on average; of these the mean over the bins, by weight. With probabilities about 0.7
    that is 2.3 points at 5,000 answers and 1.1 at 20,000, in 20 bins.
    """
    probability = np.asarray(probability, dtype=np.float64)
    if not len(probability):
        return None
    w = np.ones(len(probability)) if weights is None else np.asarray(weights, dtype=np.float64)
    of_answers = w**2 * probability * (1 - probability)
    variances = np.bincount(_bin_numbers(probability, w, bins), of_answers)
    return float(100 * np.sqrt(2 / np.pi) * np.sqrt(variances).sum() / w.sum())


def bins_for(answers: float) -> int:
    """Return how many bins of calibration so many (effective) answers are enough for."""
    return max(1, min(CALIBRATION_BINS, round(answers) // ANSWERS_PER_BIN))


def _bin_numbers(probability: np.ndarray, weights: np.ndarray, bins: int | None) -> np.ndarray:
    """Return the bin of each prediction, counted from 0; bins hold about equal weight."""
    bins = bins_for(kish_effective_n(weights)) if bins is None else bins
    _, group = np.unique(probability, return_inverse=True)
    of_group = np.bincount(group, weights)
    middle = (np.cumsum(of_group) - of_group / 2) / of_group.sum()
    return np.minimum((middle * bins).astype(np.int64), bins - 1)[group]


def last_rating_baseline(
    trained_last: np.ndarray,
    trained_satisfied: np.ndarray,
    last: np.ndarray,
    weights: np.ndarray | None = None,
    prior_answers: float = 20.0,
    base_rate: float | None = None,
) -> np.ndarray:
    """Predict by the last rating alone: the share satisfied among answers with the same one.

    Parameters
    ----------
    trained_last, last
        Each answer's previous rating, NaN where there is none, in training and to be predicted.
    trained_satisfied, weights
        Of the training answers.
    prior_answers
        Each share is drawn to the base rate by so many answers, so that rare ratings do not
        overshoot; a rating never seen gets the base rate.
    base_rate
        The share satisfied that the training answers stand for; that of these very answers where
        not given.

    Returns
    -------
    numpy.ndarray
        Probabilities, as long as ``last``.
    """
    trained_last = np.asarray(trained_last, dtype=np.float64)
    satisfied = np.asarray(trained_satisfied, dtype=np.float64)
    weights = np.ones(len(satisfied)) if weights is None else np.asarray(weights, dtype=np.float64)
    base = np.average(satisfied, weights=weights) if base_rate is None else base_rate
    last = np.asarray(last, dtype=np.float64)
    predicted = np.full(len(last), base)
    for rating in np.unique(trained_last):
        here = np.isnan(trained_last) if np.isnan(rating) else trained_last == rating
        share = (np.sum(weights[here] * satisfied[here]) + prior_answers * base) / (
            weights[here].sum() + prior_answers
        )
        predicted[np.isnan(last) if np.isnan(rating) else last == rating] = share
    return predicted


def evaluate(
    satisfied: np.ndarray,
    probability: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    base_rate: float | None = None,
    last_rating: np.ndarray | None = None,
) -> Evaluation:
    """Evaluate predictions of answers that the model has not seen.

    Parameters
    ----------
    satisfied, probability, weights
        Answers (0 or 1), predictions, and weights (equal where not given).
    base_rate
        The constant to compare with, from training; the share of these very answers where not
        given, which is the hardest constant to beat.
    last_rating
        Predictions by the last rating (``last_rating_baseline``).
    """
    satisfied = np.asarray(satisfied, dtype=np.float64)
    probability = np.asarray(probability, dtype=np.float64)
    n = len(satisfied)
    if n == 0:
        return Evaluation(0, *(None,) * 10, reason="There are no answers to evaluate on.")
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    share = float(np.average(satisfied, weights=w))
    constant = np.full(n, share if base_rate is None else base_rate)
    reason = None
    if share in (0.0, 1.0):
        reason = "All answers are of one class, so there is no AUC."
    elif n < FEWEST_ANSWERS:
        reason = f"{n} answers, fewer than {FEWEST_ANSWERS}: the figures are mostly chance."

    def mean_loss(predicted: np.ndarray) -> float:
        return float(np.average(log_losses(satisfied, predicted), weights=w))

    return Evaluation(
        answers=n,
        effective_answers=kish_effective_n(w),
        satisfied_share=share,
        log_loss=mean_loss(probability),
        auc=auc(satisfied, probability, w),
        brier=float(np.average((probability - satisfied) ** 2, weights=w)),
        calibration_error=calibration_error(satisfied, probability, w),
        calibration_error_by_chance=calibration_error_by_chance(probability, w),
        base_rate_log_loss=mean_loss(constant),
        last_rating_log_loss=None if last_rating is None else mean_loss(np.asarray(last_rating)),
        last_rating_auc=None if last_rating is None else auc(satisfied, last_rating, w),
        reason=reason,
    )


def paired_difference(
    differences: np.ndarray, weights: np.ndarray, customers: np.ndarray
) -> tuple[float, float]:
    """Return the weighted mean of paired differences and its standard error by customer.

    With G customers: d̄ = Σ w d / Σ w, se² = G / (G - 1) × Σ_g (Σ_{i in g} w (d - d̄))² / (Σ w)²,
    infinite for a single customer.
    """
    mean = float(np.average(differences, weights=weights))
    _, customer = np.unique(customers, return_inverse=True)
    sums = np.bincount(customer, weights * (differences - mean))
    if len(sums) < 2:
        return mean, float("inf")
    variance = len(sums) / (len(sums) - 1) * np.sum(sums**2) / np.sum(weights) ** 2
    return mean, float(np.sqrt(variance))


def compare(
    satisfied: np.ndarray,
    champion: np.ndarray,
    challenger: np.ndarray,
    customers: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    fewest_answers: int = FEWEST_ANSWERS,
    margin: float = 0.01,
    z: float = 1.2815515655446004,
) -> Comparison:
    """Decide on later answers that neither has learned from whether a challenger takes over.

    Paired: the difference d of the two log-losses of each answer, with a standard error by
    customer. The challenger, which knows newer answers, takes over unless it is worse: unless
    d̄ > z × se (one-sided test at 10 %), or d̄ > ``margin`` whatever the noise. Without
    ``fewest_answers`` later answers the champion stays.

    Parameters
    ----------
    satisfied
        (n,) answers, 0 or 1.
    champion, challenger
        (n,) probabilities.
    customers
        (n,) whose answer it is.
    margin
        In nats per answer.

    Returns
    -------
    Comparison
        With ``conf_low`` and ``conf_high`` at 95 %.
    """
    satisfied = np.asarray(satisfied, dtype=np.float64)
    n = len(satisfied)
    groups = len(set(np.asarray(customers, dtype=object).tolist()))
    if n < fewest_answers or groups < 2:
        lacking = f"fewer than {fewest_answers}" if n < fewest_answers else "all of one customer"
        return Comparison(
            *(n, groups, None, None, None, None, None, None, False),
            reason=f"{n} later answers that neither has learned from, {lacking}: too few to "
            "compare, the champion stays.",
        )
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    old, new = log_losses(satisfied, champion), log_losses(satisfied, challenger)
    difference, error = paired_difference(new - old, w, customers)
    # Written so that NaN, of a challenger without a prediction, is worse.
    worse = not difference <= z * error
    far_worse = not difference <= margin
    takes_over = not (worse or far_worse)
    said = f"Log-loss differs by {difference:+.4f} (standard error {error:.4f}) on {n} answers: "
    if takes_over:
        verdict = "not worse, the challenger takes over."
    elif worse:
        verdict = "worse, the champion stays."
    else:
        verdict = f"worse by more than {margin}, the champion stays."
    return Comparison(
        answers=n,
        customers=groups,
        champion_log_loss=float(np.average(old, weights=w)),
        challenger_log_loss=float(np.average(new, weights=w)),
        difference=difference,
        std_error=error,
        conf_low=difference - 1.959963984540054 * error,
        conf_high=difference + 1.959963984540054 * error,
        takes_over=takes_over,
        reason=said + verdict,
    )
