"""Rows on a screen, however narrow it is."""

from __future__ import annotations

from datetime import date

import pytest

from csat.screen import as_text

COLUMNS = ["program_name", "effect_lower", "is_sure", "since", "verdict_message"]
ROWS = [
    {
        "program_name": "Rückruf × Sturm",
        "effect_lower": -0.0,
        "is_sure": None,
        "since": date(2026, 9, 30),
        "verdict_message": "It cannot be told: anything from minus eight to ten points fits.",
    },
    {
        "program_name": "\x1b[2Jloud",
        "effect_lower": -12.5,
        "is_sure": True,
        "since": None,
        "verdict_message": "It works.",
    },
]


@pytest.mark.parametrize("width", [200, 80, 60, 40, 20])
def test_all_that_rows_hold_is_shown_within_the_width(width: int) -> None:
    text = as_text(COLUMNS, ROWS, width, 40)
    assert max(map(len, text.splitlines())) <= width
    together = "".join(text.split())
    for name in COLUMNS:
        assert all(piece in together for piece in name.split("_"))
    words = "It cannot be told: anything from minus eight to ten points fits. Rückruf × Sturm"
    assert all(word in together for word in [*words.split(), "-12.5", "2026-09-30"])
    assert "-0.0" not in text
    assert "\x1b" not in text


def test_wide_screen_has_a_row_per_line() -> None:
    lines = as_text(COLUMNS, ROWS, 200, 40).splitlines()
    assert len(lines) == 4
    assert lines[0].split() == COLUMNS


def test_narrow_screen_has_a_value_per_line() -> None:
    lines = as_text(COLUMNS, ROWS, 40, 40).splitlines()
    assert "effect_lower     -12.5" in lines
    assert lines[0].startswith("-- 1 -")


def test_rows_left_out_are_counted() -> None:
    assert as_text(COLUMNS, ROWS, 200, 1).splitlines()[-1].startswith("1 more row: --rows 2 shows")


def test_no_rows_are_named() -> None:
    assert as_text(["one", "two"], [], 80, 40) == "No rows of one, two."
