"""Programs of a company in tables: who counts when, what is drawn, and what is told of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily import programs as daily
from csat.daily.program_groups import segments_in_force
from csat.daily.program_rows import EFFECTS_SCHEMA, with_priorities
from csat.daily.programs import ProgramsSettings, measure_programs
from csat.engine import DuckDBEngine

LAST_DAY, WEEKS, CUSTOMERS = date(2026, 6, 30), 40, 1500
FIRST_DAY = LAST_DAY - timedelta(days=7 * WEEKS - 1)
SETTINGS = ProgramsSettings(days=280, smallest_that_matters=2.0, budget=1_000.0)


@dataclass
class Tables:
    """Relations as ``measure_programs`` takes them."""

    engine: DuckDBEngine

    def put(self, name: str, **columns: object) -> None:
        table = pa.table({key: pa.array(values) for key, values in columns.items()})
        self.engine.connection.register("arriving", table)
        self.engine.execute(f"create or replace table {name} as select * from arriving")
        self.engine.connection.unregister("arriving")

    def measured(self, settings: ProgramsSettings = SETTINGS) -> dict[str, dict]:
        table = measure_programs(
            self.engine,
            settings,
            as_of=f"(select date '{LAST_DAY}' as as_of_date)",
            scored_days="(select distinct score_date from scores)",
            **{
                name: name
                for name in (
                    *("programs", "enrollments", "holdouts", "customers", "scores", "answers"),
                    *("contacts", "interruptions", "segments", "memberships"),
                )
            },
        )
        assert table.schema == EFFECTS_SCHEMA
        return {row["program_id"]: row for row in table.to_pylist()}


def day_of(week: object, weekday: object = 3) -> np.ndarray:
    """Days in weeks."""
    return np.datetime64(FIRST_DAY) + 7 * np.asarray(week) + np.asarray(weekday)


@pytest.fixture
def tables() -> Iterator[Tables]:
    """Return a company whose program p, from week 20 on, adds 20 points, and q adds nothing."""
    random = np.random.default_rng(1)
    with duckdb.connect() as connection:
        made = Tables(DuckDBEngine(connection))
        names = np.array([f"c{number:04}" for number in range(CUSTOMERS)])
        made.put(
            "customers",
            customer_id=names,
            customer_type=random.choice(["home", "firm"], CUSTOMERS, p=[0.8, 0.2]),
            region=random.choice(["north", "south"], CUSTOMERS),
            tenure_days=random.integers(300, 4000, CUSTOMERS),
            annual_value=random.gamma(2, 300, CUSTOMERS),
            is_active=np.ones(CUSTOMERS, dtype=bool),
        )
        score = np.round(60 + random.normal(0, 5, (CUSTOMERS, 1)) + np.zeros(WEEKS), 3)
        who, week = (axis.ravel() for axis in np.indices(score.shape))
        made.put(
            "scores",
            customer_id=names[who],
            score_date=day_of(week, 6),
            csat_score=score.ravel(),
        )
        enrolled = {
            name: np.where(random.random(CUSTOMERS) < 0.4, random.integers(20, 24, CUSTOMERS), 99)
            for name in "pq"
        }
        made.put(
            "enrollments",
            program_id=np.repeat(list("pq"), [int((enrolled[k] < 99).sum()) for k in "pq"]),
            customer_id=np.concatenate([names[enrolled[k] < 99] for k in "pq"]),
            enrolled_date=day_of(np.concatenate([enrolled[k][enrolled[k] < 99] for k in "pq"])),
            has_ended=np.zeros(sum(int((enrolled[k] < 99).sum()) for k in "pq"), dtype=bool),
        )
        made.put(
            "holdouts",
            program_id=pa.nulls(0, pa.string()),
            customer_id=pa.nulls(0, pa.string()),
            held_out_date=pa.nulls(0, pa.date32()),
        )
        made.put(
            "programs",
            program_id=["p", "q", "r", "s"],
            started_date=[*day_of([20, 20, 22]).tolist(), None],
            cost_per_enrollment=[10.0, 1.0, 0.0, 0.0],
            is_randomized=[False, True, False, False],
        )
        count = 6000
        who, week = random.integers(0, CUSTOMERS, count), random.integers(0, WEEKS, count)
        weekday = random.integers(0, 7, count)
        truth = score[who, week] + 20 * (week > enrolled["p"][who])
        made.put(
            "answers",
            response_id=[f"r{number}" for number in range(count)],
            customer_id=names[who],
            sent_date=day_of(week, weekday),
            is_satisfied=random.random(count) < truth / 100,
            probability=score[who, week] / 100,
            weight=random.uniform(0.5, 1.5, count),
            is_from_sending=np.ones(count, dtype=bool),
        )
        for name, rate in (("contacts", 0.1), ("interruptions", 0.05)):
            who, week = np.nonzero(random.random((CUSTOMERS, WEEKS)) < rate)
            made.put(
                name,
                customer_id=names[who],
                occurred_at=day_of(week),
                known_until=pa.nulls(len(who), pa.timestamp("us")),
            )
        made.put(
            "segments",
            segment_id=["callers", "plan", "region"],
            condition=["contacts_30_days >= 2", "", ""],
            dimension=["", "plan", "region"],
            second_dimension=["", "", ""],
            known_from=[FIRST_DAY] * 3,
        )
        # Half are callers from the first day on, and the first quarter in week 10 no more.
        number = np.arange(CUSTOMERS)
        callers, leave = names[number % 2 == 0], names[(number % 2 == 0) & (number % 4 == 0)]
        made.put(
            "memberships",
            customer_id=np.concatenate([callers, leave, names, names]),
            segment_id=np.repeat(
                ["callers", "callers", "plan", "region"],
                [len(callers), len(leave), CUSTOMERS, CUSTOMERS],
            ),
            segment_value=[
                *["members"] * len(callers),
                *[None] * len(leave),
                *np.where(number % 100 == 7, "rare", np.where(number % 3 == 0, "solar", "basic")),
                *["north"] * CUSTOMERS,
            ],
            from_date=np.concatenate(
                [
                    np.repeat(day_of(0, 0), len(callers)),
                    np.repeat(day_of(10), len(leave)),
                    np.repeat(day_of(-3), 2 * CUSTOMERS),
                ]
            ),
        )
        yield made


def groups_of(row: dict, kind: str) -> dict[str, dict]:
    return {
        group["group_value"]: group for group in row["effect_groups"] if group["group_kind"] == kind
    }


def test_every_program_is_told_of_by_its_method(tables):
    found = tables.measured()
    assert {name: row["method"] for name, row in found.items()} == {
        "p": "difference in differences",
        "q": "randomised comparison",
        "r": "interrupted series",
        "s": "interrupted series",
    }
    p, q, r, s = (found[name] for name in "pqrs")
    assert p["verdict"] == "raises"
    assert p["effect_points_lower"] < 20 < p["effect_points_upper"]
    assert q["verdict"] != "raises"
    assert q["effect_points_lower"] < 0 < q["effect_points_upper"]
    assert r["enrolled_customers"] == 0
    assert [check["check_name"] for check in r["checks"]] == ["placebo_date", "other_programs"]
    assert r["checks"][1]["value"] == 2
    assert "when it started is not known" in s["verdict_message"]
    assert len(p["weeks"]) == 32
    assert {check["check_name"] for check in p["checks"]} == {
        *("pre_trend", "placebo_date", "placebo_outcome", "overlap", "balance_before"),
        *("balance_after", "response_rate", "response_weights", "other_programs"),
        *("hidden_cause", "trend_bounds"),
    }
    assert {(g["group_kind"], g["group_value"]) for g in p["effect_groups"]} >= {
        ("customer_type", "home"),
        ("region", "north"),
    }


def test_the_same_tables_give_the_same_figures(tables):
    assert tables.measured() == tables.measured()


def test_answers_before_enrolling_in_the_same_week_do_not_count(tables):
    before = tables.measured()["p"]
    # In the week of enrolling, up to its day, all turn out badly: that is none of the program's.
    tables.engine.execute(
        "update answers set is_satisfied = false from enrollments where program_id = 'p' and "
        "answers.customer_id = enrollments.customer_id and sent_date <= enrolled_date "
        "and sent_date > enrolled_date - 4"
    )
    after = tables.measured()["p"]
    assert after["effect_points"] == before["effect_points"]
    assert after["treated_answers"] == before["treated_answers"]


def test_what_is_later_than_the_as_of_date_is_not_known(tables):
    before = tables.measured()
    tables.engine.execute(
        "insert into answers select 'later', customer_id, sent_date + 400, true, 0.5, true, 1.0 "
        "from answers limit 50"
    )
    assert tables.measured() == before


def test_customers_may_be_drawn(tables, monkeypatch):
    whole = tables.measured()["p"]
    most = {(True, True): 400, (True, False): 20, (False, True): 500, (False, False): 50}
    monkeypatch.setattr(daily, "_MOST", most)
    drawn = tables.measured()["p"]
    assert drawn["answers"] < whole["answers"]
    assert drawn["treated_customers"] == pytest.approx(whole["treated_customers"], rel=0.05)
    assert drawn["verdict"] == "raises"
    assert drawn["effect_points_upper"] - drawn["effect_points_lower"] == pytest.approx(
        whole["effect_points_upper"] - whole["effect_points_lower"], rel=0.6
    )
    assert abs(drawn["effect_points"] - whole["effect_points"]) < 8


def test_budget_and_costs(tables):
    found = tables.measured()
    p, q, r = (found[name] for name in "pqr")
    assert p["cost_per_point"] == pytest.approx(10 / p["effect_points"])
    assert p["priority_rank"] is not None
    assert r["priority_reason"] == "It is for everyone: there is nobody left to enrol."
    assert sum(row["funded_money"] or 0 for row in found.values()) <= 1_000
    assert p["reach_customers"] == CUSTOMERS - p["enrolled_customers"]
    assert q["cost_per_point"] is None or q["cost_per_point"] > 0


def test_groups_have_their_own_costs_and_tell_what_they_could_have_shown(tables):
    p = tables.measured()["p"]
    homes = groups_of(p, "customer_type")["home"]
    assert homes["cost_per_point"] == pytest.approx(10 / homes["effect_points"], rel=1e-5)
    assert homes["cost_per_satisfied_lower"] == pytest.approx(
        1000 / homes["effect_points_upper"], rel=1e-5
    )
    width = homes["effect_points_upper"] - homes["effect_points_lower"]
    assert homes["smallest_effect_told"] == pytest.approx(2.8 * width / (2 * 1.96), rel=0.01)


def test_a_program_whose_check_failed_is_not_funded():
    row = {
        "program_id": "p",
        "method": "difference in differences",
        "verdict": "raises",
        "effect_points": 5.0,
        "std_error": 1.0,
        "cost_per_enrollment": 1.0,
        "checks": [{"check_name": "overlap", "status": "fail"}],
    }
    (told,) = with_priorities([row], {None: 100}, 50.0)
    assert told["priority_reason"] == "Its figures do not hold: overlap failed."
    assert "priority_rank" not in told
    (sound,) = with_priorities([{**row, "checks": []}], {None: 100}, 50.0)
    assert (sound["priority_rank"], sound["funded_customers"]) == (1, 50)
    assert sound["priority_reason"] is None
    dearer = {**row, "checks": [], "program_id": "dearer", "cost_per_enrollment": 2.0}
    first, second = with_priorities([{**row, "checks": []}, dearer], {None: 100}, 50.0)
    assert (first["funded_customers"], second["funded_customers"]) == (50, 0)
    assert second["priority_reason"] == "The budget is used up by programs of a higher rank."
    (unclear,) = with_priorities(
        [{**row, "checks": [], "verdict": "cannot be told"}], {None: 9}, 9.0
    )
    assert (unclear["priority_rank"], unclear["funded_customers"]) == (1, 0)
    assert "worth a trial" in unclear["priority_reason"]


def test_without_programs_enrolments_or_answers_nothing_fails(tables):
    tables.engine.execute("delete from answers")
    found = tables.measured()
    assert {row["verdict"] for row in found.values()} == {"cannot be told"}
    tables.engine.execute("delete from enrollments")
    assert {row["method"] for row in tables.measured().values()} == {"interrupted series"}
    tables.engine.execute("delete from scores")
    assert {row["verdict"] for row in tables.measured().values()} == {"cannot be told"}
    tables.engine.execute("delete from programs")
    assert tables.measured() == {}


def test_those_whom_chance_kept_out_alone_are_compared_with(tables):
    """A queue lists customers 20 points below the others; half of them are held out."""
    random = np.random.default_rng(4)
    who = random.permutation(CUSTOMERS)[:600]
    names, week = np.array([f"c{number:04}" for number in who]), random.integers(20, 24, 600)
    is_held_out = np.arange(600) % 2 == 1
    for table, day, own in (
        ("enrollments", "enrolled_date", ~is_held_out),
        ("holdouts", "held_out_date", is_held_out),
    ):
        columns = {
            "program_id": ["queue"] * int(own.sum()),
            "customer_id": names[own],
            day: day_of(week[own]),
        }
        if table == "enrollments":
            columns["has_ended"] = np.zeros(int(own.sum()), dtype=bool)
        tables.put("listed", **columns)
        tables.engine.execute(f"insert into {table} by name select * from listed")
    tables.engine.execute(f"insert into programs values ('queue', date '{day_of(20)}', 8.0, true)")
    # Who is listed answers 40 points below the others ever after, whether or not they are held out.
    tables.put("worse", customer_id=names)
    tables.engine.execute(
        "update answers set is_satisfied = is_satisfied and hash(response_id) % 100 < 40 "
        "where customer_id in (select customer_id from worse)"
    )
    found = tables.measured()["queue"]
    assert found["method"] == "randomised comparison"
    assert found["control_customers"] == is_held_out.sum()
    three_errors = 3 * (found["effect_points_upper"] - found["effect_points_lower"]) / (2 * 1.96)
    assert abs(found["effect_points"]) < three_errors < 15
    tables.engine.execute("delete from holdouts")
    found = tables.measured()["queue"]
    assert found["effect_points_upper"] < -10, "against everyone, the queue seems to do harm"


def test_customers_are_compared_as_they_were_first_known(tables):
    """Who was moved to another region by the program still counts for the one before."""
    tables.engine.execute("create table first_ones as select * from customers")
    before = tables.measured()
    tables.engine.execute("update customers set region = 'moved', annual_value = 1.0")
    tables.engine.execute(
        "delete from first_ones where customer_id in (select max(customer_id) from customers)"
    )
    tables.engine.execute("create table now as select * from customers")
    tables.engine.execute(
        f"create or replace table customers as from {daily.as_first_known('now', 'first_ones')}"
    )
    counts = tables.engine.collect(
        "select region, count(*) as n from customers group by region order by region"
    ).to_pylist()
    assert counts[0] == {"region": "moved", "n": 1}
    after = tables.measured()
    assert after["p"]["effect_points"] == pytest.approx(before["p"]["effect_points"], abs=0.2)


def test_effects_are_told_by_segments_of_the_company(tables):
    found = tables.measured()["p"]
    told = groups_of(found, "segment")
    # What only repeats the region is not told twice, and of a dimension only common values are.
    assert list(told) == ["callers:members", "plan:basic", "plan:solar"]
    (expected,) = tables.engine.collect(
        "select count(*) filter (where number % 2 = 0 and number % 4 <> 0) as callers, "
        "count(*) filter (where number % 3 = 0 and number % 100 <> 7) as solar from (select "
        "cast(substr(customer_id, 2) as bigint) as number from enrollments where program_id = 'p')"
    ).to_pylist()
    assert told["callers:members"]["treated_customers"] == expected["callers"]
    assert told["plan:solar"]["treated_customers"] == expected["solar"]
    for group in told.values():
        half = (group["effect_points_upper"] - group["effect_points_lower"]) / 2
        assert abs(group["effect_points"] - 20) < 1.6 * half < 40, "three standard errors"
    assert {group["counted_from_date"] for group in told.values()} == {None}


@pytest.mark.parametrize("drawn", [None, 150])
def test_a_segment_of_everybody_tells_the_whole_effect_and_is_no_further_group(
    tables, monkeypatch, drawn
):
    """Where customers are drawn they count in fractions, and those of the program are rounded."""
    if drawn:
        monkeypatch.setattr(daily, "_MOST", dict.fromkeys(daily._MOST, drawn))
        # Some of them have come too late to be compared.
        tables.engine.execute(
            "delete from scores where cast(substr(customer_id, 2) as bigint) % 7 = 0 "
            f"and score_date < date '{day_of(24, 0)}'"
        )
    without = tables.measured()
    tables.engine.execute(
        "insert into segments values ('all_of_us', 'true', '', '', date '2020-01-01')"
    )
    tables.engine.execute(
        "insert into memberships select customer_id, 'all_of_us', 'members', date '2020-01-01' "
        "from customers"
    )
    for row in (tables.measured()[name] for name in "pq"):
        everybody = groups_of(row, "segment")["all_of_us:members"]
        interval = ("effect_points", "effect_points_lower", "effect_points_upper")
        for name in (*interval, "verdict", "verdict_message", "treated_customers"):
            assert everybody[name] == row[name]
        row["effect_groups"].remove(everybody)
        assert row == without[row["program_id"]]


def test_a_segment_of_all_who_enrolled_is_compared_with_others_in_it(tables):
    """All others turn worse when they enrol: that is no effect on those who did."""
    tables.engine.execute("delete from programs where program_id <> 'p'")
    tables.engine.execute("insert into segments values ('ours', 'true', '', '', date '2020-01-01')")
    tables.engine.execute(
        "insert into memberships select customer_id, 'ours', 'members', date '2020-01-01' "
        "from customers where customer_id in (select customer_id from enrollments where "
        "program_id = 'p') or cast(substr(customer_id, 2) as bigint) % 2 = 0"
    )
    tables.engine.execute(
        "update answers set is_satisfied = is_satisfied and response_id[-1] < '5' where sent_date "
        f">= date '{day_of(20, 0)}' and customer_id not in (select customer_id from memberships "
        "where segment_id = 'ours')"
    )
    whole = tables.measured()["p"]
    ours = groups_of(whole, "segment")["ours:members"]
    assert ours["treated_customers"] == whole["treated_customers"]
    half = (ours["effect_points_upper"] - ours["effect_points_lower"]) / 2
    assert abs(ours["effect_points"] - 20) < 1.6 * half < 25, "three standard errors"
    assert whole["effect_points"] > ours["effect_points"] + 5


def leave_segments(tables: Tables, since: str, who: str) -> None:
    """Some are no callers any more, and have no plan, from a day on."""
    tables.engine.execute(
        "insert into memberships select customer_id, segment_id, null, "
        f"{since} from {who} cross join (values ('callers'), ('plan')) as told (segment_id)"
    )


def test_who_leaves_a_segment_from_the_start_on_still_counts_in_it(tables):
    tables.engine.execute("delete from programs where program_id <> 'p'")
    enrolled = "(select * from enrollments where program_id = 'p')"
    before = groups_of(tables.measured()["p"], "segment")
    # Those who enrolled leave on the first day of that week, all others when the last ones enrol.
    leave_segments(tables, "enrolled_date - 3", enrolled)
    leave_segments(tables, f"date '{day_of(23, 0)}'", "customers")
    assert groups_of(tables.measured()["p"], "segment") == before
    leave_segments(tables, "enrolled_date - 4", enrolled)
    after = groups_of(tables.measured()["p"], "segment")
    assert [group["treated_customers"] for group in after.values()] == [0, 0, 0]
    assert "0 effective answers" in after["callers:members"]["verdict_message"]


def test_who_enrolled_before_a_segment_was_defined_is_left_out_and_told(tables):
    """It was in the middle of week 21: at its end is known who is in, so that week 22 counts."""
    tables.engine.execute("delete from programs where program_id <> 'p'")
    tables.engine.execute(
        f"update segments set known_from = date '{day_of(21)}' where segment_id = 'callers'"
    )
    whole = tables.measured()["p"]
    told = groups_of(whole, "segment")
    (late,) = tables.engine.collect(
        "select count(*) as n, count(*) filter (where cast(substr(customer_id, 2) as bigint) % 4 "
        "= 2) as callers from enrollments where program_id = 'p' "
        f"and enrolled_date >= '{day_of(22, 0)}'"
    ).to_pylist()
    assert told["callers:members"]["treated_customers"] == late["callers"]
    assert told["callers:members"]["counted_from_date"] == day_of(22, 0).item()
    assert told["callers:members"]["verdict_message"].endswith(
        f" Left out are {whole['treated_customers'] - late['n']:,} who enrolled before "
        f"{day_of(22, 0)}: whether they were in the group is not known."
    )
    assert told["plan:basic"]["counted_from_date"] is None
    tables.engine.execute(f"update segments set known_from = date '{LAST_DAY}' + 1")
    nobody = groups_of(tables.measured()["p"], "segment")["callers:members"]
    assert (nobody["treated_customers"], nobody["verdict"]) == (0, "cannot be told")
    assert nobody["counted_from_date"] > LAST_DAY


def test_segments_in_force_are_the_last_definitions(tables):
    tables.put(
        "history",
        segment_id=["changed", "changed", "gone", "gone", "removed_today"],
        condition=["a > 1", "a > 2", "b", "", "c"],
        dimension=[""] * 5,
        second_dimension=[""] * 5,
        is_defined=[True, True, True, False, True],
        from_date=day_of([1, 5, 1, 6, 1]),
    )
    tables.put("definitions", segment_id=["changed ", "gone"])
    (found,) = tables.engine.collect(
        f"select * from {segments_in_force('history', 'definitions')}"
    ).to_pylist()
    assert (found["segment_id"], found["condition"]) == ("changed", "a > 2")
    assert found["known_from"] == day_of(5).item()
