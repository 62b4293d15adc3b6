"""The report says what the marts say, no more than their intervals allow, and asks for nothing."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from harness import CHECKOUT, Workspace

from csat.cli import main
from csat.project import UserError, needing
from csat.report import words
from csat.report.page import render
from csat.report.reading import WEEK, ReportData, read_report

LARGEST = 3_000_000


@pytest.fixture(scope="module")
def published_file(built_company: Workspace) -> Path:
    return built_company.folder / "warehouse" / "csat.duckdb"


@pytest.fixture(scope="module")
def data(published_file: Path) -> ReportData:
    return read_report(published_file, "warehouse/csat.duckdb", CHECKOUT)


@pytest.fixture(scope="module")
def page(data: ReportData) -> str:
    return render(data)


class Loads(HTMLParser):
    """Collects what a page loads, and the ids in it."""

    #: Attributes by which an element makes a browser ask for something.
    ASKING = ("src", "href", "xlink:href", "srcset", "data", "poster", "action", "background")

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            if name in self.ASKING and not (value or "").startswith("#"):
                self.loads.append(value or "")
            if name == "id":
                self.ids.append(value or "")
            self.loads += styled_loads(value or "")

    def handle_data(self, text: str) -> None:
        if self.lasttag == "style":
            self.loads += styled_loads(text)


def styled_loads(style: str) -> list[str]:
    """Return what a style sheet or a style asks for."""
    return re.findall(r"url\(\s*['\"]?(?!#)([^)]*)\)", style) + re.findall(r"@import[^;]*", style)


def read(page: str) -> Loads:
    parser = Loads()
    parser.feed(page)
    return parser


# --- The page -----------------------------------------------------------------------------


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    found = read(page)
    assert found.loads == []
    assert not found.tags & {"script", "link", "iframe", "object", "embed", "img"}
    assert "svg" in found.tags
    # What is left of addresses are names of the language that drawings are in.
    assert set(re.findall(r"https?://[^\s\"'<>]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert len(page.encode()) < LARGEST


@pytest.mark.parametrize(
    "asking",
    [
        '<img src="https://example.com/a.png">',
        '<link href="//example.com/a.css">',
        "<style>@import 'a.css';</style>",
        "<p style=\"background: url('https://example.com/a')\">",
        '<svg><image xlink:href="https://example.com/a.png"/></svg>',
    ],
)
def test_a_page_that_loads_something_is_found_out(asking: str) -> None:
    assert read(asking).loads != []


def test_names_within_drawings_are_told_apart(page: str) -> None:
    ids = read(page).ids
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_the_page_names_no_person(page: str, published_file: Path) -> None:
    with duckdb.connect(str(published_file), read_only=True) as marts:
        people = marts.execute(
            "select customer_id from marts.dim_customers union all "
            "select agent_id from marts.dim_agents union all "
            "select agent_name from marts.dim_agents"
        ).fetchall()
    on_page = set(re.findall(r"[\w-]+", page))
    assert len(people) > 300
    assert [name for (name,) in people if name and name in on_page] == []


def test_the_page_tells_the_figures_of_the_marts(
    page: str, data: ReportData, published_file: Path
) -> None:
    with duckdb.connect(str(published_file), read_only=True) as marts:
        estimate, change, customers = marts.execute(
            "select csat_estimate, change_7_days, customers from marts.fct_base_csat_daily "
            "order by score_date desc limit 1"
        ).fetchone()
    assert f"<h1>{estimate:.0f} of 100 customers are satisfied" in page
    assert sum(row["points"] for row in data.ledger) == pytest.approx(change)
    assert sum(row["customers"] for row in data.bands) == customers
    assert [row["band"] for row in data.bands] == ["low", "middle", "high"]
    for program in data.programs:
        assert program["verdict"] in page


def test_answers_predicted_by_a_base_rate_are_told(data: ReportData) -> None:
    some = dataclasses.replace(
        data, performance={"auc": 0.7, "answers": 3000}, answers_told_alike=1200
    )
    none = dataclasses.replace(some, answers_told_alike=0)
    sentence = "1,200 of these answers were predicted by versions that say the same"
    assert words.trust_details(some)[0].startswith(sentence)
    assert words.trust_details(some)[1:] == words.trust_details(none)


def test_a_company_that_knows_little_gets_a_page(data: ReportData) -> None:
    little = dataclasses.replace(
        data,
        kpis={},
        ledger=[],
        bands=[],
        segments=[],
        hidden_segments=0,
        programs=[],
        drivers=[],
        calibration=[],
        performance=None,
        answers_told_alike=0,
        version=None,
        drift={},
        published_at=None,
    )
    page = render(little)
    assert "No program is known." in page
    assert "No answer has come yet that could judge the scores." in page


def test_the_page_prints(page: str, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None and not os.environ.get("CSAT_CI"):
        pytest.skip("no chromium on the PATH")
    assert browser is not None
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    pdf = tmp_path / "report.pdf"
    subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}"),
            *(f"--print-to-pdf={pdf}", (tmp_path / "report.html").as_uri()),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    printed = pdf.read_bytes()
    assert printed.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 8


# --- Words --------------------------------------------------------------------------------


def changed(points: float | None, is_more_than_noise: bool) -> dict:
    return {
        "change_7_days": points,
        "change_7_days_lower": None if points is None else points - 1,
        "change_7_days_upper": None if points is None else points + 1,
        "is_change_7_days_more_than_noise": is_more_than_noise,
    }


TOLD, NOISE = "that is more than noise.", "no change that could be told from noise."


@pytest.mark.parametrize(
    ("points", "is_more_than_noise", "said"),
    [
        (-2.0, True, f"−2.0 points within 7 days (−3.0 to −1.0): a fall {TOLD}"),
        (2.0, True, f"+2.0 points within 7 days (+1.0 to +3.0): a rise {TOLD}"),
        (0.5, False, f"+0.5 points within 7 days (−0.5 to +1.5): {NOISE}"),
        (None, False, "There is no estimate of 7 days before to compare with."),
    ],
)
def test_a_change_is_called_one_only_beyond_noise(
    points: float | None, is_more_than_noise: bool, said: str
) -> None:
    assert words.change(changed(points, is_more_than_noise), WEEK) == said


@pytest.mark.parametrize(
    ("value", "said"), [(-0.04, "0.0"), (-1.26, "−1.3"), (2852, "2,852.0"), (None, "–")]
)
def test_numbers_are_written_as_people_read_them(value: float | None, said: str) -> None:
    assert words.number(value) == said


def segment(name: str, value: str, upper: float) -> dict:
    return {
        "segment_name": name,
        "segment_value": value,
        "csat_estimate": upper - 5,
        "csat_estimate_upper": upper,
        "csat_estimate_lower": upper - 10,
    }


def test_only_segments_below_with_their_whole_interval_are_called_low(data: ReportData) -> None:
    today = {**data.today, "csat_estimate": 70.0}
    told = dataclasses.replace(
        data,
        base=[today],
        segments=[segment("Long waits", "members", 69.0), segment("Region", "far_east", 71.0)],
    )
    assert words.segment_finding(told) == "Long waits lies surely below all customers."
    nothing = dataclasses.replace(told, segments=told.segments[1:])
    assert words.segment_finding(nothing).startswith("Of no segment")


def test_alarms_about_agents_are_counted_and_not_told(data: ReportData) -> None:
    alarm = {
        "opened_date": date(2026, 9, 30),
        "kind": "sudden drop",
        "status": "opened",
        "message": "Region north fell.",
    }
    told = dataclasses.replace(data, alarms=[alarm], agent_alarms=2)
    page = render(told)
    assert "1 open alarm, 1 of them new." in page
    assert "Region north fell." in page
    assert "2 about single agents are left out" in " ".join(page.split())


def test_text_of_the_company_is_no_markup(data: ReportData) -> None:
    program = {
        "program_id": "P-1",
        "program_name": "<script>alert(1)</script>",
        "verdict": "cannot be told",
        "verdict_message": "It cannot be told.",
        "effect_points": None,
    }
    page = render(dataclasses.replace(data, programs=[program]))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


# --- The command --------------------------------------------------------------------------


def test_csat_report_writes_a_file(
    published_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSAT_PROJECT_DIR", str(CHECKOUT))
    out = tmp_path / "new folder" / "report.html"
    outcome = CliRunner().invoke(main, ["report", "--file", str(published_file), "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    assert outcome.output.startswith(f"Written: {out}")
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_cannot_be_reported_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSAT_PROJECT_DIR", str(CHECKOUT))
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    for file, said in (
        (empty, "lacks what the report tells: run `make build`"),
        (tmp_path / "none.duckdb", "is not there: run `make build`, or name another file"),
    ):
        outcome = CliRunner().invoke(main, ["report", "--file", str(file)])
        assert outcome.exit_code == 1
        assert said in outcome.output
        assert len(outcome.output.splitlines()) == 1


def test_a_package_that_is_missing_is_named_with_the_command_that_brings_it() -> None:
    said = "no_such_package is not installed: run `make report`"
    with pytest.raises(UserError, match=said), needing("report"):
        import no_such_package  # noqa: F401
