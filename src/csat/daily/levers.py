"""What would raise each customer's score: levers of the company, scored exactly, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.versions import last_day_of, lost_features, without_idle_terms
from csat.engine import Engine, EngineError, columns_of, quote_name
from csat.model import LeverScores, ModelError, TrainedModel, score_levers
from csat.model.logistic import sigmoid

#: Points of the score below which a gain is not told, of a lever and of a second one beside it.
LEAST_GAIN = 0.05
#: Levers that are told of a customer at most, the strongest first.
MOST_LEVERS = 5
#: How a lever may change a feature, with the comparison that says where it does.
CHANGES = {"at_most": ">", "at_least": "<"}
#: The change that a direction of the registry allows.
CHANGE_OF_DIRECTION = {-1: "at_most", 1: "at_least"}
NO_GAIN = f"No lever raises the score by {LEAST_GAIN} points or more."

#: One row per customer and lever, or pair of levers; one with a reason where there is none.
LEVERS_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("score_date", pa.date32()),
        ("model_version", pa.string()),
        ("levers", pa.int64()),
        ("lever_rank", pa.int64()),
        ("lever", pa.string()),
        ("second_lever", pa.string()),
        ("csat_score", pa.float64()),
        ("gain_points", pa.float64()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Change:
    """What a lever does to one feature: bring it to a target, where it is beyond.

    Parameters
    ----------
    lever, feature
        Their names.
    change
        ``at_most`` or ``at_least``.
    target
        SQL over the features of the same customer.
    """

    lever: str
    feature: str
    change: str
    target: str

    @property
    def sql(self) -> str:
        """SQL of the feature's value with the lever; a missing value stays missing."""
        value, target = quote_name(self.feature), f"cast(({self.target}) as double)"
        return (
            f"case when {value} {CHANGES[self.change]} {target} then {target} "
            f"else cast({value} as double) end"
        )


def read_changes(
    engine: Engine,
    *,
    definitions: str,
    changes: str,
    registry: str,
    features: str,
    report: Callable[[str], None] = lambda line: None,
) -> tuple[Change, ...]:
    """Read what the levers change, and check it.

    Parameters
    ----------
    definitions, changes
        Relations of the seeds ``lever_definitions`` and ``lever_changes``.
    registry
        Relation of ``feature_definitions``. A change of a feature that it does not have is passed
        over, so that a feature can be taken out without its levers; ``report`` is told.
    features
        Relation of the features that targets are computed from.

    Raises
    ------
    ModelError
        If one cannot be used; the sentence names the row and the mend.
    """
    known = {
        row["feature"]: row
        for row in engine.collect(
            f"select feature, kind, direction, is_actionable from {registry}"
        ).to_pylist()
    }
    defined = engine.collect(f"select lever, lever_cost from {definitions}").to_pylist()
    for row in defined:
        if row["lever_cost"] is None or not row["lever_cost"] >= 0:
            raise ModelError(
                f"The lever {row['lever']} in seeds/lever_definitions.csv has the cost "
                f"{row['lever_cost']}: give money per customer, 0 or more."
            )
    rows = engine.collect(
        f"select lever, feature, change, target from {changes} order by lever, feature"
    ).to_pylist()
    for row in defined:
        if row["lever"] not in {change["lever"] for change in rows}:
            raise ModelError(
                f"The lever {row['lever']} in seeds/lever_definitions.csv changes nothing: add a "
                "row for each feature that it changes to seeds/lever_changes.csv."
            )
    found = []
    for row in rows:
        change = Change(**row)
        if change.feature not in known:
            report(
                f"The lever {change.lever} changes {change.feature}, which is not in "
                "seeds/feature_definitions.csv: this change is passed over"
            )
            continue
        _check(engine, change, known[change.feature], [row["lever"] for row in defined], features)
        found.append(change)
    of_feature: dict[str, str] = {}
    for change in found:
        other = of_feature.setdefault(change.feature, change.lever)
        if other != change.lever:
            raise ModelError(
                f"The levers {other} and {change.lever} in seeds/lever_changes.csv both change "
                f"{change.feature}: leave it to one of them."
            )
    return tuple(found)


def _check(
    engine: Engine, change: Change, feature: dict, defined: Sequence[str], features: str
) -> None:
    place = f"The lever {change.lever} in seeds/lever_changes.csv "
    if change.lever not in defined:
        raise ModelError(
            f"{place}has no row in seeds/lever_definitions.csv: add one with label and cost."
        )
    if change.change not in CHANGES:
        raise ModelError(
            f"{place}changes {change.feature} {change.change}: use one of {', '.join(CHANGES)}."
        )
    if feature["kind"] != "numeric":
        raise ModelError(
            f"{place}changes {change.feature}, which is {feature['kind']}: "
            "only numbers can be brought to a target."
        )
    if not feature["is_actionable"]:
        raise ModelError(
            f"{place}changes {change.feature}, which seeds/feature_definitions.csv calls not "
            "actionable: take the change out, or call the feature actionable there."
        )
    allowed = CHANGE_OF_DIRECTION.get(int(feature["direction"] or 0), change.change)
    if change.change != allowed:
        raise ModelError(
            f"{place}changes {change.feature} {change.change}, which by its direction in "
            f"seeds/feature_definitions.csv cannot help: write {allowed}."
        )
    try:
        engine.collect(f"select {change.sql} as value from {features} limit 1")
    except EngineError as error:
        raise ModelError(
            f"{place}has the target {change.target!r} for {change.feature}, which is no SQL over "
            f"features ({error}): write a number, or features of the registry."
        ) from error


