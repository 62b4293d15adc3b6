"""Scoring every customer on every day that is due, in batches that the engine streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.lasting_features import (
    LastingFeatures,
    read_lasting_features,
    read_window_starts,
)
from csat.daily.parts import CUSTOMER_DAYS_AT_ONCE, parts_of_customers
from csat.daily.registry import FAMILIES, Registry, column_of_family
from csat.daily.versions import (
    InForce,
    last_day_of,
    lost_features,
    needed_features,
    read_versions,
    version_of,
    versions_before,
    without_idle_terms,
)
from csat.engine import ROWS_OF_A_BATCH, Engine, columns_of, quote_name
from csat.model import (
    ModelError,
    Scores,
    TrainedModel,
    TrainingSettings,
    bag_contrasts,
    grouped,
    score,
    score_bins,
)

#: So many days are computed together even where that takes a part of the customers at a time: an
#: event is read once for all the windows that it lies in.
DAYS_TOGETHER = 30

#: Contrasts between the bags that are kept of each score, one less than a model has bags.
BAG_CONTRASTS = tuple(f"bag_contrast_{k}" for k in range(1, TrainingSettings().outer_bags))

#: What columns of drivers begin with.
DRIVER_PREFIX = "driver_"

_KEYS = [("customer_id", pa.string()), ("score_date", pa.date32()), ("model_version", pa.string())]
_SCORES = [
    ("logit", pa.float64()),
    ("probability", pa.float64()),
    ("interval_half_width", pa.float64()),
    ("intercept", pa.float64()),
]


def driver_column(driver: str) -> str:
    """Return the name of a driver's column among the scores."""
    return f"{DRIVER_PREFIX}{driver}"


def drivers_of_columns(columns: Iterable[str]) -> list[str]:
    """Return the drivers that scores have columns of: the inverse of ``driver_column``."""
    return [name.removeprefix(DRIVER_PREFIX) for name in columns if name.startswith(DRIVER_PREFIX)]


def scores_schema(registry: Registry) -> pa.Schema:
    """Return the columns of scores: one row per customer and day.

    Contributions in logits, by family and again by driver, add up with the intercept to the logit,
    to the last of ``DECIMALS_OF_LOGITS`` decimals. The interval of a score is the sigmoid of the
    logit less and plus ``interval_half_width``.
    Contrasts between the bags tell what a segment's mean score has learned from its own answers.
    """
    contributions = (f"contribution_{column_of_family(family)}" for family in FAMILIES)
    drivers = (driver_column(driver) for driver in registry.all_drivers)
    numbers = (*contributions, *BAG_CONTRASTS, *drivers)
    return pa.schema([*_KEYS, *_SCORES, *((name, pa.float64()) for name in numbers)])


