"""What programs do to satisfaction, whether that may be believed, and where money would do most."""

from __future__ import annotations

import charts
import layout
import pandas as pd
import streamlit as st
from layout import Figure
from reading import records, rows

from csat import theme
from csat.pages import queries
from csat.pages.findings import programs_finding, signed, span

_SIGNS = {
    "pass": ("✓ passed:", theme.CHECKS["pass"]),
    "fail": ("✗ failed:", theme.CHECKS["fail"]),
    "informational": ("to know:", theme.MUTED),
}
_KINDS = {
    "customer_type": "Type of customer",
    "region": "Region",
    "segment": "Segment",
    "cohort": "Enrolled",
}


def show() -> None:
    """Draw the page."""
    programs = rows(queries.PROGRAMS)
    layout.head(
        "Programs",
        programs_finding(records(programs)),
        "Points of CSAT of those enrolled, against what would have been without the program; "
        "95 % intervals. Measured on survey answers, never on the score alone.",
    )
    if programs.empty:
        layout.empty(
            "No programs are handed in",
            "Hand in `programs` and `program_enrollments`, and each is measured.",
        )
        return
    programs = layout.told_apart(programs, "program_name", "program_id")
    known = programs.dropna(subset=["effect_points"])
    if len(known):
        charts.show(
            charts.dots_with_interval(
                known,
                label="program_name",
                value="effect_points",
                lower="effect_points_lower",
                upper="effect_points_upper",
                reference=0.0,
                title="effect, points of CSAT",
                order=list(known["program_name"]),
                row_height=30,
            )
        )
    _one(programs)
    _priorities(programs)


def _one(programs: pd.DataFrame) -> None:
    names = dict(zip(programs["program_name"], programs["program_id"], strict=True))
    name = st.selectbox("Program", list(names))
    program = records(programs[programs["program_id"] == names[name]])[0]
    layout.section(f"{name}: {program['verdict']}", program["verdict_message"] or "")
    effect = program["effect_points"]
    layout.figures(
        Figure(
            "Effect",
            "–" if pd.isna(effect) else f"{signed(effect)} points",
            span(program["effect_points_lower"], program["effect_points_upper"]),
        ),
        Figure("Customers treated", f"{program['treated_customers'] or 0:,.0f}"),
        Figure("Survey answers", f"{program['answers'] or 0:,.0f}", str(program["method"] or "")),
        Figure(
            "A point costs",
            "–" if pd.isna(program["cost_per_point"]) else f"{program['cost_per_point']:,.2f}",
            "money per customer and point, if the effect is as estimated",
        ),
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**Effect by week** – before the start there can be none")
        weeks = rows(queries.PROGRAM_WEEKS, program_id=names[name])
        weeks = weeks.dropna(subset=["effect_points"])
        if weeks.empty:
            layout.empty("No weeks to show", "The program has too few answers by week.")
        else:
            charts.show(charts.event_time(weeks))
            layout.legend({"After the start": theme.ESTIMATE, "Before": theme.NEITHER})
    with right:
        st.markdown("**May that be believed?**")
        checks = rows(queries.PROGRAM_CHECKS, program_id=names[name])
        if checks.empty:
            layout.empty("No checks", "They come with an effect.")
        for check in records(checks):
            label = check["check_name"].replace("_", " ").capitalize()
            sign, colour = _SIGNS.get(check["status"], ("·", theme.NEITHER))
            layout.line(f"{sign} {label}", check["message"], colour)
    _groups(names[name])


def _groups(program: str) -> None:
    st.markdown("**For whom?** Types and regions as first known, segments as just before enrolling")
    groups = rows(queries.PROGRAM_GROUPS, program_id=program)
    if groups.empty:
        layout.empty("No groups to show", "Nobody who enrolled can be compared.")
        return
    groups = groups.assign(group_kind=groups["group_kind"].map(_KINDS))
    layout.table(
        layout.with_interval(groups, "effect_points_lower", "effect_points_upper"),
        {
            "group_kind": layout.text("Told apart by"),
            "group_name": layout.text("Group", "medium"),
            "effect_points": layout.number("Effect, points"),
            "interval": layout.text("Interval"),
            "treated_customers": layout.whole("Customers treated"),
            "answers": layout.whole("Their answers"),
            "verdict": layout.text("Verdict"),
            "verdict_message": layout.text("In words", "large"),
        },
    )
    st.caption(
        "Each interval is for its group alone: of 20 groups without an effect, one looks as if it "
        "had one. Verdicts allow for how many groups of the program are looked at."
    )


def _priorities(programs: pd.DataFrame) -> None:
    layout.section(
        "Where would the budget do most?",
        "Effects drawn towards each other as far as they look like chance; the budget is the var "
        "program_budget.",
    )
    ranked = programs.dropna(subset=["priority_rank"]).sort_values("priority_rank")
    if ranked.empty:
        layout.empty("No program can be ranked", "Too little is known of what any of them does.")
        return
    layout.table(
        ranked.assign(probability_positive=100 * ranked["probability_positive"]),
        {
            "priority_rank": layout.whole("Rank"),
            "program_name": layout.text("Program", "medium"),
            "effect_shrunk": layout.number("Expected, points"),
            "probability_positive": st.column_config.ProgressColumn(
                "Probability that it helps", format="%.0f %%", min_value=0, max_value=100
            ),
            "cost_per_enrollment": layout.number("Cost each", 2),
            "funded_customers": layout.whole("Fund for customers"),
            "funded_money": layout.whole("Money"),
            "funded_base_points": layout.number("Points of everyone", 2),
        },
    )
