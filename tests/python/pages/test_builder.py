"""The segment builder counts what the condition says, and estimates as the build does."""

from __future__ import annotations

import re

import pytest
from harness import CHECKOUT

from csat.pages import queries
from csat.pages.builder import SegmentBuilder, estimation_settings
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


def test_a_segment_of_a_mart_is_built_as_the_mart_has_it(
    builder: SegmentBuilder, published: PublishedFile
) -> None:
    rows = published.query(
        "select definition, daily.* from marts.fct_segment_csat_daily as daily "
        "inner join marts.dim_segments as segments on daily.segment_id = segments.segment_id "
        "where not is_dimension and score_date = "
        "(select max(score_date) from marts.fct_segment_csat_daily) and not is_suppressed"
    ).to_pylist()
    assert rows
    for row in rows:
        built = builder.build(row["definition"])
        assert built.customers == row["customers"], row["segment_id"]
        assert built.answers == row["answers"], row["segment_id"]
        # A run tells from all conditions together how much scores follow a segment's own answers.
        assert built.csat_estimate == pytest.approx(row["csat_estimate"], abs=4), row["segment_id"]
        width = row["csat_estimate_upper"] - row["csat_estimate_lower"]
        own_width = built.csat_estimate_upper - built.csat_estimate_lower
        assert own_width == pytest.approx(width, rel=0.25), row["segment_id"]


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
