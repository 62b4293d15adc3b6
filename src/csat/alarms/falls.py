"""Falls of what customers answer: how often chance alone would show one so deep.

A series is a day's answers of one entity: how many, and the sums of a value and of its powers. The
value is what was answered less what the model expected, or a rate such as answered invitations.

On each day the mean of the last ``w`` days is compared with the mean of the ``REFERENCE_DAYS``
before them, for each ``w`` of ``WINDOWS``. All are whole weeks, so that weekdays cancel. The
difference is studentised by what answers vary, by what days vary together (``fit_noise``), and
corrected for skewness. What is left is close to a stationary Gaussian process, of which it is
known how often it exceeds a level: see ``episodes_per_year``. So the threshold is a stated rate of
false alarms, and nothing is tuned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

DAYS_OF_A_YEAR = 365.25
#: Days that are compared with those before them, and the share of the false-alarm rate that each
#: may use up. Most of it goes to long windows, which alone can tell a fall of a few points.
WINDOWS = (7, 14, 28, 56, 91)
SHARES = (0.05, 0.05, 0.15, 0.25, 0.5)
#: Days of the reference, at most and at least.
REFERENCE_DAYS, FEWEST_REFERENCE_DAYS = 728, 56
#: Answers of the reference at least; and of a window, counted as squares of the standard deviation
#: of the reference: with fewer, the sum of answers is too far from normal.
FEWEST_REFERENCE_ANSWERS, FEWEST_ANSWERS = 50, 10
#: Skewness of the difference up to which the correction for it is good; and from which it matters.
LARGEST_SKEWNESS, SMALLEST_SKEWNESS = 0.3, 1e-6
#: Lags in days over which the correlation of days is fitted, and correlations that are tried.
LAGS = 14
CORRELATIONS = np.linspace(0.0, 0.95, 96)
#: Lags in days over which each series is compared with the others, and about the score at which
#: episodes open, where the heaviness of tails matters.
SPREAD_LAGS, THRESHOLD_SCORE = 7, 3.3


@dataclass(frozen=True, eq=False)
class Daily:
    """Answers of series by day; all arrays (series, days), the days without gap.

    Parameters
    ----------
    counts
        Answers.
    sums, squares, cubes
        Sums of the value, of its square and of its third power.
    """

    counts: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    cubes: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Series and days."""
        return self.counts.shape

    def take(self, series: np.ndarray | slice, days: slice = slice(None)) -> Daily:
        """Return some of the series and days."""
        return Daily(*(
            part[series][:, days] for part in (self.counts, self.sums, self.squares, self.cubes)
        ))  # fmt: skip

    def only(self, counted: np.ndarray) -> Daily:
        """Return the answers of the days that count, (series, days); none on the others."""
        if counted.all():
            return self
        return Daily(
            *(part * counted for part in (self.counts, self.sums, self.squares, self.cubes))
        )


@dataclass(frozen=True)
class Noise:
    """How much more than single answers the sums of days vary.

    The sum of a day with ``n`` answers of variance ``s²`` has the variance
    ``overdispersion n s² + day_variance n²``, and days ``h`` apart the covariance
    ``day_variance day_correlation^h n n'``; all of it times ``spread``, (series,), where a series
    varies more or less than the others.
    """

    overdispersion: float = 1.0
    day_variance: float = 0.0
    day_correlation: float = 0.0
    spread: np.ndarray | float = 1.0

    def of_sum(
        self, squares: np.ndarray, counts_squared: np.ndarray, days: np.ndarray
    ) -> np.ndarray:
        """Return the variance of the sum over successive days.

        Parameters
        ----------
        squares
            ``n s²`` of all these days together.
        counts_squared
            Sum of the ``n²`` of the days, taken to be alike.
        days
            How many days.
        """
        r = self.day_correlation
        days = np.maximum(days, 1)
        # 1 + 2 Σ (1 - h/d) r^h over h = 1 … d - 1.
        together = (1 + r) / (1 - r) - 2 * r * (1 - r**days) / (days * (1 - r) ** 2)
        spread = np.reshape(self.spread, (-1, 1))
        return spread * (
            self.overdispersion * squares + self.day_variance * counts_squared * together
        )


