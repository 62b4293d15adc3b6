"""Journeys: definitions are checked with a sentence, and steps are those of a slow reference."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from harness import CHECKOUT
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from csat.daily.journey_steps import steps_taken
from csat.daily.journeys import EVENTS, MOST_DAYS, SEED, Journey, Step, read_journeys, read_kinds
from csat.daily.parts import parts_of_customers
from csat.engine import DuckDBEngine
from csat.project import UserError

# Not into the checkout, which tests leave as it is.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "csat_hypothesis")

HEADER = (
    "journey_id,step,journey_name,owner,step_name,event,detail,channel,quiet_days,within_days,"
    "is_optional"
)
START = datetime(2026, 3, 1)
#: Lines 2 to 4 of the seed, before those of a test.
OUTAGE = (
    "outage,1,Cut off and calling twice,me,cut off,interruption,unplanned,,14,,",
    "outage,2,Cut off and calling twice,me,calls,contact,outage,phone,,3,",
    "outage,3,Cut off and calling twice,me,calls again,contact,,,,14,",
)


@pytest.fixture
def engine(tmp_path: Path) -> DuckDBEngine:
    """A company with an outage and two contacts."""
    connection = duckdb.connect()
    connection.execute(
        "create table events (customer_id varchar, event varchar, detail varchar, channel varchar, "
        "occurred_at timestamp)"
    )
    connection.executemany(
        "insert into events values ('A', ?, ?, ?, ?)",
        [
            ("interruption", "unplanned", None, START),
            ("contact", "outage", "phone", START + timedelta(days=1)),
            ("contact", "bill_question", "chat", START + timedelta(days=2)),
        ],
    )
    connection.execute("set variable csat_project_root = ?", [str(tmp_path)])
    (tmp_path / SEED.path).parent.mkdir()
    return DuckDBEngine(connection)


def define(engine: DuckDBEngine, *rows: str) -> tuple[Journey, ...]:
    """Read definitions given as lines of the seed."""
    file = engine.project_root() / SEED.path
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    engine.execute(
        f"create or replace table definitions as select * from read_csv('{file}', all_varchar=true)"
    )
    return read_journeys(engine, "definitions", read_kinds(engine, "events"))


def steps_of(
    engine: DuckDBEngine,
    journeys: Sequence[Journey],
    first: datetime,
    parts: Sequence[str] = ("true",),
) -> list[tuple]:
    """Find the steps, in order."""
    found = steps_taken(engine, journeys, read_kinds(engine, "events"), "events", first, parts)
    return sorted(tuple(row.values()) for row in found.read_all().to_pylist())


def test_definitions_are_read_in_order(engine: DuckDBEngine) -> None:
    (journey,) = define(engine, *reversed(OUTAGE))
    assert journey == Journey(
        "outage",
        (
            Step("interruption", ("unplanned",), (), 14),
            Step("contact", ("outage",), ("phone",), 3),
            Step("contact", (), (), 14),
        ),
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("outage,4,Cut off and calling twice,me,x,contact,outige,,,3,", "the topic outige, which"),
        ("outage,4,Cut off and calling twice,me,x,contact,outige,,,3,", "(did you mean outage?)"),
        (
            'outage,4,Cut off and calling twice,me,x,contact,",",,,3,',
            "a comma too many in the detail",
        ),
        ("outage,4,Cut off and calling twice,me,x,contact,,fax,,3,", "the channel fax, which no"),
        ("outage,4,Cut off and calling twice,me,x,contcat,,,,3,", "(did you mean contact?)"),
        ("outage,4,Cut off and calling twice,me,x,,,,,3,", "no event"),
        ("outage,4,Cut off and calling twice,me,x,customer_start,x,,,3,", "a detail, and"),
        ("outage,4,Cut off and calling twice,me,x,bill,,phone,,3,", "a channel, and"),
        ("outage,4,Cut off and calling twice,me,x,contact,,,3,3,", "quiet_days, which is for"),
        ("outage,4,Cut off and calling twice,me,x,contact,,,,,", "no within_days"),
        ("outage,4,Cut off and calling twice,me,x,contact,,,,0,", "the within_days 0"),
        ("outage,4,Cut off and calling twice,me,x,contact,,,,soon,", "the within_days soon"),
        ("outage,4,Cut off and calling twice,me,x,contact,,,,400,", "the within_days 400"),
        ("outage,4,Cut off and calling twice,me,x,contact,,,,3,perhaps", "is_optional perhaps"),
        ("outage,2,Cut off and calling twice,me,x,contact,,,,3,", "the step 2 twice"),
        ("outage,5,Cut off and calling twice,me,x,contact,,,,3,", "the step 5 without a step 4"),
        ("outage,0,Cut off and calling twice,me,x,contact,,,,3,", "the step 0 without a step 1"),
        ("outage,next,Cut off and calling twice,me,x,contact,,,,3,", "the step next"),
        (",1,Nobody,me,x,contact,,,,3,", "no journey_id"),
        ("other,1,Cut off and calling twice,me,x,contact,,,,,", "the journey_name of"),
        ("other,1,Other,me,x,contact,,,,,", "only an anchor"),
        ("other,1,Other,me,x,contact,,,,3,", "within_days, which is for the steps after"),
        ("other,2,Other,me,x,contact,,,,3,", "the step 2 without a step 1"),
    ],
)
def test_a_mistake_is_told_with_its_line(engine: DuckDBEngine, row: str, said: str) -> None:
    with pytest.raises(UserError) as told:
        define(engine, *OUTAGE, row)
    sentence = str(told.value)
    assert said in sentence
    assert sentence.startswith("The journey ")
    # Of two lines that cannot both be, either is the one to mend.
    assert f"(line 5) in {SEED.path}" in sentence or "journey_name of" in sentence
    assert "\n" not in sentence


def test_what_a_company_does_not_have_is_waited_for_where_it_is_optional(
    engine: DuckDBEngine,
) -> None:
    last = "outage,4,Cut off and calling twice,me,x,contact,outige,,,3,true"
    (journey,) = define(engine, *OUTAGE, last)
    assert journey.steps[3].details == ("outige",)
    assert [row[3] for row in steps_of(engine, [journey], START)] == [1, 2, 3]


def test_journeys_of_the_project_stop_no_company(engine: DuckDBEngine) -> None:
    rows = (CHECKOUT / SEED.path).read_text(encoding="utf-8").splitlines()
    assert rows[0] == HEADER
    engine.execute("delete from events")
    assert len(define(engine, *rows[1:])) >= 8


# --- steps against a slow reference ------------------------------------------------------

MOMENTS = st.integers(0, 12).map(lambda hours: START + timedelta(hours=12 * hours))
KINDS = st.sampled_from(
    [
        ("contact", "a", "phone"),
        ("contact", "b", "chat"),
        ("contact", None, None),
        ("bill", "estimated", None),
        ("customer_start", None, None),
    ]
)
LOGS = st.lists(st.tuples(st.sampled_from(["A", "B"]), KINDS, MOMENTS), max_size=14)


@st.composite
def drawn_steps(draw: st.DrawFn, is_anchor: bool) -> Step:
    """Draw a step of the kinds that logs have."""
    event = draw(st.sampled_from(["contact", "contact", "bill", "customer_start"]))
    details = draw(st.sampled_from([(), ("a",), ("a", "b")])) if event == "contact" else ()
    channels = draw(st.sampled_from([(), (), ("phone",)])) if event == "contact" else ()
    return Step(event, details, channels, draw(st.integers(0 if is_anchor else 1, 4)))


@st.composite
def drawn_journeys(draw: st.DrawFn) -> list[Journey]:
    """Draw up to three journeys of two to four steps."""
    return [
        Journey(
            f"journey {number}",
            (
                draw(drawn_steps(is_anchor=True)),
                *draw(st.lists(drawn_steps(is_anchor=False), min_size=1, max_size=3)),
            ),
        )
        for number in range(draw(st.integers(1, 3)))
    ]


def is_of(step: Step, kind: tuple[str, str | None, str | None]) -> bool:
    event, detail, channel = kind
    return (
        event == step.event
        and (not step.details or detail in step.details)
        and (not step.channels or channel in step.channels)
    )


def slow_steps(journeys: list[Journey], log: list[tuple], first: datetime) -> list[tuple]:
    """Follow each customer through each journey, event by event."""
    found = []
    for journey in journeys:
        anchor, *others = journey.steps
        for customer in sorted({row[0] for row in log}):
            own = sorted(
                ((moment, kind) for who, kind, moment in log if who == customer),
                key=lambda row: row[0],
            )
            starts = sorted({moment for moment, kind in own if is_of(anchor, kind)})
            for start in starts:
                quiet_from = start - timedelta(days=anchor.days)
                if anchor.days and any(quiet_from <= other < start for other in starts):
                    continue
                if start < first:
                    continue
                found.append((journey.journey_id, customer, start, 1, start))
                now = start
                for place, step in enumerate(others, start=2):
                    for moment, kind in own:
                        if is_of(step, kind) and now < moment <= now + timedelta(days=step.days):
                            found.append((journey.journey_id, customer, start, place, moment))
                            now = moment
                            break
                    else:
                        break
    return sorted(found)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(journeys=drawn_journeys(), log=LOGS, first=MOMENTS)
def test_steps_are_those_of_a_slow_reference(
    journeys: list[Journey], log: list[tuple], first: datetime
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table events (customer_id varchar, event varchar, detail varchar, "
            "channel varchar, occurred_at timestamp)"
        )
        for customer, kind, moment in log:
            connection.execute(
                "insert into events values (?, ?, ?, ?, ?)", [customer, *kind, moment]
            )
        engine = DuckDBEngine(connection)
        found = steps_of(engine, journeys, first)
        # Some customers at a time, of whom one is on no list.
        connection.execute("create table customers as select 'B' as customer_id")
        parts = parts_of_customers(engine, "customers", 1)
        by_parts = steps_of(engine, journeys, first, parts)
    assert found == slow_steps(journeys, log, first)
    assert (len(parts), by_parts) == (2, found)


def test_without_journeys_there_is_a_table_without_rows(engine: DuckDBEngine) -> None:
    assert define(engine) == ()
    assert steps_of(engine, [], START) == []


def test_every_kind_of_event_is_one_that_the_events_have() -> None:
    model = CHECKOUT / "models" / "intermediate" / "journeys" / "int_journey_events.sql"
    text = model.read_text(encoding="utf-8")
    assert {name for name in EVENTS if f"'{name}' as event" in text} == set(EVENTS)


def test_events_reach_back_as_far_as_an_anchor_may_ask_for_quiet() -> None:
    macro = CHECKOUT / "macros" / "journeys" / "first_day_of_journey_events.sql"
    assert f"var('estimation_days') + {MOST_DAYS} + " in macro.read_text(encoding="utf-8")