def chunks_of(days: Sequence[date], customers: int) -> list[list[date]]:
    """Return ``days`` in order, in runs without a gap that are not too many at once."""
    most = max(DAYS_TOGETHER, CUSTOMER_DAYS_AT_ONCE // max(1, customers))
    chunks: list[list[date]] = []
    for day in sorted(days):
        follows = bool(chunks) and day - chunks[-1][-1] == timedelta(days=1)
        if follows and len(chunks[-1]) < most:
            chunks[-1].append(day)
        else:
            chunks.append([day])
    return chunks


def batches_of_due_dates(
    engine: Engine,
    *,
    features: str,
    dates: str,
    customers: str,
    terms: str,
    versions: str,
    history: str,
    report: Callable[[str], None] = lambda line: None,
) -> pa.Table:
    """Return the days to be scored, and which together: days in a row, not too many at once.

    A day that late rows have reopened is left out when its version reads a feature that is gone.

    Parameters
    ----------
    engine
        Reads what follows.
    features
        Relation whose columns tell which features there are.
    dates
        Relation of ``score_date`` and ``is_due``.
    customers
        Relation of ``customer_id``, with about as many rows as there are customers on a day.
    terms, versions
        Where the models are read.
    history
        Name of the table in which earlier runs have left their days, by ``score_date``; there is
        none before the first run.
    report
        Is told of days that are left out.

    Returns
    -------
    pyarrow.Table
        ``score_date`` and ``batch``, in order.

    Raises
    ------
    ModelError
        If a day that has never been scored cannot be, because its version reads what is gone.
    """
    due = engine.collect(f"select score_date from {dates} where is_due order by score_date")
    days = due["score_date"].to_pylist()
    first, last = (days[0], days[-1]) if days else (None, None)
    in_force = read_versions(engine, terms, versions, first, last)
    (count,) = engine.collect(f"select count(*) as customers from {customers}")["customers"]
    kept = _days_that_stay(engine, history, days, in_force, columns_of(engine, features))
    if kept:
        report(
            f"{kept[0]} to {kept[-1]} stay as scored before: their version reads a feature that "
            "the registry no longer has"
        )
    chunks = chunks_of([day for day in days if day not in kept], count.as_py())
    return pa.Table.from_pylist(
        [
            {"score_date": day, "batch": number}
            for number, chunk in enumerate(chunks)
            for day in chunk
        ],
        schema=pa.schema([("score_date", pa.date32()), ("batch", pa.int32())]),
    )


def score_due_dates(
    engine: Engine,
    registry: Registry,
    *,
    features: str,
    lasting_features: str,
    window_starts: str,
    moments: str,
    batches: str,
    customers: str,
    terms: str,
    versions: str,
    report: Callable[[str], None] = lambda line: None,
) -> object:
    """Score the customers of each day that is due by the version in force on it, lazily.

    In one process, features are read as they last, which is a tenth of the rows. An engine that is
    distributed scores from a row of all features for each customer and day: looking up what lasts
    would bring all customers to one process. The scores are the same to the last bit.

    Parameters
    ----------
    engine
        Computes the features, a batch of days at once.
    registry
        The features and the family of each.
    features
        Relation of ``customer_id``, ``as_of_at`` and the features: who is scored when, once more.
    lasting_features
        Relation of features as ``read_lasting_features`` reads it, and of ``batch``.
    window_starts
        Relation of features and ``recorded_from``, as ``read_window_starts`` reads it.
    moments
        Relation of ``customer_id``, ``region`` and ``as_of_at`` (end of the day, exclusive): who is
        scored when.
    batches
        Relation of ``score_date`` and ``batch``, as ``batches_of_due_dates`` returns it.
    customers
        Relation of ``customer_id``, with about as many rows as there are customers on a day.
    terms, versions
        Where the models are read.
    report
        Is told a line after each query in one process: rows so far, seconds, rows per minute.

    Returns
    -------
    object
        ``scores_schema``, as ``Engine.mapped`` returns it.
    """
    rows = engine.collect(f"select batch, score_date from {batches} order by score_date")
    days_of: dict[int, list[date]] = {}
    for row in rows.to_pylist():
        days_of.setdefault(row["batch"], []).append(row["score_date"])
    days = [None, *rows["score_date"].to_pylist()]
    in_force = read_versions(engine, terms, versions, days[:2][-1], days[-1])
    columns = columns_of(engine, features)
    schema = scores_schema(registry)
    if engine.is_distributed:
        models = [
            (without_idle_terms(version, columns), own_days)
            for version, own_days in _days_of_versions(in_force, days[1:])
        ]
        scoring = _Scoring(models, registry, schema)
        return engine.mapped([(scoring.query(features), scoring)] if models else [], schema)
    starts = read_window_starts(engine, window_starts)

    def scored() -> Iterator[pa.RecordBatch]:
        start, rows = time.monotonic(), 0
        for batch, own_days in days_of.items():
            models = [
                (without_idle_terms(version, columns), days)
                for version, days in _days_of_versions(in_force, own_days)
            ]
            needed = set().union(*(needed_features(model) for model, _ in models))
            most = max(1, CUSTOMER_DAYS_AT_ONCE // len(own_days))
            parts = parts_of_customers(engine, customers, most)
            for number, part in enumerate(parts, start=1):
                told = read_lasting_features(
                    engine,
                    registry,
                    needed,
                    f"(select * from {lasting_features} as lasting where batch = {batch})",
                    part,
                )
                for model, days_of_model in models:
                    at = engine.collect(
                        f"select customer_id, region, as_of_at from {moments} where as_of_at "
                        f"between {_end_of(days_of_model[0])} and {_end_of(days_of_model[-1])} "
                        f"and {part} order by customer_id, as_of_at"
                    )
                    lasting = LastingFeatures(at, told, registry, starts)
                    yield from _scored_moments(model, at, lasting, registry, schema)
                    rows += len(at)
                seconds = time.monotonic() - start
                report(
                    f"Scored {own_days[0]} to {own_days[-1]}, part {number} of {len(parts)}: "
                    f"{rows:,} customer-days in {seconds:,.0f} s "
                    f"({60 * rows / max(seconds, 1e-9):,.0f} a minute)"
                )

    return pa.RecordBatchReader.from_batches(schema, scored())


def score_by_versions_before(
    engine: Engine,
    registry: Registry,
    *,
    features: str,
    dates: str,
    customers: str,
    terms: str,
    versions: str,
) -> object:
    """Score the days that are due and on which a version came into force by the one before it.

    So that a change can be told apart from the change of the model. A day is left out whose version
    before reads a feature that is gone.

    Parameters and result are those of ``score_due_dates``, but for ``features``, a relation of
    ``customer_id``, ``as_of_at`` (end of the day, exclusive) and the features, and ``dates``, one
    of ``score_date`` and ``is_due``.
    """
    due = engine.collect(f"select score_date from {dates} where is_due order by score_date")
    days = set(due["score_date"].to_pylist())
    found = versions_before(engine, terms, versions, days)
    columns = columns_of(engine, features)
    schema = scores_schema(registry)

    def parts() -> Iterator[tuple[str, _Scoring]]:
        for day, whole in sorted(found.items()):
            if lost_features(whole, columns):
                continue
            scoring = _Scoring([(without_idle_terms(whole, columns), [day])], registry, schema)
            for part in parts_of_customers(engine, customers, CUSTOMER_DAYS_AT_ONCE):
                yield f"{scoring.query(features)} and {part}", scoring

    return engine.mapped(parts(), schema)


def score_last_day(
    engine: Engine,
    registry: Registry,
    *,
    features: str,
    dates: str,
    terms: str,
    versions: str,
    earlier: str,
) -> object:
    """Return each customer's score on the last day, as ``scores_schema``, by today's registry.

    Parameters are those of ``score_due_dates``, ``features`` those of the last day alone;
    ``earlier`` names the table in which an earlier run has left these very rows. They stay as they
    are where the version reads a feature that is gone, as the scores of the day do.

    Raises
    ------
    ModelError
        If there are none to stay.
    """
    last, whole = last_day_of(engine, dates, terms, versions)
    columns = columns_of(engine, features)
    lost = lost_features(whole, columns)
    if lost:
        return _kept_drivers(engine, earlier, last, whole, lost)
    model, schema = without_idle_terms(whole, columns), scores_schema(registry)
    scoring = _Scoring([(model, [last])], registry, schema)
    return engine.mapped([(f"select * from {features}", scoring)], schema)


@dataclass(frozen=True)
class _Scoring:
    """Scores batches of features: what an engine maps them with, wherever it does.

    Parameters
    ----------
    models
        Versions, each with the days whose customers it scores.
    registry
        The family of each feature.
    schema
        ``scores_schema`` of it.
    """

    models: Sequence[tuple[TrainedModel, Sequence[date]]]
    registry: Registry
    schema: pa.Schema

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for model, own in self._parts(pa.table(batch)):
                yield _rows(model, own, score(model, own), self.registry, self.schema)

    def query(self, features: str) -> str:
        """Return a query of the days and features that are needed, to which ``and`` adds more."""
        needed = set().union(*(needed_features(model) for model, _ in self.models))
        read = ", ".join(["customer_id", "as_of_at", *map(quote_name, sorted(needed))])
        ends = ", ".join(_end_of(day) for _, days in self.models for day in days)
        return f"select {read} from {features} where as_of_at in ({ends})"

    def _parts(self, table: pa.Table) -> Iterator[tuple[TrainedModel, pa.Table]]:
        if len(self.models) == 1:
            yield self.models[0][0], table
            return
        days = _days_of(table)
        for model, own_days in self.models:
            own = table.filter(pc.is_in(days, value_set=pa.array(own_days, pa.date32())))
            if len(own):
                yield model, own


def _days_of_versions(
    versions: Sequence[InForce], days: Iterable[date]
) -> list[tuple[TrainedModel, list[date]]]:
    """Return the versions in force on days in order, each with its days."""
    by_version = groupby(days, lambda day: version_of(versions, day).model_version)
    own_days = [list(days_of_version) for _, days_of_version in by_version]
    return [(version_of(versions, days[0]), days) for days in own_days]


def _scored_moments(
    model: TrainedModel,
    moments: pa.Table,
    lasting: LastingFeatures,
    registry: Registry,
    schema: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    """Score customers at moments by what their features were then."""
    for first in range(0, len(moments), ROWS_OF_A_BATCH):
        places = slice(first, first + ROWS_OF_A_BATCH)
        some = moments.slice(first, ROWS_OF_A_BATCH)
        scores = score_bins(model, len(some), lasting.bins_at(places))
        yield _rows(model, some, scores, registry, schema)


def _rows(
    model: TrainedModel, of: pa.Table, scores: Scores, registry: Registry, schema: pa.Schema
) -> pa.RecordBatch:
    sums: dict[str, np.ndarray] = {}
    for groups, column in (
        (registry.families, "contribution_{}".format),
        (registry.drivers, driver_column),
    ):
        names, values = grouped(model, scores, groups)
        sums |= {column(name): own for name, own in zip(names, values.T, strict=True)}
    sums |= dict(zip(BAG_CONTRASTS, _contrasts(model, scores).T, strict=True))
    nothing = np.zeros(len(of))
    return pa.record_batch(
        [
            of["customer_id"].cast(pa.string()).combine_chunks(),
            _days_of(of).combine_chunks(),
            pa.repeat(pa.scalar(model.model_version, pa.string()), len(of)),
            *map(pa.array, (scores.logit, scores.probability, scores.half_width)),
            pa.array(np.full(len(of), model.intercept)),
            *(
                pa.array(sums.get(name, nothing))
                for name in schema.names[len(_KEYS) + len(_SCORES) :]
            ),
        ],
        schema=schema,
    )


def _days_of(moments: pa.Table) -> pa.ChunkedArray:
    """Return the days that end at the moments."""
    ends = moments["as_of_at"].cast(pa.timestamp("us"))
    return pc.cast(pc.subtract(ends, timedelta(days=1)), pa.date32())


def _contrasts(model: TrainedModel, scores: Scores) -> np.ndarray:
    """Return (rows, contrasts).

    Raises
    ------
    ModelError
        If the model has another number of bags than scores are kept of.
    """
    if model.bags != len(BAG_CONTRASTS) + 1:
        raise ModelError(
            f"{model.model_version} has {model.bags} bags, where scores are kept of "
            f"{len(BAG_CONTRASTS) + 1}: run with --full-refresh."
        )
    return bag_contrasts(scores)


def _end_of(day: date) -> str:
    return f"timestamp '{day + timedelta(days=1)} 00:00:00'"


def _days_that_stay(
    engine: Engine,
    history: str,
    days: Sequence[date],
    versions: Sequence[InForce],
    columns: Collection[str],
) -> list[date]:
    """Return the days whose version reads what is gone; all of them must have been scored before.

    Raises
    ------
    ModelError
        If one has not.
    """
    lost = {day: lost_features(version_of(versions, day), columns) for day in days}
    kept = [day for day in days if lost[day]]
    if not kept:
        return []
    scored = set()
    if engine.relation_exists(history):
        since = f"score_date >= date '{kept[0]}'"
        known = engine.collect(f"select distinct score_date from {history} where {since}")
        scored = set(known["score_date"].to_pylist())
    for day in kept:
        if day not in scored:
            raise _lost(version_of(versions, day), day, lost[day])
    return kept


def _kept_drivers(
    engine: Engine, earlier: str, day: date, model: TrainedModel, lost: Sequence[str]
) -> object:
    of_day = f"from {earlier} where score_date = date '{day}'"
    if not engine.relation_exists(earlier) or not len(
        engine.collect(f"select score_date {of_day} limit 1")
    ):
        raise _lost(model, day, lost)
    return engine.lazily(f"select * {of_day}")


def _lost(model: TrainedModel, day: date, lost: Sequence[str]) -> ModelError:
    return ModelError(
        f"{model.model_version}, in force on {day}, reads the feature {lost[0]}, which is no "
        "longer in seeds/feature_definitions.csv, and that day has not been scored yet: put the "
        "row back, run once so that all days up to today are scored, and take it out then; or run "
        "with --full-refresh."
    )
