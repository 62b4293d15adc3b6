"""What every program does to satisfaction, from the scores, answers and enrolments of a company.

Weeks are counted back from the as-of date, so that the last one is whole. The score of a week is
that of its last day. Where there are many customers, a sample of them, drawn by a hash, stands for
all: more answers than ``MOST_ANSWERING`` make an interval no narrower than matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.program_groups import (
    ATTRIBUTES,
    attribute_groupings,
    segment_groupings,
    values_of,
)
from csat.daily.program_rows import (
    COMPANY_WIDE,
    EFFECTS_SCHEMA,
    OBSERVED,
    RANDOMIZED,
    row_of_company_wide,
    row_of_program,
    with_priorities,
)
from csat.daily.program_span import Span
from csat.engine import Engine, quote
from csat.impact import (
    NEVER,
    Answers,
    Grouping,
    History,
    Panel,
    ProgramEffect,
    ProgramSettings,
    as_assigned,
    estimate_company_wide,
    estimate_program,
    past_means,
)

#: Weeks before and after the start that are compared, and within which two programs overlap.
WINDOWS = ProgramSettings(
    before=16,
    after=16,
    step=4,
    told_every=1,
    controls_drawn=1_000,
    answering_drawn=6_000,
    unit="weeks",
)
#: Customers drawn of those who enrolled and answered, enrolled only, answered only, and neither.
MOST_ENROLLED_ANSWERING, MOST_ENROLLED_SILENT = 20_000, 5_000
MOST_ANSWERING, MOST_SILENT = 30_000, 10_000
#: What no program moves.
PLACEBO_OUTCOME = "interruptions of service per week"


@dataclass(frozen=True)
class ProgramsSettings:
    """What a company may set; see the vars of the project.

    Parameters
    ----------
    days
        Looked at, up to the as-of date.
    smallest_that_matters
        Points of CSAT.
    budget
        Money that programs may cost.
    """

    days: int
    smallest_that_matters: float
    budget: float


def as_first_known(customers: str, first_attributes: str) -> str:
    """Return a query of customers with attributes as first known, or else as they are now.

    Parameters
    ----------
    customers
        Relation as ``measure_programs`` takes it.
    first_attributes
        Relation of ``customer_id``, ``customer_type``, ``region`` and ``annual_value``.
    """
    attributes = ", ".join(
        f"coalesce(first_ones.{name}, customers.{name}) as {name}"
        for name in (*ATTRIBUTES, "annual_value")
    )
    return (
        f"(select customers.customer_id, {attributes}, customers.tenure_days, customers.is_active "
        f"from {customers} as customers left join {first_attributes} as first_ones "
        "on customers.customer_id = first_ones.customer_id)"
    )


def measure_programs(
    engine: Engine,
    settings: ProgramsSettings,
    *,
    as_of: str,
    programs: str,
    enrollments: str,
    holdouts: str,
    customers: str,
    scores: str,
    scored_days: str,
    answers: str,
    contacts: str,
    interruptions: str,
    segments: str,
    memberships: str,
) -> pa.Table:
    """Estimate every program and rank them under the budget.

    Parameters
    ----------
    engine
        Where the relations are.
    settings
        Of the company.
    as_of
        Relation of one ``as_of_date``.
    programs
        Relation of ``program_id``, ``started_date``, ``cost_per_enrollment``, ``is_randomized``.
    enrollments
        Relation of ``program_id``, ``customer_id``, ``enrolled_date`` and ``has_ended``.
    holdouts
        Relation of ``program_id``, ``customer_id`` and ``held_out_date``: who was chosen for a
        program like those who enrolled, and was kept out by chance.
    customers
        Relation of ``customer_id``, ``customer_type``, ``region``, ``tenure_days``,
        ``annual_value`` and ``is_active``.
    scores, scored_days
        Relations of ``customer_id``, ``score_date``, ``csat_score``; and of every ``score_date``.
    answers
        Relation of ``response_id``, ``customer_id``, ``sent_date``, ``is_satisfied``,
        ``probability``, ``weight`` (of response) and ``is_from_sending``.
    contacts, interruptions
        Relations of ``customer_id``, ``occurred_at`` and ``known_until``.
    segments, memberships
        The company's own segments and who was in them; see ``segment_groupings``.

    Returns
    -------
    pyarrow.Table
        ``EFFECTS_SCHEMA``, in the order of ``program_id``.
    """
    (day,) = engine.collect(f"select as_of_date from {as_of}")["as_of_date"].to_pylist()
    listed = engine.collect(
        "select program_id, started_date, is_randomized, "
        "cast(cost_per_enrollment as double) as cost_per_enrollment "
        f"from {programs} order by program_id"
    ).to_pylist()
    if not listed:
        return EFFECTS_SCHEMA.empty_table()
    span = Span.read(engine, scored_days, day, settings.days)
    told = {row["program_id"]: row for row in listed}
    enrolled = engine.collect(
        "select program_id, count(*) as customers, count(*) filter (where has_ended) as ended, "
        "min(enrolled_date) as first_date, max(enrolled_date) as last_date "
        f"from {enrollments} group by program_id"
    ).to_pylist()
    counts = {row["program_id"]: row for row in enrolled}
    answered = _answers(engine, answers, span)
    company = None
    if any(name in counts for name in told):
        company = _Company.read(
            engine,
            span,
            answered,
            answers=answers,
            enrollments=enrollments,
            holdouts=holdouts,
            customers=customers,
            scores=scores,
            events={"contacts": contacts, PLACEBO_OUTCOME: interruptions},
            segments=segments,
            memberships=memberships,
        )
    rows = []
    for name, program in told.items():
        if name in counts:
            assert company is not None
            kind = RANDOMIZED if program["is_randomized"] else OBSERVED
            found = company.estimate(name, kind == RANDOMIZED, settings.smallest_that_matters)
            rows.append(
                row_of_program(
                    program,
                    kind,
                    found,
                    counts[name],
                    settings.smallest_that_matters,
                    span.first_day,
                )
            )
        else:
            rows.append(
                _of_everyone(program, listed, answered, span, settings.smallest_that_matters)
            )
    reach = _reach(engine, customers, enrollments)
    return pa.Table.from_pylist(
        with_priorities(rows, reach, settings.budget), schema=EFFECTS_SCHEMA
    )


def _answers(engine: Engine, answers: str, span: Span) -> pa.Table:
    """Return the answers with the score in force when each survey was sent, by customer and day."""
    return engine.collect(
        f"select customer_id, sent_date, {span.week_of('sent_date')} as week, "
        "100e0 * cast(is_satisfied as double) as outcome, 100e0 * probability as predicted, "
        f"weight as response_weight from {answers} where {_is_told(span)} "
        "order by customer_id, sent_date, response_id"
    )


def _is_told(span: Span) -> str:
    """SQL that an answer counts: its score was in force when the survey was sent."""
    return (
        "is_from_sending and is_satisfied is not null and probability is not null "
        f"and {span.holds('sent_date')}"
    )


def _of_everyone(
    program: Mapping[str, object],
    listed: Sequence[Mapping[str, object]],
    answered: pa.Table,
    span: Span,
    smallest_that_matters: float,
) -> dict:
    """Return the row of a program without enrolments, which is one for everyone."""
    start = span.number_of(program["started_date"])
    found = None
    if start is not None:
        others = [
            abs(other - start) < WINDOWS.before
            for row in listed
            if row["program_id"] != program["program_id"]
            and (other := span.number_of(row["started_date"])) is not None
        ]
        columns = (answered[name].to_numpy() for name in ("week", "outcome", "predicted"))
        found = estimate_company_wide(
            Answers(np.arange(len(answered)), *columns), start, others=sum(others), settings=WINDOWS
        )
    return row_of_company_wide(program, COMPANY_WIDE, found, smallest_that_matters)


def _reach(engine: Engine, customers: str, enrollments: str) -> Mapping[str | None, int]:
    """Return how many active customers are not enrolled in each program, and in total (null)."""
    rows = engine.collect(
        "with active as (select customer_id from "
        f"{customers} where is_active) "
        "select enrollments.program_id, count(*) as customers from active "
        f"inner join {enrollments} as enrollments on active.customer_id = enrollments.customer_id "
        "group by enrollments.program_id "
        "union all select null, count(*) from active"
    ).to_pylist()
    counts = {row["program_id"]: row["customers"] for row in rows}
    total = counts[None]
    return {name: count if name is None else total - count for name, count in counts.items()}


class _Company:
    """Customers by weeks, of whom a part stands for all, for all programs at once."""

    def __init__(
        self,
        span: Span,
        share: np.ndarray,
        score: np.ndarray,
        answered: pa.Table,
        answering: np.ndarray,
        enrolled: Mapping[str, tuple[np.ndarray, np.ndarray]],
        held_out: Mapping[str, tuple[np.ndarray, np.ndarray]],
        totals: Mapping[str | None, tuple[int, int]],
        attributes: pa.Table,
        events: Mapping[str, np.ndarray],
        groupings: Sequence[Grouping],
    ) -> None:
        self.span, self.share, self.score = span, share, score
        self.answered, self.answering = answered, answering
        self.enrolled, self.held_out, self.totals = enrolled, held_out, totals
        self.attributes, self.events, self.groupings = attributes, events, groupings

    @classmethod
    def read(
        cls,
        engine: Engine,
        span: Span,
        answered: pa.Table,
        *,
        answers: str,
        enrollments: str,
        holdouts: str,
        customers: str,
        scores: str,
        events: Mapping[str, str],
        segments: str,
        memberships: str,
    ) -> _Company:
        """Read who is drawn for one of the programs."""
        answering = f"(select distinct customer_id from {answers} where {_is_told(span)})"
        totals = _totals(engine, enrollments, customers, answering)
        kept = _kept(enrollments, holdouts, customers, answering, totals)
        table = engine.collect(f"select * from {kept} order by place")
        count = len(table)
        score = np.full((count, span.weeks), np.nan)
        days = ", ".join(f"date '{day}'" for day in span.last_days)
        for batch in engine.stream(
            f"select kept.place, {span.week_of('scores.score_date')} as week, scores.csat_score "
            f"from {scores} as scores inner join {kept} as kept "
            f"on scores.customer_id = kept.customer_id where scores.score_date in ({days})"
        ):
            found, week, value = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
            score[found, week] = value
        happened = {}
        for name, relation in events.items():
            happened[name] = np.zeros((count, span.weeks))
            occurred = "cast(events.occurred_at as date)"
            for batch in engine.stream(
                f"select kept.place, {span.week_of(occurred)} as week, count(*) as events "
                f"from {relation} as events inner join {kept} as kept "
                f"on events.customer_id = kept.customer_id where {span.holds(occurred)} "
                "and events.known_until is null group by 1, 2"
            ):
                found, week, value = (
                    column.to_numpy(zero_copy_only=False) for column in batch.columns
                )
                happened[name][found, week] = value
        enrolled, held_out = (
            dict(_starts(engine, span, kept, count, relation, day))
            for relation, day in ((enrollments, "enrolled_date"), (holdouts, "held_out_date"))
        )
        places = pc.index_in(answered["customer_id"], value_set=table["customer_id"])
        is_kept = pc.is_valid(places)
        answered = answered.append_column("place", places).filter(is_kept)
        is_answering = np.zeros(count, dtype=bool)
        is_answering[answered["place"].to_numpy()] = True
        groupings = (
            attribute_groupings(table),
            segment_groupings(
                engine, span, kept, count, segments=segments, memberships=memberships
            ),
        )
        share = table["share"].to_numpy()
        return cls(
            span,
            share,
            score,
            answered,
            is_answering,
            enrolled,
            held_out,
            totals,
            table,
            happened,
            [one for of_kind in groupings for one in of_kind],
        )

    def estimate(
        self, name: str, is_randomized: bool, smallest_that_matters: float
    ) -> ProgramEffect:
        """Estimate one program, of the customers who are kept for it."""
        nobody = (np.full(len(self.share), NEVER),) * 2
        cohort, enrolled_day = self.enrolled.get(name, nobody)
        held_out, held_out_day = self.held_out.get(name, nobody)
        weight = self._weights(name, cohort != NEVER)
        if name in self.held_out:
            weight = np.where(cohort != NEVER, weight, held_out != NEVER)
            cohort = as_assigned(cohort, held_out, WINDOWS.after)
        kept = np.flatnonzero(weight > 0)
        number = np.full(len(weight), -1)
        number[kept] = np.arange(len(kept))
        place = self.answered["place"].to_numpy()
        week = self.answered["week"].to_numpy()
        # Who enrols within a week has answered before it, or after: only after counts.
        sent = _days(self.answered["sent_date"])
        is_before = (week == cohort[place]) & (sent <= enrolled_day[place])
        is_before |= (week == held_out[place]) & (sent <= held_out_day[place])
        told = (number[place] >= 0) & ~is_before
        columns = (self.answered[column].to_numpy()[told] for column in ("outcome", "predicted"))
        panel = Panel(
            self.score[kept],
            Answers(
                number[place[told]],
                week[told],
                *columns,
                response_weight=self.answered["response_weight"].to_numpy()[told],
            ),
            weight[kept],
        )
        others = [one for other, (one, _) in self.enrolled.items() if other != name]
        earlier = np.stack(others, axis=1)[kept] if others else None
        constant, names = self._constant(kept)
        events = {name: values[kept] for name, values in self.events.items()}
        history = History(
            past=[
                *past_means(unit=WINDOWS.unit),
                *(
                    mean
                    for name, values in events.items()
                    for mean in past_means(values, name, WINDOWS.unit)
                ),
            ],
            constant=constant,
            earlier=earlier,
            names=[*names, *(f"enrolled in {other}" for other in self.enrolled if other != name)],
        )
        return estimate_program(
            panel,
            cohort[kept],
            held_out=held_out[kept] if name in self.held_out else None,
            history=history,
            settings=replace(WINDOWS, is_randomized=is_randomized),
            groups=[replace(one, codes=one.codes[kept]) for one in self.groupings],
            placebo_outcomes={PLACEBO_OUTCOME: events[PLACEBO_OUTCOME]},
            smallest_that_matters=smallest_that_matters,
        )

    def _weights(self, name: str, is_enrolled: np.ndarray) -> np.ndarray:
        """Return how many customers each one stands for, 0 for those not drawn."""
        weight = np.zeros(len(self.share))
        for (enrolled, answering), share in _shares(self.totals, name).items():
            stratum = (is_enrolled == enrolled) & (self.answering == answering)
            drawn = stratum & (self.share < share)
            size = _sizes(self.totals, name)[enrolled, answering]
            if drawn.any():
                weight[drawn] = size / drawn.sum()
        return weight

    def _constant(self, kept: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Return what of a customer does not change, and its names."""
        columns, names = [], []
        for attribute in ATTRIBUTES:
            values = self.attributes[attribute].to_numpy(zero_copy_only=False)[kept]
            for value in values_of(self.attributes[attribute])[1:]:
                columns.append((values == value).astype(np.float64))
                names.append(f"{attribute} {value}")
        for name in ("tenure_days", "annual_value"):
            amount = self.attributes[name].cast(pa.float64()).to_numpy(zero_copy_only=False)[kept]
            columns.append(np.log1p(np.maximum(amount, 0.0)))
            names.append(name.replace("_", " "))
        return np.column_stack(columns), names


