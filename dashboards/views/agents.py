"""Agents and teams against what their contacts let expect, and where staffing hurts."""

from __future__ import annotations

import charts
import layout
import pandas as pd
import streamlit as st
from reading import records, rows

from csat import theme
from csat.pages import queries
from csat.pages.findings import agents_finding

STAFFING = {
    "By wait": "wait",
    "By load": "load",
    "By hour of the day": "hour",
    "By skill": "skill match",
}


def show() -> None:
    """Draw the page."""
    agents = rows(queries.AGENTS)
    layout.head(
        "Agents and teams",
        agents_finding(records(agents)),
        "Each is held against what the whole group would have reached at the same contacts, "
        "drawn towards the group as far as differences look like chance. Names are in dim_agents.",
    )
    if agents.empty:
        layout.empty(
            "No contacts tell who handled them", "Hand in `agents` and `contacts.agent_id`."
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        layout.section("Teams")
        teams = rows(queries.TEAMS)
        known = teams.dropna(subset=["difference_shrunk"])
        if known.empty:
            layout.empty("Nothing can be said of teams yet", "They need more answers.")
        else:
            _differences(known, "team")
            for team in records(known[known["verdict"].isna()]):
                st.caption(f"{team['team']}: {team['reason']}")
    with right:
        _closed_loop()
    _agents(agents)
    _staffing()


def _agents(agents: pd.DataFrame) -> None:
    layout.section("Agents")
    told = layout.with_interval(agents, "difference_shrunk_lower", "difference_shrunk_upper")
    layout.table(
        told.assign(said=told["verdict"].fillna(told["reason"])),
        {
            "agent_id": "Agent",
            "team": "Team",
            "answers": layout.whole("Answers"),
            "csat_survey": layout.number("CSAT, %", 0),
            "csat_expected": layout.number("Expected, %", 0),
            "difference_shrunk": layout.number("Difference, points"),
            "interval": "95 % interval",
            "said": layout.text("What can be said", "large"),
        },
        height=300,
    )


def _differences(frame: object, label: str) -> None:
    charts.show(
        charts.dots_with_interval(
            frame,
            label=label,
            value="difference_shrunk",
            lower="difference_shrunk_lower",
            upper="difference_shrunk_upper",
            reference=0.0,
            title="against like contacts, points of CSAT",
            order=list(frame[label]),
            row_height=34,
        )
    )


def _staffing() -> None:
    layout.section(
        "When are customers less satisfied?",
        "CSAT of contacts, estimated at like topics; a share of satisfied answers in %.",
    )
    view = st.segmented_control(
        "View", list(STAFFING), default="By wait", key="staffing", required=True
    )
    cells = rows(queries.STAFFING, staffing_view=STAFFING[view or "By wait"])
    if cells.empty:
        layout.empty("Too few answers to say", "It takes five answers for each bar.")
        return
    charts.show(
        charts.dots_with_interval(
            cells,
            label="cell",
            value="csat_estimate",
            lower="csat_estimate_lower",
            upper="csat_estimate_upper",
            title="CSAT, % satisfied",
            order=list(cells["cell"]),
            domain=(0, 100),
            row_height=30,
        )
    )
    layout.legend({"Estimate, with its 95 % interval": theme.ESTIMATE})


def _closed_loop() -> None:
    loop = rows(queries.CLOSED_LOOP)
    if loop.empty:
        return
    total = int(loop["answers"].sum())
    by_status = dict(zip(loop["status"], loop["answers"], strict=True))
    in_time = by_status.get("answered in time", 0)
    waiting = by_status.get("open", 0) + by_status.get("overdue", 0)
    layout.section(
        f"{in_time:,.0f} of {total:,.0f} low ratings were answered in time, {waiting:,.0f} wait"
    )
    layout.table(loop, {"status": "What became of them", "answers": layout.whole("Low ratings")})
