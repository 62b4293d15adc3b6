"""Versions trained in a row: a new one meets the one in force on answers that are new to both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from csat.daily import Registry, Training, predict_answers, train_due_versions
from csat.engine import DuckDBEngine
from csat.model import (
    FeatureDefinition,
    ModelError,
    TrainedModel,
    TrainingSettings,
    compare,
    evaluate,
    score,
)
from csat.model.logistic import sigmoid

ANSWERS_A_DAY, EVALUATION_DAYS = 10, 28
FIRST_DAY, FIRST_CUTOFF = date(2026, 1, 1), date(2026, 2, 28)
WEEK_LATER, DAY_LATER = FIRST_CUTOFF + timedelta(days=7), FIRST_CUTOFF + timedelta(days=1)
TRAINING = Training(
    registry=Registry(
        features=(FeatureDefinition("wait"), FeatureDefinition("logins")),
        drivers={"wait": "waiting", "logins": "use"},
        families={"wait": "contact", "logins": "engagement"},
        sources={"wait": "contacts", "logins": "visits"},
        counting_days=frozenset(),
    ),
    settings=TrainingSettings(folds=3, pair_candidates=(0,)),
    seed=1,
    reference_instrument="letter",
    kinds={"letter": "relationship"},
)


def answers() -> pa.Table:
    """Draw some answers a day, with features that tell something of them."""
    random = np.random.default_rng(4)
    n = ANSWERS_A_DAY * ((WEEK_LATER - FIRST_DAY).days + 1)
    wait, logins = random.normal(size=n), random.normal(size=n)
    return pa.table(
        {
            "example_id": [f"r{number:04}" for number in range(n)],
            "customer_id": [f"c{number}" for number in random.integers(0, n // 2, n)],
            "is_satisfied": random.random(n) < sigmoid(0.8 - wait + 0.5 * logins),
            "as_of_at": [
                datetime(2026, 1, 1, 12) + timedelta(days=number // ANSWERS_A_DAY)
                for number in range(n)
            ],
            "instrument_id": ["letter"] * n,
            "survey_kind": ["relationship"] * n,
            "wait": wait,
            "logins": logins,
        }
    )


@pytest.fixture
def engine() -> DuckDBEngine:
    """An engine with answers of two months, and no version yet."""
    connection = duckdb.connect()
    connection.register("given", answers())
    connection.execute("create table answers as from given")
    return DuckDBEngine(connection)


def train_at(
    engine: DuckDBEngine,
    *cutoffs: date,
    champion: str | None = None,
    training: Training = TRAINING,
) -> pa.Table:
    """Train at cut-offs, the first against a version that stands in the tables, or none."""
    engine.execute(
        "create or replace table cutoffs as select unnest("
        f"{[str(cutoff) for cutoff in cutoffs]})::date as cutoff_date, "
        f"nullif('{champion or ''}', '') as champion_version, "
        "'' as registry_checksum"
    )
    return train_due_versions(
        engine,
        training,
        cutoffs="cutoffs",
        rows=(
            "(select *, case when as_of_at::date > cutoff_date - "
            f"{EVALUATION_DAYS} then 'evaluation' else 'training' end as part "
            "from answers inner join cutoffs on as_of_at::date <= cutoff_date)"
        ),
        terms="terms",
        versions="versions",
        answers="learned",
    )


def keep(engine: DuckDBEngine, trained: pa.Table) -> None:
    """Write versions as the project keeps them."""
    engine.connection.register("trained", trained)
    for table, column in (("terms", "terms"), ("learned", "answers_known")):
        more = "model_version, " if table == "learned" else ""
        engine.execute(
            f"create table {table} as select {more}unnest({column}, max_depth := 2) from trained"
        )
    engine.execute("create table versions as from trained")


@pytest.fixture
def trained(engine: DuckDBEngine) -> pa.Table:
    """Two versions a week apart, trained in one run and kept."""
    found = train_at(engine, FIRST_CUTOFF, WEEK_LATER)
    keep(engine, found)
    return found


def read(engine: DuckDBEngine, version: str) -> TrainedModel:
    """Read a version back."""
    return TrainedModel.from_tables(
        engine.collect("from terms"), engine.collect("from versions"), version
    )


def test_a_reference_instrument_that_nobody_is_asked_is_one_sentence() -> None:
    with pytest.raises(ModelError) as refused:
        replace(TRAINING, reference_instrument="no_such")
    assert str(refused.value) == (
        "The var reference_instrument is 'no_such', which is no instrument of metric csat in "
        "seeds/survey_instruments.csv: name one of letter."
    )


def test_a_version_is_compared_on_answers_that_the_champion_has_not_learned(
    engine: DuckDBEngine, trained: pa.Table
) -> None:
    first, second = trained.to_pylist()
    assert first["answers"] == len(
        engine.collect(f"from answers where as_of_at::date <= '{FIRST_CUTOFF}'")
    )
    unseen = engine.collect(
        f"from answers where as_of_at::date > '{FIRST_CUTOFF}' order by example_id"
    )

    satisfied = unseen["is_satisfied"].to_numpy(zero_copy_only=False).astype(float)
    old, new = (
        score(read(engine, version["model_version"]), unseen).probability
        for version in (first, second)
    )
    wanted = compare(satisfied, old, new, np.array(unseen["customer_id"].to_pylist()))
    assert second["later_answers"] == len(unseen) == 7 * ANSWERS_A_DAY
    assert second["decision"] == wanted.reason
    assert second["later_log_loss"] == pytest.approx(wanted.challenger_log_loss, abs=1e-12)
    assert second["later_auc"] == pytest.approx(evaluate(satisfied, new).auc, abs=1e-12)
    assert second["champion_log_loss"] == pytest.approx(wanted.champion_log_loss, abs=1e-12)
    assert second["log_loss_difference"] == pytest.approx(wanted.difference, abs=1e-12)


def test_what_a_version_has_not_learned_is_kept_whole(
    engine: DuckDBEngine, trained: pa.Table
) -> None:
    version = trained["model_version"][1].as_py()
    kept = engine.collect(f"from learned where model_version = '{version}'")
    unseen = pc.sum(pc.invert(kept["is_learned"])).as_py()
    assert unseen == EVALUATION_DAYS * ANSWERS_A_DAY
    assert len(kept) == len(engine.collect("from answers"))


def test_a_champion_of_an_earlier_run_is_read_with_what_it_has_learned(
    engine: DuckDBEngine, trained: pa.Table
) -> None:
    champion = trained["model_version"][0].as_py()
    again = train_at(engine, WEEK_LATER, champion=champion)
    assert again.to_pylist() == trained.to_pylist()[1:]


def test_too_few_answers_that_are_new_to_both_do_not_make_a_version_worse(
    engine: DuckDBEngine,
) -> None:
    _, second = train_at(engine, FIRST_CUTOFF, DAY_LATER).to_pylist()
    assert not second["is_champion"]
    assert second["decision"] == (
        "10 later answers that neither has learned from, fewer than 30: too few to compare, the "
        "champion stays. The champion has learned from 270 others."
    )
    assert second["later_answers"] == ANSWERS_A_DAY
    assert second["log_loss_difference"] is second["champion_log_loss"] is None


def test_without_any_answer_that_is_new_the_champion_stays(engine: DuckDBEngine) -> None:
    engine.execute(f"delete from answers where as_of_at::date > '{FIRST_CUTOFF}'")
    _, second = train_at(engine, FIRST_CUTOFF, DAY_LATER).to_pylist()
    assert not second["is_champion"]
    assert second["decision"].startswith("0 later answers that neither has learned from")
    assert second["later_answers"] == 0
    assert second["later_log_loss"] is None


def test_what_replaces_a_version_whose_feature_is_gone_learns_from_every_answer(
    engine: DuckDBEngine, trained: pa.Table
) -> None:
    champion = trained["model_version"][0].as_py()
    fewer = replace(
        TRAINING, registry=replace(TRAINING.registry, features=(FeatureDefinition("wait"),))
    )
    (version,) = train_at(engine, WEEK_LATER, champion=champion, training=fewer).to_pylist()
    assert version["decision"] == "The one before reads features that are gone: logins."
    assert version["is_champion"]
    assert version["answers"] == len(engine.collect("from answers"))
    assert all(answer["is_learned"] for answer in version["answers_known"])
    assert (version["later_answers"], version["later_log_loss"]) == (0, None)


def test_a_feature_that_nobodys_score_needs_is_no_loss(
    engine: DuckDBEngine, trained: pa.Table
) -> None:
    """A column without a single value has no part in a version, which is compared without it."""
    engine.execute("alter table answers add column never double")
    more = (*TRAINING.registry.features, FeatureDefinition("never"))
    training = replace(TRAINING, registry=replace(TRAINING.registry, features=more))
    engine.execute("drop table terms; drop table learned; drop table versions")
    keep(engine, train_at(engine, FIRST_CUTOFF, training=training))
    champion = trained["model_version"][0].as_py()
    (version,) = train_at(engine, WEEK_LATER, champion=champion).to_pylist()
    assert version["decision"].startswith("Log-loss differs by")


def test_answers_of_a_version_whose_feature_is_gone_stay_unpredicted(
    engine: DuckDBEngine, trained: pa.Table
) -> None:
    told: list[str] = []
    tables = {"terms": "terms", "versions": "versions", "report": told.append}
    rows = "(select *, example_id as response_id from answers)"
    predicted = predict_answers(engine, rows, **tables)
    assert len(predicted) == 7 * ANSWERS_A_DAY
    assert set(predicted["model_version"].to_pylist()) == {trained["model_version"][0].as_py()}

    fewer = f"(select * exclude (logins) from {rows})"
    assert len(predict_answers(engine, fewer, **tables)) == 0
    assert told[-2] == (
        f"70 answers are not predicted: their version, csat-{FIRST_CUTOFF}, reads logins, which "
        "the registry no longer has"
    )
