"""Where customers drop out of journeys, and how satisfied that leaves them."""

from __future__ import annotations

import charts
import layout
import streamlit as st
from reading import records, rows

from csat.pages import queries
from csat.pages.findings import journeys_finding


def show() -> None:
    """Draw the page."""
    steps = rows(queries.JOURNEYS)
    layout.head(
        "Journeys",
        journeys_finding(records(steps)),
        "Journeys are defined in seeds/journey_definitions.csv. A journey can be one that nobody "
        "should go: to drop out of it is good then.",
    )
    if steps.empty:
        layout.empty("No journeys yet", "Define some, and the next build finds who goes them.")
        return
    steps = layout.told_apart(steps, "journey_name", "journey_id")
    names = dict(zip(steps["journey_name"], steps["journey_id"], strict=True))
    name = st.selectbox("Journey", list(names))
    own = steps[steps["journey_id"] == names[name]]
    first = records(own)[0]
    last = records(own)[-1]
    started, finished = first["started"] or 0, last["reached"] or 0
    layout.section(
        f"{finished:,.0f} of {started:,.0f} went all the way", f"Looked after by {first['owner']}"
    )
    left, right = st.columns(2, gap="large")
    with left:
        if not started:
            layout.empty("Nobody has begun this journey", str(first["status"]))
        else:
            charts.show(charts.funnel(own))
    with right:
        layout.table(
            own,
            {
                "step_name": layout.text("Step", "small"),
                "dropped": layout.whole("End here"),
                "csat_dropped": layout.number("CSAT, %", 0),
                "csat_finished": layout.number("at the end, %", 0),
                "median_days": layout.number("Days", 1),
            },
        )
        st.caption(
            "CSAT of those who end at a step and of those who go all the way, from five answers "
            "on; days from the step before, in the middle."
        )
    _impact()


def _impact() -> None:
    impact = rows(queries.JOURNEY_IMPACT)
    layout.section(
        "What does a step do to them?",
        "Against others at the same point who had not taken the step; points of CSAT.",
    )
    impact = layout.told_apart(impact, "journey_name", "journey_id")
    known = impact.dropna(subset=["difference_points"])
    if len(known):
        known = known.assign(title=known["journey_name"] + ": " + known["step_name"])
        charts.show(
            charts.dots_with_interval(
                known,
                label="title",
                value="difference_points",
                lower="difference_points_lower",
                upper="difference_points_upper",
                reference=0.0,
                title="difference, points of CSAT",
                order=list(known["title"]),
                row_height=30,
            )
        )
    unknown = impact[impact["difference_points"].isna()]
    if len(unknown):
        with st.expander(
            f"{len(unknown)} of which nothing can be told yet", expanded=not len(known)
        ):
            layout.table(
                unknown,
                {
                    "journey_name": "Journey",
                    "step_name": "Step",
                    "took_step": layout.whole("Took it"),
                    "verdict": layout.text("Why", "large"),
                },
            )
    if impact.empty:
        layout.empty("No journey has steps to compare", "It takes answers on both sides.")
