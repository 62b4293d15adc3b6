"""Figures of performance keep their definitions, planted drift is found, and chance is not."""

from __future__ import annotations

import json
from datetime import date, datetime

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from harness import Workspace

from csat.daily.watching import (
    ALL_VERSIONS,
    FIGURES,
    IN_FORCE,
    MONTH,
    TRAINING,
    count_bins,
    measure_calibration,
    measure_drift,
    measure_performance,
    stability,
)
from csat.engine import DuckDBEngine
from csat.model import TrainedModel, evaluate, last_rating_baseline
from csat.model.tables import VERSIONS_SCHEMA, Axis, Term

NUMBERS = Axis("wait", "numeric", cuts=np.linspace(-2.5, 2.5, 61))
NAMES = Axis("topic", "categorical", categories=("bill", "move", "outage"))


def counted(axis: Axis, values: np.ndarray) -> np.ndarray:
    """Count values in the bins of an axis."""
    return count_bins([axis], [pa.record_batch({axis.feature: values})])[0]


def drift_of(axis: Axis, then: np.ndarray, now: np.ndarray):
    """Compare equally weighted answers with customers."""
    return stability(axis, counted(axis, then).astype(float), len(then), counted(axis, now))


def write(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> None:
    """Write tables by their names."""
    for name, table in tables.items():
        connection.register("given", table)
        connection.execute(f"create table {name} as from given")


# --- stability index ----------------------------------------------------------------------


def test_index_is_its_definition_with_half_a_person_added_to_each_group() -> None:
    found = stability(NAMES, np.array([0.0, 60, 40, 0, 0]), 100, np.array([0, 300, 700, 0, 0]))
    p, q = np.array([60.5, 40.5]) / 101, np.array([300.5, 700.5]) / 1001
    assert found.index == pytest.approx(np.sum((q - p) * np.log(q / p)), abs=1e-12)
    assert found.groups == 2
    assert found.status == "drifted"
    assert found.largest_shift == "bill: 59.9 % then, 30.0 % now"


def test_index_is_symmetric_and_zero_for_equal_shares() -> None:
    then, now = np.array([5.0, 200, 300, 400, 95]), np.array([50, 250, 200, 450, 50])
    there = stability(NAMES, then, 1000, now)
    back = stability(NAMES, now.astype(float), 1000, then.astype(int))
    assert there.index == pytest.approx(back.index, abs=1e-12)
    assert stability(NAMES, then, 1000, then.astype(int)).index == pytest.approx(0, abs=1e-15)


def test_weights_count_in_proportion_and_by_what_they_are_worth() -> None:
    then, now = np.array([0.0, 30, 70, 0, 0]), np.array([0, 400, 600, 0, 0])
    once = stability(NAMES, then, 80, now)
    assert stability(NAMES, 1000 * then, 80, now) == once
    assert stability(NAMES, then, 40, now).by_chance > once.by_chance


@pytest.mark.parametrize("answers", [40, 150, 3000])
def test_an_undrifted_sample_is_stable(answers: int) -> None:
    chance, stable = 0, 0
    for seed in range(300):
        random = np.random.default_rng([seed, answers])
        found = drift_of(NUMBERS, random.normal(size=answers), random.normal(size=20_000))
        chance += found.index > found.by_chance
        stable += found.status == "stable"
    # Once in a thousand, so hardly ever in 300.
    assert chance <= 3
    assert stable >= 297


def test_without_the_treatment_the_same_samples_would_look_drifted() -> None:
    """With a bin for each cut, 150 answers exceed 0.25 by chance alone."""
    random = np.random.default_rng(1)
    then, now = (
        counted(NUMBERS, random.normal(size=150)),
        counted(NUMBERS, random.normal(size=9999)),
    )
    p, q = (then + 0.5) / (then + 0.5).sum(), (now + 0.5) / (now + 0.5).sum()
    assert np.sum((q - p) * np.log(q / p)) > 0.25


@pytest.mark.parametrize(
    ("shift", "stretch", "status"), [(1.0, 1, "drifted"), (0.4, 1, "shifted"), (0, 2, "drifted")]
)
def test_planted_drift_is_found(shift: float, stretch: float, status: str) -> None:
    random = np.random.default_rng(5)
    then, now = random.normal(size=2000), random.normal(size=20_000)
    assert drift_of(NUMBERS, then, stretch * now + shift).status == status


def test_values_that_go_missing_are_found() -> None:
    random = np.random.default_rng(5)
    then, now = random.normal(size=2000), random.normal(size=20_000)
    now[:4000] = np.nan
    found = drift_of(NUMBERS, then, now)
    assert found.status == "drifted"
    assert found.largest_shift == "missing: 0.0 % then, 20.0 % now"
    assert not found.is_history_alone


@pytest.mark.parametrize(("shift", "is_history_alone"), [(0.0, True), (1.5, False)])
def test_values_that_were_missing_while_the_data_were_young_are_told_apart(
    shift: float, is_history_alone: bool
) -> None:
    random = np.random.default_rng(5)
    then, now = random.normal(size=2000), random.normal(size=20_000) + shift
    then[:800] = np.nan
    found = drift_of(NUMBERS, then, now)
    assert found.status == "drifted"
    assert found.is_history_alone == is_history_alone


def test_a_tail_of_rare_events_that_grows_is_found() -> None:
    axis = Axis("failures", "numeric", cuts=np.array([0.5, 1.5, 2.5]))
    random = np.random.default_rng(6)
    found = drift_of(axis, random.poisson(0.01, 5000), random.poisson(0.12, 50_000))
    assert found.status == "shifted"
    assert found.largest_shift.startswith("from 0.5 on: 1.")


def test_a_category_that_is_new_is_found_as_unknown() -> None:
    random = np.random.default_rng(7)
    then = random.choice(["bill", "move", "outage"], 1000)
    now = random.choice(["bill", "move", "outage", "storm"], 10_000)
    found = drift_of(NAMES, then, now)
    assert found.status == "drifted"
    assert found.largest_shift.startswith("unknown categories: 0.")


def test_what_never_differs_is_stable_and_named_by_nobody() -> None:
    found = drift_of(NUMBERS, np.zeros(500), np.zeros(900))
    assert (found.index, found.status, found.groups) == (0, "stable", 1)
    assert found.largest_shift is None


@pytest.mark.parametrize(
    ("answers", "customers", "reason"),
    [
        (0, 100, "0 effective answers in training, fewer than 30."),
        (3, 100, "3 effective answers in training, fewer than 30."),
        (100, 0, "There are no customers."),
    ],
)
def test_drift_of_too_few_is_null_with_a_reason(answers: int, customers: int, reason: str) -> None:
    found = drift_of(NUMBERS, np.zeros(answers), np.zeros(customers))
    assert found.status is found.index is found.by_chance is None
    assert found.reason == reason


def test_bins_are_counted_alike_in_any_batches() -> None:
    random = np.random.default_rng(8)
    table = pa.table(
        {
            "wait": np.where(random.random(5000) < 0.1, np.nan, random.normal(size=5000)),
            "topic": random.choice(["bill", "move", "other"], 5000),
        }
    )
    axes = [NUMBERS, NAMES]
    whole = count_bins(axes, table.to_batches())
    parts = count_bins(axes, table.to_batches(max_chunksize=7))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.sum() == 5000
    assert whole[1].tolist()[-1] == table["topic"].to_pylist().count("other")
    assert count_bins(axes, [])[0].sum() == 0


# --- through the engine -------------------------------------------------------------------


@pytest.fixture
def engine() -> DuckDBEngine:
    """An engine with a version that learned from 400 answers, and what was answered later."""
    connection = duckdb.connect()
    random = np.random.default_rng(11)
    n, learned = 2400, 400
    probability = random.beta(5, 2, n)
    ratings = pa.table(
        {
            "response_id": [f"r{number:05}" for number in range(n)],
            "is_satisfied": random.random(n) < probability,
            "earlier_rating": np.where(
                random.random(n) < 0.5, np.nan, random.choice([0.0, 50.0, 100.0], n)
            ),
            "sent_at": [
                datetime(2026, 1 + number * 6 // n, 1 + number % 28) for number in range(n)
            ],
        }
    )
    ids = ratings["response_id"]
    predictions = pa.table(
        {
            "response_id": ids[learned:],
            "model_version": ["v1"] * 1000 + ["v2"] * (n - learned - 1000),
            "probability": probability[learned:],
        }
    )
    answers = pa.table(
        {
            "model_version": ["v1"] * learned,
            "response_id": ids[:learned],
            "is_learned": [True] * learned,
            "weight": random.exponential(size=learned) + 0.1,
            "fold": np.arange(learned) % 5,
            "out_of_fold_probability": probability[:learned],
        }
    )
    versions = pa.Table.from_pylist(
        [
            {**version, "fallback_reason": None if version["base_rate"] else "0 answers."}
            for version in (
                {"model_version": "v1", "day": 31, "is_champion": True, "base_rate": 0.71},
                {"model_version": "v2", "day": 30, "is_champion": True, "base_rate": None},
                {"model_version": "v3", "day": 29, "is_champion": False, "base_rate": None},
            )
        ]
    )
    write(connection, ratings=ratings, predictions=predictions, answers=answers, versions=versions)
    connection.execute(
        "update ratings set earlier_rating = null where isnan(earlier_rating); "
        "alter table versions add column cutoff_date date; "
        "alter table versions add column in_force_from date; "
        "update versions set cutoff_date = date '2026-01-01' + day::int, in_force_from = "
        "case when is_champion then date '2026-01-02' + day::int end"
    )
    return DuckDBEngine(connection)


def performance_of(engine: DuckDBEngine) -> dict[tuple, dict]:
    """Return the rows by version, kind and period."""
    rows = measure_performance(
        engine,
        predictions="predictions",
        ratings="ratings",
        answers="answers",
        versions="versions",
    ).to_pylist()
    found = {(row["model_version"], row["period_kind"], row["period"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def by_kind(rows: dict[tuple, dict], version: str, kind: str) -> list[dict]:
    """Return the rows of a version and a kind."""
    return [row for key, row in rows.items() if key[:2] == (version, kind)]


def test_figures_are_those_of_evaluate_with_baselines_from_training(engine: DuckDBEngine) -> None:
    (found,) = by_kind(performance_of(engine), "v1", IN_FORCE)
    joined = engine.connection.execute(
        "select is_satisfied::double as satisfied, probability, "
        "coalesce(earlier_rating, 'nan') as earlier from predictions "
        "join ratings using (response_id) where model_version = 'v1' order by response_id"
    ).fetchnumpy()
    learned = engine.connection.execute(
        "select is_satisfied::double as satisfied, weight, "
        "coalesce(earlier_rating, 'nan') as earlier from answers "
        "join ratings using (response_id) order by response_id"
    ).fetchnumpy()
    last = last_rating_baseline(
        learned["earlier"],
        learned["satisfied"],
        joined["earlier"],
        learned["weight"],
        base_rate=0.71,
    )
    wanted = evaluate(joined["satisfied"], joined["probability"], base_rate=0.71, last_rating=last)
    assert {name: found[name] for name in FIGURES} == pytest.approx(
        {name: getattr(wanted, name) for name in FIGURES}, abs=1e-12
    )
    assert found["answers"] == 1000
    assert found["predicted_csat"] == pytest.approx(100 * joined["probability"].mean())
    assert found["log_loss"] < found["base_rate_log_loss"]
    assert found["reason"] is None


def test_months_add_up_to_the_time_in_force_and_versions_to_all(engine: DuckDBEngine) -> None:
    rows = performance_of(engine)
    for version in ("v1", "v2", ALL_VERSIONS):
        (whole,) = by_kind(rows, version, IN_FORCE)
        months = by_kind(rows, version, MONTH)
        assert sum(row["answers"] for row in months) == whole["answers"]
        for figure in ("log_loss", "base_rate_log_loss", "last_rating_log_loss", "observed_csat"):
            parts = sum(row["answers"] * row[figure] for row in months)
            assert parts / whole["answers"] == pytest.approx(whole[figure], abs=1e-10)
    assert rows[(ALL_VERSIONS, MONTH, date(2026, 3, 1))]["answers"] == 400
    assert by_kind(rows, "v3", IN_FORCE) == by_kind(rows, "v3", MONTH) == []


def test_a_version_that_learned_nothing_has_no_better_baseline_than_itself(
    engine: DuckDBEngine,
) -> None:
    rows = performance_of(engine)
    (later,) = by_kind(rows, "v2", IN_FORCE)
    assert later["base_rate_log_loss"] == later["last_rating_log_loss"] == later["log_loss"]
    for version in ("v2", "v3"):
        (row,) = by_kind(rows, version, TRAINING)
        assert (row["answers"], row["log_loss"], row["reason"]) == (0, None, "0 answers.")


def test_a_version_of_one_answer_ties_with_its_base_rate(engine: DuckDBEngine) -> None:
    """One satisfied answer makes 60 % of everyone, in the version and in its baseline."""
    engine.execute(
        "update versions set base_rate = 0.6 where model_version = 'v2'; "
        "update predictions set probability = 0.6 where model_version = 'v2'; "
        "insert into ratings values ('one', true, null, timestamp '2026-01-01'); "
        "insert into answers (model_version, response_id, is_learned, weight) "
        "values ('v2', 'one', true, 1)"
    )
    (later,) = by_kind(performance_of(engine), "v2", IN_FORCE)
    assert later["base_rate_log_loss"] == pytest.approx(later["log_loss"], abs=1e-12)
    assert later["last_rating_log_loss"] == pytest.approx(later["log_loss"], abs=0.02)


def test_training_is_judged_out_of_fold_as_weighted(engine: DuckDBEngine) -> None:
    (found,) = by_kind(performance_of(engine), "v1", TRAINING)
    learned = engine.connection.execute(
        "select is_satisfied::double as satisfied, weight, out_of_fold_probability as probability "
        "from answers join ratings using (response_id) order by response_id"
    ).fetchnumpy()
    wanted = evaluate(learned["satisfied"], learned["probability"], weights=learned["weight"])
    for figure in (
        *("log_loss", "auc", "brier"),
        *("calibration_error", "calibration_error_by_chance"),
    ):
        assert found[figure] == pytest.approx(getattr(wanted, figure), abs=1e-12)
    assert found["last_rating_auc"] < found["auc"]


@pytest.mark.parametrize("answers", [0, 3, 29])
def test_too_few_answers_give_no_figure_and_a_reason(engine: DuckDBEngine, answers: int) -> None:
    engine.execute(f"delete from predictions where response_id >= 'r{400 + answers:05}'")
    rows = performance_of(engine)
    for version in ("v1", ALL_VERSIONS):
        (row,) = by_kind(rows, version, IN_FORCE)
        assert row["answers"] == answers
        assert all(row[figure] is None for figure in FIGURES)
        assert row["reason"].startswith("There are no" if not answers else f"{answers} answers, ")
        assert (row["observed_csat"] is None) == (not answers)
    calibration = measure_calibration(engine, predictions="predictions", ratings="ratings")
    assert sum(calibration["answers"].to_pylist()) == 2 * answers


def test_one_class_has_no_auc(engine: DuckDBEngine) -> None:
    engine.execute("update ratings set is_satisfied = true where response_id >= 'r00400'")
    (row,) = by_kind(performance_of(engine), ALL_VERSIONS, IN_FORCE)
    assert row["auc"] is row["last_rating_auc"] is None
    assert row["log_loss"] > 0
    assert "one class" in row["reason"]


def test_calibration_of_true_probabilities_lies_within_its_intervals(engine: DuckDBEngine) -> None:
    rows = measure_calibration(engine, predictions="predictions", ratings="ratings").to_pylist()
    of_all = [row for row in rows if row["model_version"] == ALL_VERSIONS]
    assert [row["bin_number"] for row in of_all] == list(range(1, 21))
    assert sum(row["answers"] for row in of_all) == 2000
    within = [
        row["observed_csat_lower"] <= row["predicted_csat"] <= row["observed_csat_upper"]
        for row in of_all
    ]
    assert sum(within) >= 17
    engine.execute("update predictions set probability = least(probability + 0.1, 1)")
    rows = measure_calibration(engine, predictions="predictions", ratings="ratings").to_pylist()
    of_all = [row for row in rows if row["model_version"] == ALL_VERSIONS]
    gaps = [row["predicted_csat"] - row["observed_csat"] for row in of_all]
    assert 5 < np.average(gaps, weights=[row["answers"] for row in of_all]) < 11


# --- drift through the engine -------------------------------------------------------------


@pytest.fixture
def watched() -> DuckDBEngine:
    """An engine with a model of three features, and customers who have changed in one of them."""
    connection = duckdb.connect()
    random = np.random.default_rng(21)
    gone = Axis("gone", "numeric", cuts=np.array([0.5]))
    held = Axis("survey_kind", "categorical", categories=("relationship",))
    then = {"wait": random.normal(size=1000), "topic": random.choice(["bill", "move"], 1000)}
    summands = tuple(
        Term(
            (axis,),
            np.zeros(axis.bins),
            np.zeros((2, axis.bins)),
            counted(axis, then[axis.feature]).astype(float)
            if axis.feature in then
            else np.ones(axis.bins),
        )
        for axis in (NUMBERS, NAMES, gone, held)
    )
    features = [{"name": term.name} for term in summands]
    model = TrainedModel(
        "v1",
        0.5,
        np.array([0.4, 0.6]),
        summands,
        pa.Table.from_pylist(
            [
                {
                    "model_version": "v1",
                    "effective_answers": 900.0,
                    "features": json.dumps(features),
                    "is_fallback": False,
                }
            ],
            schema=VERSIONS_SCHEMA,
        ),
    )
    customers = pa.table(
        {
            "customer_id": [str(number) for number in range(250_000)],
            "wait": random.normal(size=250_000) + 1,
            "topic": random.choice(["bill", "move"], 250_000),
        }
    )
    write(connection, terms=model.terms, version=model.version, customers=customers)
    connection.execute(
        "create table versions as select *, true as is_champion, "
        "date '2026-01-01' as in_force_from, 'i' as reference_instrument, "
        "'relationship' as reference_survey_kind, null::varchar as response_model from version; "
        "create table as_of as select date '2026-02-01' as as_of_date"
    )
    return DuckDBEngine(connection)


def drift_rows(engine: DuckDBEngine) -> dict[str, dict]:
    """Return what is said of each feature."""
    table = measure_drift(
        engine, features="customers", as_of="as_of", terms="terms", versions="versions"
    )
    return {row["feature"]: row for row in table.to_pylist()}


def test_each_feature_that_scoring_reads_is_watched(watched: DuckDBEngine) -> None:
    found = drift_rows(watched)
    assert set(found) == {"wait", "topic", "gone"}
    assert found["wait"]["status"] == "drifted"
    assert found["topic"]["status"] == "stable"
    assert found["gone"]["reason"] == "The registry no longer has the feature."
    assert found["wait"]["customers"] == found["topic"]["customers"] == 250_000
    assert found["wait"]["training_unknown_share"] is None
    assert found["topic"]["current_unknown_share"] == 0
    assert {row["score_date"] for row in found.values()} == {date(2026, 2, 1)}


def test_drift_without_customers_or_version_is_no_crash(watched: DuckDBEngine) -> None:
    watched.execute("delete from customers")
    found = drift_rows(watched)
    assert found["wait"]["reason"] == "There are no customers."
    assert found["wait"]["current_missing_share"] is None
    watched.execute("delete from versions")
    assert drift_rows(watched) == {}


# --- in the project -----------------------------------------------------------------------


def test_an_answer_that_drops_out_of_a_figure_is_noticed(company: Workspace) -> None:
    claim = "assert_figures_count_every_prediction"
    assert company.dbt("test", "--select", claim).succeeded
    company.execute(
        "update marts.fct_model_performance set answers = answers + 1 "
        "where model_version = 'all' and period_kind = 'in force'"
    )
    assert not company.dbt("test", "--select", claim).succeeded


def test_a_second_run_of_a_day_replaces_it(company: Workspace) -> None:
    drift = "select count(*), min(score_date), max(score_date) from marts.fct_feature_drift"
    before = company.query(drift)
    assert before[0]["count_star()"] > 0
    outcome = company.dbt("run", "--select", "feature_drift", "fct_feature_drift")
    assert outcome.succeeded, outcome.errors
    assert company.query(drift) == before
