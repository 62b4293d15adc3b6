"""How far to trust the scores: calibration, drift, what the model goes by, and its card."""

from __future__ import annotations

from datetime import datetime

import charts
import layout
import pandas as pd
import streamlit as st
from layout import Figure
from reading import publication, records, rows

from csat import theme
from csat.model_card import marts_of, model_card
from csat.pages import queries
from csat.pages.findings import model_finding
from csat.project import UserError
from csat.published_file import Publication


def show() -> None:
    """Draw the page."""
    performance, drift = rows(queries.PERFORMANCE), rows(queries.DRIFT)
    version = rows(queries.VERSION_IN_FORCE)
    layout.head(
        "Model",
        model_finding(records(performance), records(drift)),
        "Every answer is predicted beforehand, by the model that was in force when it was asked.",
    )
    if version.empty:
        layout.empty(
            "No version of the model is in force", "Run `make build`; the first one comes with it."
        )
        return
    in_force = records(version)[0]
    if in_force["is_fallback"]:
        layout.empty("The model says the same of everyone", str(in_force["fallback_reason"]))
    told = performance.dropna(subset=["auc"])
    layout.figures(
        Figure(
            "Version in force",
            in_force["model_version"],
            f"since {in_force['in_force_from']:%d %B %Y}",
        ),
        Figure("Learned from", f"{in_force['answers']:,} answers"),
        Figure(
            "AUC of the last month",
            "–" if told.empty else f"{told['auc'].iloc[-1]:.2f}",
            "0.5 is a guess, 1 is always right",
            "Share of pairs of a satisfied and a dissatisfied answer that are ranked rightly.",
        ),
    )
    first, second, third, card = st.tabs(["Calibration", "Drift", "What it goes by", "Model card"])
    with first:
        _calibration(performance)
    with second:
        _drift(drift)
    with third:
        _importance()
    with card:
        _card()


def _calibration(performance: pd.DataFrame) -> None:
    bins = rows(queries.CALIBRATION).dropna(subset=["observed_csat"])
    left, right = st.columns(2, gap="large")
    with left:
        layout.section("When it says 70, are 70 of 100 satisfied?")
        if bins.empty:
            layout.empty(
                "No answers since", "Calibration needs answers that came after a training."
            )
        else:
            charts.show(charts.calibration(bins))
            layout.legend({"Answers, with Wilson's 95 % interval": theme.ESTIMATE})
    with right:
        layout.section("Month by month")
        if performance.empty:
            layout.empty("No month yet", "It takes answers that came after a training.")
        else:
            layout.table(
                performance,
                {
                    "period": st.column_config.DateColumn("Month", format="MMM YYYY"),
                    "answers": layout.whole("Answers"),
                    "auc": layout.number("AUC", 2),
                    "log_loss": layout.number("Log-loss", 3),
                    "base_rate_log_loss": layout.number("base rate", 3),
                    "calibration_error": layout.number("Off by, points"),
                    "calibration_error_by_chance": layout.number("by chance"),
                },
            )


def _drift(drift: pd.DataFrame) -> None:
    layout.section(
        "Are today's customers like those it learned from?",
        "Population stability index: below 0.1 is alike, above 0.25 has drifted.",
    )
    if drift.empty:
        layout.empty("No drift is told yet", "It comes with the first trained version.")
        return
    layout.table(
        drift,
        {
            "feature_label": layout.text("Feature", "large"),
            "feature_family": "Family",
            "status": "State",
            "stability_index": layout.number("Index", 2),
            "stability_index_by_chance": layout.number("By chance", 2),
            "largest_shift": layout.text("Largest shift", "large"),
        },
    )


def _importance() -> None:
    layout.section("What does it go by?", "Points by which a driver moves a score, on average.")
    drivers = rows(queries.IMPORTANCE)
    if drivers.empty:
        layout.empty("No drivers yet", "They come with the first trained version.")
        return
    layout.table(
        drivers,
        {
            "importance_rank": layout.whole("Rank"),
            "driver_label": layout.text("Driver", "medium"),
            "driver_family": "Family",
            "mean_points": st.column_config.ProgressColumn(
                "Points on average",
                format="%.2f",
                min_value=0.0,
                max_value=float(drivers["mean_points"].max() or 1.0),
            ),
            "direction": "Direction",
            "is_actionable": st.column_config.CheckboxColumn("Can be changed"),
        },
    )


@st.cache_data(show_spinner=False, max_entries=2)
def _card_text(shown_as: str, published_at: datetime, _held: Publication) -> str:
    return model_card(marts_of(lambda sql: _held.query(sql).to_pylist(), shown_as))


def _card() -> None:
    held = publication()
    try:
        text = _card_text(held.shown_as, held.published_at, held)
    except UserError as mistake:
        layout.empty("No card yet", str(mistake))
        return
    # The page has a title already.
    st.markdown(text.partition("\n")[2])
    st.download_button(
        "Download the card",
        text,
        "model_card.md",
        mime="text/markdown",
        icon=":material/download:",
        on_click="ignore",
    )
