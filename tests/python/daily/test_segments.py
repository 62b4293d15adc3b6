"""Segments: definitions are checked with a sentence, and members, sums and changes are exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from csat.daily import segments
from csat.daily.segments import SEED, Placements, Segmentation
from csat.engine import DuckDBEngine
from csat.project import UserError

HEADER = "segment_id,segment_name,owner,condition,dimension,second_dimension"
#: Customer, day, region, plan, contacts, probability.
DAYS = (
    ("A", 1, "north", "green", 0, 0.25),
    ("A", 2, "north", "green", 3, 0.5),
    ("A", 3, "south", "green", 3, 0.5),
    ("B", 1, "south", None, 5, 0.75),
    ("B", 2, "south", None, 5, 0.75),
    ("C", 2, None, "fixed", 0, 0.125),
    ("C", 3, None, "fixed", 0, 0.125),
)


@pytest.fixture
def engine(tmp_path: Path) -> DuckDBEngine:
    """Customers of three days: A moves to the south, B leaves after two, C comes on the second."""
    connection = duckdb.connect()
    connection.execute(
        "create table days (customer_id varchar, day int, region varchar, plan varchar, "
        "contacts_30_days int, probability double)"
    )
    connection.executemany("insert into days values (?, ?, ?, ?, ?, ?)", DAYS)
    moment = "date '2026-01-01' + day - 1 as score_date, (date '2026-01-01' + day)::timestamp"
    connection.execute(
        f"create view attributes as select customer_id, {moment} as as_of_at, region, plan "
        "from days; "
        f"create view features as select customer_id, {moment} as as_of_at, contacts_30_days, plan "
        "from days; "
        f"create view scores as select customer_id, {moment} as as_of_at, probability from days"
    )
    connection.execute("set variable csat_project_root = ?", [str(tmp_path)])
    (tmp_path / SEED.path).parent.mkdir()
    return DuckDBEngine(connection)


def segmentation(engine: DuckDBEngine, *rows: str) -> Segmentation:
    """Read definitions given as lines of the seed."""
    file = engine.project_root() / SEED.path
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    engine.execute(
        f"create or replace table definitions as select * from read_csv('{file}', all_varchar=true)"
    )
    return Segmentation.read(engine, "definitions", "attributes", "features")


def placements(engine: DuckDBEngine, *rows: str) -> Placements:
    """Place everyone by definitions given as lines of the seed, and read that back."""
    query = segmentation(engine, *rows).placements()
    engine.execute(f"create or replace table placements as {query}")
    return Placements.read(engine, "placements", "definitions")


def rows_of(engine: DuckDBEngine, query: str) -> list[tuple]:
    return engine.connection.execute(f"select * from ({query}) order by all").fetchall()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("calls,Calls,me,contacts > 1,,", "Referenced column"),
        ("calls,Calls,me,contacts_30_days + 1,,", "neither true nor false"),
        ("calls,Calls,me,true) or (true,,", "unexpected ')'"),
        ("calls,Calls,me,true; drop table scores,,", "unexpected ';'"),
        ("calls,Calls,me,contacts_30_days >,,", "syntax error"),
        ("calls,Calls,me,,shoe_size,", "the dimension shoe_size, which no customer has"),
        ("calls,Calls,me,,region,shoe_size", "the dimension shoe_size, which no customer has"),
        ("calls,Calls,me,,,", "neither a condition nor a dimension"),
        ("calls,Calls,me,,,region", "neither a condition nor a dimension"),
        ("calls,Calls,me,contacts_30_days > 1,region,", "both a condition and a dimension"),
        ("a:b,Calls,me,,region,", "no usable segment_id"),
        ("all,Calls,me,,region,", "no usable segment_id"),
        ("region,Once more,me,,plan,", "the segment_id of another line"),
    ],
)
def test_a_mistake_is_told_with_its_line(engine: DuckDBEngine, row: str, said: str) -> None:
    with pytest.raises(UserError) as told:
        segmentation(engine, "region,Region,me,,region,", row)
    assert said in str(told.value)
    assert f"(line 3) in {SEED.path}" in str(told.value)
    assert "\n" not in str(told.value)


def test_values_add_up_to_the_base_each_day(engine: DuckDBEngine) -> None:
    segments = placements(
        engine,
        "region,Region,me,,region,",
        "both,Both,me,,region,plan",
        "callers,Callers,me,contacts_30_days >= 3,,",
    )
    sums = {
        (day.day, segment, value): (customers, total)
        for day, segment, value, customers, total in rows_of(engine, segments.sums("scores"))
    }
    assert sums[1, "all", "all"] == (2, 1.0)
    assert sums[2, "region", "(unknown)"] == (1, 0.125)
    assert sums[2, "both", "south × (unknown)"] == (1, 0.75)
    assert sums[2, "callers", "members"] == (2, 1.25)
    assert (3, "callers", "members") in sums
    for day in (1, 2, 3):
        for segment in ("region", "both"):
            of_values = [sums[key] for key in sums if key[:2] == (day, segment)]
            assert tuple(map(sum, zip(*of_values, strict=True))) == sums[day, "all", "all"]


def test_some_customers_at_a_time_are_placed_as_all_at_once(
    engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.execute(
        "create table dates as select date '2026-01-01' + cast(n as int) as score_date, "
        "n < 2 as is_due from range(4) as days(n)"
    )
    found = segmentation(
        engine, "region,Region,me,,region,", "callers,Callers,me,contacts_30_days >= 3,,"
    )
    at_once = engine.collect(found.placements())
    for most, parts in ((2, 3), (4, 2), (1_000, 1)):
        monkeypatch.setattr(segments, "CUSTOMER_DAYS_AT_ONCE", most)
        queries: list[str] = []
        watched = DuckDBEngine(engine.connection)
        monkeypatch.setattr(
            watched, "stream", lambda sql, told=queries: (told.append(sql), engine.stream(sql))[1]
        )
        # Of three customers C is on no list.
        known = "(select distinct customer_id from attributes where customer_id <> 'C')"
        by_parts = found.placed_by_parts(watched, dates="dates", customers=known).read_all()
        assert len(queries) == parts
        assert by_parts.schema == at_once.schema
        order = [("customer_id", "ascending"), ("score_date", "ascending")]
        assert by_parts.sort_by(order) == at_once.sort_by(order)


def test_members_come_move_and_leave(engine: DuckDBEngine) -> None:
    segments = placements(
        engine, "region,Region,me,,region,", "callers,Callers,me,contacts_30_days >= 3,,"
    )
    changes = rows_of(engine, segments.changes())
    of_a = [(segment, value, day) for who, segment, value, day, _ in changes if who == "A"]
    assert ("region", "north", date(2026, 1, 1)) in of_a
    assert ("region", "south", date(2026, 1, 3)) in of_a
    assert ("callers", "members", date(2026, 1, 2)) in of_a
    # Who is not among the callers on the first day has not left them.
    assert ("callers", None, date(2026, 1, 1)) not in of_a
    assert len(of_a) == 4
    of_b = [
        (segment, value) for who, segment, value, day, _ in changes if who == "B" and day.day == 3
    ]
    assert of_b == [("all", None), ("callers", None), ("region", None)]


def test_changes_since_the_day_before_are_those_of_all_days(engine: DuckDBEngine) -> None:
    rows = ("region,Region,me,,region,", "callers,Callers,me,contacts_30_days >= 3,,")
    whole = placements(engine, *rows)
    all_changes = rows_of(engine, whole.changes())
    engine.execute(f"create or replace table kept as select * from {whole.relation}")
    later = replace(
        whole, relation=f"(select * from {whole.relation} where score_date >= date '2026-01-02')"
    )
    first_day = later.first_day_after(engine, "main.kept")
    assert first_day == date(2026, 1, 2)
    found = rows_of(engine, later.since_day_before(first_day, "kept").changes(first_day))
    assert found == [(*row[:-1], True) for row in all_changes if row[3] >= first_day]
    # By other definitions, or without the day, there is nothing to compare with.
    engine.execute("update kept set definitions = 'others'")
    assert later.first_day_after(engine, "main.kept") is None
    assert later.first_day_after(engine, "main.nothing") is None


def test_an_attribute_goes_before_a_feature_of_the_same_name(engine: DuckDBEngine) -> None:
    engine.execute(
        "create or replace view features as select customer_id, as_of_at, "
        "3 as contacts_30_days, 'other' as plan from attributes"
    )
    segments = segmentation(engine, "green,Green,me,plan = 'green' and contacts_30_days = 3,,")
    members = rows_of(engine, segments.members("customer_id"))
    assert members.count(("A", "green", "members")) == 3


def test_without_definitions_there_is_the_base(engine: DuckDBEngine) -> None:
    segments = placements(engine)
    assert {row[1] for row in rows_of(engine, segments.sums("scores"))} == {"all"}
    assert {row[1] for row in rows_of(engine, segments.changes())} == {"all"}
    members = rows_of(engine, segmentation(engine).members("customer_id"))
    assert {row[1] for row in members} == {"all"}
