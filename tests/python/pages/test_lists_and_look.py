"""Lists say what they are and run nothing; colours and bands stand in one place."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from harness import CHECKOUT

from csat import theme
from csat.bands import CUSTOMER, in_all_bands, read_bands
from csat.pages.figures import shares
from csat.pages.lists import list_file
from csat.pages.settings import project_var
from csat.project import UserError

DASHBOARDS = CHECKOUT / "dashboards"


def test_a_list_tells_its_filter_and_day_and_runs_no_formula() -> None:
    written = list_file(
        ("customer_id", "reason"),
        [("=1+1", "@wait"), ("C2", None)],
        filter_text="=cmd; and Region is one of hills",
        run_date=date(2026, 9, 30),
    )
    assert written.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert rows == [
        ["customer_id", "reason", "filter", "run_date"],
        ["'=1+1", "'@wait", "'=cmd; and Region is one of hills", "2026-09-30"],
        ["C2", "", "'=cmd; and Region is one of hills", "2026-09-30"],
    ]


def test_the_pages_have_the_colours_of_the_theme() -> None:
    with (DASHBOARDS / ".streamlit" / "config.toml").open("rb") as file:
        config = tomllib.load(file)
    own = config["theme"]
    assert own["primaryColor"] == own["linkColor"] == theme.ESTIMATE
    assert own["textColor"] == theme.INK
    assert own["backgroundColor"] == theme.PAPER
    assert own["secondaryBackgroundColor"] == own["sidebar"]["backgroundColor"] == theme.PANEL
    assert own["borderColor"] == theme.GRID
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["address"] == "localhost"


def test_no_page_has_a_colour_of_its_own() -> None:
    for file in DASHBOARDS.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"#[0-9a-fA-F]{6}\b", text), file.name


def test_every_band_is_shown_with_its_range_and_also_if_nobody_is_in_it(project: Path) -> None:
    bands = read_bands(project, CUSTOMER)
    assert in_all_bands(bands, {"middle": 7}) == [
        {"title": "low, 0 to 50", "customers": 0},
        {"title": "middle, 50 to 75", "customers": 7},
        {"title": "high, 75 to 100", "customers": 0},
    ]


def test_shares_have_wilsons_interval_and_none_of_nothing() -> None:
    share, low, high = shares([8, 0], [10, 0])
    # Wilson (1927): 8 of 10.
    assert share[0] == 80
    assert (low[0], high[0]) == pytest.approx((49.02, 94.33), abs=0.01)
    assert np.isnan([share[1], low[1], high[1]]).all()


def test_a_var_that_is_not_set_is_told_by_its_name(project: Path) -> None:
    assert project_var(project, "at_risk_score") == 80
    with pytest.raises(UserError, match="There is no var made_up in"):
        project_var(project, "made_up")
    (project / "dbt_project.yml").write_text("vars: [", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be read"):
        project_var(project, "at_risk_score")
