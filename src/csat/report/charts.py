"""Charts of the report, described by Altair and drawn as SVG: no script, no request, any size."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

import altair as alt
import vl_convert

from csat import theme
from csat.report.reading import MONTH, ReportData
from csat.report.words import number, segment_label

#: Pixels of a chart; the page makes it fit.
WIDTH = 770
#: Segments and parts of the ledger that are drawn; the rest is in one.
MOST_SEGMENTS, MOST_PARTS = 14, 7
#: With fewer answers surveys are not drawn beside an estimate: one answer says 0 or 100.
LEAST_ANSWERS = 5
#: Characters of a label before it is cut.
LONGEST_LABEL = 44


def draw(chart: alt.TopLevelMixin, name: str, description: str) -> str:
    """Return a chart as an SVG element that says what it shows, for one page with others."""
    specification = chart.properties(description=description).to_dict()
    specification["config"] = theme.chart_config()
    svg = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    # Names within a drawing are names of the whole page.
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    return re.sub(r'(xlink:)?href="#', f'href="#{name}-', svg)


def base(data: ReportData) -> alt.TopLevelMixin:
    """Return the estimate of all customers with its interval, and what surveys alone say."""
    source = _values(
        data.base,
        *("score_date", "csat_estimate", "csat_estimate_lower", "csat_estimate_upper"),
        "csat_survey",
    )
    scale = alt.Scale(domain=_span(data.base), nice=False, zero=False)
    when = alt.X(
        "score_date:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%-d %b")
    )
    chart = alt.Chart(source)
    band = chart.mark_area(opacity=theme.INTERVAL_OPACITY, color=theme.ESTIMATE).encode(
        when,
        alt.Y("csat_estimate_lower:Q", scale=scale, title="satisfied of 100"),
        alt.Y2("csat_estimate_upper:Q"),
    )
    survey = chart.mark_line(color=theme.SURVEY, strokeWidth=1.2, strokeDash=[4, 3]).encode(
        when, alt.Y("csat_survey:Q", scale=scale)
    )
    line = chart.mark_line(color=theme.ESTIMATE).encode(when, alt.Y("csat_estimate:Q", scale=scale))
    last = alt.Chart(_values(data.base[-1:], "score_date", "csat_estimate")).encode(
        when, alt.Y("csat_estimate:Q", scale=scale)
    )
    label = last.mark_text(
        align="left", dx=7, color=theme.ESTIMATE, fontWeight="bold", fontSize=13
    ).encode(text=alt.Text("csat_estimate:Q", format=".0f"))
    return (band + survey + line + last.mark_point(size=45) + label).properties(
        width=WIDTH, height=230
    )


def ledger(data: ReportData) -> alt.TopLevelMixin:
    """Return the largest parts of the week's change, and all others together."""
    shown = data.ledger[:MOST_PARTS]
    rest = data.ledger[MOST_PARTS:]
    rows = [
        {"part": _cut(row["part_label"]), "component": row["component"], "points": row["points"]}
        for row in shown
    ]
    if rest:
        rows.append(
            {
                "part": f"{len(rest)} other parts",
                "component": None,
                "points": sum(row["points"] for row in rest),
            }
        )
    present = [name for name in theme.COMPONENTS if name in {row["component"] for row in rows}]
    order = [row["part"] for row in rows]
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.Y("part:N", sort=order, title=None, axis=_long_labels()),
        alt.X(
            "points:Q",
            title="points of the change",
            scale=alt.Scale(domain=_with_room([row["points"] for row in rows]), nice=False),
        ),
    )
    bars = chart.mark_bar(height={"band": 0.62}).encode(
        alt.Color(
            "component:N",
            scale=alt.Scale(domain=present, range=[theme.COMPONENTS[name] for name in present]),
        )
    )
    return (bars + _signed_labels(chart, "points", theme.INK) + _zero()).properties(
        width=WIDTH - 250, height=alt.Step(24)
    )


