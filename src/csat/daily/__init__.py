"""What the Python models do each day: train the versions that are due, score, compare, watch.

Every function takes an ``Engine`` and names of relations, or Arrow tables; nothing knows dbt.
"""

from csat.daily.lasting_features import (
    LastingFeatures,
    read_lasting_features,
    read_window_starts,
)
from csat.daily.registry import Registry, read_registry
from csat.daily.scoring import (
    batches_of_due_dates,
    score_by_versions_before,
    score_due_dates,
    score_last_day,
)
from csat.daily.training import Training, predict_answers, train_due_versions
from csat.daily.versions import InForce, read_model, read_versions, version_of

__all__ = [
    "InForce",
    "LastingFeatures",
    "Registry",
    "Training",
    "batches_of_due_dates",
    "predict_answers",
    "read_lasting_features",
    "read_model",
    "read_registry",
    "read_versions",
    "read_window_starts",
    "score_by_versions_before",
    "score_due_dates",
    "score_last_day",
    "train_due_versions",
    "version_of",
]
