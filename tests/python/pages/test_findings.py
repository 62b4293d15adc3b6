"""Titles say what a picture shows, and not what it does not."""

from __future__ import annotations

from datetime import date

import pytest

from csat.pages import findings

BEHAVIOUR = {"component": "behaviour", "part_label": "Waiting"}


def base_day(change: float | None, *, surely: bool) -> dict:
    return {
        "csat_estimate": 71.84,
        "change_7_days": change,
        "is_change_7_days_more_than_noise": surely,
    }


def test_a_sure_fall_is_told_with_what_makes_most_of_it() -> None:
    ledger = [
        {**BEHAVIOUR, "points": -1.5},
        {"component": "mix", "part_label": "a", "points": -0.6},
    ]
    said = findings.base_finding(base_day(-2.1, surely=True), ledger, 7)
    assert said == "CSAT fell 2.1 points in a week to 71.8, most of it waiting"


def test_a_fall_of_many_small_parts_is_not_laid_at_one_door() -> None:
    ledger = [{**BEHAVIOUR, "part_label": label, "points": -0.7} for label in "abc"]
    said = findings.base_finding(base_day(-2.1, surely=True), ledger, 7)
    assert said == "CSAT fell 2.1 points in a week to 71.8"


def test_what_raised_it_is_not_blamed_for_a_fall() -> None:
    assert findings.largest_part([{**BEHAVIOUR, "points": 3.0}], -2.0) is None


def test_a_change_within_noise_is_not_told_as_one() -> None:
    said = findings.base_finding(base_day(-2.1, surely=False), [], 7)
    assert said == "CSAT stands at 71.8; −2.1 points in a week may be noise"


def test_without_an_earlier_day_there_is_no_change() -> None:
    said = findings.base_finding(base_day(None, surely=False), [], 7)
    assert said == "CSAT is 71.8; there is no earlier day to compare with yet"
    # pandas makes NaN of null.
    assert findings.base_finding(base_day(float("nan"), surely=False), [], 7) == said


def test_parts_add_up_to_the_change_however_many_are_shown() -> None:
    ledger = [
        {**BEHAVIOUR, "part_label": f"driver {number}", "points": points}
        for number, points in enumerate((3.0, -2.0, 1.0, 0.04, -0.03))
    ]
    ledger += [{"component": "mix", "part_label": "left", "points": 0.5}] * 2
    parts = findings.parts_of(ledger, most=2)
    assert [part["label"] for part in parts] == ["Driver 0", "Driver 1", "4 others together"]
    assert sum(part["points"] for part in parts) == pytest.approx(3.01)
    many = findings.parts_of(ledger, most=50)
    assert [part["label"] for part in many][-1] == "2 others together"
    assert {"label": "Who came and left", "kind": "mix", "points": 1.0} in many


def segment(value: str, estimate: float | None, upper: float | None) -> dict:
    return {
        "segment_name": "Region",
        "segment_value": value,
        "csat_estimate": estimate,
        "csat_estimate_upper": upper,
    }


def test_a_segment_is_below_only_if_its_whole_interval_is() -> None:
    rows = [segment("harbour", 60.0, 66.0), segment("hills", 50.0, 90.0)]
    assert findings.segments_finding(rows, 72.0) == (
        "Region: harbour is at 60, surely below everyone (72)"
    )
    unsure = [segment("hills", 50.0, 90.0), segment("hidden", None, None)]
    assert findings.segments_finding(unsure, 72.0) == (
        "No segment is surely below everyone (72); the lowest estimate is Region: hills at 50"
    )


def test_a_customer_is_told_with_the_interval_and_what_costs_most() -> None:
    row = {
        "customer_id": "C1",
        "csat_score": 60.47,
        "csat_score_lower": 29.1,
        "csat_score_upper": 85.1,
        "lowered_by_1": "Waiting",
        "lowered_by_1_points": -2.7,
    }
    assert findings.customer_finding(row) == (
        "C1 is at 60 (29 to 85); waiting costs most, 2.7 points"
    )
    assert findings.customer_finding({**row, "lowered_by_1": None}) == (
        "C1 is at 60 (29 to 85); nothing lowers the score"
    )


