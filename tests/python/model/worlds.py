"""Synthetic answers with known truth, drawn in more than one way."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from csat.model import FeatureDefinition, TrainingSettings
from csat.model.logistic import sigmoid

#: Fewer folds than the default, for speed.
SETTINGS = TrainingSettings(folds=3)
FEATURES = (
    FeatureDefinition("late_payments", direction=-1, missing_rule="zero"),
    FeatureDefinition("wait_seconds"),
    FeatureDefinition("logins"),
    FeatureDefinition("tenure_days", direction=1),
    FeatureDefinition("has_autopay"),
    FeatureDefinition("topic", kind="categorical"),
    FeatureDefinition("never_delivered"),
)
DRIVERS = {
    **{feature.name: feature.name for feature in FEATURES},
    "wait_seconds": "contacts",
    "topic": "contacts",
}
TOPICS = ["billing", "nan", 'it\'s "off"', "move", ""]


def features_of(random: np.random.Generator, n: int) -> pa.Table:
    """Draw customers: counts, a heavy tail, gaps, categories, a column without a value."""
    wait = random.lognormal(5, 1, n)
    wait[random.random(n) < 0.3] = np.nan
    topic = random.choice(
        np.array([*TOPICS, None], dtype=object), n, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1]
    )
    topic[random.random(n) < 0.002] = "rare"
    late = random.poisson(0.7, n).astype(object)
    late[random.random(n) < 0.1] = None
    return pa.table(
        {
            "late_payments": pa.array(late.tolist(), pa.int64()),
            "wait_seconds": pa.array(wait, from_pandas=True),
            "logins": pa.array(random.gamma(1.5, 4, n).astype(np.float32)),
            "tenure_days": pa.array(random.integers(0, 4000, n)),
            "has_autopay": pa.array(random.random(n) < 0.4),
            "topic": pa.array(topic.tolist(), pa.string()),
            "never_delivered": pa.nulls(n, pa.float64()),
        }
    )


def true_logit(world: str, features: pa.Table) -> np.ndarray:
    """Return the truth of a world: smooth, in steps, with an interaction, or nothing at all."""
    late = features["late_payments"].fill_null(0).to_numpy()
    wait = features["wait_seconds"].fill_null(0).to_numpy()
    logins = features["logins"].to_numpy().astype(float)
    tenure = features["tenure_days"].to_numpy()
    billing = np.array([topic == "billing" for topic in features["topic"].to_pylist()])
    if world == "smooth":
        return 0.6 - 0.5 * late - 0.15 * np.log1p(wait) + 0.3 * np.log1p(logins) + tenure / 5000
    if world == "steps":
        return 1.2 - 0.8 * (late > 1) - 0.9 * (wait > 300) + 0.5 * (tenure > 2000) - 0.4 * billing
    if world == "interaction":
        return 0.8 - 0.4 * late - 1.6 * billing * (logins > 5) + 0.6 * (logins > 5)
    return np.full(features.num_rows, 0.7)


def answers_of(
    world: str, n: int, seed: int, customers: int | None = None
) -> tuple[pa.Table, np.ndarray]:
    """Return training examples and their true probabilities."""
    random = np.random.default_rng(seed)
    features = features_of(random, n)
    probability = sigmoid(true_logit(world, features))
    table = features.append_column(
        "is_satisfied", pa.array(random.random(n) < probability)
    ).append_column("example_id", pa.array([f"r{number}" for number in range(n)]))
    who = random.integers(0, customers or 10 * n, n)
    return table.append_column(
        "customer_id", pa.array([f"c{number}" for number in who])
    ), probability
