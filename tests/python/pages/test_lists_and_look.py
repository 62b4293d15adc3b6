"""Lists say what they are and run nothing; colours and bands stand in one place."""

from __future__ import annotations

import csv
import io
import itertools
import re
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from harness import CHECKOUT

from csat.pages import palette
from csat.pages.bands import customer_bands, in_all_bands
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


def test_the_theme_has_the_colours_of_the_palette() -> None:
    with (DASHBOARDS / ".streamlit" / "config.toml").open("rb") as file:
        config = tomllib.load(file)
    theme = config["theme"]
    assert theme["primaryColor"] == theme["linkColor"] == palette.ESTIMATE
    assert theme["textColor"] == palette.INK
    assert theme["backgroundColor"] == palette.PAPER
    assert theme["secondaryBackgroundColor"] == theme["sidebar"]["backgroundColor"] == palette.CARD
    assert theme["borderColor"] == palette.GRID
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["address"] == "localhost"


def test_no_page_has_a_colour_of_its_own() -> None:
    for file in DASHBOARDS.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"#[0-9a-fA-F]{6}\b", text), file.name


def seen_by(colour: str, matrix: np.ndarray) -> np.ndarray:
    """Return a colour in linear light, as one whose cones lack a kind sees it."""
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.clip(matrix @ linear, 0, 1)


# Machado, Oliveira and Fernandes (2009), severity 1.
BLINDNESS = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_what_is_good_and_bad_is_told_apart_by_the_colour_blind(kind: str) -> None:
    matrix = np.array(BLINDNESS[kind])
    for one, other in itertools.combinations((palette.GOOD, palette.BAD, palette.PAPER), 2):
        assert np.linalg.norm(seen_by(one, matrix) - seen_by(other, matrix)) > 0.2, (one, other)


def test_every_band_is_shown_with_its_range_and_also_if_nobody_is_in_it(project: Path) -> None:
    bands = customer_bands(project)
    assert in_all_bands(bands, {"middle": 7}) == [
        {"title": "low, 0 to 50", "customers": 0},
        {"title": "middle, 50 to 75", "customers": 7},
        {"title": "high, 75 to 100", "customers": 0},
    ]
    assert len(set(palette.band_colours(len(bands)))) == 3


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
