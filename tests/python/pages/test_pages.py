"""Every page draws a published company, and says in plain words where there is nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from harness import CHECKOUT

VIEWS = sorted(
    file.stem
    for file in (CHECKOUT / "dashboards" / "views").glob("*.py")
    if file.stem != "__init__"
)


def said(page: object) -> str:
    """Return all that a page says outside of its pictures."""
    parts = [*page.title, *page.subheader, *page.markdown, *page.caption, *page.get("html")]
    return "\n".join(getattr(part, "value", None) or getattr(part, "body", "") for part in parts)


@pytest.mark.parametrize("view", VIEWS)
def test_page_draws_a_company(look: Callable, view: str) -> None:
    page = look(view)
    assert not page.exception, page.exception[0].message
    assert not page.error
    assert len(page.title) == 1
    assert "nan" not in said(page).lower().split()
    assert "None" not in page.title[0].value


@pytest.mark.parametrize("view", VIEWS)
def test_page_of_empty_marts_is_friendly(look: Callable, emptied_path: Path, view: str) -> None:
    page = look(view, emptied_path)
    assert not page.exception, page.exception[0].message
    assert len(page.title) == 1
    assert page.title[0].value != "This page has nothing to read"
    assert len(said(page)) > 80


def test_a_missing_file_is_told_with_the_mend(look: Callable, tmp_path: Path) -> None:
    page = look("overview", tmp_path / "missing.duckdb")
    assert not page.exception
    assert page.title[0].value == "This page has nothing to read"
    assert "make build" in said(page)


def test_a_file_of_before_is_told_with_the_mend(look: Callable, emptied_path: Path) -> None:
    with duckdb.connect(str(emptied_path)) as connection:
        connection.execute("drop table marts.segment_builder_customers")
    page = look("segment_builder", emptied_path)
    assert not page.exception
    assert "make build" in said(page)


def test_all_alarms_are_told_the_newest_in_full(
    look: Callable, published_path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "alarms.duckdb"
    shutil.copy2(published_path, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "delete from marts.fct_csat_alerts; insert into marts.fct_csat_alerts "
            "(alert_id, kind, message, opened_date, closed_date) "
            "select 'open ' || n, 'fall', 'Plan ' || n || ' fell by $5 points.', "
            "date '2026-09-30' - cast(n as int), null from range(1, 8) as open(n) "
            "union all select 'over', 'fall', 'All is well again.', '2026-03-01', '2026-04-01'"
        )
    page = look("overview", file)
    assert not page.exception
    told = said(page)
    assert "7 open alarms" in told
    assert all(f"Plan {number} fell" in told for number in range(1, 6))
    assert "Plan 6 fell" not in told
    labels = {part.label: part for part in page.expander}
    assert set(labels) >= {"2 more that are open", "1 that are over"}
    (more,) = labels["2 more that are open"].dataframe
    assert more.value["message"].tolist() == [f"Plan {n} fell by $5 points." for n in (6, 7)]


def test_suppressed_segments_are_told_as_such(
    look: Callable, published_path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "suppressed.duckdb"
    file.write_bytes(published_path.read_bytes())
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "update marts.fct_segment_csat_daily set is_suppressed = true, csat_estimate = null, "
            "suppression_reason = 'Fewer than 50 customers.'"
        )
    page = look("segments", file)
    assert not page.exception, page.exception[0].message
    assert "too small to be shown" in said(page)
    assert "Fewer than 50 customers." in said(page)


def test_programs_of_one_name_are_told_apart(
    look: Callable, published_path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "same.duckdb"
    file.write_bytes(published_path.read_bytes())
    with duckdb.connect(str(file)) as connection:
        connection.execute("update marts.fct_program_impact set program_name = 'Same'")
        ids = connection.execute("select program_id from marts.fct_program_impact").fetchall()
    page = look("programs", file)
    assert not page.exception, page.exception[0].message
    assert len(ids) > 1
    assert set(page.selectbox[0].options) == {f"Same ({name})" for (name,) in ids}


def test_a_customer_can_be_asked_for(look: Callable, published_path: Path) -> None:
    with duckdb.connect(str(published_path), read_only=True) as connection:
        highest = connection.execute(
            "select customer_id from marts.fct_customer_csat_current "
            "order by csat_score desc, customer_id limit 1"
        ).fetchone()[0]
    page = look("customer", customer=highest)
    assert not page.exception, page.exception[0].message
    assert page.title[0].value.startswith(highest)


def test_a_segment_is_built_and_saved(look: Callable, project: Path) -> None:
    page = look("segment_builder")
    page.number_input[0].set_value(1.0).run()
    assert not page.exception, page.exception[0].message
    assert "customers" in page.title[0].value
    page.text_input(key="segment_name").set_value("Called of late")
    page.button(key="FormSubmitter:save-Save").click()
    page.run()
    assert not page.exception, page.exception[0].message
    assert "called_of_late" in page.success[0].value
    lines = (project / "seeds" / "segment_definitions.csv").read_text("utf-8").splitlines()
    assert lines[-1] == "called_of_late,Called of late,,contacts_30_days >= 1,,,"
    page.button(key="FormSubmitter:save-Save").click()
    page.run()
    assert "already" in page.warning[0].value
