"""The charts of the pages: one look, thin intervals, units on the axes.

They are written as what the browser reads, https://vega.github.io/vega-lite/docs/: a library that
makes the same of Python objects took longer than all else that a page does, at each click
(benchmarks/results/pages.md). A test holds every chart against the schema.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from csat import theme
from csat.pages.findings import signed

#: A chart as the browser reads it; its ``data`` are rows, or values that stand in it.
Chart = dict[str, object]

_MUTED = {"labelColor": theme.MUTED, "titleColor": theme.MUTED}
_LOOK = {
    "font": "Source Sans, sans-serif",
    "background": theme.PAPER,
    "view": {"stroke": None},
    "axis": {
        **_MUTED,
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 12,
        "gridColor": theme.GRID,
        "domainColor": theme.GRID,
        "tickColor": theme.GRID,
    },
    "header": {
        "labelColor": theme.INK,
        "labelFontSize": 13,
        "labelFontWeight": 600,
        "titleFontSize": 0,
    },
    "legend": _MUTED,
    "facet": {"spacing": 16},
}
#: The menu of the drawing library offers to open charts on a site of its own.
_NO_MENU = {"embedOptions": {"actions": False}}
_DAY = "%d %b %Y"


def show(chart: Chart, key: str | None = None) -> None:
    """Draw a chart over the width of its column."""
    shown = chart["data"]
    # Named by what is in them: under one name the browser would take other rows for an update.
    hashes = pd.util.hash_pandas_object(shown, index=False).to_numpy()
    name = hashlib.sha256(hashes.tobytes()).hexdigest()
    st.vega_lite_chart(
        spec={
            **chart,
            "data": {"name": name},
            "datasets": {name: shown},
            "config": _LOOK,
            "usermeta": _NO_MENU,
        },
        width="stretch",
        theme=None,
        key=key,
    )


def _rows(frame: pd.DataFrame, *columns: str, day: str | None = None) -> pd.DataFrame:
    """Return what a chart reads of rows: its columns, and days as text in no time zone."""
    rows = frame[list(dict.fromkeys(columns))].reset_index(drop=True)
    if day is None:
        return rows
    days = pd.to_datetime(frame[day]).to_numpy()
    return rows.assign(**{day: np.datetime_as_string(days, unit="s")})


def _number(column: str, **more: object) -> dict:
    return {"field": column, "type": "quantitative", **more}


def _name(column: str, **more: object) -> dict:
    return {"field": column, "type": "nominal", **more}


def _day(column: str, **more: object) -> dict:
    return {"field": column, "type": "temporal", **more}


def _end(column: str) -> dict:
    """Return the other end of a bar, a line or an area: on the axis of the first one."""
    return {"field": column}


def _layer(mark: str, encoding: dict, /, **look: object) -> dict:
    return {"mark": {"type": mark, **look}, "encoding": encoding}


def _line_at(encoding: dict, values: dict, /, **look: object) -> dict:
    """Return a rule at one place, which is no row of the chart."""
    return {**_layer("rule", encoding, **look), "data": {"values": [values]}}


def score_axis(values: Sequence[float], title: str, floor: float = 0.0) -> dict:
    """Return an axis of scores that shows the lines and no more of the scale than they need."""
    known = [value for value in values if value == value and value is not None]
    low, high = (min(known), max(known)) if known else (floor, 100.0)
    margin = max(2.0, 0.06 * (high - low))
    domain = [max(floor, low - margin), min(100.0, high + margin)]
    return {"title": title, "scale": {"domain": domain, "nice": False, "clamp": True}}


def estimate_line(
    frame: pd.DataFrame,
    *,
    time: str = "score_date",
    estimate: str = "csat_estimate",
    lower: str = "csat_estimate_lower",
    upper: str = "csat_estimate_upper",
    survey: str | None = None,
    title: str = "CSAT, % satisfied",
    height: int = 300,
    floor: float = 0.0,
) -> Chart:
    """Return a line of estimates with its interval, and the survey alone beside it."""
    seen = [*frame[estimate], *frame[lower].clip(floor), *frame[upper].clip(upper=100)]
    axis = score_axis(seen, title, floor)
    tooltip = [
        _day(time, title="Day", format=_DAY),
        _number(estimate, title="Estimate", format=".1f"),
        _number(lower, title="from", format=".1f"),
        _number(upper, title="to", format=".1f"),
    ]
    x = _day(time, title=None, axis={"format": "%d %b", "grid": False, "tickCount": 8})
    layers = [
        _layer(
            "area",
            {"x": x, "y": _number(lower, **axis), "y2": _end(upper)},
            color=theme.ESTIMATE,
            opacity=theme.INTERVAL_OPACITY,
            clip=True,
        )
    ]
    if survey:
        layers.append(
            _layer(
                "line",
                {"x": x, "y": _number(survey, **axis)},
                color=theme.SURVEY,
                strokeWidth=1.2,
                strokeDash=[4, 3],
                clip=True,
            )
        )
    layers.append(
        _layer(
            "line",
            {"x": x, "y": _number(estimate, **axis), "tooltip": tooltip},
            color=theme.ESTIMATE,
            strokeWidth=2.2,
        )
    )
    # A wide, unseen line, so that figures show without aiming.
    layers.append(_layer("rule", {"x": x, "tooltip": tooltip}, opacity=0, strokeWidth=10))
    columns = [time, estimate, lower, upper, *([survey] if survey else [])]
    return {"data": _rows(frame, *columns, day=time), "layer": layers, "height": height}


def dots_with_interval(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    lower: str,
    upper: str,
    title: str,
    reference: float | None = None,
    other: str | None = None,
    row_height: int = 24,
    order: Sequence[str] | None = None,
    domain: Sequence[float] | None = None,
) -> Chart:
    """Return a row per thing: a dot, a thin line for its interval, and the reference as a rule."""
    y = _name(
        label,
        title=None,
        sort=list(order) if order is not None else None,
        axis={
            "labelLimit": 330,
            "grid": False,
            "domain": False,
            "ticks": False,
            "labelColor": theme.INK,
        },
    )
    scale = {"domain": list(domain), "clamp": True} if domain else {"zero": False}
    tooltip = [
        _name(label, title=" "),
        _number(value, title=title, format=".1f"),
        _number(lower, title="from", format=".1f"),
        _number(upper, title="to", format=".1f"),
    ]
    layers = []
    if reference is not None:
        layers.append(
            _line_at(
                {"x": _number("at")},
                {"at": reference},
                color=theme.MUTED,
                strokeDash=[3, 3],
                strokeWidth=1,
            )
        )
    layers.append(
        _layer(
            "rule",
            {
                "y": y,
                "x": _number(lower, title=title, scale=scale, axis={"tickCount": 8}),
                "x2": _end(upper),
                "tooltip": tooltip,
            },
            color=theme.ESTIMATE,
            strokeWidth=1.6,
            opacity=0.55,
        )
    )
    if other:
        layers.append(
            _layer(
                "point",
                {"y": y, "x": _number(other, scale=scale)},
                shape="diamond",
                size=55,
                color=theme.SURVEY,
                filled=False,
                strokeWidth=1.6,
            )
        )
    layers.append(
        _layer(
            "circle",
            {"y": y, "x": _number(value, scale=scale), "tooltip": tooltip},
            color=theme.ESTIMATE,
            size=80,
            opacity=1,
        )
    )
    columns = [label, value, lower, upper, *([other] if other else [])]
    return {
        "data": _rows(frame, *columns),
        "layer": layers,
        "height": row_height * len(frame) + 56,
    }


def contribution_bars(
    frame: pd.DataFrame, *, label: str, points: str = "points", title: str, row_height: int = 26
) -> Chart:
    """Return bars to the left of 0 for what lowers and to the right for what raises."""
    frame = frame.assign(
        _colour=[theme.WORSE if value < 0 else theme.BETTER for value in frame[points]],
        _text=[signed(value) for value in frame[points]],
    )
    low, high = min(0.0, float(frame[points].min())), max(0.0, float(frame[points].max()))
    # Room for the figures beside the bars.
    room = max(0.16 * (high - low), 0.05)
    domain = [low - (room if low else 0.1 * room), high + (room if high else 0.1 * room)]
    place = {
        "y": _name(
            label,
            sort=None,
            title=None,
            axis={"labelLimit": 360, "domain": False, "ticks": False, "labelColor": theme.INK},
        ),
        "x": _number(
            points, title=title, scale={"domain": domain, "nice": False}, axis={"tickCount": 5}
        ),
    }
    bars = _layer(
        "bar",
        {
            **place,
            "color": _name("_colour", scale=None),
            "tooltip": [_name(label, title=" "), _number(points, format="+.2f")],
        },
        height={"band": 0.62},
        cornerRadius=2,
    )
    zero = _line_at({"x": _number("at")}, {"at": 0}, color=theme.NEITHER, strokeWidth=1)
    texts = [
        {
            "transform": [{"filter": f"datum[{points!r}] {side} 0"}],
            **_layer(
                "text",
                {**place, "text": _name("_text")},
                align=align,
                dx=away,
                color=theme.INK,
                fontSize=12,
            ),
        }
        for side, align, away in (("<", "right", -5), (">=", "left", 5))
    ]
    return {
        "data": _rows(frame, label, points, "_colour", "_text"),
        "layer": [bars, zero, *texts],
        "height": row_height * len(frame) + 40,
    }


def band_bar(frame: pd.DataFrame, *, band: str, customers: str) -> Chart:
    """Return a bar of customers per band, all bands that there are, from the lowest up."""
    total = float(frame[customers].sum()) or 1.0
    frame = frame.assign(
        _colour=list(theme.band_colours(list(frame[band])).values()),
        _text=[f"{count:,.0f} ({100 * count / total:.0f} %)" for count in frame[customers]],
    )
    place = {
        "y": _name(
            band,
            sort=None,
            title=None,
            axis={"labelLimit": 260, "domain": False, "ticks": False, "labelColor": theme.INK},
        ),
        "x": _number(customers, axis=None, scale={"domain": [0, 1.3 * total]}),
    }
    bars = _layer(
        "bar",
        {**place, "color": _name("_colour", scale=None)},
        height={"band": 0.62},
        cornerRadius=2,
    )
    texts = _layer(
        "text",
        {**place, "text": _name("_text")},
        align="left",
        dx=6,
        color=theme.INK,
        fontSize=12,
    )
    return {
        "data": _rows(frame, band, customers, "_colour", "_text"),
        "layer": [bars, texts],
        "height": 30 * len(frame) + 12,
    }


def small_multiples(
    frame: pd.DataFrame, *, title: str, order: Sequence[str], columns: int = 4
) -> Chart:
    """Return a small line with its interval per segment, all on one scale."""
    seen = [*frame["csat_estimate_lower"].clip(0), *frame["csat_estimate_upper"].clip(upper=100)]
    axis = score_axis(seen, "")
    x = _day("score_date", title=None, axis={"format": "%d %b", "grid": False, "tickCount": 3})
    ribbon = _layer(
        "area",
        {"x": x, "y": _number("csat_estimate_lower", **axis), "y2": _end("csat_estimate_upper")},
        color=theme.ESTIMATE,
        opacity=theme.INTERVAL_OPACITY,
        clip=True,
    )
    everyone = _layer(
        "line",
        {"x": x, "y": _number("base_estimate", **axis)},
        color=theme.MUTED,
        strokeWidth=1,
        strokeDash=[3, 3],
    )
    line = _layer(
        "line",
        {
            "x": x,
            "y": _number("csat_estimate", **axis),
            "tooltip": [
                _name(title, title=" "),
                _day("score_date", title="Day", format=_DAY),
                _number("csat_estimate", title="Estimate", format=".1f"),
            ],
        },
        color=theme.ESTIMATE,
        strokeWidth=1.8,
    )
    return {
        "data": _rows(
            frame,
            title,
            "score_date",
            "csat_estimate",
            "csat_estimate_lower",
            "csat_estimate_upper",
            "base_estimate",
            day="score_date",
        ),
        "facet": _name(title, sort=list(order), title=None),
        "columns": columns,
        "spec": {"layer": [ribbon, everyone, line], "width": 226, "height": 112},
    }


def event_time(frame: pd.DataFrame) -> Chart:
    """Return the effect of a program by weeks from its start; before it there can be none."""
    reach = float(frame[["effect_points_lower", "effect_points_upper"]].abs().quantile(0.9).max())
    reach = min(max(reach, 5.0), 100.0)
    scale = {"domain": [-reach, reach], "clamp": True}
    x = _number("weeks_from_start", title="Weeks from the start of the program")
    colour = {
        "condition": {"test": "datum.weeks_from_start >= 0", "value": theme.ESTIMATE},
        "value": theme.NEITHER,
    }
    tooltip = [
        _number("weeks_from_start", title="Week"),
        _number("effect_points", title="Effect, points", format="+.1f"),
        _number("effect_points_lower", title="from", format="+.1f"),
        _number("effect_points_upper", title="to", format="+.1f"),
        _number("answers", title="Answers"),
    ]
    layers = [
        _line_at({"y": _number("at")}, {"at": 0}, color=theme.MUTED, strokeWidth=1),
        _line_at({"x": _number("at")}, {"at": -0.5}, color=theme.MUTED, strokeDash=[3, 3]),
        _layer(
            "rule",
            {
                "x": x,
                "y": _number("effect_points_lower", title="Effect, points of CSAT", scale=scale),
                "y2": _end("effect_points_upper"),
                "color": colour,
            },
            strokeWidth=1.4,
            opacity=0.5,
            clip=True,
        ),
        _layer(
            "circle",
            {
                "x": x,
                "y": _number("effect_points", scale=scale),
                "color": colour,
                "tooltip": tooltip,
            },
            size=64,
            opacity=1,
        ),
    ]
    columns = [
        "weeks_from_start",
        "effect_points",
        "effect_points_lower",
        "effect_points_upper",
        "answers",
    ]
    return {"data": _rows(frame, *columns), "layer": layers, "height": 300}


def funnel(frame: pd.DataFrame) -> Chart:
    """Return how many reach each step of one journey."""
    frame = frame.assign(
        _label=[
            f"{step}. {name}" for step, name in zip(frame["step"], frame["step_name"], strict=True)
        ],
        _text=[
            f"{reached:,.0f} ({share:.0f} %)"
            for reached, share in zip(frame["reached"], frame["reached_percent"], strict=True)
        ],
    )
    place = {
        "y": _name(
            "_label",
            sort=None,
            title=None,
            axis={"labelLimit": 280, "domain": False, "ticks": False, "labelColor": theme.INK},
        ),
        "x": _number(
            "reached",
            title="Journeys that came so far",
            scale={"domain": [0, 1.22 * float(frame["reached"].max() or 1)]},
        ),
    }
    bars = _layer("bar", place, color=theme.ESTIMATE, height={"band": 0.6}, cornerRadius=2)
    texts = _layer("text", {**place, "text": _name("_text")}, align="left", dx=6, color=theme.INK)
    return {
        "data": _rows(frame, "_label", "reached", "_text"),
        "layer": [bars, texts],
        "height": 44 * len(frame) + 40,
    }


def calibration(frame: pd.DataFrame) -> Chart:
    """Return what was answered against what was predicted; on the line it is as said."""
    low = float(min(frame["predicted_csat"].min(), frame["observed_csat_lower"].min()))
    low = max(0.0, 10 * (low // 10))
    scale = {"domain": [low, 100], "nice": False, "clamp": True}
    as_said = {
        **_layer(
            "line",
            {"x": _number("x"), "y": _number("y")},
            color=theme.MUTED,
            strokeDash=[3, 3],
            strokeWidth=1,
        ),
        "data": {"values": [{"x": low, "y": low}, {"x": 100, "y": 100}]},
    }
    x = _number("predicted_csat", title="Predicted, % satisfied", scale=scale)
    intervals = _layer(
        "rule",
        {
            "x": x,
            "y": _number("observed_csat_lower", title="Answered, % satisfied", scale=scale),
            "y2": _end("observed_csat_upper"),
        },
        color=theme.ESTIMATE,
        opacity=0.5,
        strokeWidth=1.4,
    )
    dots = _layer(
        "circle",
        {
            "x": x,
            "y": _number("observed_csat", scale=scale),
            "tooltip": [
                _number("predicted_csat", title="Predicted", format=".1f"),
                _number("observed_csat", title="Answered", format=".1f"),
                _number("answers", title="Answers"),
            ],
        },
        color=theme.ESTIMATE,
        size=70,
        opacity=1,
    )
    columns = [
        "predicted_csat",
        "observed_csat",
        "observed_csat_lower",
        "observed_csat_upper",
        "answers",
    ]
    return {"data": _rows(frame, *columns), "layer": [as_said, intervals, dots], "height": 330}


def events(frame: pd.DataFrame) -> Chart:
    """Return events of a customer on a time line, a row per kind."""
    dots = _layer(
        "point",
        {
            "x": _day(
                "event_date", title=None, axis={"format": "%d %b", "grid": True, "tickCount": 10}
            ),
            "y": _name("kind", title=None, axis={"labelColor": theme.INK, "domain": False}),
            "color": _name("kind", scale={"range": list(theme.CATEGORIES)}, legend=None),
            "shape": _name("kind", legend=None),
            "tooltip": [
                _day("event_date", title="Day", format=_DAY),
                _name("event", title=" "),
            ],
        },
        filled=True,
        size=90,
        opacity=0.9,
    )
    return {
        "data": _rows(frame, "event_date", "kind", "event", day="event_date"),
        **dots,
        "height": 32 * frame["kind"].nunique() + 40,
    }
