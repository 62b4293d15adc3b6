"""Every chart of the pages is what a browser can read, and its rows are named by what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import altair
import pandas as pd
import pyarrow as pa
import pytest

#: Pages with all kinds of charts between them, but that of effects by week: it needs more answers.
VIEWS = ("overview", "segments", "customer", "journeys", "model")


def charts_of(page: object) -> list[tuple[dict, dict[str, pa.Table]]]:
    """Return the charts that a page sends to the browser, each with its named rows."""
    return [
        (
            json.loads(chart.proto.spec),
            {
                rows.name: pa.ipc.open_stream(rows.data.data).read_all()
                for rows in chart.proto.datasets
            },
        )
        for chart in page.get("vega_lite_chart")
    ]


def fields_of(part: object) -> set[str]:
    """Return all columns that a chart or a part of it reads of its own rows."""
    if isinstance(part, list):
        return set().union(*map(fields_of, part))
    if not isinstance(part, dict) or "values" in part.get("data", {}):
        return set()
    own = {part["field"]} if isinstance(part.get("field"), str) else set()
    return own.union(*map(fields_of, part.values()))


@pytest.mark.parametrize("view", VIEWS)
def test_charts_are_valid_and_have_the_rows_that_they_read(look: Callable, view: str) -> None:
    charts = charts_of(look(view))
    assert charts
    for chart, named in charts:
        altair.Root.validate(chart)
        ((name, rows),) = named.items()
        assert chart["data"] == {"name": name}
        assert fields_of(chart) == set(rows.column_names)
        for day in {"score_date", "period_start", "event_date"} & set(rows.column_names):
            # Without a zone, in which the browser would put a day before or after.
            assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}", text) for text in rows[day].to_pylist())


def test_rows_are_named_by_what_they_are(look: Callable) -> None:
    page = look("overview")
    before = [name for _, named in charts_of(page) for name in named]
    page.segmented_control(key="period").set_value("30 days").run()
    after = [name for _, named in charts_of(page) for name in named]
    assert before[0] != after[0]
    assert before[1:] == after[1:]


def test_effects_by_week_are_a_valid_chart(look: Callable) -> None:
    look("overview")
    import charts

    weeks = pd.DataFrame(
        {
            "weeks_from_start": [-1, 0, 1],
            "effect_points": [0.1, 2.0, 3.0],
            "effect_points_lower": [-1.0, 0.5, 1.0],
            "effect_points_upper": [1.0, 3.5, 5.0],
            "answers": [10, 12, 14],
        }
    )
    chart = charts.event_time(weeks)
    assert fields_of(chart | {"data": {}}) == set(chart["data"].columns)
    altair.Root.validate(chart | {"data": {"name": "weeks"}})
