"""Counts of periods: each record counts once per kind of period, in the right one."""

from __future__ import annotations

from datetime import date, datetime, time

import pyarrow as pa
import pytest
from made_up_surveys import MadeUpSurveys

#: Of one customer and one contact, who was asked three times and answered more than one question.
ANSWERS = [
    # day, satisfied, topic
    (date(2025, 12, 28), True, "bill"),
    (date(2025, 12, 29), False, "bill"),
    (date(2025, 12, 31), False, None),
    (date(2026, 1, 3), False, "bill"),
    (date(2026, 1, 4), True, "outage"),
    (date(2026, 1, 31), True, "outage"),
    (date(2026, 1, 31), True, "outage"),
]
#: Columns that do not differ between the answers.
SAME_FOR_ALL = (
    *("customer_id", "contact_id", "agent_id", "instrument_id", "wording_version", "survey_kind"),
    *("channel", "touchpoint", "product", "queue", "team", "plan", "region", "customer_type"),
)


@pytest.fixture(scope="module")
def counted(made_up: MadeUpSurveys) -> MadeUpSurveys:
    """Counts of the answers as of 2026-01-31, a Saturday."""
    days, satisfied, topics = zip(*ANSWERS, strict=True)
    made_up.write(
        "int_survey_records",
        pa.table(
            {
                "record_kind": ["answer"] * len(days),
                "record_id": [str(number) for number in range(len(days))],
                "metric": ["csat"] * len(days),
                "scale": ["csat_1_5"] * 6 + ["csat_binary"],
                "topic": pa.array(topics, pa.string()),
                **dict.fromkeys(SAME_FOR_ALL, ["same"] * len(days)),
                "rating": [4.0 if is_satisfied else 2.0 for is_satisfied in satisfied],
                "value_0_100": [75.0 if is_satisfied else 25.0 for is_satisfied in satisfied],
                "is_favourable": satisfied,
                "is_unfavourable": [not is_satisfied for is_satisfied in satisfied],
                "has_invitation": [True] * 5 + [False] * 2,
                "is_due": pa.nulls(len(days), pa.bool_()),
                "is_answered": pa.nulls(len(days), pa.bool_()),
                "sent_at": [datetime.combine(day, time()) for day in days],
                "counted_date": list(days),
            }
        ),
    )
    made_up.build("int_survey_day_counts", "int_survey_counts")
    return made_up


def periods(counted: MadeUpSurveys, kind: str) -> dict[tuple[date, date], tuple]:
    """Return answers, satisfied and completeness by first and last day."""
    rows = counted.rows(
        f"from intermediate.int_survey_counts where period_kind = '{kind}' and dimension = 'all'"
    ).to_pylist()
    found = {
        (row["period_start"], row["period_end"]): (
            row["answers"],
            row["favourable"],
            row["is_complete"],
        )
        for row in rows
    }
    assert len(found) == len(rows)
    return found


def test_weeks_are_of_iso_and_cross_the_year(counted: MadeUpSurveys) -> None:
    assert periods(counted, "week") == {
        (date(2025, 12, 22), date(2025, 12, 28)): (1, 1, True),
        # 0 of 1, 0 of 1, 0 of 1 and 1 of 1: 1 of 4, whatever the days' means.
        (date(2025, 12, 29), date(2026, 1, 4)): (4, 1, True),
        (date(2026, 1, 26), date(2026, 2, 1)): (2, 2, False),
    }


def test_months_and_days_are_of_the_calendar(counted: MadeUpSurveys) -> None:
    assert periods(counted, "month") == {
        (date(2025, 12, 1), date(2025, 12, 31)): (3, 1, True),
        (date(2026, 1, 1), date(2026, 1, 31)): (4, 3, True),
    }
    assert len(periods(counted, "day")) == 6


def test_blocks_of_days_end_on_the_as_of_date(counted: MadeUpSurveys) -> None:
    assert periods(counted, "28 days") == {
        (date(2025, 12, 7), date(2026, 1, 3)): (4, 1, True),
        (date(2026, 1, 4), date(2026, 1, 31)): (3, 3, True),
    }
    assert periods(counted, "365 days") == {
        (date(2025, 2, 1), date(2026, 1, 31)): (7, 4, True),
    }


def test_values_make_up_the_total_and_a_missing_one_is_none(counted: MadeUpSurveys) -> None:
    rows = counted.rows(
        "select dimension_value, answers, favourable, answers_without_invitation, scale, "
        "value_sum, rating_sum from intermediate.int_survey_counts "
        "where period_kind = '365 days' and dimension = 'topic' order by dimension_value"
    ).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("(none)", 1, 0, 0, "csat_1_5", 25, 2),
        ("bill", 3, 1, 0, "csat_1_5", 125, 8),
        # One answer of three is on another scale: the mean of their ratings would mean nothing.
        ("outage", 3, 3, 2, None, 225, 12),
    ]
