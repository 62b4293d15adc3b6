"""The charts of the pages: one look, thin intervals, units on the axes."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from csat import theme
from csat.pages.findings import signed

_MUTED = {"labelColor": theme.MUTED, "titleColor": theme.MUTED}
_AXIS = {
    "labelColor": theme.MUTED,
    "titleColor": theme.MUTED,
    "titleFontWeight": "normal",
    "titleFontSize": 12,
    "labelFontSize": 12,
    "gridColor": theme.GRID,
    "domainColor": theme.GRID,
    "tickColor": theme.GRID,
}


def show(chart: alt.TopLevelMixin, key: str | None = None) -> None:
    """Draw a chart over the width of its column."""
    # In one call: each one copies the whole chart.
    themed = chart.configure(
        font="Source Sans, sans-serif",
        background=theme.PAPER,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**_AXIS),
        header=alt.HeaderConfig(
            labelColor=theme.INK, labelFontSize=13, labelFontWeight=600, titleFontSize=0
        ),
        legend=alt.LegendConfig(**_MUTED),
        facet=alt.CompositionConfig(spacing=16),
    )
    # The menu of the drawing library offers to open charts on a site of its own.
    themed["usermeta"] = {"embedOptions": {"actions": False}}
    # The tool would check every part against the schema at each click: a third of a page's time
    # (benchmarks/results/pages.md).
    st.vega_lite_chart(spec=themed.to_dict(validate=False), width="stretch", theme=None, key=key)


def days(frame: pd.DataFrame, column: str = "score_date") -> pd.DataFrame:
    """Return rows with days as the chart reads them, in no time zone."""
    return frame.assign(**{column: pd.to_datetime(frame[column])})


def score_axis(values: Sequence[float], title: str, floor: float = 0.0) -> alt.Y:
    """Return an axis of scores that shows the lines and no more of the scale than they need."""
    known = [value for value in values if value == value and value is not None]
    low, high = (min(known), max(known)) if known else (floor, 100.0)
    margin = max(2.0, 0.06 * (high - low))
    domain = [max(floor, low - margin), min(100.0, high + margin)]
    return alt.Y(title=title, scale=alt.Scale(domain=domain, nice=False, clamp=True))


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
) -> alt.LayerChart:
    """Return a line of estimates with its interval, and the survey alone beside it."""
    frame = days(frame, time)
    seen = [*frame[estimate], *frame[lower].clip(floor), *frame[upper].clip(upper=100)]
    axis = score_axis(seen, title, floor)
    tooltip = [
        alt.Tooltip(f"{time}:T", title="Day", format="%d %b %Y"),
        alt.Tooltip(f"{estimate}:Q", title="Estimate", format=".1f"),
        alt.Tooltip(f"{lower}:Q", title="from", format=".1f"),
        alt.Tooltip(f"{upper}:Q", title="to", format=".1f"),
    ]
    x = alt.X(f"{time}:T", title=None, axis=alt.Axis(format="%d %b", grid=False, tickCount=8))
    base = alt.Chart(frame).encode(x=x)
    layers = [
        base.mark_area(color=theme.ESTIMATE, opacity=theme.INTERVAL_OPACITY, clip=True).encode(
            y=_at(axis, lower), y2=alt.Y2(upper)
        ),
    ]
    if survey:
        layers.append(
            base.mark_line(
                color=theme.SURVEY, strokeWidth=1.2, strokeDash=[4, 3], clip=True
            ).encode(y=_at(axis, survey))
        )
    layers.append(
        base.mark_line(color=theme.ESTIMATE, strokeWidth=2.2).encode(
            y=_at(axis, estimate), tooltip=tooltip
        )
    )
    # A wide, unseen line, so that figures show without aiming.
    layers.append(base.mark_rule(opacity=0, strokeWidth=10).encode(tooltip=tooltip))
    return alt.layer(*layers).properties(height=height)


def _at(axis: alt.Y, column: str) -> alt.Y:
    return alt.Y(f"{column}:Q", title=axis["title"], scale=axis["scale"])


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
) -> alt.LayerChart:
    """Return a row per thing: a dot, a thin line for its interval, and the reference as a rule."""
    y = alt.Y(
        f"{label}:N",
        title=None,
        sort=list(order) if order is not None else None,
        axis=alt.Axis(labelLimit=330, grid=False, domain=False, ticks=False, labelColor=theme.INK),
    )
    scale = alt.Scale(domain=list(domain), clamp=True) if domain else alt.Scale(zero=False)
    base = alt.Chart(frame).encode(y=y)
    tooltip = [
        alt.Tooltip(f"{label}:N", title=" "),
        alt.Tooltip(f"{value}:Q", title=title, format=".1f"),
        alt.Tooltip(f"{lower}:Q", title="from", format=".1f"),
        alt.Tooltip(f"{upper}:Q", title="to", format=".1f"),
    ]
    layers = []
    if reference is not None:
        layers.append(
            alt.Chart(pd.DataFrame({"at": [reference]}))
            .mark_rule(color=theme.MUTED, strokeDash=[3, 3], strokeWidth=1)
            .encode(x="at:Q")
        )
    layers.append(
        base.mark_rule(color=theme.ESTIMATE, strokeWidth=1.6, opacity=0.55).encode(
            x=alt.X(f"{lower}:Q", title=title, scale=scale, axis=alt.Axis(tickCount=8)),
            x2=f"{upper}:Q",
            tooltip=tooltip,
        )
    )
    if other:
        layers.append(
            base.mark_point(
                shape="diamond", size=55, color=theme.SURVEY, filled=False, strokeWidth=1.6
            ).encode(x=alt.X(f"{other}:Q", scale=scale))
        )
    layers.append(
        base.mark_circle(color=theme.ESTIMATE, size=80, opacity=1).encode(
            x=alt.X(f"{value}:Q", scale=scale), tooltip=tooltip
        )
    )
    return alt.layer(*layers).properties(height=row_height * len(frame) + 56)


def contribution_bars(
    frame: pd.DataFrame, *, label: str, points: str = "points", title: str, row_height: int = 26
) -> alt.LayerChart:
    """Return bars to the left of 0 for what lowers and to the right for what raises."""
    frame = frame.assign(
        _colour=[theme.WORSE if value < 0 else theme.BETTER for value in frame[points]],
        _text=[signed(value) for value in frame[points]],
    )
    low, high = min(0.0, frame[points].min()), max(0.0, frame[points].max())
    # Room for the figures beside the bars.
    room = max(0.16 * (high - low), 0.05)
    domain = [low - (room if low else 0.1 * room), high + (room if high else 0.1 * room)]
    y = alt.Y(
        f"{label}:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelLimit=360, domain=False, ticks=False, labelColor=theme.INK),
    )
    x = alt.X(
        f"{points}:Q",
        title=title,
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(tickCount=5),
    )
    base = alt.Chart(frame).encode(y=y, x=x)
    bars = base.mark_bar(height={"band": 0.62}, cornerRadius=2).encode(
        color=alt.Color("_colour:N", scale=None),
        tooltip=[alt.Tooltip(f"{label}:N", title=" "), alt.Tooltip(f"{points}:Q", format="+.2f")],
    )
    left = base.transform_filter(alt.datum[points] < 0).mark_text(
        align="right", dx=-5, color=theme.INK, fontSize=12
    )
    right = base.transform_filter(alt.datum[points] >= 0).mark_text(
        align="left", dx=5, color=theme.INK, fontSize=12
    )
    zero = (
        alt.Chart(pd.DataFrame({"at": [0]}))
        .mark_rule(color=theme.NEITHER, strokeWidth=1)
        .encode(x="at:Q")
    )
    texts = [part.encode(text="_text:N") for part in (left, right)]
    return alt.layer(bars, zero, *texts).properties(height=row_height * len(frame) + 40)


def band_bar(frame: pd.DataFrame, *, band: str, customers: str) -> alt.LayerChart:
    """Return a bar of customers per band, all bands that there are, from the lowest up."""
    total = float(frame[customers].sum()) or 1.0
    frame = frame.assign(
        _colour=list(theme.band_colours(list(frame[band])).values()),
        _text=[f"{count:,.0f} ({100 * count / total:.0f} %)" for count in frame[customers]],
    )
    base = alt.Chart(frame).encode(
        y=alt.Y(
            f"{band}:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=260, domain=False, ticks=False, labelColor=theme.INK),
        ),
        x=alt.X(f"{customers}:Q", axis=None, scale=alt.Scale(domain=[0, 1.3 * total])),
    )
    bars = base.mark_bar(height={"band": 0.62}, cornerRadius=2).encode(
        color=alt.Color("_colour:N", scale=None)
    )
    texts = base.mark_text(align="left", dx=6, color=theme.INK, fontSize=12)
    return alt.layer(bars, texts.encode(text="_text:N")).properties(height=30 * len(frame) + 12)


def small_multiples(
    frame: pd.DataFrame, *, title: str, order: Sequence[str], columns: int = 4
) -> alt.FacetChart:
    """Return a small line with its interval per segment, all on one scale."""
    frame = days(frame)
    seen = [*frame["csat_estimate_lower"].clip(0), *frame["csat_estimate_upper"].clip(upper=100)]
    axis = score_axis(seen, "")
    x = alt.X("score_date:T", title=None, axis=alt.Axis(format="%d %b", grid=False, tickCount=3))
    base = alt.Chart(frame).encode(x=x)
    ribbon = base.mark_area(color=theme.ESTIMATE, opacity=theme.INTERVAL_OPACITY, clip=True).encode(
        y=_at(axis, "csat_estimate_lower"), y2="csat_estimate_upper:Q"
    )
    line = base.mark_line(color=theme.ESTIMATE, strokeWidth=1.8).encode(
        y=_at(axis, "csat_estimate"),
        tooltip=[
            alt.Tooltip(f"{title}:N", title=" "),
            alt.Tooltip("score_date:T", title="Day", format="%d %b %Y"),
            alt.Tooltip("csat_estimate:Q", title="Estimate", format=".1f"),
        ],
    )
    everyone = base.mark_line(color=theme.MUTED, strokeWidth=1, strokeDash=[3, 3]).encode(
        y=_at(axis, "base_estimate")
    )
    return (
        alt.layer(ribbon, everyone, line)
        .properties(width=226, height=112)
        .facet(facet=alt.Facet(f"{title}:N", sort=list(order), title=None), columns=columns)
    )


def event_time(frame: pd.DataFrame, *, smallest: float | None = None) -> alt.LayerChart:
    """Return the effect of a program by weeks from its start; before it there can be none."""
    reach = float(frame[["effect_points_lower", "effect_points_upper"]].abs().quantile(0.9).max())
    reach = min(max(reach, 5.0), 100.0)
    scale = alt.Scale(domain=[-reach, reach], clamp=True)
    base = alt.Chart(frame.assign(_after=frame["weeks_from_start"] >= 0)).encode(
        x=alt.X("weeks_from_start:Q", title="Weeks from the start of the program")
    )
    colour = alt.condition("datum._after", alt.value(theme.ESTIMATE), alt.value(theme.NEITHER))
    tooltip = [
        alt.Tooltip("weeks_from_start:Q", title="Week"),
        alt.Tooltip("effect_points:Q", title="Effect, points", format="+.1f"),
        alt.Tooltip("effect_points_lower:Q", title="from", format="+.1f"),
        alt.Tooltip("effect_points_upper:Q", title="to", format="+.1f"),
        alt.Tooltip("answers:Q", title="Answers"),
    ]
    marks = [
        alt.Chart(pd.DataFrame({"at": [0]}))
        .mark_rule(color=theme.MUTED, strokeWidth=1)
        .encode(y="at:Q"),
        alt.Chart(pd.DataFrame({"at": [-0.5]}))
        .mark_rule(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x="at:Q"),
        base.mark_rule(strokeWidth=1.4, opacity=0.5, clip=True).encode(
            y=alt.Y("effect_points_lower:Q", title="Effect, points of CSAT", scale=scale),
            y2="effect_points_upper:Q",
            color=colour,
        ),
        base.mark_circle(size=64, opacity=1).encode(
            y=alt.Y("effect_points:Q", scale=scale), color=colour, tooltip=tooltip
        ),
    ]
    return alt.layer(*marks).properties(height=300)


def funnel(frame: pd.DataFrame) -> alt.LayerChart:
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
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "_label:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=280, domain=False, ticks=False, labelColor=theme.INK),
        ),
        x=alt.X(
            "reached:Q",
            title="Journeys that came so far",
            scale=alt.Scale(domain=[0, 1.22 * float(frame["reached"].max() or 1)]),
        ),
    )
    bars = base.mark_bar(color=theme.ESTIMATE, height={"band": 0.6}, cornerRadius=2)
    texts = base.mark_text(align="left", dx=6, color=theme.INK).encode(text="_text:N")
    return alt.layer(bars, texts).properties(height=44 * len(frame) + 40)


def calibration(frame: pd.DataFrame) -> alt.LayerChart:
    """Return what was answered against what was predicted; on the line it is as said."""
    low = float(min(frame["predicted_csat"].min(), frame["observed_csat_lower"].min()))
    low = max(0.0, 10 * (low // 10))
    scale = alt.Scale(domain=[low, 100], nice=False, clamp=True)
    line = (
        alt.Chart(pd.DataFrame({"x": [low, 100], "y": [low, 100]}))
        .mark_line(color=theme.MUTED, strokeDash=[3, 3], strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
    base = alt.Chart(frame).encode(
        x=alt.X("predicted_csat:Q", title="Predicted, % satisfied", scale=scale)
    )
    rules = base.mark_rule(color=theme.ESTIMATE, opacity=0.5, strokeWidth=1.4).encode(
        y=alt.Y("observed_csat_lower:Q", title="Answered, % satisfied", scale=scale),
        y2="observed_csat_upper:Q",
    )
    dots = base.mark_circle(color=theme.ESTIMATE, size=70, opacity=1).encode(
        y=alt.Y("observed_csat:Q", scale=scale),
        tooltip=[
            alt.Tooltip("predicted_csat:Q", title="Predicted", format=".1f"),
            alt.Tooltip("observed_csat:Q", title="Answered", format=".1f"),
            alt.Tooltip("answers:Q", title="Answers"),
        ],
    )
    return alt.layer(line, rules, dots).properties(height=330)


def events(frame: pd.DataFrame) -> alt.Chart:
    """Return events of a customer on a time line, a row per kind."""
    frame = days(frame, "event_date")
    return (
        alt.Chart(frame)
        .mark_point(filled=True, size=90, opacity=0.9)
        .encode(
            x=alt.X(
                "event_date:T", title=None, axis=alt.Axis(format="%d %b", grid=True, tickCount=10)
            ),
            y=alt.Y("kind:N", title=None, axis=alt.Axis(labelColor=theme.INK, domain=False)),
            color=alt.Color("kind:N", scale=alt.Scale(range=list(theme.CATEGORIES)), legend=None),
            shape=alt.Shape("kind:N", legend=None),
            tooltip=[
                alt.Tooltip("event_date:T", title="Day", format="%d %b %Y"),
                alt.Tooltip("event:N", title=" "),
            ],
        )
        .properties(height=32 * frame["kind"].nunique() + 40)
    )
