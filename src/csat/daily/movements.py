"""What segments' mean scores are made of, and what moved them since the day before, as sums.

One pass over the customers of a day beside those of the day before gives, for each segment and
value, all that drivers and the ledger of changes are made from: sums over who is in it, over who
stayed in it, over who came and over who left. Sums are integers of ``RESOLUTION``, so that they are
the same in any order and add up over segments.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.scoring import driver_column, drivers_of_columns
from csat.daily.segments import BASE, MEMBERS, Placements
from csat.engine import Engine, columns_of, quote_name
from csat.model import secant_slopes
from csat.model.logistic import sigmoid

#: Points in which everything is added up.
RESOLUTION = 1e-10
#: Integers up to which sums of doubles are exact.
EXACT = 2**53
#: Customers at once: their indicators of 300 segments take 20 MB, and sums of their scores stay
#: below ``EXACT``.
ROWS_AT_ONCE = 8_192
#: Customers × days that the engine joins in one query: small companies have many days in it, and
#: the rows that are sorted by day take some 100 MB.
CUSTOMER_DAYS_TOGETHER = 200_000

#: Which of ``SUMS`` are numbers of customers.
COUNTS = (
    *("customers", "customers_before", "stayed"),
    *("joined", "moved_in", "left_company", "moved_out"),
)
#: Numbers of customers and sums of their scores in points. What came and left is scored, on the day
#: on which a version came into force, by the version before it; so is ``score_sum_by_before``.
SUMS = (
    *("customers", "score_sum", "score_sum_by_before", "slope_sum"),
    *("customers_before", "score_sum_before"),
    *("stayed", "stayed_score_sum", "stayed_score_sum_before"),
    *("joined", "joined_score_sum", "moved_in", "moved_in_score_sum"),
    *("left_company", "left_company_score_sum", "moved_out", "moved_out_score_sum"),
)
_DRIVER = pa.struct(
    [
        ("driver", pa.string()),
        ("points_sum", pa.float64()),
        ("change_sum", pa.float64()),
    ]
)
MOVEMENTS_SCHEMA = pa.schema(
    [
        ("score_date", pa.date32()),
        ("segment_id", pa.string()),
        ("segment_value", pa.string()),
        ("model_version", pa.string()),
        ("model_version_before", pa.string()),
        ("is_scored_by_before", pa.bool_()),
        *((name, pa.float64()) for name in SUMS),
        ("drivers", pa.list_(_DRIVER)),
    ]
)


@dataclass(frozen=True, eq=False)
class _Side:
    """Customers of a batch on one of two days; rows of who is not there are absent.

    Parameters
    ----------
    is_there
        (n,).
    logit
        (n,), 0 of who is absent.
    contributions
        (n, drivers) in logits.
    members
        (n, groups) 1 of who is in the group, for each segment and value.
    """

    is_there: np.ndarray
    logit: np.ndarray
    contributions: np.ndarray
    members: np.ndarray

    @property
    def score(self) -> np.ndarray:
        return 100 * sigmoid(self.logit) * self.is_there


@dataclass(frozen=True)
class _Groups:
    """The values of each segment of a day, numbered: the base first."""

    segment_ids: tuple[str, ...]
    are_conditions: tuple[bool, ...]
    values: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> list[tuple[str, str]]:
        """Segment and value of each group."""
        return [
            (BASE, BASE),
            *(
                (segment, value)
                for segment, values in zip(self.segment_ids, self.values, strict=True)
                for value in values
            ),
        ]

    def members(self, batch: pa.RecordBatch, side: str, is_there: np.ndarray) -> np.ndarray:
        """Return (n, groups) 1 of who is in the group."""
        found = np.zeros((len(is_there), len(self.names)), order="F")
        found[:, 0] = is_there
        place = 1
        for number, values in enumerate(self.values):
            column = batch.column(f"{side}_{number}")
            if self.are_conditions[number]:
                found[:, place] = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
            else:
                own = pc.index_in(column, pa.array(values, pa.string()))
                own = pc.fill_null(own, -1).to_numpy(zero_copy_only=False)
                rows = np.flatnonzero(own >= 0)
                found[rows, place + own[rows]] = 1.0
            place += len(values)
        return found


@dataclass(frozen=True)
class Sources:
    """Where the scores and placements of one kind are read.

    Parameters
    ----------
    scores
        Relation of ``customer_id``, ``score_date``, ``model_version``, ``logit`` and a column per
        driver.
    placements
        Relation of ``customer_id``, ``score_date`` and the columns of ``Placements``; null where
        who was in which segment is not known by today's definitions.
    """

    scores: str
    placements: str | None

    @classmethod
    def kept(
        cls, engine: Engine, scores: str, placements: str, of_run: Placements
    ) -> Sources | None:
        """Return what earlier runs have left in tables; null where there are none yet."""
        if not engine.relation_exists(scores):
            return None
        is_known = of_run.first_day_after(engine, placements) is not None
        return cls(scores, placements if is_known else None)


@dataclass(frozen=True)
class _Known:
    """What is asked of the engine once for all days.

    Parameters
    ----------
    columns
        Of each relation of scores.
    versions
        By which version a relation of scores has a day.
    values
        Which values a relation of placements has on a day in the column of a dimension.
    """

    columns: Mapping[str, Sequence[str]]
    versions: Mapping[tuple[str, date], str]
    values: Mapping[tuple[str, date, str], Collection[str]]

    @classmethod
    def read(
        cls,
        engine: Engine,
        placements: Placements,
        days: Sequence[Mapping],
        of_run: Sources,
        earlier: Sources | None,
        by_version_before: str,
    ) -> _Known:
        """Ask for the days, and the day before the first."""
        if not days:
            return cls({}, {}, {})
        last: date = days[-1]["score_date"]
        eve: date = days[0]["score_date"] - timedelta(days=1)
        between = f"score_date between date '{eve}' and date '{last}'"
        sources = [of_run] if earlier is None else [of_run, earlier]
        scores = [*(source.scores for source in sources), by_version_before]
        versions, values = {}, {}
        for relation in scores:
            found = engine.collect(
                f"select score_date, max(model_version) as version from {relation} "
                f"where {between} group by score_date"
            )
            for day, version in zip(*(column.to_pylist() for column in found), strict=True):
                versions[relation, day] = version
        for relation in {source.placements for source in sources if source.placements}:
            for column, is_condition in zip(
                placements.columns, placements.are_conditions, strict=True
            ):
                if is_condition:
                    continue
                found = engine.collect(
                    f"select distinct score_date, {column} as value from {relation} "
                    f"where {between} and {column} is not null"
                )
                for day, value in zip(*(part.to_pylist() for part in found), strict=True):
                    values.setdefault((relation, day, column), set()).add(value)
        return cls(
            {relation: columns_of(engine, relation) for relation in scores}, versions, values
        )


def move_due_dates(
    engine: Engine,
    drivers: Sequence[str],
    placements: Placements,
    *,
    of_run: Sources,
    earlier: Sources | None,
    by_version_before: str,
    bases: str,
    last_days: int,
) -> object:
    """Add up, on each day scored in this run, what segments are made of and what moved them.

    Parameters
    ----------
    engine
        Joins a customer's two days.
    drivers
        Their names; scores have a column of each.
    placements
        What the columns of placements stand for.
    of_run
        The days of this run.
    earlier
        The days before, as earlier runs have left them; null where there are none.
    by_version_before
        Relation like scores: first days of versions, scored by the version before.
    bases
        Relation of ``score_date`` and ``base_logit``.
    last_days
        Of the days of a first run, so many of the last.

    Returns
    -------
    object
        ``MOVEMENTS_SCHEMA``, as ``Engine.mapped`` returns it: a row per day, segment and value that
        has a customer on the day or the day before. Without a day before all sums of it are 0, with
        ``model_version_before`` null.
        ``points_sum`` adds up slope × contribution of the driver, by the secant from the base, from
        which the reference of the base is to be taken off; ``change_sum`` the points by which the
        driver moved who stayed. A driver that only the day before had has no ``points_sum``.
    """
    days = engine.collect(
        "select scores.score_date, max(scores.model_version) as model_version, "
        "count(*) as customers, max(bases.base_logit) as base_logit "
        f"from {of_run.scores} as scores "
        f"inner join {bases} as bases on scores.score_date = bases.score_date "
        "group by scores.score_date order by scores.score_date"
    ).to_pylist()
    scored = {row["score_date"] for row in days}
    days = days[-last_days:]
    known = _Known.read(engine, placements, days, of_run, earlier, by_version_before)
    steps = [
        _Step.of(
            row,
            of_run if row["score_date"] - timedelta(days=1) in scored else earlier,
            known,
            by_version_before,
        )
        for row in days
    ]
    runs = _runs(steps, math.inf if engine.is_distributed else CUSTOMER_DAYS_TOGETHER)
    return engine.mapped(
        [_of_days(drivers, placements, run, of_run, by_version_before, known) for run in runs],
        MOVEMENTS_SCHEMA,
        together="score_date",
        # Sorted for nothing, the customers of a single day would be held in memory.
        order=("score_date",) if any(len(run) > 1 for run in runs) else (),
    )


@dataclass(frozen=True)
class _Step:
    """A day, and how it follows the day before.

    Parameters
    ----------
    row
        ``score_date``, ``model_version``, ``customers`` and ``base_logit`` of the day.
    before
        Where the day before is; null where it is not known.
    version_before
        That the day before was scored by.
    is_scored_by_before
        Whether the day is scored by that version, too, beside the one that came into force.
    """

    row: Mapping
    before: Sources | None
    version_before: str | None
    is_scored_by_before: bool

    @classmethod
    def of(
        cls, row: Mapping, before: Sources | None, known: _Known, by_version_before: str
    ) -> _Step:
        day: date = row["score_date"]
        eve = day - timedelta(days=1)
        version_before = None if before is None else known.versions.get((before.scores, eve))
        of_before = known.versions.get((by_version_before, day))
        has_new_model = version_before is not None and version_before != row["model_version"]
        return cls(
            row,
            None if version_before is None else before,
            version_before,
            has_new_model and of_before == version_before,
        )

    @property
    def day(self) -> date:
        return self.row["score_date"]


def _runs(steps: Sequence[_Step], most: float) -> list[list[_Step]]:
    """Return the days in runs that one query can join: each after a day of the same relation.

    Where they are more than one, they have at most so many customers × days.
    """
    runs: list[list[_Step]] = []
    for step in steps:
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and step.before is not None
            and step.before is last.before
            and not (step.is_scored_by_before or last.is_scored_by_before)
            and step.day - last.day == timedelta(days=1)
            and sum(one.row["customers"] for one in (*runs[-1], step)) <= most
        ):
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs


def _of_days(
    drivers: Sequence[str],
    placements: Placements,
    steps: Sequence[_Step],
    today: Sources,
    by_version_before: str,
    known: _Known,
) -> tuple[str, _Adding]:
    """Return the query of a run of days, and what makes a batch for each of them."""
    before, is_scored_by_before = steps[0].before, steps[0].is_scored_by_before
    # A driver that is gone from the registry since, or is called otherwise, has moved who stayed by
    # all that it contributed.
    gone = [] if before is None else _gone(drivers, known.columns[before.scores])
    drivers = [*drivers, *gone]
    query = _query(
        known.columns,
        drivers,
        placements,
        [step.day for step in steps],
        today,
        before,
        by_version_before if is_scored_by_before else None,
    )
    return query, _Adding(
        tuple(drivers),
        frozenset(gone),
        {step.day: (step, _groups_of(placements, known, today, step)) for step in steps},
    )


@dataclass(frozen=True)
class _Adding:
    """Adds up the customers of days, a batch for each day.

    Parameters
    ----------
    drivers
        Of the day and the day before.
    gone
        Those that only the day before has.
    days
        How each follows the day before, and its groups.
    """

    drivers: tuple[str, ...]
    gone: frozenset[str]
    days: Mapping[date, tuple[_Step, _Groups]]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for day, parts in groupby(_parts_of_days(batches), key=itemgetter(0)):
            step, groups = self.days[day]
            names = groups.names
            sums = np.zeros((len(names), len(SUMS)), dtype=object)
            of_drivers = np.zeros((len(names), 2 * len(self.drivers)), dtype=object)
            for _, part in parts:
                for batch, is_alike in _split(part):
                    now = _side(batch, "today", groups, self.drivers)
                    members = now.members if is_alike else None
                    then = _side(batch, "eve", groups, self.drivers, members)
                    old = now
                    if step.is_scored_by_before:
                        old = _side(batch, "old", groups, self.drivers, now.members)
                    added, added_of_drivers = _added(now, old, then, step.row["base_logit"])
                    sums += added
                    of_drivers += added_of_drivers
            yield _record(self.drivers, self.gone, names, sums, of_drivers, step)


def _parts_of_days(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[date, pa.RecordBatch]]:
    """Cut batches in the order of days into parts of one day, of ``ROWS_AT_ONCE`` at most."""
    for batch in batches:
        days = batch.column("score_date").cast(pa.date32())
        ends = [*(np.flatnonzero(np.diff(days.cast(pa.int32()).to_numpy())) + 1), len(days)]
        start = 0
        for end in ends:
            for place in range(start, end, ROWS_AT_ONCE):
                yield days[place].as_py(), batch.slice(place, min(ROWS_AT_ONCE, end - place))
            start = end


def _gone(drivers: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the drivers that the scores of the day before have and today's have not."""
    return sorted(set(drivers_of_columns(columns)) - set(drivers))