def bands(data: ReportData) -> alt.TopLevelMixin:
    """Return customers by band, now and before."""
    names = [row["band"] for row in data.bands]
    colours = theme.band_colours(names)
    rows = []
    for when, column in (("now", "customers"), (f"{MONTH} days before", "customers_before")):
        total = sum(row[column] for row in data.bands)
        begins = 0.0
        for row in data.bands:
            share = 100 * row[column] / total if total else 0.0
            rows.append(
                {
                    "when": when,
                    "band": row["band"],
                    "begins": begins,
                    "ends": begins + share,
                    "middle": begins + share / 2,
                    # Narrow parts have no room for their figure.
                    "label": f"{number(share, 0)} %" if share >= 6 else "",
                    "colour_of_text": theme.text_on(colours[row["band"]]),
                }
            )
            begins += share
    order = alt.Y("when:N", title=None, sort=["now"])
    chart = alt.Chart(alt.Data(values=rows))
    bars = chart.mark_bar(height={"band": 0.7}).encode(
        order,
        alt.X("begins:Q", title="of 100 customers", scale=alt.Scale(domain=[0, 100])),
        alt.X2("ends:Q"),
        alt.Color("band:N", scale=alt.Scale(domain=names, range=[colours[name] for name in names])),
    )
    labels = chart.mark_text(fontWeight="bold").encode(
        order,
        alt.X("middle:Q"),
        text="label:N",
        color=alt.Color("colour_of_text:N", scale=None),
    )
    return (bars + labels).properties(width=WIDTH - 120, height=alt.Step(40))


def segments(data: ReportData) -> alt.TopLevelMixin:
    """Return the lowest segments with their intervals, what surveys say, and all customers."""
    rows = [
        {
            "label": _cut(segment_label(row)),
            "estimate": row["csat_estimate"],
            "lower": row["csat_estimate_lower"],
            "upper": row["csat_estimate_upper"],
            "survey": row["csat_survey"] if row["survey_answers"] >= LEAST_ANSWERS else None,
        }
        for row in data.segments[:MOST_SEGMENTS]
    ]
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.Y("label:N", sort=[row["label"] for row in rows], title=None, axis=_long_labels())
    )
    scale = alt.Scale(domain=[0, 100])
    lines = chart.mark_rule(color=theme.ESTIMATE, strokeWidth=5, opacity=0.3).encode(
        alt.X("lower:Q", title="satisfied of 100", scale=scale), alt.X2("upper:Q")
    )
    surveys = (
        chart.transform_filter("datum.survey !== null")
        .mark_tick(color=theme.SURVEY, thickness=2, size=13)
        .encode(alt.X("survey:Q", scale=scale))
    )
    points = chart.mark_point(size=60, opacity=1).encode(alt.X("estimate:Q", scale=scale))
    everyone = alt.Chart(alt.Data(values=[{"all": data.today["csat_estimate"]}])).mark_rule(
        color=theme.INK, strokeDash=[3, 3]
    )
    return (everyone.encode(alt.X("all:Q", scale=scale)) + lines + surveys + points).properties(
        width=WIDTH - 260, height=alt.Step(22)
    )


def programs(data: ReportData) -> alt.TopLevelMixin | None:
    """Return effects of programs with their intervals; None where none has any."""
    rows = [
        {
            "label": _cut(row["program_name"] or row["program_id"]),
            "effect": row["effect_points"],
            "lower": row["effect_points_lower"],
            "upper": row["effect_points_upper"],
            "verdict": row["verdict"],
        }
        for row in data.programs
        if row["effect_points"] is not None
    ]
    if not rows:
        return None
    present = [name for name in theme.VERDICTS if name in {row["verdict"] for row in rows}]
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.Y("label:N", sort=[row["label"] for row in rows], title=None, axis=_long_labels()),
        alt.Color(
            "verdict:N",
            scale=alt.Scale(domain=present, range=[theme.VERDICTS[name] for name in present]),
        ),
    )
    lines = chart.mark_rule(strokeWidth=5, opacity=0.65).encode(
        alt.X("lower:Q", title="points of CSAT of those who enrol"), alt.X2("upper:Q")
    )
    points = chart.mark_point(size=60, stroke=theme.INK, strokeWidth=1).encode(alt.X("effect:Q"))
    return (lines + points + _zero()).properties(width=WIDTH - 260, height=alt.Step(24))


