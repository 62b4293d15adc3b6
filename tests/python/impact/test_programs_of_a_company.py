"""What the build of a company makes of its programs."""

from __future__ import annotations

from harness import Workspace

#: Members of segments at the end of the week before they enrolled, counted from what is published.
#: Weeks end with the as-of date; who enrolled in the first one that is scored has none before it.
MEMBERS_BEFORE = """
    with weeks as (
        select
            min(score_date) + cast((max(score_date) - min(score_date) + 1) % 7 as integer)
                as first_day
        from intermediate.int_base_scores
    ),
    enrolled as (
        select
            program_id,
            customer_id,
            first_day + 7 * cast((enrolled_date - first_day) // 7 as integer) - 1 as last_day
        from intermediate.int_program_enrollments
        cross join weeks
        where enrolled_date >= first_day + 7
    )
    select enrolled.program_id, members.entity_id, count(*) as customers
    from enrolled
    inner join marts.fct_segment_members as members
        on enrolled.customer_id = members.customer_id
        and members.valid_from <= last_day
        and coalesce(members.valid_until, last_day) >= last_day
    group by all
"""


def test_effects_are_told_by_who_was_in_a_segment_before_enrolling(built_company: Workspace):
    told = {
        (row["program_id"], row["group_value"]): row
        for row in built_company.query(
            "from marts.fct_program_impact_by_group where group_kind = 'segment'"
        )
    }
    assert {row["segment_id"] for row in told.values()} == {
        *("plan", "region_and_type", "frequent_callers", "long_waits", "interrupted"),
        *("new_customers", "high_value_business"),
    }, "region and customer_type are told as such"
    names = {row["group_value"]: row["group_name"] for row in told.values()}
    assert names["frequent_callers:members"] == "Two contacts or more in 30 days"
    assert names["plan:green"] == "Plan: green"
    counted = {
        (row["program_id"], row["entity_id"]): row["customers"]
        for row in built_company.query(MEMBERS_BEFORE)
    }
    # Few are left out, who were no customers before, or are none after.
    told_of = sum(row["treated_customers"] for row in told.values())
    assert 0.9 * sum(counted.get(key, 0) for key in told) <= told_of > 0
    assert all(row["treated_customers"] <= counted.get(key, 0) for key, row in told.items())
    assert {row["counted_from_date"] for row in told.values()} == {None}