def fit_noise(daily: Daily) -> Noise:
    """Fit ``Noise`` to series by the products of days.

    With ``e`` a day's sum less its expectation, the mean of ``e e'`` over days ``h`` apart is
    ``day_variance r^h n n'`` for ``h ≥ 1``: variance and correlation are fitted to lags 1 to
    ``LAGS`` by least squares, over all series together. What the days themselves vary beyond that
    is overdispersion, at least 1: answers that vary less than by chance are chance. Then each
    series has its ``spread``, see ``_spread``. Weekdays are taken out of each series.
    """
    counts, sums = daily.counts, daily.sums
    total = counts.sum(axis=1)
    kept = total >= FEWEST_REFERENCE_ANSWERS
    if not kept.any() or counts.shape[1] <= 2 * LAGS:
        return Noise()
    counts, sums, total = counts[kept], sums[kept], total[kept]
    mean = sums.sum(axis=1) / total
    variance = np.maximum(daily.squares[kept].sum(axis=1) / total - mean**2, 0.0)
    excess = _without_weekdays(counts, sums, mean)
    products = [np.sum(excess * excess, axis=1)]
    pairs = [np.sum(counts * counts, axis=1)]
    for lag in range(1, LAGS + 1):
        products.append(np.sum(excess[:, lag:] * excess[:, :-lag], axis=1))
        pairs.append(np.sum(counts[:, lag:] * counts[:, :-lag], axis=1))
    products, pairs = np.array(products, dtype=float), np.array(pairs, dtype=float)
    weights = pairs[1:].sum(axis=1)
    if not weights.all():
        return Noise()
    covariance = products[1:].sum(axis=1) / weights
    powers = CORRELATIONS[:, None] ** np.arange(1, LAGS + 1)
    scale = np.maximum((powers * weights) @ covariance, 0.0) / np.maximum(
        (powers**2 * weights).sum(axis=1), np.finfo(float).tiny
    )
    misfit = (weights * (covariance - scale[:, None] * powers) ** 2).sum(axis=1)
    best = int(np.argmin(misfit))
    day_variance, correlation = float(scale[best]), float(CORRELATIONS[best])
    # Seven means of weekdays were taken out of each series.
    products *= counts.shape[1] / (counts.shape[1] - 7)
    of_answers = np.sum(variance * total)
    overdispersion = 1.0
    if of_answers > 0:
        overdispersion = (products[0].sum() - day_variance * pairs[0].sum()) / of_answers
    noise = Noise(max(1.0, float(overdispersion)), day_variance, correlation)
    spread = np.ones(len(daily.counts))
    spread[kept] = _spread(noise, products, pairs, variance * total, counts)
    return replace(noise, spread=spread)