def _split(batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Part customers who are in the same segments on both days, who are nearly all, from others."""
    is_alike = batch.column("is_alike")
    for part, of_part in ((is_alike, True), (pc.invert(is_alike), False)):
        chosen = batch if pc.all(part).as_py() else batch.filter(part)
        if chosen.num_rows:
            yield chosen, of_part


def _added(now: _Side, old: _Side, then: _Side, base_logit: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (groups, sums) and (groups, 2 × drivers) of a batch, as integers of ``RESOLUTION``.

    Customers are counted as such.
    """
    slopes = secant_slopes(now.logit, base_logit) * now.is_there
    was_there, is_there = then.is_there.astype(np.float64), now.is_there.astype(np.float64)
    joined, left = is_there * (1 - was_there), was_there * (1 - is_there)
    both = was_there * is_there
    of_today = [
        *(is_there, joined),
        *_whole(now.score, old.score, slopes, joined * old.score, both * old.score),
        *_whole(*(slopes[:, None] * now.contributions).T),
    ]
    of_eve = [was_there, left, *_whole(then.score, left * then.score, both * then.score)]
    of_both = [
        both,
        *_whole(both * old.score, both * then.score),
        *_whole(*(_changes(old, then) * both[:, None]).T),
    ]
    if now.members is then.members:
        together = _exact_sums(now.members, [*of_today, *of_eve, *of_both])
        ends = np.cumsum([len(of_today), len(of_eve)])
        today, eve, stayed = np.split(together, ends, axis=1)
    else:
        today, eve = _exact_sums(now.members, of_today), _exact_sums(then.members, of_eve)
        stayed = _exact_sums(now.members * then.members, of_both)
    found = {
        "customers": today[:, 0],
        "customers_before": eve[:, 0],
        "stayed": stayed[:, 0],
        "joined": today[:, 1],
        "moved_in": today[:, 0] - stayed[:, 0] - today[:, 1],
        "left_company": eve[:, 1],
        "moved_out": eve[:, 0] - stayed[:, 0] - eve[:, 1],
        "score_sum": today[:, 2],
        "score_sum_by_before": today[:, 3],
        "slope_sum": today[:, 4],
        "joined_score_sum": today[:, 5],
        "moved_in_score_sum": today[:, 6] - stayed[:, 1],
        "stayed_score_sum": stayed[:, 1],
        "stayed_score_sum_before": stayed[:, 2],
        "score_sum_before": eve[:, 2],
        "left_company_score_sum": eve[:, 3],
        "moved_out_score_sum": eve[:, 4] - stayed[:, 2],
    }
    of_drivers = np.hstack([today[:, 7:], stayed[:, 3:]])
    return np.column_stack([found[name] for name in SUMS]), of_drivers


def _changes(now: _Side, then: _Side) -> np.ndarray:
    """Return (n, drivers) points by which each driver moved a customer since the day before.

    With the secant slope between the customer's two logits, so that they add up to the change of
    the score.
    """
    slopes = secant_slopes(now.logit, then.logit)
    return slopes[:, None] * (now.contributions - then.contributions)


def _whole(*points: np.ndarray) -> list[np.ndarray]:
    return [np.rint(values / RESOLUTION) for values in points]


def _exact_sums(members: np.ndarray, values: Sequence[np.ndarray]) -> np.ndarray:
    """Return (groups, values) sums of whole numbers over the members, as integers.

    A sum of doubles that are whole numbers is exact while it stays below 2⁵³: two halves do where
    one number would not.
    """
    whole = np.column_stack(list(values))
    if len(whole) * np.abs(whole).max(initial=0) < EXACT:
        return (members.T @ whole).astype(np.int64).astype(object)
    high = np.floor(whole / 2**20)
    low = whole - high * 2**20
    return (members.T @ high).astype(np.int64).astype(object) * 2**20 + (members.T @ low).astype(
        np.int64
    ).astype(object)


def _side(
    batch: pa.RecordBatch,
    side: str,
    groups: _Groups,
    drivers: Sequence[str],
    members: np.ndarray | None = None,
) -> _Side:
    """Return a batch's customers on one day, with their members where these are not known yet."""
    logit = batch.column(f"{side}_logit")
    is_there = pc.is_valid(logit).to_numpy(zero_copy_only=False)
    return _Side(
        is_there,
        _numbers(logit),
        np.column_stack(
            [_numbers(batch.column(f"{side}_{driver_column(driver)}")) for driver in drivers]
        ),
        groups.members(batch, side, is_there) if members is None else members,
    )


def _numbers(column: pa.Array) -> np.ndarray:
    return pc.fill_null(pc.cast(column, pa.float64()), 0.0).to_numpy(zero_copy_only=False)


def _groups_of(placements: Placements, known: _Known, today: Sources, step: _Step) -> _Groups:
    """Return the values that somebody has on the day or the day before."""
    moments = [(today.placements, step.day)]
    if step.before is not None:
        moments.append((step.before.placements, step.day - timedelta(days=1)))
    values = tuple(
        (MEMBERS,)
        if is_condition
        else tuple(
            sorted(set().union(*(known.values.get((*moment, column), ()) for moment in moments)))
        )
        for is_condition, column in zip(placements.are_conditions, placements.columns, strict=True)
    )
    return _Groups(placements.segment_ids, placements.are_conditions, values)


def _query(
    columns_of_scores: Mapping[str, Sequence[str]],
    drivers: Sequence[str],
    placements: Placements,
    days: Sequence[date],
    today: Sources,
    before: Sources | None,
    by_version_before: str | None,
) -> str:
    """Return a query of the customers of each day and of the day before it, a row each.

    ``days`` follow one another.
    """
    names = [driver_column(driver) for driver in drivers]

    def of_days(relation: str, columns: str, days_back: int) -> str:
        first, last = (day - timedelta(days=days_back) for day in (days[0], days[-1]))
        return (
            f"(select kept.customer_id, kept.score_date + {days_back} as score_date{columns} "
            f"from {relation} as kept "
            f"where kept.score_date between date '{first}' and date '{last}')"
        )

    def scored(relation: str, side: str, days_back: int = 0) -> str:
        known = columns_of_scores[relation]
        columns = "".join(
            # A driver that is new to the registry has contributed nothing before.
            f", {quote_name(name) if name in known else '0e0'} as {quote_name(f'{side}_{name}')}"
            for name in names
        )
        return of_days(relation, f", logit as {side}_logit{columns}", days_back)

    def placed(relation: str | None, side: str, days_back: int = 0) -> str:
        named = [f"{side}_{number}" for number in range(len(placements.columns))]
        if relation is None:
            kinds = ["boolean" if is_one else "varchar" for is_one in placements.are_conditions]
            nulls = "".join(
                f", cast(null as {kind}) as {name}" for kind, name in zip(kinds, named, strict=True)
            )
            keys = "cast(null as varchar) as customer_id, cast(null as date) as score_date"
            return f"(select {keys}{nulls})"
        columns = "".join(
            f", {column} as {name}" for column, name in zip(placements.columns, named, strict=True)
        )
        return of_days(relation, columns, days_back)

    if before is None:
        # Nobody was there on a day that is not known.
        before = Sources(f"(select * from {today.scores} where false)", None)
        columns_of_scores = {**columns_of_scores, before.scores: columns_of_scores[today.scores]}
    alike = "".join(
        f" and today_{number} is not distinct from eve_{number}"
        for number in range(len(placements.columns))
    )
    same = "using (customer_id, score_date)"
    query = (
        "select * exclude (customer_id), today_logit is not null and eve_logit is not null"
        f"{alike} as is_alike from {scored(today.scores, 'today')} as today "
        f"full outer join {scored(before.scores, 'eve', 1)} as eve {same} "
        f"left join {placed(today.placements, 'today')} as of_today {same} "
        f"left join {placed(before.placements, 'eve', 1)} as of_eve {same}"
    )
    if by_version_before is not None:
        query += f" left join {scored(by_version_before, 'old')} as old {same}"
    return query


def _record(
    drivers: Sequence[str],
    gone: Collection[str],
    names: Sequence[tuple[str, str]],
    sums: np.ndarray,
    of_drivers: np.ndarray,
    step: _Step,
) -> pa.RecordBatch:
    scaled = (sums * [1 if name in COUNTS else RESOLUTION for name in SUMS]).astype(np.float64)
    points = (of_drivers * RESOLUTION).astype(np.float64)
    kept = [
        place
        for place in range(len(names))
        if scaled[place, SUMS.index("customers")] or scaled[place, SUMS.index("customers_before")]
    ]
    rows = [
        {
            "score_date": step.day,
            "segment_id": names[place][0],
            "segment_value": names[place][1],
            "model_version": step.row["model_version"],
            "model_version_before": step.version_before,
            "is_scored_by_before": step.is_scored_by_before,
            **dict(zip(SUMS, scaled[place].tolist(), strict=True)),
            "drivers": [
                {
                    "driver": driver,
                    "points_sum": None if driver in gone else points[place, number],
                    "change_sum": points[place, len(drivers) + number],
                }
                for number, driver in enumerate(drivers)
                if driver not in gone or points[:, len(drivers) + number].any()
            ],
        }
        for place in kept
    ]
    return pa.RecordBatch.from_pylist(rows, schema=MOVEMENTS_SCHEMA)
