"""Satisfaction of the base and of segments on one day, with intervals that cover.

θ_s(D) = 100 p̄_s(D) + x_s(D): the mean score of the segment's customers on day D plus a correction,
learned from what surveys answered beyond the score (``level_model``). The estimand is the mean
probability of "satisfied" of the segment's actual customers on D, in points. The mean score is
known without error; all uncertainty is that of the correction. The score alone never has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp, ndtri

from csat.estimation.level_model import Grid, LevelModel, Observations, Posterior
from csat.estimation.level_settings import LevelSettings, grid_of, moments_of
from csat.estimation.residuals import AnswerSums, EstimationError, RepeatAnswers

#: A segment's own mean weight of answers is drawn to the family's by so many answers.
PRIOR_ANSWERS = 10.0


@dataclass(frozen=True, eq=False)
class LevelEstimates:
    """Estimates of S segments (S = 1: the base) on one day, in points; NaN where there is none.

    Parameters
    ----------
    estimate, conf_low, conf_high
        (S,) within 0 and 100.
    std_error
        (S,) of the estimate, before the interval is cut at 0 and 100.
    score_part, correction
        (S,) 100 p̄ and x; estimate = score_part + correction, but for the cut at 0 and 100.
    n, effective_n
        (S,) answers in the window, and Kish's (Σ w)² / Σ w² of them.
    customers
        (S,) N.
    lags
        Days back.
    lag_correction, lag_variance, change_variance
        (lags, S) the correction so many days ago as it looks today, its variance, and that of
        today's less it; for ``change`` and ``movement``.
    response_bias, response_bias_sd
        δ, what ordinary answers are too satisfied by after weighting; 0 with 0 where it is not
        free.
    walk_sd, shock_sd, segment_sd
        Posterior means of the level's daily step, of shocks to it, and of segment effects.
    covariance_with_total
        (S,) of today's correction with Σ N x over the family, before benchmarking.
    reason
        (S,) why there is no estimate, otherwise null.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    score_part: np.ndarray
    correction: np.ndarray
    n: np.ndarray
    effective_n: np.ndarray
    customers: np.ndarray
    lags: tuple[int, ...]
    lag_correction: np.ndarray
    lag_variance: np.ndarray
    change_variance: np.ndarray
    response_bias: float
    response_bias_sd: float
    walk_sd: float
    shock_sd: float
    segment_sd: float
    covariance_with_total: np.ndarray
    reason: np.ndarray


def estimate_base(
    sums: AnswerSums,
    customers: float,
    mean_score: float,
    *,
    repeats: RepeatAnswers | None = None,
    settings: LevelSettings | None = None,
) -> LevelEstimates:
    """Estimate the base: all answers together, without segment effects.

    Parameters
    ----------
    sums
        Of any family that holds every answer once; segments are added up.
    customers, mean_score
        Their number and their mean score on the day, 0 to 100.
    """
    settings = replace(settings or LevelSettings(), segment_sd=(0.0,), memory_days=(float("inf"),))
    family = _Family.read(
        sums.total(),
        np.array([customers]),
        np.array([mean_score]),
        repeats,
        settings,
        with_effects=False,
    )
    return family.estimate(settings)


def estimate_segments(
    sums: AnswerSums,
    customers: np.ndarray,
    mean_scores: np.ndarray,
    *,
    repeats: RepeatAnswers | None = None,
    settings: LevelSettings | None = None,
    base: LevelEstimates | None = None,
    score_shift: np.ndarray | None = None,
) -> LevelEstimates:
    """Estimate the segments of one family: values of a dimension, or members and others.

    Parameters
    ----------
    sums
        Of the family; every customer is in one segment.
    customers, mean_scores
        (S,) number and mean score on the day, 0 to 100, of the customers of each.
    repeats
        Of the base; none where not given.
    base
        Where given, the estimates are benchmarked: Σ N_s θ_s = N θ of the base exactly, by the
        least change in the metric of the posterior covariance. What an estimate moves by is
        added to its mean squared error.
    score_shift
        (S,) δ, in points: what a segment's mean score has learned from the segment's own answers
        (``own_answers``); 0 where not given.
    """
    settings = settings or LevelSettings()
    family = _Family.read(sums, customers, mean_scores, repeats, settings, score_shift=score_shift)
    found = family.estimate(settings)
    return found if base is None else _benchmarked(found, base, settings)


