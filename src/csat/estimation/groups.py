"""Agents, teams and other groups against all of them together, at like contacts.

Who handles complaints of customers who were angry before is no worse for it. So answers are
compared with an expectation (``expectation``), and what a group is above or below it is shrunk to
the others (``shrinkage``), because with 56 answers chance alone has a standard deviation of 6
points.

The expectation is learned from the very answers that it is compared with, and would take from the
groups what is theirs: a topic that one agent handles alone would have that agent's customers for
its expectation. Therefore both are estimated together. With m_i the fitted probability,
r_i = y_i - m_i and w_i = m_i (1 - m_i), one step of Newton from the fit says that

    r_i = w_i x_i'β + w_i a_g + noise of variance w_i,

β what the expectation has to be mended by, a_g the group's effect on the logit. Sums over the
groups are enough. With X_g = Σ w x, the mean residual of a group is y_g = z_g'β + u_g + ε_g, the
model of Fay and Herriot with covariates z_g = X_g / n and variance v_g = Σ w / n²; and what is
known of β beside it comes from answers compared within groups, where a_g cancels (``_within``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.estimation.expectation import Expectation
from csat.estimation.residuals import ASSUMED_CUSTOMER_VARIANCE, EstimationError
from csat.estimation.shrinkage import Information, Shrinkage, shrink
from csat.model.logistic import sigmoid

#: With fewer pairs of answers of one customer their covariance is assumed, not estimated.
FEWEST_PAIRS = 100
#: True means of groups, in points, differ by no more (one standard deviation): no share does.
LARGEST_BETWEEN_STD = 50.0

ABOVE, AS, BELOW = "above", "as", "below"


@dataclass(frozen=True, eq=False)
class GroupComparison:
    """Groups against all of them together, in points; arrays (groups,), NaN where nothing is said.

    Parameters
    ----------
    groups
        Their keys, in order.
    n
        Answers.
    observed, expected
        Share satisfied, and what all together would have reached at the same contacts; over all
        answers both have the same mean.
    difference
        observed - expected.
    estimate, std_error, conf_low, conf_high
        The difference, shrunk to that of the others, with its interval.
    verdict
        ``above``, ``as`` or ``below`` all of them together, null where the interval does not say.
    reason
        Why there is no verdict, null where there is one.
    between_std
        Posterior mean of the standard deviation between groups, null where there is none.
    shrinkage
        The whole posterior, null where there is none.
    """

    groups: np.ndarray
    n: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    difference: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    verdict: np.ndarray
    reason: np.ndarray
    between_std: float | None
    shrinkage: Shrinkage | None


@dataclass(frozen=True, eq=False)
class ResidualSums:
    """Residuals of groups, in points, as ``shrink`` takes them.

    Parameters
    ----------
    values, variances
        (groups,) mean residuals and their sampling variances.
    covariates
        (groups, columns) z_g: points by which a unit of each coefficient moves the expectation.
    information
        What answers of the same unit, compared with each other, tell of the coefficients.
    """

    values: np.ndarray
    variances: np.ndarray
    covariates: np.ndarray
    information: Information


@dataclass(frozen=True)
class FlagEffect:
    """By how many points a flag moves the expectation of the answers that have it.

    ``n`` is the number of these answers; the rest is null, with ``reason``, where it cannot be
    told.
    """

    estimate: float | None
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    n: int
    reason: str | None


def compare_groups(
    expectation: Expectation,
    groups: np.ndarray,
    *,
    units: np.ndarray | None = None,
    customers: np.ndarray | None = None,
    fewest_answers: int = 10,
    margin: float = 10.0,
    confidence: float = 0.95,
) -> GroupComparison:
    """Compare groups with all of them together.

    Parameters
    ----------
    expectation
        Of the answers.
    groups
        (n,) which group each answer is of; any keys that sort.
    units
        (n,) the agent of each answer, where groups are teams of them: the expectation is mended by
        comparing answers of one agent. The groups themselves where not given.
    customers
        (n,) whose answer it is; all different where not given. Several answers of one customer to
        one group are worth less than as many of different ones.
    fewest_answers
        With fewer a group gets no verdict.
    margin
        In points: a group is ``as`` all together where its whole interval is this near to 0.
    confidence
        Of the intervals, 0 to 1.

    Raises
    ------
    EstimationError
        If there are not as many groups as answers.
    """
    keys, group = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
    y = expectation.satisfied
    if len(group) != len(y):
        raise EstimationError(f"There are {len(group)} groups for {len(y)} answers.")
    n = np.bincount(group, minlength=len(keys))
    observed, predicted = (_means(part, group, n) for part in (y, expectation.probability))
    reason = _reason_for_nothing(y, keys)
    if reason:
        return GroupComparison(
            *(keys, n, 100 * observed),
            *(np.full(len(keys), np.nan) for _ in range(6)),
            verdict=np.full(len(keys), None),
            reason=np.full(len(keys), reason),
            between_std=None,
            shrinkage=None,
        )
    sums = residual_sums(expectation, group, units=units, customers=customers)
    shrunk = shrink(
        sums.values,
        sums.variances,
        largest_between_std=LARGEST_BETWEEN_STD,
        weights=n,
        covariates=sums.covariates,
        information=sums.information,
        confidence=confidence,
    )
    assert shrunk.effects is not None
    assert shrunk.coefficients is not None
    mended = 100 * predicted + sums.covariates @ shrunk.coefficients
    expected = mended + np.average(100 * observed - mended, weights=n)
    low, high = shrunk.effects.conf_low, shrunk.effects.conf_high
    said = [
        verdict_of(*ends, int(count), fewest_answers, margin)
        for *ends, count in zip(low, high, n, strict=True)
    ]
    return GroupComparison(
        groups=keys,
        n=n,
        observed=100 * observed,
        expected=expected,
        difference=100 * observed - expected,
        estimate=shrunk.effects.estimate,
        std_error=shrunk.effects.std_error,
        conf_low=low,
        conf_high=high,
        verdict=np.array([verdict for verdict, _ in said], dtype=object),
        reason=np.array([reason for _, reason in said], dtype=object),
        between_std=float(shrunk.between_std.estimate[0]) if shrunk.between_std else None,
        shrinkage=shrunk,
    )


def residual_sums(
    expectation: Expectation,
    group: np.ndarray,
    *,
    units: np.ndarray | None = None,
    customers: np.ndarray | None = None,
) -> ResidualSums:
    """Reduce the residuals of an expectation to what the model of Fay and Herriot needs of them.

    Parameters
    ----------
    expectation, units, customers
        As for ``compare_groups``.
    group
        (n,) number of each answer's group, 0 … groups - 1, each with an answer.
    """
    y, m, x = expectation.satisfied, expectation.probability, expectation.design
    w, left, n = m * (1 - m), y - m, np.bincount(group)
    variance = np.bincount(group, w) + _repeated(left, group, customers)
    return ResidualSums(
        values=100 * _means(left, group, n),
        variances=1e4 * variance / n**2,
        covariates=100 * _sums(x * w[:, None], group) / n[:, None],
        information=_within(expectation, group if units is None else _numbered(units)),
    )


def verdict_of(
    low: float, high: float, n: int, fewest_answers: int, margin: float
) -> tuple[str | None, str | None]:
    """Return what an interval of a difference says, and why not where it says nothing.

    To be ``as`` the others has to be shown like anything else: an interval that reaches far to one
    side shows nothing.

    Examples
    --------
    >>> verdict_of(0.4, 9.0, n=60, fewest_answers=10, margin=10)
    ('above', None)
    >>> verdict_of(-4.0, 6.0, n=60, fewest_answers=10, margin=10)
    ('as', None)
    """
    if n < fewest_answers:
        return None, f"{n} {'answer' if n == 1 else 'answers'}, fewer than {fewest_answers}."
    if low > 0:
        return ABOVE, None
    if high < 0:
        return BELOW, None
    if max(-low, high) <= margin:
        return AS, None
    return None, f"Anything from {low:+.1f} to {high:+.1f} points: it cannot be told."


def flag_effect(
    expectation: Expectation,
    comparison: GroupComparison,
    flag: str,
    *,
    fewest_answers: int = 10,
    confidence: float = 0.95,
) -> FlagEffect:
    """Return what a flag of the expectation does to the answers that have it, groups allowed for.

    The mean over these answers of 100 (m - m without the flag), with the flag's coefficient as it
    is after the comparison: from the same groups with and without it, and, as far as groups differ
    little, from groups with more and less of it. The ends are those of the coefficient's.

    Parameters
    ----------
    flag
        Name of one of the expectation's flags.
    fewest_answers
        With fewer answers that have it, or that have it not, nothing is said.
    """
    place = expectation.columns.index(flag) if flag in expectation.columns else None
    has_flag = np.zeros(0) if place is None else expectation.design[:, place] > 0
    n = int(has_flag.sum())
    shrunk = comparison.shrinkage
    if place is None or shrunk is None or min(n, len(has_flag) - n) < fewest_answers:
        said = f"{n} answers of {len(expectation.satisfied)} have it: too few to tell."
        return FlagEffect(None, None, None, None, n, said)
    assert shrunk.coefficients is not None
    assert shrunk.coefficient_covariance is not None
    mended = expectation.coefficients + shrunk.coefficients
    error = float(np.sqrt(shrunk.coefficient_covariance[place, place]))
    without = expectation.design[has_flag] @ mended - mended[place]

    def points(coefficient: float) -> float:
        return float(100 * np.mean(sigmoid(without + coefficient) - sigmoid(without)))

    half = float(ndtri(0.5 + confidence / 2)) * error
    low, high = points(mended[place] - half), points(mended[place] + half)
    return FlagEffect(
        estimate=points(mended[place]),
        std_error=(high - low) * error / (2 * half),
        conf_low=low,
        conf_high=high,
        n=n,
        reason=None,
    )


def _reason_for_nothing(y: np.ndarray, keys: np.ndarray) -> str | None:
    if len(keys) < 2:
        return "There is no other one to compare with."
    if y.min() == y.max():
        return "All answers are alike, so that none differs."
    return None


def _numbered(keys: np.ndarray) -> np.ndarray:
    return np.unique(np.asarray(keys, dtype=object), return_inverse=True)[1]


def _means(values: np.ndarray, group: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.bincount(group, values, minlength=len(n)) / n


def _sums(rows: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the sum of the rows of each group."""
    return np.column_stack([np.bincount(group, column) for column in rows.T])


