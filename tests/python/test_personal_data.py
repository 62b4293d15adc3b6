"""One list says which columns tell of a person."""

from __future__ import annotations

import pytest

from csat.personal_data import is_personal, without_personal


@pytest.mark.parametrize(
    "column",
    [
        *("customer_id", "CUSTOMER_ID", "agent_name", "similar_agent_id", "first_name"),
        *("email", "contact_email", "phone", "mobile_phone_number", "billing_address", "postcode"),
        *("date_of_birth", "comment", "similar_comment", "comment_text", "example_2"),
        *("raw_record", "record_key"),
    ],
)
def test_what_names_or_reaches_a_person_is_personal(column: str) -> None:
    assert is_personal("any_table", column)


@pytest.mark.parametrize(
    "column",
    [
        *("customers", "customer_type", "customer_since", "agents", "contact_id", "segment_name"),
        *("comments", "comment_share", "comments_with_theme", "program_name", "shipments"),
        *("entity_id", "example_kind", "preferred_channel"),
    ],
)
def test_what_tells_of_no_single_person_is_not(column: str) -> None:
    assert not is_personal("any_table", column)


def test_an_entity_that_may_be_an_agent_is_personal() -> None:
    assert is_personal("fct_coaching_examples", "entity_id")
    assert not is_personal("fct_segment_csat_daily", "entity_id")


def test_columns_are_left_out_in_their_order() -> None:
    columns = ["customer_id", "region", "plan", "customer_type"]
    assert without_personal("dim_customers", columns) == ["region", "plan", "customer_type"]