def estimate_conditions(
    families: Sequence[AnswerSums],
    customers: Sequence[np.ndarray],
    mean_scores: Sequence[np.ndarray],
    *,
    repeats: RepeatAnswers | None = None,
    settings: LevelSettings | None = None,
    score_shifts: Sequence[np.ndarray | None] | None = None,
) -> list[LevelEstimates]:
    """Estimate conditions, each a family of two: members (0) and others (1).

    Two groups tell next to nothing of how far groups lie apart, so that all conditions share one
    distribution of effects: each is estimated with the likelihood of the others as prior.
    """
    shifts = [None] * len(families) if score_shifts is None else score_shifts
    settings = settings or LevelSettings()
    read = [
        _Family.read(sums, number, mean, repeats, settings, score_shift=shift)
        for sums, number, mean, shift in zip(families, customers, mean_scores, shifts, strict=True)
    ]
    told = [family.log_likelihood_of_effects(settings) for family in read]
    together = np.sum(told, axis=0)
    return [
        family.estimate(settings, effect_log_prior=together - own)
        for family, own in zip(read, told, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Family:
    """Segments of one family with what their answers tell; sums are those of the window."""

    sums: AnswerSums
    customers: np.ndarray
    mean_scores: np.ndarray
    score_shift: np.ndarray
    model: LevelModel

    @classmethod
    def read(
        cls,
        sums: AnswerSums,
        customers: np.ndarray,
        mean_scores: np.ndarray,
        repeats: RepeatAnswers | None,
        settings: LevelSettings,
        *,
        with_effects: bool = True,
        score_shift: np.ndarray | None = None,
    ) -> _Family:
        customers = np.asarray(customers, dtype=np.float64)
        mean_scores = np.asarray(mean_scores, dtype=np.float64)
        segments = len(customers)
        if mean_scores.shape != (segments,) or sums.segment.max(initial=-1) >= segments:
            raise EstimationError(
                f"There are {segments} numbers of customers, {len(mean_scores)} mean scores and "
                f"{sums.segment.max(initial=-1) + 1} segments with answers: give one of each."
            )
        sums = sums.take(sums.age_days <= settings.window_days)
        shift = np.zeros(segments) if score_shift is None else score_shift
        gold_answers = sums.answers[sums.is_gold].sum()
        has_bias = bool(gold_answers >= settings.fewest_gold_answers)
        design_effect = repeats.design_effect if repeats else 1.0
        own = 1e4 * (repeats.customer_variance if repeats else 0.0) / np.maximum(customers, 1.0)
        model = LevelModel(
            _observations(
                sums.shifted(shift), segments, moments_of(settings), design_effect, has_bias
            ),
            grid_of(settings),
            own_variance=own if with_effects else np.zeros(segments),
            response_bias_sd=settings.response_bias_sd if has_bias else None,
        )
        return cls(sums, customers, mean_scores, shift, model)

    def log_likelihood_of_effects(self, settings: LevelSettings) -> np.ndarray:
        """Return (segment_sd, memory_days): the level integrated out; a likelihood adds up to 1."""
        of_level = grid_of(settings).log_prior
        of_level = of_level - logsumexp(of_level, axis=0)
        told = logsumexp(self.model.log_likelihood + of_level, axis=0)
        return told - logsumexp(told)

    def estimate(
        self, settings: LevelSettings, effect_log_prior: np.ndarray | None = None
    ) -> LevelEstimates:
        grid = grid_of(settings, effect_log_prior)
        posterior = self.model.posterior(
            grid.log_prior,
            sizes=self.customers,
            moments=np.searchsorted(moments_of(settings), (0, *settings.lags)),
        )
        # Against the score as it is: what is shown adds up with the mean of the customers' scores.
        posterior = replace(posterior, mean=posterior.mean - self.score_shift)
        return _published(self.sums, posterior, grid, self.customers, self.mean_scores, settings)


def _observations(
    sums: AnswerSums, segments: int, ages: np.ndarray, design_effect: float, has_bias: bool
) -> Observations:
    """Add the cells up by segment and nearest moment, each with precision Σ w / φ."""
    middle = (ages[1:] + ages[:-1]) / 2
    place = sums.segment * len(ages) + np.searchsorted(middle, sums.age_days, side="left")
    gold = sums.is_gold & has_bias
    noise = np.empty(len(sums))
    for kind in (False, True):
        here = sums.take(gold == kind)
        weight, variance = here.weight.sum(), here.weighted_variance.sum()
        if weight == 0:
            continue
        own_weight = here.by_segment("weight", segments)
        own_variance = here.by_segment("weighted_variance", segments)
        prior = PRIOR_ANSWERS * weight / here.answers.sum()
        of_segment = (own_variance + prior * variance / weight) / (own_weight + prior)
        noise[gold == kind] = 1e4 * design_effect * of_segment[here.segment]

    def added(values: np.ndarray) -> np.ndarray:
        flat = np.bincount(place, values, minlength=segments * len(ages))
        return flat.reshape(segments, len(ages))

    precision, information = sums.weight / noise, 100 * sums.weighted_residual / noise
    return Observations(
        added(precision),
        added(precision * ~gold),
        added(information),
        added(information * ~gold),
        ages,
    )


def _published(
    sums: AnswerSums,
    posterior: Posterior,
    grid: Grid,
    customers: np.ndarray,
    mean_scores: np.ndarray,
    settings: LevelSettings,
) -> LevelEstimates:
    segments = len(customers)
    reason = np.full(segments, None, dtype=object)
    reason[~np.isfinite(mean_scores) | (customers <= 0)] = "There are no customers with a score."
    if not len(sums):
        reason[:] = f"There are no answers of the last {settings.window_days} days."
    known = np.array([why is None for why in reason])
    weight = sums.by_segment("weight", segments)
    squares = sums.by_segment("weight_squares", segments)
    found = LevelEstimates(
        estimate=np.full(segments, np.nan),
        std_error=np.where(known, np.sqrt(posterior.covariance[0]), np.nan),
        conf_low=np.full(segments, np.nan),
        conf_high=np.full(segments, np.nan),
        score_part=np.where(known, mean_scores, np.nan),
        correction=np.where(known, posterior.mean[0], np.nan),
        n=sums.by_segment("answers", segments),
        effective_n=weight**2 / np.where(squares > 0, squares, 1.0),
        customers=customers,
        lags=settings.lags,
        lag_correction=posterior.mean[1:],
        lag_variance=posterior.variance[1:],
        change_variance=posterior.variance[0]
        + posterior.variance[1:]
        - 2 * posterior.covariance[1:],
        response_bias=posterior.response_bias,
        response_bias_sd=posterior.response_bias_sd,
        walk_sd=float(posterior.weights.sum(axis=(1, 2)) @ grid.walk_sd),
        shock_sd=float(posterior.weights.sum(axis=(1, 2)) @ grid.shock_sd),
        segment_sd=float(posterior.weights.sum(axis=(0, 2)) @ grid.segment_sd),
        covariance_with_total=posterior.covariance_with_total,
        reason=reason,
    )
    return _with_interval(found, settings)


def _with_interval(found: LevelEstimates, settings: LevelSettings) -> LevelEstimates:
    # Around the estimate as cut: an interval that lies beyond 100 as a whole would have no width.
    estimate = np.clip(found.score_part + found.correction, 0, 100)
    half = ndtri(0.5 + settings.confidence / 2) * found.std_error
    return replace(
        found,
        estimate=estimate,
        conf_low=np.clip(estimate - half, 0, 100),
        conf_high=np.clip(estimate + half, 0, 100),
    )


def _benchmarked(
    found: LevelEstimates, base: LevelEstimates, settings: LevelSettings
) -> LevelEstimates:
    sizes = np.where(np.isnan(found.correction), 0.0, found.customers)
    if not sizes.any() or np.isnan(base.correction[0]):
        return found
    share = found.covariance_with_total / (sizes @ found.covariance_with_total)
    total = sizes @ np.nan_to_num(found.score_part + found.correction)
    missing = base.customers[0] * (base.score_part[0] + base.correction[0]) - total
    moved = missing * share
    missing_then = base.customers[0] * base.lag_correction[:, 0] - found.lag_correction @ sizes
    moved_then = missing_then[:, None] * share
    return _with_interval(
        replace(
            found,
            correction=found.correction + moved,
            std_error=np.sqrt(found.std_error**2 + moved**2),
            lag_correction=found.lag_correction + moved_then,
            change_variance=found.change_variance + (moved - moved_then) ** 2,
        ),
        settings,
    )
