"""What segments are made of and what moved them: sums that equal those over single customers."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily.movements import MOVEMENTS_SCHEMA, SUMS, Sources, move_due_dates
from csat.daily.segments import Placements
from csat.engine import DuckDBEngine
from csat.model.logistic import sigmoid

FIRST = date(2026, 5, 1)
DAYS, CUSTOMERS = 4, 300
DRIVERS = ("calls", "bills", "tenure")
PLACEMENTS = Placements("placements", ("region", "trouble"), (False, True))
#: On the third day a new version comes into force.
SWAP = FIRST + timedelta(days=2)
VERSIONS = ("one", "one", "two", "two")


def history(seed: int = 4) -> list[dict]:
    """Draw customers who come, go and move, and whose drivers change, day by day."""
    random = np.random.default_rng(seed)
    rows = []
    state = {
        number: {
            "region": random.choice(["north", "south", "islet"]),
            "f": random.normal(0, 0.4, 3),
        }
        for number in range(CUSTOMERS)
    }
    there = set(range(CUSTOMERS - 40))
    for day in range(DAYS):
        for number in range(CUSTOMERS):
            if random.random() < 0.05:
                there ^= {number}
            if random.random() < 0.1:
                state[number]["region"] = random.choice(["north", "south", "islet"])
            if random.random() < 0.3:
                state[number]["f"] = state[number]["f"] + random.normal(0, 0.3, 3)
        for number in sorted(there):
            own = state[number]["f"].copy()
            for version, factor, intercept in (("one", 1.0, 0.8), ("two", 0.7, 0.9)):
                f = np.round(own * factor, 6)
                rows.append(
                    {
                        "customer_id": f"c{number}",
                        "score_date": FIRST + timedelta(days=day),
                        "model_version": version,
                        "logit": float(np.round(intercept + f.sum(), 6)),
                        **{f"driver_{d}": float(v) for d, v in zip(DRIVERS, f, strict=True)},
                        "region": state[number]["region"],
                        "trouble": bool(own[0] > 0.2),
                    }
                )
    return rows


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return history()


@pytest.fixture(scope="module")
def engine(rows: list[dict]) -> DuckDBEngine:
    connection = duckdb.connect()
    in_force = {FIRST + timedelta(days=day): version for day, version in enumerate(VERSIONS)}
    of_day = [row for row in rows if in_force[row["score_date"]] == row["model_version"]]
    before = [row for row in rows if row["score_date"] == SWAP and row["model_version"] == "one"]
    kept = ("customer_id", "score_date", "model_version", "logit")
    for name, found in (("scores", of_day), ("scores_before", before)):
        table = pa.Table.from_pylist(
            [
                {k: v for k, v in row.items() if k in kept or k.startswith("driver_")}
                for row in found
            ]
        )
        connection.register("given", table)
        connection.execute(f"create table {name} as select * from given")
    connection.register(
        "given",
        pa.Table.from_pylist(
            [
                {
                    "customer_id": row["customer_id"],
                    "score_date": row["score_date"],
                    "segment_0": row["region"],
                    "segment_1": row["trouble"],
                }
                for row in of_day
            ]
        ),
    )
    connection.execute("create table placements as select * from given")
    connection.execute(
        "create table bases as select score_date, ln(p / (1 - p)) as base_logit from ("
        "select score_date, avg(1 / (1 + exp(-logit))) as p from scores group by 1)"
    )
    return DuckDBEngine(connection)


def moved(engine: DuckDBEngine, since: date = FIRST, **arguments: object) -> dict:
    """Return the rows by day, segment and value."""
    of_run = f"(select * from scores where score_date >= date '{since}')"
    found = move_due_dates(
        engine,
        DRIVERS,
        PLACEMENTS,
        of_run=Sources(of_run, f"(select * from placements where score_date >= date '{since}')"),
        **{
            "earlier": None,
            "by_version_before": "scores_before",
            "bases": "bases",
            "last_days": 99,
            **arguments,
        },
    ).read_all()
    assert found.schema == MOVEMENTS_SCHEMA
    return {
        (row["score_date"], row["segment_id"], row["segment_value"]): row
        for row in found.to_pylist()
    }


@pytest.fixture(scope="module")
def found(engine: DuckDBEngine) -> dict:
    return moved(engine)


def is_in(row: dict, segment: str, value: str) -> bool:
    if segment == "trouble":
        return row["trouble"]
    return segment == "all" or row["region"] == value


def score(row: dict) -> float:
    return 100 * float(sigmoid(row["logit"]))


def of(rows: list[dict], day: date, version: str) -> dict[str, dict]:
    return {
        row["customer_id"]: row
        for row in rows
        if row["score_date"] == day and row["model_version"] == version
    }


@pytest.mark.parametrize("day", range(1, DAYS))
def test_sums_are_those_of_the_customers(rows: list[dict], found: dict, day: int) -> None:
    today = FIRST + timedelta(days=day)
    now = of(rows, today, VERSIONS[day])
    old = of(rows, today, VERSIONS[day - 1])
    then = of(rows, today - timedelta(days=1), VERSIONS[day - 1])
    keys = [key for key in found if key[0] == today]
    assert len(keys) == 5
    for _, segment, value in keys:
        row = found[today, segment, value]
        here = {who for who in now if is_in(now[who], segment, value)}
        there = {who for who in then if is_in(then[who], segment, value)}
        stayed = here & there
        expected = {
            "customers": len(here),
            "score_sum": sum(score(now[who]) for who in here),
            "score_sum_by_before": sum(score(old[who]) for who in here),
            "customers_before": len(there),
            "score_sum_before": sum(score(then[who]) for who in there),
            "stayed": len(stayed),
            "stayed_score_sum": sum(score(old[who]) for who in stayed),
            "stayed_score_sum_before": sum(score(then[who]) for who in stayed),
            "joined": len(here - set(then)),
            "joined_score_sum": sum(score(old[who]) for who in here - set(then)),
            "moved_in": len((here - there) & set(then)),
            "moved_in_score_sum": sum(score(old[who]) for who in (here - there) & set(then)),
            "left_company": len(there - set(now)),
            "left_company_score_sum": sum(score(then[who]) for who in there - set(now)),
            "moved_out": len((there - here) & set(now)),
            "moved_out_score_sum": sum(score(then[who]) for who in (there - here) & set(now)),
        }
        assert {"slope_sum", *expected} == set(SUMS)
        for name, number in expected.items():
            assert row[name] == pytest.approx(number, abs=1e-6), (segment, value, name)
        for driver in row["drivers"]:
            change = sum(
                (score(old[who]) - score(then[who]))
                / (old[who]["logit"] - then[who]["logit"])
                * (old[who][f"driver_{driver['driver']}"] - then[who][f"driver_{driver['driver']}"])
                for who in stayed
                if old[who]["logit"] != then[who]["logit"]
            )
            assert driver["change_sum"] == pytest.approx(change, abs=1e-6)
        assert row["model_version_before"] == VERSIONS[day - 1]
        assert row["is_scored_by_before"] == (today == SWAP)


def test_nothing_is_left_over(found: dict) -> None:
    """Drivers add up to the gap of the mean scores, and to what the stayers' scores moved by."""
    for (day, segment, _), row in found.items():
        base = found[day, "all", "all"]
        reference = {d["driver"]: d["points_sum"] / base["slope_sum"] for d in base["drivers"]}
        if row["customers"]:
            gap = row["score_sum"] / row["customers"] - base["score_sum"] / base["customers"]
            points = sum(
                d["points_sum"] - reference[d["driver"]] * row["slope_sum"] for d in row["drivers"]
            )
            assert points / row["customers"] == pytest.approx(gap, abs=1e-9)
        changes = sum(d["change_sum"] for d in row["drivers"])
        by_scores = row["stayed_score_sum"] - row["stayed_score_sum_before"]
        assert changes == pytest.approx(by_scores, abs=1e-7), segment


