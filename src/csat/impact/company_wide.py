"""A program for everyone: whether the residuals of surveys changed when it started.

Nobody is left to compare with, so that a change is all that can be seen, of whatever cause. The
mean residuals r_t of the periods around the start follow a level that wanders:

    r_t = a + d [t >= 0] + u_t + ε_t,    u_t - u_{t-1} ~ N(0, τ²),    ε_t ~ N(0, v_t),

v_t the sampling variance of a mean of so many answers; a and d by generalised least squares, τ
integrated over a grid by its restricted likelihood, since few periods do not tell how much a level
wanders by itself. With residuals instead of answers, what the score knows (season, storms, queues)
is taken off. A model that learns from answers after the start comes to know the change, so that
the window after must be short against the time that it learns from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.impact.checks import INFORMATIONAL, Check, check_zero
from csat.impact.effects import Effect, no_effect
from csat.impact.panel import Answers
from csat.impact.settings import ProgramSettings
from csat.impact.verdicts import (
    CANNOT_TELL,
    CHANGED_WITH,
    HARMS,
    NO_EFFECT,
    RAISES,
    Verdict,
    judge,
)

#: τ, in points per period.
WANDERING = (0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0)
#: Periods with answers that are needed on either side.
FEWEST_PERIODS = 4


@dataclass(frozen=True, eq=False)
class CompanyWideEffect:
    """A change of everyone's residuals at a date.

    Parameters
    ----------
    effect
        d, in points; ``n`` counts the answers of both windows.
    periods
        (periods,) from the start, below 0 before it; those with answers.
    residual, std_error
        (periods,) r_t and √v_t, in points.
    answers
        (periods,) how many.
    wandering
        Posterior mean of τ, null where nothing is told.
    checks
        Of a step at a date before the start, and of other programs.
    others
        Other programs that started within the windows.
    """

    effect: Effect
    periods: np.ndarray
    residual: np.ndarray
    std_error: np.ndarray
    answers: np.ndarray
    wandering: float | None
    checks: tuple[Check, ...]
    others: int = 0


def estimate_company_wide(
    answers: Answers,
    start: int,
    *,
    others: int = 0,
    settings: ProgramSettings | None = None,
) -> CompanyWideEffect:
    """Estimate by how much residuals stepped at the start.

    Parameters
    ----------
    answers
        Of everyone, with the score in force when each survey was sent.
    start
        Period in which the program started.
    others
        Other programs that started within the windows.
    settings
        Windows and confidence.
    """
    settings = settings or ProgramSettings()
    since, residual, variance, effective, count = _series(answers, start, settings)
    step, wandering = _step(since, residual, variance, settings.confidence)
    n = int(count.sum())
    least = min(float(effective[side].sum()) for side in (since < 0, since >= 0))
    if step is None:
        reason = (
            f"There are answers of {int((since < 0).sum())} periods before the start and of "
            f"{int((since >= 0).sum())} after it, and {FEWEST_PERIODS} of each are needed."
        )
        told = no_effect(n, reason)
    elif least < settings.fewest_effective:
        reason = (
            f"Before or after the start there are {least:.0f} effective answers, and "
            f"{settings.fewest_effective:.0f} are needed."
        )
        told = no_effect(n, reason)
    else:
        told = Effect(*step, n)
    early = since < 0
    half = settings.before // 2
    placebo, _ = _step(since[early] + half, residual[early], variance[early], settings.confidence)
    check = check_zero(
        "placebo_date",
        None if placebo is None else Effect(*placebo, int(count[early].sum())),
        f"answers beyond the score {half} {settings.unit} before the start",
    )
    alone = Check(
        "other_programs",
        INFORMATIONAL,
        f"{others or 'No'} other {'program' if others < 2 else 'programs'} started in that time.",
        float(others),
        0.0,
    )
    error = np.sqrt(variance)
    checks = (check, alone)
    return CompanyWideEffect(told, since, residual, error, count, wandering, checks, others)


def judge_company_wide(found: CompanyWideEffect, smallest_that_matters: float) -> Verdict:
    """Say what a change shows: at most that it came at the same time.

    Parameters
    ----------
    smallest_that_matters
        In points, as for ``judge``.
    """
    effect = found.effect
    verdict = judge(effect, found.checks, smallest_that_matters)
    if verdict.word == NO_EFFECT:
        # What else happened then may have hidden one.
        return Verdict(
            CANNOT_TELL,
            f"It cannot be told: no change is seen at the same time ({effect.conf_low:+.1f} to "
            f"{effect.conf_high:+.1f} points), and nobody was left out to compare with.",
        )
    if verdict.word not in (RAISES, HARMS):
        return verdict
    went = "rose" if verdict.word == RAISES else "fell"
    others = f", such as {found.others} other programs that started then" if found.others else ""
    return Verdict(
        CHANGED_WITH,
        f"Satisfaction {went} by {abs(effect.estimate):.1f} points ({effect.conf_low:+.1f} to "
        f"{effect.conf_high:+.1f}) at the same time; nobody was left out to compare with, so that "
        f"the cause may be another{others}.",
    )


def _series(answers: Answers, start: int, settings: ProgramSettings) -> tuple[np.ndarray, ...]:
    """Return periods from the start, mean residuals, their variances and answers of each.

    Of these the effective number, then the number.
    """
    since = answers.period - start
    kept = (since >= -settings.before) & (since < settings.after)
    place = since[kept] + settings.before
    weight, left = answers.weight[kept], (answers.outcome - answers.predicted)[kept]
    length = settings.before + settings.after
    total, squares, count = (
        np.bincount(place, values, length) for values in (weight, weight**2, np.ones(len(place)))
    )
    has = total > 0
    mean = np.bincount(place, weight * left, length)[has] / total[has]
    spread = float(np.average(left**2, weights=weight)) if len(left) else 0.0
    effective = total[has] ** 2 / squares[has]
    periods = np.flatnonzero(has) - settings.before
    return periods, mean, spread / effective, effective, count[has]


def _step(
    since: np.ndarray, residual: np.ndarray, variance: np.ndarray, confidence: float
) -> tuple[tuple[float, float, float, float] | None, float | None]:
    """Return estimate, standard error and interval of the step at 0, and the mean of τ."""
    after = since >= 0
    if min(after.sum(), (~after).sum()) < FEWEST_PERIODS or not (variance > 0).all():
        return None, None
    design = np.column_stack([np.ones(len(since)), after])
    order = since - since.min()
    together = np.minimum(order[:, None], order[None, :]).astype(np.float64)
    means, variances, fits = [], [], []
    for wandering in WANDERING:
        covariance = np.diag(variance) + wandering**2 * together
        root = np.linalg.cholesky(covariance)
        x, y = (np.linalg.solve(root, values) for values in (design, residual))
        gram = x.T @ x
        beta = np.linalg.solve(gram, x.T @ y)
        left = y - x @ beta
        means.append(beta[1])
        variances.append(np.linalg.inv(gram)[1, 1])
        fits.append(
            -np.log(np.diag(root)).sum() - 0.5 * np.linalg.slogdet(gram)[1] - 0.5 * left @ left
        )
    posterior = np.exp(np.array(fits) - max(fits))
    posterior /= posterior.sum()
    estimate = float(posterior @ means)
    spread = float(posterior @ (np.array(variances) + (np.array(means) - estimate) ** 2))
    error = float(np.sqrt(spread))
    half = float(ndtri(0.5 + confidence / 2)) * error
    wanders = float(posterior @ np.array(WANDERING))
    return (estimate, error, estimate - half, estimate + half), wanders
