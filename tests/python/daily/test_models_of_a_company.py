"""Whatever a company has to learn from, and whatever it changes, the project builds or says why."""

from __future__ import annotations

import pytest
from companies import required_tables, valid_row, write_company
from deliveries import (
    SCORES_ALONE,
    VARS,
    add_contact_of_today,
    build,
    change_registry,
    day,
    history,
)
from harness import Workspace

from csat.daily.registry import FAMILIES, column_of_family

VERSIONS = "intermediate.csat_model_versions"


def customers(count: int) -> list[dict]:
    """Return rows of customers who have not left."""
    return [valid_row("customers", customer_id=f"c{n + 1}", closed_at=None) for n in range(count)]


def test_scores_have_a_column_per_family_of_the_registry(at_once: Workspace):
    columns = at_once.values("select column_name from (describe marts.fct_customer_csat_daily)")
    families = at_once.values("select distinct family from staging.feature_definitions")
    assert set(families) == set(FAMILIES)
    assert {name for name in columns if name.startswith("points_")} == {
        f"points_{column_of_family(family)}" for family in FAMILIES
    }


def test_without_an_answer_everyone_gets_the_prior_and_is_told_so(workspace: Workspace):
    tables = required_tables()
    answer = valid_row("survey_responses", instrument_id="relationship_nps", answer="9")
    tables["survey_responses"] = [answer]
    tables["customers"] = customers(12)
    write_company(workspace.source, tables)

    outcome = workspace.build()

    assert outcome.succeeded, outcome.errors
    (version, *_) = history(workspace, VERSIONS)
    assert version["is_fallback"]
    assert "0 answers, fewer than min_training_answers (200)" in version["fallback_reason"]
    (row, *_) = workspace.query("from marts.fct_customer_csat_current")
    assert row["csat_score"] == pytest.approx(50)
    assert row["csat_score_lower"] < 20
    assert row["csat_score_upper"] > 80


def test_answers_of_one_class_only_give_a_shrunk_base_rate(workspace: Workspace):
    tables = required_tables()
    asked = {"instrument_id": "relationship_csat", "answer": "10"}
    tables["survey_responses"] = [
        valid_row("survey_responses", response_id=f"r{n}", customer_id=f"c{n % 9 + 1}", **asked)
        for n in range(60)
    ]
    tables["customers"] = customers(12)
    times = ("first_response_at", "first_human_response_at", "resolved_at", "loaded_at")
    later = valid_row("contacts", started_at="2026-03-10 08:00:00", **dict.fromkeys(times))
    tables["contacts"] = [later]
    write_company(workspace.source, tables)

    build(workspace, SCORES_ALONE, variables="{min_training_answers: 50}")

    rows = history(workspace, VERSIONS)
    assert all(row["is_fallback"] for row in rows)
    assert any("All 60 answers are satisfied" in row["fallback_reason"] for row in rows)
    scores = workspace.values(
        "select csat_model_mean from marts.fct_base_csat_daily order by score_date"
    )
    assert scores[-1] == pytest.approx(100 * (60 + 4 * 0.5) / 64)


def test_a_new_feature_is_trained_before_the_next_day(scored: Workspace):
    before = len(history(scored, VERSIONS))
    change_registry(scored, lambda rows: [*rows, {**rows[0], "feature": "contacts_14_days"}])
    add_contact_of_today(scored)

    build(scored, SCORES_ALONE)

    versions = history(scored, VERSIONS)
    assert len(versions) == before + 1
    assert versions[-1]["cutoff_date"] == day(0)
    assert "contacts_14_days" in versions[-1]["features"]


def test_wrong_definitions_stop_a_run_before_anything_is_made_of_them(scored: Workspace):
    instrument = "relationship_nps"
    variables = f"{VARS[:-1]}, reference_instrument: {instrument}}}"
    segments = scored.folder / "seeds" / "segment_definitions.csv"
    text = segments.read_text(encoding="utf-8")
    segments.write_text(f"{text.rstrip()}\ncalls,Calls,me,,weather,,\n", encoding="utf-8")

    selected = ("--select", "segment_definitions", "definition_problems", "trained_models")
    outcome = scored.dbt("build", *selected, "--vars", variables)

    assert not outcome.succeeded
    for sentence in (
        f"The var reference_instrument is '{instrument}', which is no instrument of metric csat",
        "in seeds/segment_definitions.csv has the dimension weather, which no customer has",
    ):
        assert outcome.output.count(sentence) == 1, outcome.output
    assert "Traceback" not in outcome.output


def test_a_feature_of_an_unknown_family_is_one_sentence(scored: Workspace):
    change_registry(
        scored, lambda rows: [*rows, {**rows[0], "feature": "strange", "family": "weather"}]
    )

    selected = ("--select", "feature_definitions", "+trained_models")
    outcome = scored.dbt("build", *selected, "--vars", VARS)

    assert not outcome.succeeded
    assert "The feature strange in seeds/feature_definitions.csv has the family weather" in (
        outcome.output
    )
