"""Alarms of a whole company: one per cause, the same day by day as at once, and after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily.alarms import (
    EPISODES_SCHEMA,
    AlarmSettings,
    Relations,
    _joined,
    _root,
    raise_alarms,
)
from csat.engine import DuckDBEngine

SETTINGS = AlarmSettings(
    max_rate=0.05, false_share=0.2, below_band="weak", smallest_fall=2, industry="default"
)
FIRST, DAYS = date(2026, 1, 5), 300
COLUMNS = {
    "answers": "measure varchar, level varchar, entity_id varchar, unit_id varchar, "
    "known_date date, value double",
    "ledger": "segment_id varchar, segment_value varchar, score_date date, component varchar, "
    "part varchar, points double",
    "scores": "segment_id varchar, segment_value varchar, score_date date, customers bigint",
    "estimates": "segment_id varchar, segment_value varchar, score_date date, "
    "csat_estimate double, std_error double, customers bigint",
    "bands": "level varchar, industry varchar, band varchar, from_score bigint",
    "source_days": "score_date date, source_table varchar, event_rows bigint",
    "drift_days": "score_date date, most_drifted_feature varchar, largest_shift varchar, "
    "features bigint, features_drifted bigint",
    "drivers": "driver varchar, driver_label varchar",
}
RELATIONS = Relations("score_dates", **{name: name for name in COLUMNS})


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.fixture
def company() -> Iterator[duckdb.DuckDBPyConnection]:
    """A company without any rows."""
    with duckdb.connect() as connection:
        for name, columns in COLUMNS.items():
            connection.execute(f"create table {name} ({columns})")
        connection.execute("insert into bands values ('aggregate', 'default', 'weak', 50)")
        connection.execute("insert into drivers values ('waiting', 'Waiting'), ('bills', 'Bills')")
        connection.execute("create table score_dates (score_date date, is_due boolean)")
        yield connection


def run(
    company: duckdb.DuckDBPyConnection,
    last: int,
    due: int | None = None,
    settings: AlarmSettings = SETTINGS,
) -> list[dict]:
    """Run up to a day, of which those from ``due`` on are due, and keep what comes of it."""
    company.execute("delete from score_dates")
    company.executemany(
        "insert into score_dates values (?, ?)",
        [(day(number), due is not None and number >= due) for number in range(last + 1)],
    )
    found = raise_alarms(DuckDBEngine(company), settings, RELATIONS, "alarm_episodes")
    assert found.schema == EPISODES_SCHEMA
    company.register("found", found)
    company.execute("create or replace table alarm_episodes as select * from found")
    company.unregister("found")
    return found.to_pylist()


def give_answers(company: duckdb.DuckDBPyConnection) -> None:
    """Four regions of three kinds of customers, four agents: region:east falls for 40 days."""
    random = np.random.default_rng(1)
    rows: dict[str, list] = {name: [] for name in ("entity_id", "level", "unit_id", "day", "value")}
    for number in range(DAYS):
        for unit in range(random.poisson(80)):
            region = ("east", "west", "north", "south")[random.integers(4)]
            kind = random.integers(3)
            agent = "abcd"[random.integers(4)]
            share = 0.75
            share -= 0.3 * (region == "east" and 200 <= number < 240)
            value = float(random.random() < share) - 0.75
            for level, entity in (
                ("base", "all"),
                ("segment", f"region:{region}"),
                ("segment", f"region_and_kind:{region}-{kind}"),
                ("agent", f"agent:{agent}"),
            ):
                rows["entity_id"].append(entity)
                rows["level"].append(level)
                rows["unit_id"].append(f"{number}-{unit}")
                rows["day"].append(day(number))
                rows["value"].append(value)
    company.register("given", pa.table(rows))
    company.execute(
        "insert into answers select 'csat', level, entity_id, unit_id, day, value from given"
    )


def give_scores(company: duckdb.DuckDBPyConnection) -> None:
    """The score of the east falls by waiting on day 150, and so the whole by a quarter of it."""
    random = np.random.default_rng(2)
    moved = np.diff(random.standard_normal((4, 2, DAYS + 1)) * 0.2, axis=2)
    moved[0, 0, 150:153] -= 12 / 3
    regions = ("east", "west", "north", "south")
    days = [day(number) for number in range(DAYS)]
    for segment_id, value, points, customers in [
        *(("region", name, moved[place], 1000) for place, name in enumerate(regions)),
        ("all", "all", moved.mean(axis=0), 4000),
    ]:
        for place, part in enumerate(("waiting", "bills")):
            give(
                company,
                f"ledger select '{segment_id}', '{value}', day, 'behaviour', '{part}', points",
                {"day": days, "points": points[place]},
            )
        give(
            company,
            f"scores select '{segment_id}', '{value}', day, {customers}",
            {"day": days},
        )


def give(company: duckdb.DuckDBPyConnection, into: str, rows: dict) -> None:
    """Insert rows into a table by a query without its ``from``."""
    company.register("given", pa.table(rows))
    company.execute(f"insert into {into} from given")
    company.unregister("given")


def give_the_rest(company: duckdb.DuckDBPyConnection) -> None:
    """A segment below the band for a while, a table that falls silent, features that drift."""
    company.executemany(
        "insert into estimates values ('plan', 'old', ?, ?, 1.0, 500)",
        [(day(number), 44.0 if 100 <= number < 130 else 60.0) for number in range(DAYS)],
    )
    company.executemany(
        "insert into source_days values (?, 'contacts', ?)",
        [(day(number), 0 if 210 <= number < 220 else 30) for number in range(DAYS)],
    )
    company.executemany(
        "insert into drift_days values (?, 'waits', 'more of them', 10, ?)",
        [(day(number), 4 if 230 <= number < 250 else 0) for number in range(DAYS)],
    )


LASTS = (141, 156, 157, 202, 203, 204, 205, 206, 207, 208, 209, 210, 230, 262, 280, 299)


def without_told(rows: list[dict]) -> list[dict]:
    """Return rows without the day on which they were told, which is that of a run."""
    return [{**row, "first_told_date": None} for row in rows]


def causes(rows: list[dict], measure: str) -> list[dict]:
    return [row for row in rows if row["is_cause"] and row["measure"] == measure]


def test_company_without_anything_has_no_alarms(company: duckdb.DuckDBPyConnection) -> None:
    assert run(company, DAYS - 1, 0) == []


def test_company_without_days_has_no_alarms(company: duckdb.DuckDBPyConnection) -> None:
    assert raise_alarms(DuckDBEngine(company), SETTINGS, RELATIONS, "nothing").num_rows == 0


def test_one_alarm_per_cause_names_the_most_specific(company: duckdb.DuckDBPyConnection) -> None:
    give_answers(company)
    rows = run(company, DAYS - 1, 0)

    (east,) = causes(rows, "csat")
    assert east["entity_id"] == "region:east"
    assert 0 <= (east["opened_date"] - day(200)).days <= 14
    assert abs((east["began_date"] - day(200)).days) <= 14
    assert east["ending"] == "recovered"
    assert "all" in east["also_falling"]
    assert "Surveyed satisfaction of region east" in east["message"]
    assert {row["alert_id"] for row in rows} == {east["alert_id"]}
    assert east["driver"] == "beyond_behaviour"
    assert {row["cause_entity_id"] for row in rows if row["opened_date"] > east["opened_date"]} == {
        "region:east"
    }


def test_score_that_behaviour_lowers(company: duckdb.DuckDBPyConnection) -> None:
    give_scores(company)
    rows = run(company, DAYS - 1, 0)

    (found,) = causes(rows, "score")
    assert (found["entity_id"], found["driver"]) == ("region:east", "waiting")
    assert 0 <= (found["opened_date"] - day(150)).days <= 6
    assert found["also_falling"] == ["all"]
    assert "'Waiting' (-" in found["message"]


def test_levels_deliveries_and_drift(company: duckdb.DuckDBPyConnection) -> None:
    give_the_rest(company)
    rows = run(company, DAYS - 1, 0)

    level, source, drift = rows
    assert (level["entity_id"], level["kind"]) == ("plan:old", "level below band")
    assert (level["opened_date"], level["closed_date"]) == (day(100), day(130))
    assert (source["entity_id"], source["opened_date"]) == ("source:contacts", day(211))
    assert source["closed_date"] == day(226)
    assert (drift["kind"], drift["opened_date"]) == ("model drift", day(230))
    assert "4 of 10 features, most of all waits (more of them)" in drift["message"]


@pytest.fixture
def full_company(company: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    give_answers(company)
    give_scores(company)
    give_the_rest(company)
    return company


def test_days_in_a_row_give_what_all_at_once_gives(
    full_company: duckdb.DuckDBPyConnection,
) -> None:
    whole = run(full_company, DAYS - 1, 0)
    assert len(whole) >= 6
    full_company.execute("drop table alarm_episodes")
    run(full_company, 140, 0)
    for last in LASTS:
        before = full_company.execute("select max(score_date) from score_dates").fetchone()[0]
        rows = run(full_company, last, (before - FIRST).days + 1)
    assert without_told(rows) == without_told(whole)
    # Each is told by the first run that had it: missed days open none in silence.
    runs = [day(last) for last in (140, *LASTS)]
    for row in rows:
        if row["alert_id"] == row["episode_id"]:
            assert row["first_told_date"] == min(
                each for each in runs if each >= row["opened_date"]
            )


def test_running_twice_and_late_rows_change_nothing_that_is_not_due(
    full_company: duckdb.DuckDBPyConnection,
) -> None:
    first = run(full_company, 265, 0)
    assert run(full_company, 265) == first
    # Broken off and started again, or opened again by late rows: the days due are gone through
    # anew.
    assert run(full_company, 265, 262) == first
    assert run(full_company, 265, 205) == first


def test_alarm_of_days_opened_again_is_told_as_new(company: duckdb.DuckDBPyConnection) -> None:
    company.executemany(
        "insert into estimates values ('plan', 'old', ?, ?, 1.0, 500)",
        [(day(number), 60.0) for number in range(DAYS)],
    )
    assert run(company, 150, 0) == []
    company.execute(f"update estimates set csat_estimate = 44 where score_date >= '{day(140)}'")
    (late,) = run(company, 151, 138)
    assert (late["opened_date"], late["first_told_date"]) == (day(140), day(151))
    assert run(company, 151, 138) == [late]
    (told,) = run(company, 152, 152)
    assert told["first_told_date"] == day(151)


def test_alarms_kept_in_the_form_before_are_not_told_again(
    company: duckdb.DuckDBPyConnection,
) -> None:
    give_the_rest(company)
    run(company, 120, 0)
    company.execute("alter table alarm_episodes drop column first_told_date")
    (level,) = run(company, 121, 121)
    assert level["first_told_date"] == level["opened_date"] == day(100)


def test_levels_below_the_band_are_one_alarm(company: duckdb.DuckDBPyConnection) -> None:
    """Twenty parts of a region below the limit are one alarm, and so is what follows soon after."""
    for place in range(20):
        company.executemany(
            "insert into estimates values ('part', ?, ?, ?, 1.0, 50)",
            [
                (str(place), day(number), 44.0 if number >= 100 + place // 10 else 60.0)
                for number in range(150)
            ],
        )
    company.executemany(
        "insert into estimates values ('region', 'east', ?, ?, 1.0, 1000)",
        [(day(number), 44.0 if number >= 100 else 60.0) for number in range(150)],
    )
    rows = run(company, 149, 0)
    assert len(rows) == 21
    assert len({row["alert_id"] for row in rows}) == 1
    (cause,) = causes(rows, "level")
    assert cause["entity_id"] == "region:east"
    assert "and 17 more" in cause["message"]


def test_tables_of_one_lost_delivery_are_one_alarm(company: duckdb.DuckDBPyConnection) -> None:
    for table, rhythm in (("bills", 2), ("contacts", 1), ("payments", 1)):
        company.executemany(
            "insert into source_days values (?, ?, ?)",
            [
                (day(number), table, 0 if 210 <= number < 220 or number % rhythm else 30)
                for number in range(DAYS)
            ],
        )
    rows = run(company, DAYS - 1, 0)
    assert len({row["opened_date"] for row in rows}) > 1
    (cause,) = causes(rows, "source")
    assert len(cause["also_falling"]) == 2


def test_what_is_no_longer_watched_stays_told(full_company: duckdb.DuckDBPyConnection) -> None:
    first = run(full_company, 265, 0)
    full_company.execute("delete from answers where entity_id = 'region:east'")
    full_company.execute("delete from ledger where segment_value = 'east'")
    kept = run(full_company, 266, 266)
    assert {row["episode_id"] for row in first} <= {row["episode_id"] for row in kept}


def test_band_that_does_not_exist_raises_no_level_alarm(
    full_company: duckdb.DuckDBPyConnection,
) -> None:
    rows = run(full_company, 150, 0, replace(SETTINGS, below_band="unknown"))
    assert causes(rows, "level") == []


def test_alarm_of_parts_joins_the_one_that_they_turn_out_to_be_of() -> None:
    early = {"episode_id": "part", "alert_id": "csat:part:2026-01-02", "joins": []}
    whole = {
        "episode_id": "whole",
        "alert_id": "csat:other:2026-01-01",
        "joins": ["csat:part:2026-01-02"],
    }
    last = {"episode_id": "z", "alert_id": "csat:first:2025-12-01", "joins": [whole["alert_id"]]}
    dated = [{**row, "opened_date": day(place)} for place, row in enumerate((early, whole, last))]

    joined = _joined(dated)

    assert joined[early["alert_id"]] == (whole["alert_id"], day(1))
    assert _root(joined, early["alert_id"]) == last["alert_id"]
    assert _root(joined, last["alert_id"]) == last["alert_id"]