def test_values_of_a_dimension_add_up_to_the_base(found: dict) -> None:
    for day in {key[0] for key in found}:
        base = found[day, "all", "all"]
        regions = [row for key, row in found.items() if key[:2] == (day, "region")]
        for name in ("customers", "score_sum", "slope_sum", "joined", "left_company"):
            assert sum(row[name] for row in regions) == pytest.approx(base[name], abs=1e-9)
        # Who moved between regions has stayed in the base.
        moved_between = sum(row["moved_in"] for row in regions)
        assert moved_between == sum(row["moved_out"] for row in regions)
        assert base["stayed"] == sum(row["stayed"] for row in regions) + moved_between


def test_the_first_day_has_nothing_before(found: dict) -> None:
    for key, row in found.items():
        if key[0] == FIRST:
            assert row["model_version_before"] is None
            assert row["customers_before"] == row["stayed"] == 0


def test_days_before_come_from_earlier_runs(engine: DuckDBEngine, found: dict) -> None:
    earlier = Sources("scores", "placements")
    later = moved(engine, since=FIRST + timedelta(days=1), earlier=earlier)
    assert later == {key: row for key, row in found.items() if key[0] > FIRST}


def test_segments_begin_anew_where_nobody_knows_who_was_in_them(
    engine: DuckDBEngine, found: dict
) -> None:
    since = FIRST + timedelta(days=1)
    later = moved(engine, since=since, earlier=Sources("scores", None))
    assert later[since, "all", "all"] == found[since, "all", "all"]
    assert later[since, "region", "north"]["customers_before"] == 0
    assert later[since, "region", "north"]["customers"] > 0


def test_only_the_last_days_of_a_first_run_are_told(engine: DuckDBEngine, found: dict) -> None:
    told = moved(engine, last_days=2)
    assert told == {key: row for key, row in found.items() if key[0] >= SWAP}


def test_batches_do_not_matter(
    engine: DuckDBEngine, found: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csat.daily.movements.ROWS_AT_ONCE", 7)
    monkeypatch.setattr("csat.daily.movements.EXACT", 1)
    assert moved(engine) == found
