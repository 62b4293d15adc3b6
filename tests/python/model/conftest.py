"""Models that several tests look at, trained once per session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pytest
from worlds import FEATURES, SETTINGS, answers_of

from csat.model import TrainedModel, TrainingSettings, train


def trained(examples: pa.Table, settings: TrainingSettings = SETTINGS, **options) -> TrainedModel:
    named = {"seed": 1, "model_version": "v1", "trained_until": date(2026, 3, 31), **options}
    return train(examples, FEATURES, settings, **named)


@pytest.fixture(scope="session")
def train_small() -> Callable[..., TrainedModel]:
    return trained


@pytest.fixture(scope="session")
def smooth_model() -> TrainedModel:
    return trained(answers_of("smooth", 1500, 1, customers=900)[0])


@pytest.fixture(scope="session")
def pair_model() -> TrainedModel:
    """Return a model with pairs, one of them of a number and a category."""
    settings = TrainingSettings(folds=3, pair_candidates=(5,))
    return trained(answers_of("interaction", 2500, 1)[0], settings)
