"""Estimates of base and segments: what is shown adds up, and days in a row end as days at once."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily.estimation import ESTIMATES_SCHEMA, EstimationSettings, estimate_due_dates
from csat.daily.scoring import BAG_CONTRASTS
from csat.engine import DuckDBEngine
from csat.estimation import LevelSettings
from csat.model import contrasts

FIRST = date(2026, 3, 1)
DAYS = 9
REGIONS = {"north": 500, "south": 300, "west": 60, "islet": 20, "(unknown)": 35}
SETTINGS = EstimationSettings(
    level=LevelSettings(lags=(1, 7, 28, 365)), band_bounds=(50.0, 70.0, 80.0)
)


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    """Answers of a year, of five regions and of frequent callers, and the scores of nine days."""
    random = np.random.default_rng(5)
    n = 900
    sent = FIRST.toordinal() + DAYS - 1 - random.integers(0, 380, n)
    region = random.choice(list(REGIONS), n, p=np.array(list(REGIONS.values())) / 915)
    probability = random.uniform(0.5, 0.9, n)
    satisfied = random.random(n) < probability - 0.08
    ids = [f"r{number}" for number in range(n)]
    bag = random.integers(0, 4, n)
    residuals = pa.table(
        {
            "response_id": ids * 2,
            "model_version": ["old"] * n + ["new"] * n,
            "customer_id": [f"c{number}" for number in random.integers(0, 700, n)] * 2,
            "probability": np.concatenate([probability, probability - 0.02]),
            "weight": np.tile(random.exponential(size=n) + 0.3, 2),
            "is_gold": [number % 25 == 0 for number in range(n)] * 2,
            "is_satisfied": np.tile(satisfied, 2),
            "is_from_sending": [False] * (2 * n),
            # Versions learn only from what was known before their days.
            "bag": [
                int(part) if day < FIRST.toordinal() - 4 else None
                for part, day in zip(bag, sent, strict=True)
            ]
            * 2,
            "sent_date": [date.fromordinal(int(day)) for day in sent] * 2,
            "known_date": [
                date.fromordinal(int(day) + number % 4) for number, day in enumerate(sent)
            ]
            * 2,
        }
    )
    # The score of callers follows six tenths of what their own answers differ by.
    weight, callers = residuals["weight"].to_numpy()[:n], np.arange(n) % 6 == 0
    learned = sent < FIRST.toordinal() - 4

    def share(rows: np.ndarray) -> float:
        return np.average(satisfied[rows & learned], weights=weight[rows & learned])

    shares = [share(callers & (bag != part)) - share(bag != part) for part in range(4)]
    followed = 0.6 * contrasts(4) @ shares
    placed = [(one, "all", "all") for one in ids]
    placed += [(one, "region", where) for one, where in zip(ids, region, strict=True)]
    placed += [(one, "callers", "members") for one in ids[::6]]
    scores = [
        (FIRST + timedelta(days=day), *row)
        for day in range(DAYS)
        for row in (
            ("all", "all", 915, 915 * 0.7, 0.0, 0.0, 0.0),
            *(("region", name, size, size * 0.7, 0.0, 0.0, 0.0) for name, size in REGIONS.items()),
            ("callers", "members", 150, 150 * 0.6, *(150 * followed)),
        )
    ]
    connection = duckdb.connect()
    answer_segments = pa.table(
        dict(
            zip(
                ("response_id", "segment_id", "segment_value"),
                zip(*placed, strict=True),
                strict=True,
            )
        )
    )
    names = ("score_date", "segment_id", "segment_value", "customers", "probability_sum")
    names += tuple(f"{name}_sum" for name in BAG_CONTRASTS)
    scored = pa.table(dict(zip(names, zip(*scores, strict=True), strict=True)))
    for name, table in (
        ("residuals", residuals),
        ("answer_segments", answer_segments),
        ("scored", scored),
    ):
        connection.register("given", table)
        connection.execute(f"create table {name} as select * from given")
    swap = FIRST + timedelta(days=5)
    connection.execute(
        "create table scored_before as select * replace (probability_sum * 0.9 as probability_sum) "
        f"from scored where score_date = date '{swap}'"
    )
    connection.execute(
        "create table definitions as select * from (values "
        "('region', null), ('callers', 'contacts_30_days >= 2')) as d(segment_id, condition); "
        "create table versions as select * from (values "
        f"('old', date '2026-01-01', true), ('new', date '{swap}', true), "
        f"('lost', null, false)) as v(model_version, in_force_from, is_champion)"
    )
    return DuckDBEngine(connection)


def estimates(
    engine: DuckDBEngine, first: int = 0, days: int = DAYS, **relations: str | None
) -> pa.Table:
    """Estimate some days; other relations than the usual ones by their names."""
    since, until = FIRST + timedelta(days=first), FIRST + timedelta(days=first + days - 1)
    usual = {
        "definitions": "definitions",
        "scores": f"(select * from scored where score_date between date '{since}' "
        f"and date '{until}')",
        "scores_before": "scored_before",
        "residuals": "residuals",
        "answer_segments": "answer_segments",
        "versions": "versions",
        "earlier": None,
    }
    return estimate_due_dates(engine, SETTINGS, **{**usual, **relations})


@pytest.fixture(scope="module")
def at_once(engine: DuckDBEngine) -> pa.Table:
    return estimates(engine)


def rows(table: pa.Table, segment: str) -> list[dict]:
    return [row for row in table.to_pylist() if row["segment_id"] == segment]


def test_the_shown_values_of_a_dimension_add_up_to_the_base(at_once: pa.Table) -> None:
    for base in rows(at_once, "all"):
        shown = [
            row
            for row in rows(at_once, "region")
            if row["score_date"] == base["score_date"] and row["suppression_reason"] is None
        ]
        assert {row["segment_value"] for row in shown} == {
            *("north", "south", "west", "(small ones together)")
        }
        assert sum(row["customers"] for row in shown) == base["customers"] == 915
        assert sum(row["answers"] for row in shown) == base["answers"]
        total = sum(row["customers"] * row["csat_estimate"] for row in shown)
        assert total / 915 == pytest.approx(base["csat_estimate"], abs=1e-9)


def test_what_the_score_took_from_a_segments_own_answers_is_taken_out(
    engine: DuckDBEngine, at_once: pa.Table
) -> None:
    engine.execute(
        "create or replace view blind as select * replace "
        f"({', '.join(f'0e0 as {name}_sum' for name in BAG_CONTRASTS)}) from scored"
    )
    blind = estimates(engine, scores="blind")
    for own, without in zip(rows(at_once, "callers"), rows(blind, "callers"), strict=True):
        assert abs(own["survey_correction"] - without["survey_correction"]) > 0.05
    # Regions' bags agree with everyone's: nothing was learned of them.
    assert rows(at_once, "region") == rows(blind, "region")
    assert rows(at_once, "all") == rows(blind, "all")


def test_the_version_before_is_asked_on_the_first_day_of_a_version(at_once: pa.Table) -> None:
    swap = FIRST + timedelta(days=5)
    for row in at_once.to_pylist():
        told = row["csat_estimate_by_version_before"]
        assert (told is not None) == (
            row["score_date"] == swap and row["csat_estimate"] is not None
        )
        if told is not None:
            assert row["csat_model_mean_by_version_before"] == pytest.approx(
                0.9 * row["csat_model_mean"]
            )
    (base,) = [row for row in rows(at_once, "all") if row["score_date"] == swap]
    (eve,) = [row for row in rows(at_once, "all") if row["score_date"] == swap - timedelta(days=1)]
    # The same answers by the same version: only the scores differ, and what corrects them does not.
    corrections = [
        base["csat_estimate_by_version_before"] - base["csat_model_mean_by_version_before"],
        eve["survey_correction"],
    ]
    assert corrections[0] == pytest.approx(corrections[1], abs=0.5)


def test_nothing_of_a_small_value_is_shown(at_once: pa.Table) -> None:
    hidden = [row for row in rows(at_once, "region") if row["suppression_reason"]]
    assert {row["segment_value"] for row in hidden} == {"islet", "(unknown)"}
    keys = {"score_date", "segment_id", "segment_value", "suppression_reason"}
    for row in hidden:
        assert {name for name, value in row.items() if value is not None} == keys | {
            "model_version"
        }


def test_the_estimate_is_score_and_correction_and_corrects_downwards(at_once: pa.Table) -> None:
    for row in rows(at_once, "all") + rows(at_once, "callers"):
        assert row["csat_estimate"] == pytest.approx(
            row["csat_model_mean"] + row["survey_correction"], abs=1e-9
        )
        assert row["csat_estimate_lower"] < row["csat_estimate"] < row["csat_estimate_upper"]
    (last,) = [r for r in rows(at_once, "all") if r["score_date"] == FIRST + timedelta(DAYS - 1)]
    assert last["model_version"] == "new"
    assert -9 < last["survey_correction"] < -3


def test_changes_are_differences_of_what_was_published(at_once: pa.Table) -> None:
    published = {
        (row["score_date"], row["segment_id"], row["segment_value"]): row["csat_estimate"]
        for row in at_once.to_pylist()
    }
    told = 0
    for (day, *key), estimate in published.items():
        row = next(
            row
            for row in rows(at_once, key[0])
            if row["score_date"] == day and row["segment_value"] == key[1]
        )
        for lag in (1, 7):
            then = published.get((day - timedelta(days=lag), *key))
            if then is None or estimate is None:
                assert row[f"change_{lag}"] is None
                continue
            told += 1
            assert row[f"change_{lag}"] == pytest.approx(estimate - then, abs=1e-9)
            is_outside = row[f"change_{lag}_lower"] > 0 or row[f"change_{lag}_upper"] < 0
            assert row[f"is_change_{lag}_more_than_noise"] == is_outside
    assert told > 50


def test_days_in_a_row_end_as_days_at_once(engine: DuckDBEngine, at_once: pa.Table) -> None:
    engine.connection.register("given", ESTIMATES_SCHEMA.empty_table())
    engine.execute("create or replace table earlier as select * from given")
    for first, days in ((0, 4), (4, 1), (5, 4)):
        engine.connection.register("given", estimates(engine, first, days, earlier="earlier"))
        engine.execute("insert into earlier select * from given")
    order = "score_date, segment_id, segment_value"
    in_a_row = engine.collect(f"select * from earlier order by {order}")
    engine.connection.register("given", at_once)
    expected = engine.collect(f"select * from given order by {order}")
    for name in ESTIMATES_SCHEMA.names:
        if pa.types.is_floating(ESTIMATES_SCHEMA.field(name).type):
            np.testing.assert_allclose(
                in_a_row[name].to_numpy(), expected[name].to_numpy(), atol=1e-9, err_msg=name
            )
        else:
            assert in_a_row[name].to_pylist() == expected[name].to_pylist(), name


def test_what_is_known_later_changes_nothing(engine: DuckDBEngine, at_once: pa.Table) -> None:
    engine.execute(
        f"create or replace view residuals_of_then as select * from residuals "
        f"where known_date <= date '{FIRST + timedelta(days=2)}'"
    )
    then = estimates(engine, days=3, residuals="residuals_of_then")
    assert then.to_pylist() == at_once.slice(0, len(then)).to_pylist()


def test_without_a_day_due_there_is_nothing(engine: DuckDBEngine) -> None:
    assert estimates(engine, 0, 0).num_rows == 0


def test_without_answers_the_reason_is_told(engine: DuckDBEngine) -> None:
    engine.execute("create or replace view no_residuals as select * from residuals where false")
    found = estimates(engine, residuals="no_residuals")
    for row in rows(found, "all"):
        assert row["csat_estimate"] is None
        assert row["csat_model_mean"] == pytest.approx(70)


def test_an_answer_that_the_version_does_not_know_counts_as_it_was_predicted(
    engine: DuckDBEngine, at_once: pa.Table
) -> None:
    engine.execute(
        "create or replace view partly_known as "
        "select * replace (model_version = 'old' as is_from_sending) from residuals "
        "where model_version = 'old' or response_id > 'r5'"
    )
    found = estimates(engine, residuals="partly_known")
    answers = [row["answers"] for row in rows(found, "all")]
    assert answers == [row["answers"] for row in rows(at_once, "all")]
