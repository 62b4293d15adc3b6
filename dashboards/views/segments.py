"""CSAT of every segment: in small pictures, in a table that sorts, and against surveys alone."""

from __future__ import annotations

import charts
import layout
import pandas as pd
import streamlit as st
from reading import records, rows

from csat import theme
from csat.pages import queries
from csat.pages.findings import segment_title, segments_finding

SORTED_BY = {
    "Lowest estimate first": ("csat_estimate", True),
    "Highest estimate first": ("csat_estimate", False),
    "Most customers first": ("customers", False),
    "Largest fall in four weeks first": ("change_28_days", True),
    "Name": ("title", True),
}
#: Small pictures on a page; more than that nobody looks at.
MOST_PICTURES = 24


def show() -> None:
    """Draw the page."""
    today = rows(queries.SEGMENTS_TODAY)
    base = rows(queries.BASE_DAYS, days=56)
    everyone = None if base.empty else float(base["csat_estimate"].iloc[-1])
    layout.head(
        "Segments",
        segments_finding(records(today), everyone),
        "Estimates with their 95 % intervals. Values of a dimension add up to everyone.",
    )
    if today.empty:
        layout.empty(
            "No segment is estimated yet",
            "Define segments in `seeds/segment_definitions.csv` or click one together in the "
            "segment builder; the next build estimates them.",
        )
        return
    today = today.assign(title=[segment_title(row) for row in records(today)])
    names = dict(zip(today["segment_name"], today["segment_id"], strict=True))
    left, right = st.columns([3, 2])
    chosen = left.multiselect(
        "Segments", list(names), default=_first(names), placeholder="Choose segments"
    )
    order = right.selectbox("Sorted by", list(SORTED_BY))
    ids = [names[name] for name in chosen] or list(names.values())
    column, ascending = SORTED_BY[order]
    own = today[today["segment_id"].isin(ids)].sort_values(
        column, ascending=ascending, na_position="last"
    )
    shown = own[~own["is_suppressed"]]
    hidden = own[own["is_suppressed"]]
    if shown.empty:
        layout.empty(
            "These segments are too small to be shown",
            "With so few customers or answers a figure says nothing, and may say who said what: "
            f"{hidden['suppression_reason'].iloc[0]} Choose larger segments.",
        )
        return
    pictures, against, figures = st.tabs(["Day by day", "Estimate and surveys", "All figures"])
    with pictures:
        _pictures(ids, shown, base)
    with against:
        _against(shown, everyone)
    with figures:
        _figures(shown)
    if len(hidden):
        with st.expander(f"{len(hidden)} too small to be shown"):
            layout.table(hidden, {"title": "Segment", "suppression_reason": "Why"})
    _drivers(shown)


def _first(names: dict[str, str]) -> list[str]:
    wanted = [name for name, key in names.items() if key in ("region", "customer_type", "plan")]
    return wanted or list(names)[:3]


def _pictures(ids: list[str], shown: pd.DataFrame, base: pd.DataFrame) -> None:
    days = rows(queries.SEGMENT_DAYS, segment_ids=ids, days=56)
    if days.empty:
        layout.empty("No days yet", "The picture begins when a segment is first estimated.")
        return
    days = days.assign(title=[segment_title(row) for row in records(days)])
    order = list(shown["title"])[:MOST_PICTURES]
    days = days[days["title"].isin(order)].merge(
        base[["score_date", "csat_estimate"]].rename(columns={"csat_estimate": "base_estimate"}),
        on="score_date",
        how="left",
    )
    charts.show(charts.small_multiples(days, title="title", order=order))
    layout.legend(
        {"Segment, % satisfied, with its interval": theme.ESTIMATE, "Everyone": theme.MUTED},
        f"The first {MOST_PICTURES} of {len(shown)} are shown."
        if len(shown) > MOST_PICTURES
        else "",
    )


def _against(shown: pd.DataFrame, everyone: float | None) -> None:
    st.caption(
        "The estimate knows of all customers of a segment; surveys alone (28 days) only of those "
        "who answered, often a handful."
    )
    charts.show(
        charts.dots_with_interval(
            shown,
            label="title",
            value="csat_estimate",
            lower="csat_estimate_lower",
            upper="csat_estimate_upper",
            other="csat_survey",
            reference=everyone,
            title="CSAT, % satisfied",
            order=list(shown["title"]),
            domain=(0, 100),
        )
    )
    layout.legend(
        {"Estimate": theme.ESTIMATE, "Surveys alone": theme.SURVEY, "Everyone": theme.MUTED}
    )


def _figures(shown: pd.DataFrame) -> None:
    told = layout.with_interval(shown, "csat_estimate_lower", "csat_estimate_upper")
    told = layout.with_interval(told, "csat_survey_lower", "csat_survey_upper", "survey_interval")
    layout.table(
        told,
        {
            "title": layout.text("Segment", "medium"),
            "customers": layout.whole("Customers"),
            "csat_estimate": layout.number("CSAT, %"),
            "interval": "95 % interval",
            "csat_band": "Band",
            "change_28_days": layout.number("4 weeks, points"),
            "csat_survey": layout.number("Surveys, %"),
            "survey_interval": "95 % interval ",
            "survey_answers": layout.whole("Answers, 28 days"),
            "gain_over_survey": layout.number(
                "Worth ×", 1, "The estimate is as sure as so many times the answers."
            ),
            "owner": "Looked after by",
        },
    )


def _drivers(shown: pd.DataFrame) -> None:
    layout.section("Why is a segment where it is?")
    titles = dict(zip(shown["title"], shown["entity_id"], strict=True))
    title = st.selectbox("Segment", list(titles), key="segment_drivers")
    drivers = rows(queries.SEGMENT_DRIVERS, entity_id=titles[title])
    if drivers.empty:
        layout.empty("No drivers of this segment", "They come with the next build.")
        return
    charts.show(
        charts.contribution_bars(
            drivers,
            label="driver_label",
            title="points by which its mean score differs from everyone's",
        )
    )