def _without_weekdays(counts: np.ndarray, sums: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the sums less what the mean of each series and weekday expects."""
    excess = sums - counts * mean[:, None]
    weekdays = np.arange(counts.shape[1]) % 7
    for weekday in range(7):
        of_day = weekdays == weekday
        answers = counts[:, of_day].sum(axis=1)
        level = excess[:, of_day].sum(axis=1) / np.maximum(answers, 1.0)
        excess[:, of_day] -= counts[:, of_day] * level[:, None]
    return excess


def _spread(
    noise: Noise, products: np.ndarray, pairs: np.ndarray, squares: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return how much more or less each series varies over days than the common noise says.

    The long-run variance of a series (Newey & West, 1987: products of days up to ``SPREAD_LAGS``
    apart) over that of ``noise`` is known up to a relative variance of ``4/3 (lags + 1) / days``.
    So its logarithm is shrunk to 0 as far as the series do not differ by more than that (Efron &
    Morris, 1975). What stays uncertain makes the tails heavier.
    """
    falling = 1 - np.arange(SPREAD_LAGS + 1) / (SPREAD_LAGS + 1)
    weights = np.where(np.arange(SPREAD_LAGS + 1) == 0, 1.0, 2 * falling)[:, None]
    powers = noise.day_correlation ** np.arange(SPREAD_LAGS + 1)[:, None]
    chosen = slice(0, SPREAD_LAGS + 1)
    found = (weights * products[chosen]).sum(axis=0)
    expected = noise.overdispersion * squares + noise.day_variance * (
        weights * powers * pairs[chosen]
    ).sum(axis=0)
    days = (counts > 0).sum(axis=1)
    uncertain = 4 / 3 * (SPREAD_LAGS + 1) / days + 2 / counts.sum(axis=1)
    usable = (expected > 0) & (found > 0) & (days >= FEWEST_REFERENCE_DAYS)
    spread = np.ones(len(expected))
    if usable.sum() < 2:
        return spread
    log_ratio = np.log(found[usable] / expected[usable]) + uncertain[usable] / 2
    differ = max(0.0, float(np.mean(log_ratio**2 - uncertain[usable])))
    trusted = differ / (differ + uncertain[usable])
    remaining = trusted * uncertain[usable]
    spread[usable] = np.exp(trusted * log_ratio) * _heavier(remaining)
    return spread


def _heavier(uncertain: np.ndarray) -> np.ndarray:
    """Return by how much to raise a variance whose logarithm has an error of a given variance.

    The chance to exceed the score ``z`` is about ``exp(-z²/2)``. Where the logarithm of the
    variance has the error ``e``, it is on average ``exp(z²/2 e)`` times that, and so as large as
    if the variance were ``exp(var(e) z²/4)`` times as large; taken at ``THRESHOLD_SCORE``.
    """
    return np.exp(np.minimum(uncertain, 1.0) * THRESHOLD_SCORE**2 / 4)


@dataclass(frozen=True, eq=False)
class Evidence:
    """How far the last days lie below those before; arrays (series, days, windows).

    Parameters
    ----------
    score
        Studentised difference, corrected for skewness; standard normal by chance, negative in a
        fall, NaN where there are too few answers or days.
    difference
        Mean of the window less that of the reference.
    reference
        Mean of the reference.
    window_variance
        Variance of the mean of the window.
    rate
        Episodes per year that chance alone would show of so deep a fall, in windows of this
        length; infinite where ``score`` is NaN.
    """

    score: np.ndarray
    difference: np.ndarray
    reference: np.ndarray
    window_variance: np.ndarray
    rate: np.ndarray

    @property
    def rate_of_any(self) -> np.ndarray:
        """Episodes per year by chance of any window, each with its share, (series, days).

        ``min(rate / share)``: at most the sum of what the windows may use up, by Boole's
        inequality.
        """
        return np.min(self.rate / np.array(SHARES), axis=-1)

    @property
    def window(self) -> np.ndarray:
        """Place in ``WINDOWS`` of the one that says most, (series, days)."""
        return np.argmin(self.rate / np.array(SHARES), axis=-1)


def find_falls(
    daily: Daily, noise: Noise, *, first_day: int = 0, since: np.ndarray | None = None
) -> Evidence:
    """Compare the last days of each day with those before.

    Parameters
    ----------
    daily
        Of series that share their noise.
    noise
        What their days vary, by ``fit_noise`` from the days before.
    first_day
        Days before it are looked back on, not judged; the result begins with it.
    since
        Day, as a column of ``daily``, on which each series begins, (series,); by default that of
        its first answer.
    """
    series, days = daily.shape
    sums = {
        name: _running(part)
        for name, part in {
            "n": daily.counts,
            "y": daily.sums,
            "y2": daily.squares,
            "y3": daily.cubes,
            "n2": daily.counts.astype(float) ** 2,
        }.items()
    }
    if since is None:
        has_any = daily.counts > 0
        since = np.where(has_any.any(axis=1), has_any.argmax(axis=1), days)
    judged = np.arange(first_day, days)
    shape = (series, len(judged), len(WINDOWS))
    score = np.full(shape, np.nan)
    difference, reference, window_variance = score.copy(), score.copy(), score.copy()
    rate = np.full(shape, np.inf)
    for place, window in enumerate(WINDOWS):
        end = judged + 1
        middle = end - window
        start = np.maximum(middle - REFERENCE_DAYS, 0)
        length = np.clip(middle - np.maximum(start, since[:, None]), 0, None)
        # The reference too is whole weeks.
        whole = (np.minimum(middle, REFERENCE_DAYS) // 7) * 7
        start = np.where(middle > 0, np.maximum(middle - whole, 0), 0)
        middle = np.maximum(middle, 0)
        recent = {name: part[:, end] - part[:, middle] for name, part in sums.items()}
        before = {name: part[:, middle] - part[:, start] for name, part in sums.items()}
        n, n_before = np.maximum(recent["n"], 1), np.maximum(before["n"], 1)
        mean = before["y"] / n_before
        second = before["y2"] / n_before
        variance = np.maximum(second - mean**2, 0.0)
        third = before["y3"] / n_before - 3 * mean * second + 2 * mean**3
        of_recent = noise.of_sum(recent["n"] * variance, recent["n2"], np.array(window)) / n**2
        of_before = (
            noise.of_sum(before["n"] * variance, before["n2"], np.maximum(length, 1)) / n_before**2
        )
        total = of_recent + of_before
        here = recent["y"] / n - mean
        has_spread = variance > 0
        # The variance too is an estimate: of two values, such as yes and no, its relative variance
        # is their squared skewness over the answers.
        uncertain = third**2 / np.where(has_spread, variance, 1.0) ** 3 / n_before
        total = np.where(has_spread, total * _heavier(uncertain), 1.0)
        skewness = third * (1 / n**2 - 1 / n_before**2) / total**1.5
        usable = (
            (length >= FEWEST_REFERENCE_DAYS)
            & (before["n"] >= FEWEST_REFERENCE_ANSWERS)
            & (recent["n"] >= FEWEST_ANSWERS)
            & has_spread
            & (np.abs(skewness) <= LARGEST_SKEWNESS)
        )
        z = np.where(usable, _without_skewness(here / np.sqrt(total), skewness), 0.0)
        score[:, :, place] = np.where(usable, z, np.nan)
        difference[:, :, place] = np.where(usable, here, np.nan)
        reference[:, :, place] = np.where(usable, mean, np.nan)
        window_variance[:, :, place] = np.where(usable, of_recent, np.nan)
        rate[:, :, place] = np.where(
            usable, episodes_per_year(-z, window, np.maximum(length, FEWEST_REFERENCE_DAYS)), np.inf
        )
    return Evidence(score, difference, reference, window_variance, rate)


def episodes_per_year(level: np.ndarray, window: int, reference: np.ndarray) -> np.ndarray:
    r"""Return how often a year chance alone lifts a window's score above a level.

    The score of a window of ``w`` days against ``b`` days is a moving contrast of independent days,
    whose correlation one day apart is ``1 - c`` with ``c = (1/w² + 1/w/b + 1/b²) / (1/w + 1/b)``.
    Excursions of such a Gaussian process above a high level ``z`` come like a Poisson process of
    the rate

    .. math:: c\, z\, \varphi(z)\, \nu(z \sqrt{2 c}) \quad\text{per day},

    with Siegmund's function for what days in steps overshoot (Siegmund, *Sequential Analysis*,
    1985, (4.37); Aldous, *Probability Approximations via the Poisson Clumping Heuristic*, 1989,
    D10). For low levels, where it does not hold, the rate is that of level 1.
    """
    c = (1 / window**2 + 1 / window / reference + 1 / reference**2) / (1 / window + 1 / reference)
    z = np.maximum(level, 1.0)
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return DAYS_OF_A_YEAR * c * z * density * _overshoot(z * np.sqrt(2 * c))


def _overshoot(x: np.ndarray) -> np.ndarray:
    """Return Siegmund's function, by the approximation of Siegmund & Yakir (2007)."""
    half = x / 2
    density = np.exp(-0.5 * half**2) / np.sqrt(2 * np.pi)
    return (2 / x) * (ndtr(half) - 0.5) / (half * ndtr(half) + density)


def _without_skewness(z: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    """Return the normal score of a sum with a given skewness.

    The sum is taken to be as a shifted gamma variable of the same skewness, and that to be normal
    when its cube root is taken (Wilson & Hilferty, 1931).
    """
    safe = np.where(np.abs(skewness) < SMALLEST_SKEWNESS, SMALLEST_SKEWNESS, skewness)
    root = np.cbrt(np.maximum(1 + safe * z / 2, 0.0))
    return np.where(np.abs(skewness) < SMALLEST_SKEWNESS, z, 6 / safe * (root - 1) + safe / 6)


def _running(part: np.ndarray) -> np.ndarray:
    """Return sums of all days before each day, (series, days + 1)."""
    return np.concatenate([np.zeros((len(part), 1)), np.cumsum(part, axis=1, dtype=float)], axis=1)