def _starts(
    engine: Engine, span: Span, kept: str, count: int, relation: str, day: str
) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Yield programs with the week and the day of each customer, ``NEVER`` where there is none."""
    rows = engine.collect(
        f"select started.program_id, kept.place, started.{day} as day, "
        f"{span.week_of(f'started.{day}')} as week "
        f"from {relation} as started inner join {kept} as kept "
        "on started.customer_id = kept.customer_id order by 1, 2"
    )
    programs = rows["program_id"].to_numpy(zero_copy_only=False)
    for name in np.unique(programs.astype(str)):
        own = programs == name
        weeks, days = np.full(count, NEVER), np.full(count, NEVER)
        where = rows["place"].to_numpy()[own]
        weeks[where] = np.maximum(rows["week"].to_numpy()[own], -1)
        days[where] = _days(rows["day"])[own]
        yield name, (weeks, days)


def _days(column: pa.ChunkedArray) -> np.ndarray:
    """Return dates as days since 1970."""
    return column.cast(pa.int32()).to_numpy().astype(np.int64)


#: By whether one enrolled, and whether one answered: how many are drawn at most.
_MOST = {
    (True, True): MOST_ENROLLED_ANSWERING,
    (True, False): MOST_ENROLLED_SILENT,
    (False, True): MOST_ANSWERING,
    (False, False): MOST_SILENT,
}


def _sizes(totals: Mapping[str | None, tuple[int, int]], name: str) -> dict[tuple[bool, bool], int]:
    """Return how many customers there are of each kind."""
    (all_of_them, all_answering), (enrolled, answering) = totals[None], totals.get(name, (0, 0))
    return {
        (True, True): answering,
        (True, False): enrolled - answering,
        (False, True): all_answering - answering,
        (False, False): all_of_them - all_answering - (enrolled - answering),
    }


def _shares(
    totals: Mapping[str | None, tuple[int, int]], name: str
) -> dict[tuple[bool, bool], float]:
    """Return below which share of the hash customers of each kind are drawn."""
    return {
        kind: min(1.0, _MOST[kind] / max(size, 1)) for kind, size in _sizes(totals, name).items()
    }


def _totals(
    engine: Engine, enrollments: str, customers: str, answering: str
) -> dict[str | None, tuple[int, int]]:
    """Return customers, and those who answered, by program, and of all (null)."""
    counted = "count(*) as customers, count(answering.customer_id) as answering"
    rows = engine.collect(
        f"select enrollments.program_id, {counted} from {enrollments} as enrollments "
        f"inner join {customers} as customers on enrollments.customer_id = customers.customer_id "
        f"left join {answering} as answering on enrollments.customer_id = answering.customer_id "
        "group by enrollments.program_id "
        f"union all select null, {counted} from {customers} as customers "
        f"left join {answering} as answering on customers.customer_id = answering.customer_id"
    ).to_pylist()
    return {row["program_id"]: (row["customers"], row["answering"]) for row in rows}


def _kept(
    enrollments: str,
    holdouts: str,
    customers: str,
    answering: str,
    totals: Mapping[str | None, tuple[int, int]],
) -> str:
    """Return a subquery of the customers drawn for any program, numbered by ``place``."""
    programs = [name for name in totals if name is not None]
    shares = {name: _shares(totals, name) for name in programs}
    controls = {
        answers: max((shares[name][False, answers] for name in programs), default=1.0)
        for answers in (True, False)
    }
    cases = " ".join(
        f"when {quote(name)} then case when is_answering then {shares[name][True, True]!r} "
        f"else {shares[name][True, False]!r} end"
        for name in programs
    )
    # Of enrolments whose customers are all unknown there are no programs.
    own = f"case enrollments.program_id {cases} else 0e0 end" if programs else "0e0"
    return (
        "(with flagged as (select customers.*, "
        "cast('0x' || substr(md5(customers.customer_id), 1, 8) as bigint) / 4294967296e0 as share, "
        "answering.customer_id is not null as is_answering "
        f"from {customers} as customers left join {answering} as answering "
        "on customers.customer_id = answering.customer_id), "
        "drawn as (select customer_id from flagged where share < case when is_answering then "
        f"{controls[True]!r} else {controls[False]!r} end union distinct "
        f"select flagged.customer_id from flagged inner join {enrollments} as enrollments "
        "on flagged.customer_id = enrollments.customer_id "
        f"where share < {own} union distinct "
        f"select customer_id from {holdouts}) "
        "select flagged.customer_id, flagged.customer_type, flagged.region, flagged.tenure_days, "
        "flagged.annual_value, flagged.share, "
        "row_number() over (order by flagged.customer_id) - 1 as place "
        "from flagged inner join drawn on flagged.customer_id = drawn.customer_id)"
    )