def program(name: str, effect: float, low: float, high: float, verdict: str) -> dict:
    return {
        "program_name": name,
        "verdict": verdict,
        "effect_points": effect,
        "effect_points_lower": low,
        "effect_points_upper": high,
    }


def test_a_program_helps_or_harms_only_if_its_verdict_says_so() -> None:
    # One with a check that failed, and one for everyone.
    unsure = program("Club", 5.0, 1.0, 9.0, "cannot be told")
    assert "none can be told" in findings.programs_finding([unsure])
    together = program("Price cut", 8.0, 6.0, 10.0, "changed at the same time as")
    assert findings.programs_finding([unsure, together]) == (
        "None of 2 programs is shown to help or to harm"
    )
    sure = [
        program("Call-back", 3.0, 1.0, 5.0, "raises"),
        program("Fees", -4.0, -6.0, -2.0, "harms"),
        unsure,
        together,
    ]
    assert findings.programs_finding(sure) == (
        "Call-back helps most, by 3.0 points; Fees harms, by 4.0 points"
    )


def test_a_drop_is_told_of_the_step_that_is_not_reached() -> None:
    steps = [
        {
            "journey_id": "a",
            "journey_name": "A",
            "step_name": "call",
            "reached": 100,
            "dropped": 20,
        },
        {
            "journey_id": "a",
            "journey_name": "A",
            "step_name": "visit",
            "reached": 80,
            "dropped": 60,
        },
        {"journey_id": "a", "journey_name": "A", "step_name": "end", "reached": 20, "dropped": 0},
        # Of so few nothing is said.
        {"journey_id": "b", "journey_name": "B", "step_name": "call", "reached": 2, "dropped": 2},
        {"journey_id": "b", "journey_name": "B", "step_name": "end", "reached": 0, "dropped": 0},
    ]
    assert findings.journeys_finding(steps) == "A: 75 of 100 never get to “end”"


def test_a_month_that_is_not_complete_is_no_finding() -> None:
    month = {
        "measure": "csat",
        "is_complete": True,
        "period_start": date(2026, 8, 1),
        "figure": 68.2,
        "figure_lower": 60.0,
        "figure_upper": 75.0,
        "answers": 137,
        "response_rate": 9.2,
    }
    later = {**month, "is_complete": False, "period_start": date(2026, 9, 1), "figure": 20.0}
    assert findings.surveys_finding([month, later]).startswith("Surveys of August 2026 say 68 (60")
    assert findings.surveys_finding([later]) == "No month of surveys is complete yet"


def test_agents_without_a_verdict_are_not_ranked() -> None:
    unknown = {"verdict": None, "difference_shrunk_lower": -50.0, "difference_shrunk_upper": -1.0}
    assert "may be chance" in findings.agents_finding([unknown])
    known = {**unknown, "verdict": "below"}
    assert findings.agents_finding([known, unknown]) == (
        "Of 1 agent, 0 surely above and 1 surely below what their contacts let expect"
    )


def test_a_theme_costs_only_if_its_difference_is_sure() -> None:
    theme = {
        "theme_name": "waiting",
        "comments": 5,
        "difference_upper": -3.0,
        "effect_on_total": -1.2,
        "csat": 20.0,
        "csat_others": 60.0,
    }
    assert findings.comments_finding([theme]).startswith("“waiting” costs most")
    assert "no theme is surely" in findings.comments_finding([{**theme, "difference_upper": 2.0}])


def test_minus_zero_and_hyphens_are_not_shown() -> None:
    assert findings.signed(-0.04) == "0.0"
    assert findings.signed(-1.25, 2) == "−1.25"
    assert findings.span(-12.6, 60.2) == "−13 to 60"
    assert findings.span(float("nan"), 3.0) == ""
