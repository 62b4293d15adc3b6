"""A real browser sees every page without an error, and nothing is asked of another machine."""

from __future__ import annotations

import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness import CHECKOUT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGES = (
    "",
    "segments",
    "customer",
    "programs",
    "journeys",
    "surveys",
    "agents",
    "comments",
    "queue",
    "segment-builder",
    "model",
)
#: What Streamlit shows where a page has failed.
FAILED = '[data-testid="stException"], [data-testid="stAlertContentError"]'
#: What belongs to the tool and not to the page.
TOOL_BARS = '[data-testid="stToolbar"], [data-testid="stElementToolbar"], .vega-embed details'


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Start Debian's Chromium without a window."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = f"none of {', '.join(BROWSERS)} is on the PATH: apt-get install chromium"
        if "CSAT_CI" in os.environ:
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path,
            # Without it the browser does not start as root; and it asks its maker nothing.
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield started
        started.close()


@pytest.fixture
def address(project: Path, published_path: Path) -> Iterator[str]:
    """Serve the pages as `make dashboard` does, for a project of its own."""
    with closing(socket.socket()) as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
        cwd=CHECKOUT / "dashboards",
        env={
            **os.environ,
            "CSAT_PROJECT_DIR": str(project),
            "CSAT_PUBLISHED_FILE": str(published_path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = f"http://localhost:{port}"
    try:
        _wait_for(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[str]) -> None:
    for _ in range(300):
        assert process.poll() is None, process.stdout.read()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{address} does not answer")


def test_every_page_and_a_segment_of_ones_own(
    browser: object, address: str, project: Path, tmp_path: Path
) -> None:
    hosts: set[str] = set()
    page = browser.new_page(viewport={"width": 1400, "height": 900}, accept_downloads=True)
    page.set_default_timeout(60_000)
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("websocket", lambda websocket: hosts.add(urlsplit(websocket.url).netloc))

    titles = set()
    for path in PAGES:
        page.goto(f"{address}/{path}")
        page.wait_for_selector("h1")
        # Until the page is whole.
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        assert not page.query_selector_all(FAILED), path
        assert not [bar for bar in page.query_selector_all(TOOL_BARS) if bar.is_visible()], path
        titles.add(page.inner_text(".kicker"))
    assert len(titles) == len(PAGES)

    page.goto(f"{address}/segment-builder")
    page.get_by_label("Number", exact=True).fill("1")
    page.get_by_label("Number", exact=True).press("Enter")
    counted = page.get_by_role("heading", name=re.compile(r"^[\d,]+ customers"))
    counted.wait_for()
    count = int(re.match(r"[\d,]+", counted.inner_text())[0].replace(",", ""))

    page.get_by_label("Name", exact=True).fill("Called of late")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    listed = tmp_path / download.value.suggested_filename
    download.value.save_as(listed)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved as").wait_for()

    with listed.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count > 0
    assert {row["filter"] for row in rows} == {"Contacts in 30 days at least 1"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", row["run_date"]) for row in rows)
    saved = (project / "seeds" / "segment_definitions.csv").read_text(encoding="utf-8")
    assert saved.splitlines()[-1].startswith("called_of_late,Called of late,,contacts_30_days >= 1")
    assert {host for host in hosts if host} == {urlsplit(address).netloc}
    page.close()
