"""What surveys say: month by month, and by channel, topic, team, region or plan."""

from __future__ import annotations

import charts
import layout
import streamlit as st
from reading import records, rows

from csat import theme
from csat.pages import queries
from csat.pages.figures import shares
from csat.pages.findings import surveys_finding

DIMENSIONS = {
    "Channel": "channel",
    "Topic": "topic",
    "Team": "team",
    "Queue": "queue",
    "Region": "region",
    "Plan": "plan",
    "Kind of customer": "customer_type",
    "Product": "product",
    "Kind of survey": "survey_kind",
}
_MEASURES = {
    "csat": ("CSAT", "% satisfied"),
    "nps": ("NPS", "promoters less detractors"),
    "ces": ("Effort (CES)", "% who found it easy"),
}


def show() -> None:
    """Draw the page."""
    months = rows(queries.SURVEY_MONTHS)
    layout.head(
        "Surveys and channels",
        surveys_finding(records(months)),
        "What those who answered said, as it is, without an estimate of the others.",
    )
    if months.empty:
        layout.empty(
            "No survey answers yet", "Hand in `survey_responses`, and they are counted here."
        )
        return
    for column, (measure, (name, unit)) in zip(
        st.columns(3, gap="large"), _MEASURES.items(), strict=True
    ):
        own = months[months["measure"] == measure].dropna(subset=["figure"])
        with column:
            st.markdown(f"**{name}**")
            if own.empty:
                st.caption("Not asked.")
                continue
            charts.show(
                charts.estimate_line(
                    own,
                    time="period_start",
                    estimate="figure",
                    lower="figure_lower",
                    upper="figure_upper",
                    title=unit,
                    height=170,
                    floor=-100.0 if measure == "nps" else 0.0,
                )
            )
    _by_dimension()


def _by_dimension() -> None:
    name = st.segmented_control(
        "By", list(DIMENSIONS), default="Channel", key="dimension", required=True
    )
    dimension = DIMENSIONS[name or "Channel"]
    found = rows(queries.SURVEY_BY, dimension=dimension)
    if found.empty:
        layout.empty(f"No answers tell the {name.lower()}", "Choose another one.")
        return
    csat, lower, upper = shares(found["favourable"], found["answers"])
    response_rate, _, _ = shares(found["answered"], found["invitations"])
    told = found.assign(
        csat=csat, csat_lower=lower, csat_upper=upper, response_rate=response_rate
    ).sort_values("csat")
    left, right = st.columns([3, 2], gap="large")
    with left:
        layout.section(f"CSAT by {name.lower()}, all months")
        charts.show(
            charts.dots_with_interval(
                told,
                label="dimension_value",
                value="csat",
                lower="csat_lower",
                upper="csat_upper",
                title="CSAT of surveys, % satisfied",
                order=list(told["dimension_value"]),
                domain=(0, 100),
            )
        )
        layout.legend({"Share satisfied, with Wilson's 95 % interval": theme.ESTIMATE})
    with right:
        layout.section("Who answers")
        layout.table(
            told,
            {
                "dimension_value": name,
                "answers": layout.whole("Answers"),
                "response_rate": layout.number(
                    "Response rate, %", 1, "Of the invitations that were due to be answered."
                ),
            },
        )
    _mix(name, dimension)


def _mix(name: str, dimension: str) -> None:
    mix = rows(queries.MIX_ADJUSTED, dimension=dimension).dropna(subset=["csat_adjusted"])
    if mix.empty:
        return
    first = records(mix)[0]
    layout.section(
        f"At an equal mix of {first['held_fixed']}",
        f"Is one worse, or does it get the harder cases? {first['period_start']:%B %Y}.",
    )
    told = layout.with_interval(mix, "csat_adjusted_lower", "csat_adjusted_upper")
    told = layout.with_interval(told, "difference_lower", "difference_upper", "difference_interval")
    layout.table(
        told,
        {
            "dimension_value": name,
            "answers": layout.whole("Answers"),
            "csat": layout.number("As answered, %"),
            "csat_adjusted": layout.number("At equal mix, %"),
            "interval": "95 % interval",
            "difference": layout.number("Against the others, points"),
            "difference_interval": "95 % interval ",
        },
    )
