"""The segment builder counts what the condition says, and estimates as the build does."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb
import pytest
from harness import CHECKOUT, Workspace

from csat.daily.estimation import estimate_due_dates
from csat.engine import DuckDBEngine
from csat.pages import queries
from csat.pages.builder import ESTIMATED_BESIDE, SegmentBuilder, estimation_settings
from csat.project import UserError
from csat.published_file import PublishedFile

PARAMETERS = {
    "days": 90,
    "entity_id": "all",
    "span_days": 7,
    "at_risk_score": 80,
    "segment_ids": ["region"],
    "customer_id": "C'1",
    "program_id": "P-1",
    "dimension": "channel",
    "staffing_view": "wait",
    "theme_id": "en-01",
}


@pytest.fixture(scope="module")
def builder(published: PublishedFile) -> SegmentBuilder:
    return SegmentBuilder(published.query, estimation_settings(CHECKOUT))


@pytest.mark.parametrize("name", [name for name in dir(queries) if name.isupper()])
def test_every_query_of_the_pages_runs(published: PublishedFile, name: str) -> None:
    sql = getattr(queries, name)
    needed = set(re.findall(r"\$(\w+)", sql))
    assert published.query(sql, {key: PARAMETERS[key] for key in needed}).num_columns


def test_a_segment_is_estimated_as_a_run_would_have_it(
    published: PublishedFile, built_company: Workspace
) -> None:
    # The company is small: shown as it is, there would be nothing to compare.
    settings = replace(estimation_settings(CHECKOUT), min_customers=1, min_answers=0)
    builder = SegmentBuilder(published.query, settings)
    beside = [name for name, _ in builder._defined]
    assert len(beside) == ESTIMATED_BESIDE
    # Of those that are estimated together in both, so that nothing differs.
    (own,) = published.query(
        "select segment_id, definition from marts.dim_segments where not is_dimension "
        "and not list_contains($beside, segment_id) order by customers, segment_id limit 1",
        {"beside": beside},
    ).to_pylist()
    ids = ", ".join(f"'{name}'" for name in (*beside, own["segment_id"]))
    with duckdb.connect(str(built_company.build_file), read_only=True) as connection:
        rows = estimate_due_dates(
            DuckDBEngine(connection),
            settings,
            definitions=f"(select * from staging.segment_definitions where segment_id in ({ids}))",
            scores="(select * from intermediate.segment_scores where score_date = "
            "(select max(score_date) from intermediate.segment_scores) "
            f"and segment_id in ('all', {ids}))",
            scores_before="(select * from intermediate.segment_scores where false)",
            residuals="intermediate.int_answer_residuals",
            answer_segments="intermediate.int_answer_segments",
            versions="intermediate.csat_model_versions",
            earlier=None,
        ).to_pylist()
    by_run = next(row for row in rows if row["segment_id"] == own["segment_id"])
    built = builder.build(own["definition"])
    assert built.answers == by_run["answers"] > 0
    assert built.customers == by_run["customers"] > 0
    for name in ("csat_estimate", "csat_estimate_lower", "csat_estimate_upper"):
        assert getattr(built, name) == pytest.approx(by_run[name], abs=1e-6), name


def test_a_small_segment_is_counted_but_not_estimated(builder: SegmentBuilder) -> None:
    few = builder.build("customer_id in (select min(customer_id) from marts.dim_customers)")
    assert few.customers <= 1
    assert few.csat_estimate is None
    assert few.suppression_reason
    nobody = builder.build("tenure_days < -1")
    assert (nobody.customers, nobody.csat_estimate) == (0, None)
    assert nobody.suppression_reason == "Nobody meets the conditions."


def test_members_are_those_who_are_counted_without_personal_data(builder: SegmentBuilder) -> None:
    members = builder.members("customer_type = 'residential'")
    assert members.num_rows == builder.count("customer_type = 'residential'") > 0
    scores = members["csat_score"].to_pylist()
    assert scores == sorted(scores)
    assert not {"agent_name", "name", "address", "phone"} & set(members.column_names)


def test_facts_are_the_features_and_attributes_and_nothing_of_our_own(
    builder: SegmentBuilder, published: PublishedFile
) -> None:
    names = {fact.name for fact in builder.facts}
    features = published.query("select feature from marts.dim_model_features")
    assert set(features["feature"].to_pylist()) <= names
    assert {"region", "customer_since"} <= names
    assert not {"probability", "bag_contrast_1", "customer_id", "score_date"} & names


def test_values_and_ranges_are_asked_of_known_facts_only(builder: SegmentBuilder) -> None:
    facts = {fact.name: fact for fact in builder.facts}
    assert "residential" in builder.values_of(facts["customer_type"])
    lowest, middle, highest = builder.range_of(facts["tenure_days"])
    assert lowest <= middle <= highest
    made_up = type(facts["region"])("region from marts.dim_agents --", "x", "text")
    with pytest.raises(UserError, match="There is no region from"):
        builder.values_of(made_up)
