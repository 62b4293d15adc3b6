"""Whom to contact today, why, with what, and what that is expected to bring."""

from __future__ import annotations

import charts
import layout
import pandas as pd
import streamlit as st
from layout import Figure
from reading import last_day, records, rows

from csat.pages import queries
from csat.pages.findings import queue_finding
from csat.pages.lists import list_file

#: Columns of the list that is downloaded; no names, addresses or numbers of a person.
LISTED = (
    "queue_rank",
    "customer_id",
    "recommended_action",
    "reason",
    "preferred_channel",
    "csat_score",
    "gain_points",
    "probability_helps",
    "expected_value",
    "intervention_cost",
    "expected_net_value",
    "listed_since",
)
ALL = "All actions"
ACTIONS_SHOWN = 8


def show() -> None:
    """Draw the page."""
    queue = rows(queries.QUEUE)
    layout.head(
        "Whom to contact",
        queue_finding(records(queue)),
        "Ranked by what a contact is expected to bring, less its cost, in the company's money. "
        "A tenth is kept off by lot, so that it can be measured.",
    )
    if queue.empty:
        layout.empty(
            "The queue is empty",
            "Nobody is surely below the mark, or all who are were contacted lately.",
        )
        return
    actions = (
        queue.groupby("recommended_action", as_index=False)
        .agg(customers=("customer_id", "count"), worth=("expected_net_value", "sum"))
        .sort_values("worth", ascending=False)
    )
    left, right = st.columns([2, 3])
    chosen = left.selectbox("Action", [ALL, *actions["recommended_action"]])
    channels = right.multiselect(
        "Preferred channel",
        sorted(queue["preferred_channel"].dropna().unique()),
        placeholder="All channels",
    )
    own = queue
    if chosen != ALL:
        own = own[own["recommended_action"] == chosen]
    if channels:
        own = own[own["preferred_channel"].isin(channels)]
    if own.empty:
        layout.empty("Nobody on the queue matches", "Choose another action or channel.")
        return
    most = own["recommended_action"].mode().iloc[0]
    layout.figures(
        Figure("Customers", f"{len(own):,}", f"of {len(queue):,} on the queue"),
        Figure("Worth after costs", f"{own['expected_net_value'].sum():,.0f}", "money, expected"),
        Figure("Costs", f"{own['intervention_cost'].sum():,.0f}", "money"),
        Figure("Mean score", f"{own['csat_score'].mean():.1f}", f"most often: {most}"),
    )
    told = layout.with_interval(own, "csat_score_lower", "csat_score_upper")
    layout.table(
        told,
        {
            "queue_rank": layout.whole("Rank"),
            "customer_id": "Customer",
            "recommended_action": layout.text("Do", "medium"),
            "reason": layout.text("Because", "medium"),
            "preferred_channel": "By",
            "csat_score": layout.number("Score"),
            "interval": "95 %",
            "gain_points": layout.number("Gain, points"),
            "expected_net_value": layout.whole("Worth after costs"),
        },
        height=460,
    )
    _download(own, chosen, channels)
    _by_action(actions)


def _download(own: pd.DataFrame, chosen: str, channels: list[str]) -> None:
    day = last_day()
    said = (
        chosen if not channels else f"{chosen}; preferred channel is one of {', '.join(channels)}"
    )
    st.download_button(
        f"Download these {len(own):,} as CSV",
        data=list_file(
            LISTED,
            own[list(LISTED)].astype(object).itertuples(index=False),
            filter_text=f"intervention queue: {said}",
            run_date=day,
        ),
        file_name=f"queue_{day.isoformat()}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    st.caption(
        "The file says of each row which filter chose it and of which day it is; formulas are made "
        "harmless."
    )


def _by_action(actions: pd.DataFrame) -> None:
    layout.section("Worth by action", "Expected value after costs, in money.")
    bars = actions.head(ACTIONS_SHOWN).assign(worth=actions["worth"] / 1000)
    charts.show(
        charts.contribution_bars(
            bars, label="recommended_action", points="worth", title="thousands of money after costs"
        )
    )
