"""Satisfaction of the base, of segments and of groups, with intervals that cover.

Nothing here knows dbt or a warehouse. Answers come as sums, which an engine makes by ``group by``;
results are frozen dataclasses of arrays, one value per segment, NaN with a ``reason`` where there
is no answer. The steps of a day, for each family of segments that partition the base:

>>> hidden = suppress_partition(customers, answers)
>>> sums = AnswerSums(...).regrouped(hidden.group)  # by segment, age in days, gold
>>> repeats = repeat_answers(customer, satisfied, probability, weight)  # once, of all answers
>>> base = estimate_base(sums, all_customers, mean_score, repeats=repeats)  # once
>>> (shift,) = own_answers_shift([learned], learned_of_all, contrasts, folds=5)
>>> found = estimate_segments(
...     sums, customers, mean_scores, repeats=repeats, base=base, score_shift=shift
... )
>>> change(found, 28, estimate_published_then, std_error_published_then)
>>> movement(found, 28, mean_scores_then)
>>> survey = survey_estimates(sums, segments, window_days=28)
>>> gain_over_survey(survey, found)
>>> sensitivity(sums, found, gamma_max=0.5, bounds=(50, 70, 80))

``movement`` says how far the truth moved, as it looks today; ``change`` compares with what was
published. ``estimate_conditions`` takes all conditions of a day at once, each a family of members
(0) and others (1); ``suppress_conditions`` says which may be shown. ``sum_answers`` makes the sums
of answers in arrays.

Beside the day's estimates: ``decompose_change`` and ``standardise`` for the mix, ``plan_survey``
for whom to ask next, ``fit_expectation`` and ``compare_groups`` for agents and teams.
"""

from csat.estimation.changes import Change, change, movement
from csat.estimation.expectation import Expectation, fit_expectation
from csat.estimation.groups import FlagEffect, GroupComparison, compare_groups, flag_effect
from csat.estimation.level_settings import LevelSettings
from csat.estimation.levels import (
    LevelEstimates,
    estimate_base,
    estimate_conditions,
    estimate_segments,
)
from csat.estimation.mix import MixDecomposition, StandardisedShares, decompose_change, standardise
from csat.estimation.own_answers import LearnedAnswers, own_answers_shift
from csat.estimation.plan import SurveyPlan, plan_survey
from csat.estimation.residuals import (
    AnswerSums,
    EstimationError,
    RepeatAnswers,
    repeat_answers,
    sum_answers,
)
from csat.estimation.sensitivity import Sensitivity, difference_flips_at, sensitivity
from csat.estimation.shrinkage import Shrinkage, shrink
from csat.estimation.suppression import Suppression, suppress_conditions, suppress_partition
from csat.estimation.survey import (
    SurveyEstimates,
    gain_over_survey,
    response_bias_correction,
    survey_estimates,
)

__all__ = [
    "AnswerSums",
    "Change",
    "EstimationError",
    "Expectation",
    "FlagEffect",
    "GroupComparison",
    "LearnedAnswers",
    "LevelEstimates",
    "LevelSettings",
    "MixDecomposition",
    "RepeatAnswers",
    "Sensitivity",
    "Shrinkage",
    "StandardisedShares",
    "Suppression",
    "SurveyEstimates",
    "SurveyPlan",
    "change",
    "compare_groups",
    "decompose_change",
    "difference_flips_at",
    "estimate_base",
    "estimate_conditions",
    "estimate_segments",
    "fit_expectation",
    "flag_effect",
    "gain_over_survey",
    "movement",
    "own_answers_shift",
    "plan_survey",
    "repeat_answers",
    "response_bias_correction",
    "sensitivity",
    "shrink",
    "standardise",
    "sum_answers",
    "suppress_conditions",
    "suppress_partition",
    "survey_estimates",
]