def drivers(data: ReportData) -> alt.TopLevelMixin:
    """Return what moves scores most."""
    rows = [
        {"label": _cut(row["driver_label"]), "points": row["mean_points"]} for row in data.drivers
    ]
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.Y("label:N", sort=[row["label"] for row in rows], title=None, axis=_long_labels()),
        alt.X("points:Q", title="points by which it moves a score, on average"),
    )
    labels = chart.mark_text(align="left", dx=5).encode(text=alt.Text("points:Q", format=".2f"))
    return (chart.mark_bar(height={"band": 0.62}) + labels).properties(
        width=WIDTH - 280, height=alt.Step(22)
    )


def calibration(data: ReportData) -> alt.TopLevelMixin:
    """Return what was answered against what was predicted."""
    rows = [
        {
            "predicted": row["predicted_csat"],
            "observed": row["observed_csat"],
            "lower": row["observed_csat_lower"],
            "upper": row["observed_csat_upper"],
        }
        for row in data.calibration
    ]
    scale = alt.Scale(domain=[0, 100])
    chart = alt.Chart(alt.Data(values=rows)).encode(
        alt.X("predicted:Q", title="predicted: satisfied of 100", scale=scale)
    )
    lines = chart.mark_rule(color=theme.ESTIMATE, opacity=0.45).encode(
        alt.Y("lower:Q", title="answered: satisfied of 100", scale=scale), alt.Y2("upper:Q")
    )
    points = chart.mark_point(size=50).encode(alt.Y("observed:Q", scale=scale))
    ends = alt.Data(values=[{"x": 0, "y": 0}, {"x": 100, "y": 100}])
    diagonal = alt.Chart(ends).mark_line(color=theme.COMPARISON, strokeDash=[3, 3], strokeWidth=1)
    return (
        diagonal.encode(alt.X("x:Q", scale=scale), alt.Y("y:Q", scale=scale)) + lines + points
    ).properties(width=360, height=300)


#: What is drawn, by name, with what it shows; in the order of the report.
CHARTS: dict[str, tuple[Callable[[ReportData], alt.TopLevelMixin | None], str]] = {
    "base": (base, "Line of the estimated CSAT of all customers by day, with its interval."),
    "ledger": (ledger, "Bars of the parts of the change of CSAT within the week."),
    "bands": (bands, "Shares of customers by band of their score, now and 28 days before."),
    "segments": (segments, "Estimated CSAT of the lowest segments with intervals."),
    "programs": (programs, "Effects of programs on CSAT with intervals."),
    "drivers": (drivers, "Bars of the drivers by how far they move scores."),
    "calibration": (calibration, "Share satisfied among answers by what was predicted of them."),
}


def _values(rows: Sequence[dict], *columns: str) -> alt.Data:
    return alt.Data(
        values=[
            {
                name: value.isoformat() if isinstance(value := row[name], date) else value
                for name in columns
            }
            for row in rows
        ]
    )


def _span(rows: Sequence[dict]) -> list[float]:
    """Return ends of a scale, whole tens, that hold all that is drawn."""
    figures = [
        row[name]
        for row in rows
        for name in ("csat_estimate_lower", "csat_estimate_upper", "csat_survey", "csat_estimate")
        if row[name] is not None
    ]
    return [max(0, min(figures) // 10 * 10), min(100, -(-max(figures) // 10) * 10)]


def _with_room(points: Sequence[float]) -> list[float]:
    """Return ends of a scale that hold bars from 0, and their figures beside them."""
    lowest, highest = min(*points, 0.0, 0.0), max(*points, 0.0, 0.0)
    room = 0.12 * (highest - lowest) or 1.0
    return [lowest - room, highest + room]


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"


def _long_labels() -> alt.Axis:
    return alt.Axis(labelLimit=260, labelColor=theme.INK)


def _zero() -> alt.Chart:
    return (
        alt.Chart(alt.Data(values=[{"zero": 0}]))
        .mark_rule(color=theme.MUTED)
        .encode(alt.X("zero:Q"))
    )


def _signed_labels(chart: alt.Chart, column: str, colour: str) -> alt.LayerChart:
    """Return figures beside bars, at the side that they point to."""
    text = alt.Text(f"{column}:Q", format="+.2f")
    right = chart.transform_filter(f"datum.{column} >= 0").mark_text(
        align="left", dx=4, color=colour
    )
    left = chart.transform_filter(f"datum.{column} < 0").mark_text(
        align="right", dx=-4, color=colour
    )
    return right.encode(text=text) + left.encode(text=text)
