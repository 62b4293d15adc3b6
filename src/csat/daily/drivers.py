"""What drives the scores of today's customers: shapes of features, and drivers over versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from csat.daily.registry import Registry
from csat.daily.versions import (
    InForce,
    last_day_of,
    lost_features,
    read_versions,
    without_idle_terms,
)
from csat.engine import Engine, columns_of
from csat.model import TrainedModel, driver_points, grouped, score, term_shapes

#: Versions before the one in force that drivers are followed over.
EARLIER_VERSIONS = 5
#: Versions are compared on so many customers at most, drawn by their key: enough for a mean.
CUSTOMERS_TO_COMPARE = 200_000

#: One row per term and cell of the version in force.
SHAPES_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("term", pa.string()),
        ("cell_number", pa.int64()),
        ("customers", pa.int64()),
        ("points", pa.float64()),
        ("points_lower", pa.float64()),
        ("points_upper", pa.float64()),
    ]
)
#: One row per version and driver.
IMPORTANCE_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("driver", pa.string()),
        ("customers", pa.int64()),
        ("mean_points", pa.float64()),
    ]
)


def shape_terms(
    engine: Engine, *, features: str, dates: str, terms: str, versions: str
) -> pa.Table:
    """Return what each cell of the version in force is worth to the customers of the last day.

    Parameters
    ----------
    features
        Relation of the features at the end of the last day, one row per active customer.
    dates
        Relation of ``score_date``.
    terms, versions
        Where the models are read.

    Returns
    -------
    pyarrow.Table
        ``SHAPES_SCHEMA``; no row where the version says the same of everyone, or reads a feature
        that is gone, so that today's customers cannot be scored by it.
    """
    _, model = last_day_of(engine, dates, terms, versions)
    if lost_features(model, columns_of(engine, features)) or all(
        term.is_flat for term in model.summands
    ):
        return SHAPES_SCHEMA.empty_table()
    shapes = term_shapes(model, lambda: engine.stream(f"select * from {features}"))
    rows = [
        (model.model_version, shape.term.name, cell, *of_cell)
        for shape in shapes
        for cell, of_cell in enumerate(
            zip(
                *(
                    column.tolist()
                    for column in (shape.customers, shape.points, shape.lower, shape.upper)
                ),
                strict=True,
            )
        )
    ]
    return _table(rows, SHAPES_SCHEMA)


def follow_drivers(
    engine: Engine, registry: Registry, *, features: str, dates: str, terms: str, versions: str
) -> pa.Table:
    """Return how much each driver moves today's scores, by the version in force and those before.

    The mean of |points| over the same customers, those of the last day (at most
    ``CUSTOMERS_TO_COMPARE`` of them): what differs between versions is the model alone. Up to
    ``EARLIER_VERSIONS`` that were in force before are told; one that says the same of everyone, or
    reads a feature that is gone, is passed over.

    Parameters are those of ``shape_terms``; ``registry`` says which driver each feature is of.

    Returns
    -------
    pyarrow.Table
        ``IMPORTANCE_SCHEMA``.
    """
    last, _ = last_day_of(engine, dates, terms, versions)
    columns = columns_of(engine, features)
    models = [
        without_idle_terms(whole, columns)
        for version in _versions_up_to(engine, terms, versions, last)
        if not lost_features(whole := version.model.held_at(version.held_at), columns)
    ]
    rows: list[tuple] = []
    for model, (logits, names, contributions) in zip(
        models, _driver_contributions(engine, models, registry, features), strict=True
    ):
        if not len(logits):
            break
        means = np.abs(driver_points(logits, contributions).points).mean(axis=0)
        rows += [
            (model.model_version, name, len(logits), mean)
            for name, mean in zip(names, means.tolist(), strict=True)
        ]
    return _table(rows, IMPORTANCE_SCHEMA)


def _versions_up_to(engine: Engine, terms: str, versions: str, day: date) -> list[InForce]:
    """Return the version in force on a day and those before it that tell customers apart."""
    starts = engine.collect(
        f"select in_force_from from {versions} where is_champion and not is_fallback "
        f"and in_force_from <= date '{day}' order by in_force_from desc "
        f"limit {EARLIER_VERSIONS + 1}"
    )["in_force_from"].to_pylist()
    if not starts:
        return []
    found = read_versions(engine, terms, versions, min(starts), day)
    return [version for version in found if not version.model.is_fallback]


def _driver_contributions(
    engine: Engine, models: Sequence[TrainedModel], registry: Registry, features: str
) -> list[tuple[np.ndarray, tuple[str, ...], np.ndarray]]:
    """Return for each model (n,) logits, the drivers, and their (n, drivers) contributions."""
    if not models:
        return []
    drawn = f"select customer_id from {features} order by md5(customer_id), customer_id"
    query = (
        f"select * from {features} where customer_id in ({drawn} limit {CUSTOMERS_TO_COMPARE}) "
        "order by customer_id"
    )
    names = [tuple(model.shares(registry.drivers)) for model in models]
    logits = [[np.empty(0)] for _ in models]
    contributions = [[np.empty((0, len(own)))] for own in names]
    for batch in engine.stream(query):
        for number, model in enumerate(models):
            scores = score(model, pa.table(batch))
            logits[number].append(scores.logit)
            contributions[number].append(grouped(model, scores, registry.drivers)[1])
    return [
        (np.concatenate(own_logits), own_names, np.concatenate(own_contributions))
        for own_logits, own_names, own_contributions in zip(
            logits, names, contributions, strict=True
        )
    ]


def _table(rows: list[tuple], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)],
        schema=schema,
    )