def find_levers(
    engine: Engine,
    levers: Sequence[Change],
    *,
    features: str,
    dates: str,
    terms: str,
    versions: str,
) -> object:
    """Return what would raise each customer's score on the last day, lazily.

    Each lever is scored by itself, and each two together; told are the ``MOST_LEVERS`` single ones
    that add most, of at least ``LEAST_GAIN`` points, and the best pair where it adds as much again
    to the best of them. Targets are of the features as they are, also of two levers together.

    Parameters
    ----------
    levers
        Checked, as ``read_changes`` returns them.
    features
        Relation of the features at the end of the last day, one row per active customer.
    dates
        Relation of ``score_date``.
    terms, versions
        Where the models are read.

    Returns
    -------
    object
        ``LEVERS_SCHEMA``, as ``Engine.mapped`` returns it.
    """
    last, whole = last_day_of(engine, dates, terms, versions)
    columns = columns_of(engine, features)
    lost = lost_features(whole, columns)
    if lost:
        found = partial(_nothing_told, last, whole, lost[0])
        return engine.mapped([(f"select * from {features}", found)], LEVERS_SCHEMA)
    model = without_idle_terms(whole, columns)
    changed = [f"{change.sql} as csat_lever_{number}" for number, change in enumerate(levers)]
    query = f"select {', '.join(['*', *changed])} from {features}"
    return engine.mapped([(query, partial(_found, levers, last, model))], LEVERS_SCHEMA)


def _found(
    levers: Sequence[Change], day: date, model: TrainedModel, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Score customers with each lever, whose values stand in columns of their own."""
    names = sorted({change.lever for change in levers})
    for batch in batches:
        table = pa.table(batch)
        values: list[dict[str, pa.ChunkedArray]] = [{} for _ in names]
        for number, change in enumerate(levers):
            column = table[f"csat_lever_{number}"]
            values[names.index(change.lever)][change.feature] = column
        scores = score_levers(model, table, values)
        yield _rows(table["customer_id"], scores, names, day, model)


def _rows(
    customers: pa.ChunkedArray,
    scores: LeverScores,
    names: Sequence[str],
    day: date,
    model: TrainedModel,
) -> pa.RecordBatch:
    """Return the rows of a batch: single levers, then pairs, then customers without any."""
    gains = np.where(scores.applies, scores.gains, 0.0)
    order = np.argsort(-gains, axis=1, kind="stable")[:, :MOST_LEVERS]
    of_rank = np.take_along_axis(gains, order, axis=1)
    rows, ranks = np.nonzero(of_rank >= LEAST_GAIN)
    first, second, of_two = scores.best_two()
    best = gains.max(axis=1, initial=0.0)
    both = np.flatnonzero(np.nan_to_num(of_two) >= best + LEAST_GAIN)
    none = np.setdiff1d(np.arange(len(best)), np.union1d(rows, both))

    places = np.concatenate([rows, both, none])
    nothing = np.full(len(none), -1)
    levers = np.repeat([1, 2, 0], [len(rows), len(both), len(none)])
    lever = np.concatenate([order[rows, ranks], first[both], nothing])
    second_lever = np.concatenate([np.full(len(rows), -1), second[both], nothing])
    rank = np.concatenate([ranks + 1, np.ones(len(both) + len(none), dtype=np.int64)])
    gain = np.concatenate([of_rank[rows, ranks], of_two[both], np.full(len(none), np.nan)])
    score = 100 * sigmoid(scores.logit[places])
    return pa.record_batch(
        [
            pc.take(customers.cast(pa.string()), pa.array(places)).combine_chunks(),
            pa.repeat(pa.scalar(day, pa.date32()), len(places)),
            pa.repeat(pa.scalar(model.model_version, pa.string()), len(places)),
            pa.array(levers, pa.int64()),
            pa.array(rank, pa.int64()),
            _named(lever, names),
            _named(second_lever, names),
            pa.array(score),
            pa.array(gain, from_pandas=True),
            pa.array(np.where(levers == 0, NO_GAIN, None), pa.string()),
        ],
        schema=LEVERS_SCHEMA,
    )


def _nothing_told(
    day: date, model: TrainedModel, feature: str, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Say of all customers that a feature of the version is gone."""
    reason = (
        f"{model.model_version} reads the feature {feature}, which is no longer in the registry: "
        "levers are scored by the next version."
    )
    for batch in batches:
        rows = [
            {
                "customer_id": customer,
                "score_date": day,
                "model_version": model.model_version,
                "levers": 0,
                "lever_rank": 1,
                "reason": reason,
            }
            for customer in batch.column("customer_id").cast(pa.string()).to_pylist()
        ]
        yield pa.RecordBatch.from_pylist(rows, schema=LEVERS_SCHEMA)


def _named(numbers: np.ndarray, names: Sequence[str]) -> pa.Array:
    places = pa.array(numbers, pa.int64(), mask=numbers < 0)
    return pc.take(pa.array(names, pa.string()), places)
