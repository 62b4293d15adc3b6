"""How satisfied all customers are, whether that has moved, and by what."""

from __future__ import annotations

import charts
import layout
import pandas as pd
import streamlit as st
from layout import Figure
from reading import records, rows

from csat import theme
from csat.bands import CUSTOMER, in_all_bands, read_bands
from csat.pages import queries
from csat.pages.findings import SPANS, base_finding, parts_of, signed, span
from csat.pages.settings import project_var
from csat.project import project_root

#: Parts of the ledger that are shown one by one.
PARTS_SHOWN = 8
#: Open alarms that are shown in full; the others stand in a table.
ALARMS_SHOWN = 5
#: Days that can be looked back.
PERIODS = {"30 days": 30, "90 days": 90, "A year": 366}
_KPIS = {
    "csat": ("CSAT of surveys", "% satisfied"),
    "nps": ("NPS", "–100 to 100"),
    "ces": ("Effort (CES)", "% who found it easy"),
}


def show() -> None:
    """Draw the page."""
    days = rows(queries.BASE_DAYS, days=400)
    if days.empty:
        layout.head("Overview", "How satisfied customers are cannot be told yet")
        layout.empty(
            "No day is estimated yet",
            "The first run scores days from the first event on: run `make build`.",
        )
        return
    # The finding is of the span that the ledger is opened at.
    span_days = st.session_state.get("ledger_span", 7)
    today = records(days)[-1]
    ledger = records(rows(queries.LEDGER, entity_id="all", span_days=span_days))
    layout.head(
        "Overview",
        base_finding(today, ledger, span_days),
        "CSAT: share of all customers, in %, who would answer “satisfied” today; estimated from "
        "what is recorded, and corrected by surveys.",
    )
    _figures(today)
    _line(days)
    left, right = st.columns([1, 1], gap="large")
    with left:
        _ledger(today, span_days, ledger)
    alarms = rows(queries.ALARMS)
    with right:
        _alarms(alarms)
    # Open alarms make the right side the longer one.
    with left if alarms["closed_date"].isna().any() else right:
        _bands()
    _kpis()


def _figures(today: dict) -> None:
    low = project_var(project_root(), "at_risk_score")
    risk = rows(queries.AT_RISK, at_risk_score=low).iloc[0]
    survey, change = today["csat_survey"], today["change_7_days"]
    answers = today["survey_answers"]
    layout.figures(
        Figure(
            "Estimated CSAT",
            f"{today['csat_estimate']:.1f} %",
            "" if pd.isna(change) else f"{signed(change)} points in a week",
            "The estimate of all customers on the last day.",
        ),
        Figure(
            "Between (95 %)",
            f"{span(today['csat_estimate_lower'], today['csat_estimate_upper'])} %",
            f"band: {today['csat_band']}",
            "Where the true share lies, 95 times of 100.",
        ),
        Figure(
            "Surveys alone, 28 days",
            "–" if pd.isna(survey) else f"{survey:.1f} %",
            f"{0 if pd.isna(answers) else answers:,.0f} answers; "
            f"{span(today['csat_survey_lower'], today['csat_survey_upper'])}",
            "Share satisfied of those who answered, with Wilson's interval.",
        ),
        Figure(
            f"Customers surely below {low}",
            f"{risk['at_risk']:,.0f}",
            f"of {risk['customers']:,.0f} active customers",
            f"Their whole interval lies below a score of {low}.",
        ),
    )


def _line(days: pd.DataFrame) -> None:
    left, right = st.columns([3, 2])
    with right:
        period = st.segmented_control(
            "Period", list(PERIODS), default="90 days", label_visibility="collapsed", key="period"
        )
    shown = days.tail(PERIODS[period or "90 days"])
    with left:
        layout.section("Day by day")
    charts.show(charts.estimate_line(shown, survey="csat_survey", height=270))
    layout.legend(
        {"Estimate, with its 95 % interval": theme.ESTIMATE, "Surveys alone": theme.SURVEY}
    )


def _ledger(today: dict, span_days: int, ledger: list[dict]) -> None:
    change = today[f"change_{span_days}_days"]
    title = (
        "What moved it"
        if pd.isna(change)
        else f"What made the {signed(change)} points in {SPANS[span_days]}"
    )
    layout.section(title, "Points of CSAT; all parts add up to the change.")
    st.segmented_control(
        "Over",
        [7, 28],
        default=7,
        format_func=SPANS.get,
        key="ledger_span",
        label_visibility="collapsed",
        required=True,
    )
    if not ledger:
        layout.empty(
            "No ledger for this span yet", "A change is told once there is a day to compare with."
        )
        return
    parts = pd.DataFrame(parts_of(ledger, PARTS_SHOWN))
    charts.show(charts.contribution_bars(parts, label="label", title="points of CSAT"))


def _alarms(alarms: pd.DataFrame) -> None:
    now_open = alarms[alarms["closed_date"].isna()]
    many = len(now_open)
    layout.section(f"{many} open alarm{'' if many == 1 else 's'}" if many else "No open alarm")
    if alarms.empty:
        st.caption("Nothing has fallen by more than chance may, so far as can be told.")
    for alarm in records(now_open.head(ALARMS_SHOWN)):
        with st.container(border=True):
            st.markdown(f"**{alarm['kind'].capitalize()}** · since {alarm['opened_date']:%d %b %Y}")
            st.markdown(layout.plain(alarm["message"]))
    if many > ALARMS_SHOWN:
        with st.expander(f"{many - ALARMS_SHOWN} more that are open"):
            layout.table(
                now_open.iloc[ALARMS_SHOWN:], {"opened_date": "Opened", "message": "What it says"}
            )
    if len(alarms) > many:
        with st.expander(f"{len(alarms) - many} that are over"):
            layout.table(
                alarms[alarms["closed_date"].notna()],
                {"opened_date": "Opened", "closed_date": "Closed", "message": "What it said"},
            )


def _bands() -> None:
    found = rows(queries.BANDS)
    layout.section("Customers by band of their score", "A single score is weak; many are not.")
    if found.empty:
        layout.empty("No customer is scored yet", "Scores come with the first build.")
        return
    counts = dict(zip(found["csat_band"], found["customers"], strict=True))
    bands = pd.DataFrame(in_all_bands(read_bands(project_root(), CUSTOMER), counts))
    charts.show(charts.band_bar(bands, band="title", customers="customers"))


def _kpis() -> None:
    layout.section(
        "What surveys say, month by month",
        "All months; the last one may not be complete. Intervals of 95 %.",
    )
    months = rows(queries.KPIS)
    if months.empty:
        layout.empty("No survey answers yet", "Hand in `survey_responses` to see them here.")
        return
    for column, (kpi, (name, unit)) in zip(st.columns(3, gap="large"), _KPIS.items(), strict=True):
        own = months.dropna(subset=[kpi])
        with column:
            if own.empty:
                st.markdown(f"**{name}**")
                st.caption("Not asked.")
                continue
            last = records(own)[-1]
            st.markdown(f"**{name}: {last[kpi]:.0f}** · {last[f'{kpi}_status']}")
            charts.show(
                charts.estimate_line(
                    own,
                    time="period_start",
                    estimate=kpi,
                    lower=f"{kpi}_lower",
                    upper=f"{kpi}_upper",
                    title=unit,
                    height=150,
                    floor=-100.0 if kpi == "nps" else 0.0,
                )
            )
