"""The satisfaction model: who answers, training, the model as tables, scoring, evaluation.

Nothing here knows dbt or a warehouse: tables come and go as Arrow, or as SQL for an engine.
"""

from csat.model.boosting import TrainingSettings
from csat.model.evaluation import (
    Comparison,
    Evaluation,
    calibration_bins,
    compare,
    evaluate,
    kish_effective_n,
    last_rating_baseline,
)
from csat.model.features import FeatureDefinition, ModelError
from csat.model.levers import LeverScores, score_levers
from csat.model.points import Points, driver_points, secant_slopes
from csat.model.response import ResponseModel, ResponseWeights, response_weights
from csat.model.scoring import (
    Scores,
    bag_contrasts,
    contrasts,
    grouped,
    score,
    score_batches,
    score_bins,
)
from csat.model.scoring_sql import scoring_sql
from csat.model.shapes import TermShape, term_shapes
from csat.model.tables import (
    DECIMALS_OF_LOGITS,
    MISSING_BIN,
    TERMS_SCHEMA,
    VERSIONS_SCHEMA,
    Axis,
    TrainedModel,
    empty_terms,
    empty_versions,
)
from csat.model.training import train

__all__ = [
    "DECIMALS_OF_LOGITS",
    "MISSING_BIN",
    "TERMS_SCHEMA",
    "VERSIONS_SCHEMA",
    "Axis",
    "Comparison",
    "Evaluation",
    "FeatureDefinition",
    "LeverScores",
    "ModelError",
    "Points",
    "ResponseModel",
    "ResponseWeights",
    "Scores",
    "TermShape",
    "TrainedModel",
    "TrainingSettings",
    "bag_contrasts",
    "calibration_bins",
    "compare",
    "contrasts",
    "driver_points",
    "empty_terms",
    "empty_versions",
    "evaluate",
    "grouped",
    "kish_effective_n",
    "last_rating_baseline",
    "response_weights",
    "score",
    "score_batches",
    "score_bins",
    "score_levers",
    "scoring_sql",
    "secant_slopes",
    "term_shapes",
    "train",
]
