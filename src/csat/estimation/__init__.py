"""Satisfaction of the base, of segments and of groups, with intervals that cover.

Nothing here knows dbt or a warehouse. Answers come as sums, which an engine makes by ``group by``;
results are frozen dataclasses of arrays, one value per segment, NaN with a ``reason`` where there
is no answer. The steps of a day:

>>> sums = AnswerSums(...)  # per segment, age in days and gold; or sum_answers(...)
>>> repeats = repeat_answers(customer, satisfied, probability, weight)  # once a day, all answers
>>> base = estimate_base(sums, customers, mean_score, repeats=repeats)
>>> found = estimate_segments(sums, customers, mean_scores, repeats=repeats, base=base)
>>> change(found, 28, estimate_published_then, std_error_published_then)

``estimate_conditions`` takes all conditions of a day at once: each a family of members and others.
"""

from csat.estimation.levels import (
    Change,
    LevelEstimates,
    LevelSettings,
    change,
    estimate_base,
    estimate_conditions,
    estimate_segments,
)
from csat.estimation.residuals import (
    AnswerSums,
    EstimationError,
    RepeatAnswers,
    repeat_answers,
    sum_answers,
)

__all__ = [
    "AnswerSums",
    "Change",
    "EstimationError",
    "LevelEstimates",
    "LevelSettings",
    "RepeatAnswers",
    "change",
    "estimate_base",
    "estimate_conditions",
    "estimate_segments",
    "repeat_answers",
    "sum_answers",
]