def _within(expectation: Expectation, unit: np.ndarray) -> Information:
    """Return what answers of the same unit, compared with each other, tell of the coefficients.

    H - Σ_u X_u X_u' / i_u and -Σ_u s_u X_u / i_u, with H = Σ w x x' + the penalty, i_u = Σ w and
    s_u = Σ r: all that the logistic regression knows, less what it has from sums over units.
    """
    m, x = expectation.probability, expectation.design
    w = m * (1 - m)
    weighted = x * w[:, None]
    of_unit, amount = _sums(weighted, unit), np.bincount(unit, w)
    left = np.bincount(unit, expectation.satisfied - m)
    matrix = weighted.T @ x + np.diag(expectation.penalty) - of_unit.T @ (of_unit / amount[:, None])
    return Information(matrix, -of_unit.T @ (left / amount))


def _repeated(left: np.ndarray, group: np.ndarray, customers: np.ndarray | None) -> np.ndarray:
    """Return what covariances of answers of one customer add to the variance of a group's sum.

    κ Σ_c n_c (n_c - 1), n_c answers of customer c to the group, κ = the mean of r_i r_j over pairs
    of such answers, at least 0.
    """
    groups = int(group.max()) + 1
    if customers is None:
        return np.zeros(groups)
    who = _numbered(customers).astype(np.int64)
    cells, cell = np.unique(group * (who.max() + 1) + who, return_inverse=True)
    count = np.bincount(cell)
    ordered_pairs = count * (count - 1)
    together = np.bincount(cell, left) ** 2 - np.bincount(cell, left**2)
    covariance = ASSUMED_CUSTOMER_VARIANCE
    if ordered_pairs.sum() >= 2 * FEWEST_PAIRS:
        covariance = max(float(together.sum() / ordered_pairs.sum()), 0.0)
    return covariance * np.bincount(cells // (who.max() + 1), ordered_pairs, minlength=groups)
