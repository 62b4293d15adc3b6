"""One customer: the score day by day, what makes it, what could be changed, and what happened."""

from __future__ import annotations

import charts
import layout
import pandas as pd
import streamlit as st
from layout import Figure
from reading import records, rows

from csat import theme
from csat.pages import queries
from csat.pages.findings import customer_finding, signed, span

DRIVERS_SHOWN = 8


def show() -> None:
    """Draw the page."""
    lowest = list(rows(queries.LOWEST_CUSTOMERS)["customer_id"])
    if not lowest:
        layout.head("Customer", "No customer is scored yet")
        layout.empty("There are no scores", "Run `make build`; every active customer gets a score.")
        return
    head = st.container()
    asked = st.query_params.get("customer")
    offered = lowest if asked is None or asked in lowest else [asked, *lowest]
    narrow, _ = st.columns([1, 2])
    chosen = narrow.selectbox(
        "Customer: the lowest scores, or type any number",
        offered,
        index=offered.index(asked) if asked else 0,
        accept_new_options=True,
        key="customer",
    )
    if chosen is None:
        with head:
            layout.head("Customer", "Choose a customer")
        return
    found = rows(queries.CUSTOMER, customer_id=chosen)
    if found.empty:
        with head:
            layout.head("Customer", f"There is no active customer {chosen}")
        layout.empty(
            "Nobody of this number is scored",
            "Customers who have left have no score today. Check the number, or choose another.",
        )
        return
    customer = records(found)[0]
    with head:
        layout.head(
            "Customer",
            customer_finding(customer),
            "The score is 100 × the probability of answering “satisfied”. Of one customer little "
            "is known for sure: mind the interval.",
        )
    _figures(customer)
    _history(chosen)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _drivers(chosen, customer)
    with right:
        _levers(chosen, customer)
    _events(chosen)


def _figures(customer: dict) -> None:
    week, month = customer["change_7_days"], customer["change_28_days"]
    is_new_model = customer["has_new_model_28_days"] is True
    layout.figures(
        Figure(
            "Score",
            f"{customer['csat_score']:.1f}",
            "" if pd.isna(week) else f"{signed(week)} points in a week",
        ),
        Figure(
            "Between (95 %)",
            span(customer["csat_score_lower"], customer["csat_score_upper"]),
            f"band: {customer['csat_band']}",
        ),
        Figure(
            "Four weeks",
            "–" if pd.isna(month) else f"{signed(month)} points",
            "part of it by a new model" if is_new_model else "",
        ),
        Figure("Mean of everyone", f"{customer['base_score']:.1f}"),
    )
    about = {
        "": customer["customer_type"],
        "on plan": customer["plan"],
        "in": customer["region"],
        "prefers": customer["preferred_channel"],
    }
    told = [f"{word} {value}".strip() for word, value in about.items() if not pd.isna(value)]
    if not pd.isna(customer["tenure_days"]):
        told.append(f"customer for {customer['tenure_days'] / 365.25:.1f} years")
    st.caption(" · ".join(told))


def _history(customer_id: str) -> None:
    days = rows(queries.CUSTOMER_DAYS, customer_id=customer_id)
    layout.section("Score day by day")
    if days.empty:
        layout.empty("No history yet", "It begins with the first scored day.")
        return
    charts.show(
        charts.estimate_line(
            days,
            estimate="csat_score",
            lower="csat_score_lower",
            upper="csat_score_upper",
            title="score",
            height=230,
        )
    )
    layout.legend({"Score, with its 95 % interval": theme.ESTIMATE})


def _drivers(customer_id: str, customer: dict) -> None:
    gap = customer["csat_score"] - customer["base_score"]
    layout.section(
        f"Why: {signed(gap)} points against everyone",
        "Points go by what the model has learned; they are no causes.",
    )
    drivers = rows(queries.CUSTOMER_DRIVERS, customer_id=customer_id)
    if drivers.empty:
        layout.empty("No drivers", "They are told for every active customer on the last day.")
        return
    shown = drivers.head(DRIVERS_SHOWN)
    rest = drivers["points"].iloc[DRIVERS_SHOWN:]
    bars = shown[["driver_label", "points"]]
    if len(rest):
        bars = pd.concat(
            [bars, pd.DataFrame([{"driver_label": f"{len(rest)} others", "points": rest.sum()}])]
        )
    charts.show(charts.contribution_bars(bars, label="driver_label", title="points of the score"))
    with st.expander("What is known of the customer, driver by driver", expanded=False):
        layout.table(
            drivers,
            {
                "driver_label": layout.text("Driver", "medium"),
                "points": layout.number("Points"),
                "reason": layout.text("What is known", "large"),
            },
        )


def _levers(customer_id: str, customer: dict) -> None:
    layout.section("What could be changed", "What the score would be then, one thing at a time.")
    levers = rows(queries.CUSTOMER_LEVERS, customer_id=customer_id)
    levers = levers[levers["levers"] == 1].dropna(subset=["gain_points"])
    if levers.empty:
        layout.empty(
            "Nothing that a lever would mend",
            "Levers are defined in `seeds/lever_definitions.csv`.",
        )
        return
    for lever in records(levers.head(5)):
        with st.container(border=True):
            cost = "" if pd.isna(lever["lever_cost"]) else f" · costs {lever['lever_cost']:,.0f}"
            st.markdown(layout.plain(lever["lever_label"]))
            st.caption(
                f"**{signed(lever['gain_points'])} points**, to "
                f"{lever['csat_score_afterwards']:.1f}{cost} · by {lever['evidence']}"
            )


def _events(customer_id: str) -> None:
    layout.section("What happened")
    events = rows(queries.CUSTOMER_EVENTS, customer_id=customer_id)
    if events.empty:
        layout.empty(
            "No survey, journey or contact list is known of this customer",
            "Contacts, bills and interruptions show in the drivers above.",
        )
        return
    charts.show(charts.events(events))
    with st.expander(f"{len(events)} events as a list"):
        layout.table(events, {"event_date": "Day", "kind": "What", "event": "Which"})
