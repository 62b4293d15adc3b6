"""What the surveys alone say, and what the estimate gains over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.estimation.levels import LevelEstimates
from csat.estimation.residuals import AnswerSums
from csat.model.evaluation import wilson_interval


@dataclass(frozen=True, eq=False)
class SurveyEstimates:
    """Share of satisfied answers by segment, in points, (S,) arrays; NaN where there is none.

    Parameters
    ----------
    estimate, conf_low, conf_high
        Within 0 and 100; the interval is Wilson's (1927).
    std_error
        Of the share, by the binomial variance with ``effective_n``.
    n, effective_n
        Answers, and Kish's (Σ w)² / Σ w², which is n for equal weights.
    reason
        Why there is no estimate, otherwise null.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    n: np.ndarray
    effective_n: np.ndarray
    reason: np.ndarray


def survey_estimates(
    sums: AnswerSums,
    segments: int,
    *,
    is_weighted: bool = True,
    window_days: int | None = None,
    confidence: float = 0.95,
) -> SurveyEstimates:
    """Return the survey-only figures: ordinary answers, gold ones left out.

    Parameters
    ----------
    sums
        Of one family, or of the base (``sums.total()`` and 1 segment).
    segments
        Their number S.
    is_weighted
        Σ w y / Σ w with Kish's effective answers (Kish 1965), or Σ y / n.
    window_days
        Only answers to surveys sent in the last so many days; all where not given.
    """
    kept = ~sums.is_gold
    if window_days is not None:
        kept &= sums.age_days < window_days
    sums = sums.take(kept)
    n = sums.by_segment("answers", segments)
    has_answers = n > 0
    if is_weighted:
        weight = sums.by_segment("weight", segments)
        satisfied = sums.by_segment("satisfied_weight", segments)
        squares = sums.by_segment("weight_squares", segments)
        effective = weight**2 / np.where(has_answers, squares, 1.0)
    else:
        weight, effective = n, n
        satisfied = sums.by_segment("satisfied_answers", segments)
    share = satisfied / np.where(has_answers, weight, 1.0)
    z = ndtri(0.5 + confidence / 2)
    low, high = wilson_interval(share, np.where(has_answers, effective, 1.0), z)
    error = np.sqrt(share * (1 - share) / np.where(has_answers, effective, 1.0))

    def points(values: np.ndarray) -> np.ndarray:
        return np.where(has_answers, 100 * values, np.nan)

    return SurveyEstimates(
        estimate=points(share),
        std_error=points(error),
        conf_low=points(low),
        conf_high=points(high),
        n=n,
        effective_n=effective,
        reason=np.where(has_answers, None, "There are no answers."),
    )


def gain_over_survey(survey: SurveyEstimates, found: LevelEstimates) -> np.ndarray:
    """Return how many times as many answers the survey alone would need for the same interval.

    (S,) ratios of squared widths, survey over estimate; above 1 where the estimate is the narrower
    one, NaN where one of the two is missing.
    """
    width = found.conf_high - found.conf_low
    wide = survey.conf_high - survey.conf_low
    return (wide / np.where(width > 0, width, np.nan)) ** 2


def response_bias_correction(
    weighted: SurveyEstimates, unweighted: SurveyEstimates, found: LevelEstimates
) -> np.ndarray:
    """Return by how many points the correction for who answers moves the raw share.

    (S,) weighted less unweighted share, less the response bias δ that gold answers show: below 0
    where the answers flatter.
    """
    return weighted.estimate - unweighted.estimate - found.response_bias
