"""A segment clicked together: how many, how satisfied, saved as a definition, listed as a file."""

from __future__ import annotations

from datetime import date

import layout
import streamlit as st
from layout import Figure
from reading import last_day, segment_builder

from csat.pages.builder import BuiltSegment, SegmentBuilder, list_name
from csat.pages.conditions import (
    COMPARISONS,
    DEFINITIONS,
    IS_KNOWN,
    IS_NONE_OF,
    IS_ONE_OF,
    IS_UNKNOWN,
    Condition,
    Fact,
    condition_sql,
    condition_words,
    proposed_id,
    save_definition,
)
from csat.pages.findings import span
from csat.pages.lists import list_file
from csat.project import UserError, project_root

#: What most people start with, so far as the company has it.
FIRST_FACTS = ("contacts_30_days", "region", "plan")
MOST_CONDITIONS = 8


def show() -> None:
    """Draw the page."""
    builder = segment_builder()
    numbers = st.session_state.setdefault("condition_numbers", [0])
    head = st.container()
    layout.section("Who is in it?")
    how = st.segmented_control(
        "Customers who meet",
        ["all of these", "at least one of these"],
        default="all of these",
        key="how",
        required=True,
    )
    conditions = [_condition(builder, number, len(numbers) > 1) for number in list(numbers)]
    st.button(
        "Add a condition",
        icon=":material/add:",
        on_click=_add,
        key="add_condition",
        disabled=len(numbers) >= MOST_CONDITIONS,
    )
    all_of_them = how != "at least one of these"
    sql = condition_sql(conditions, all_of_them=all_of_them)
    words = condition_words(conditions, all_of_them=all_of_them)
    built = _built(sql, builder) if sql else None
    with head:
        _head(built, words)
    if built is None:
        layout.empty(
            "Nothing is chosen yet",
            "Choose what customers have in common; the count follows at once.",
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        _save(sql)
    with right:
        _download(builder, built, sql, words)


def _head(built: BuiltSegment | None, words: str) -> None:
    finding = "Click a segment together"
    if built is not None:
        finding = f"{built.customers:,} customers"
        if built.csat_estimate is not None:
            bounds = span(built.csat_estimate_lower, built.csat_estimate_upper)
            finding += f", at a CSAT of {built.csat_estimate:.0f} ({bounds})"
    layout.head(
        "Segment builder",
        finding,
        words or "Conditions by clicking; a saved segment is in all marts after the next build.",
    )
    if built is None:
        return
    bounds = span(built.csat_estimate_lower, built.csat_estimate_upper)
    known = built.csat_estimate is not None
    layout.figures(
        Figure("Customers", f"{built.customers:,}", f"{built.share:.1f} % of {built.everyone:,}"),
        Figure(
            "Estimated CSAT",
            f"{built.csat_estimate:.1f} %" if known else "not shown",
            "by the method of the daily run" if known else built.suppression_reason or "",
        ),
        Figure(
            "Between (95 %)",
            f"{bounds} %" if bounds else "–",
            "" if built.answers is None else f"{built.answers:,} survey answers of its customers",
        ),
    )


def _condition(builder: SegmentBuilder, number: int, can_go: bool) -> Condition:
    facts = {fact.title: fact for fact in builder.facts}
    columns = st.columns([4, 2, 4, 1], vertical_alignment="bottom")
    shown = "visible" if number == st.session_state["condition_numbers"][0] else "collapsed"
    title = columns[0].selectbox(
        "What",
        list(facts),
        index=_first(facts, number),
        key=f"fact_{number}",
        label_visibility=shown,
    )
    fact = facts[title]
    comparisons = [IS_ONE_OF, IS_NONE_OF] if fact.kind == "text" else list(COMPARISONS)
    comparison = columns[1].selectbox(
        "How",
        [*comparisons, IS_UNKNOWN, IS_KNOWN],
        key=f"comparison_{number}_{fact.name}",
        label_visibility=shown,
    )
    condition = Condition(fact, comparison)
    with columns[2]:
        if comparison in (IS_ONE_OF, IS_NONE_OF):
            values = st.multiselect(
                "Which",
                builder.values_of(fact),
                key=f"values_{number}_{fact.name}",
                placeholder="Choose",
                label_visibility=shown,
            )
            condition = Condition(fact, comparison, values=tuple(values))
        elif comparison in COMPARISONS:
            condition = Condition(fact, comparison, _value(builder, fact, number, shown))
    if can_go:
        columns[3].button(
            "Remove",
            icon=":material/close:",
            key=f"remove_{number}",
            on_click=_remove,
            args=(number,),
            help="Remove this condition",
            type="tertiary",
        )
    return condition


def _value(builder: SegmentBuilder, fact: Fact, number: int, shown: str) -> float | date | None:
    lowest, _, highest = builder.range_of(fact)
    key = f"value_{number}_{fact.name}"
    if fact.kind == "date":
        return st.date_input("Day", value=None, key=key, label_visibility=shown)
    known = lowest is not None
    return st.number_input(
        "Number",
        value=None,
        key=key,
        label_visibility=shown,
        step=1.0,
        format="%g",
        placeholder=f"{lowest:g} to {highest:g} here" if known else "a number",
    )


def _first(facts: dict[str, Fact], number: int) -> int:
    names = [fact.name for fact in facts.values()]
    wanted = FIRST_FACTS[number % len(FIRST_FACTS)]
    return names.index(wanted) if wanted in names else 0


def _add() -> None:
    numbers = st.session_state["condition_numbers"]
    numbers.append(max(numbers) + 1)


def _remove(number: int) -> None:
    st.session_state["condition_numbers"].remove(number)


def _built(sql: str, builder: SegmentBuilder) -> BuiltSegment:
    # Kept for the session: a click elsewhere on the page need not estimate again.
    key = ("built", id(builder), sql)
    if st.session_state.get("built_key") != key:
        st.session_state["built"] = builder.build(sql)
        st.session_state["built_key"] = key
    return st.session_state["built"]


def _save(sql: str) -> None:
    layout.section(
        "Save it as a segment", "The next build has it in every mart, with history from then on."
    )
    with st.form("save", border=True):
        name = st.text_input(
            "Name", placeholder="Two contacts or more in Harbour", key="segment_name"
        )
        owner = st.text_input("Looked after by", placeholder="Contact centre", key="segment_owner")
        st.caption("Its definition:")
        st.code(sql, language="sql", wrap_lines=True)
        pressed = st.form_submit_button("Save", type="primary", icon=":material/save:")
    if not pressed:
        return
    try:
        file = save_definition(
            project_root(),
            segment_id=proposed_id(name),
            segment_name=name,
            owner=owner,
            condition=sql,
        )
    except UserError as mistake:
        st.warning(layout.plain(str(mistake)), icon=":material/edit:")
        return
    st.success(
        f"Saved as `{proposed_id(name)}` in `{file}`. Run `make build` to have it in the marts.",
        icon=":material/check:",
    )


def _download(builder: SegmentBuilder, built: BuiltSegment, sql: str, words: str) -> None:
    layout.section("List its customers", "Keys and scores, without names or addresses.")
    with st.container(border=True):
        if not built.customers:
            st.caption("Nobody meets the conditions.")
            return
        day = last_day()
        name = proposed_id(st.session_state.get("segment_name") or "")

        def listed() -> bytes:
            """Make the file when it is asked for, not at every click."""
            members = builder.members(sql)
            rows = zip(
                *(members[column].to_pylist() for column in members.column_names), strict=True
            )
            return list_file(members.column_names, rows, filter_text=words, run_date=day)

        st.download_button(
            f"Download {built.customers:,} customers as CSV",
            data=listed,
            file_name=list_name(name, day),
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="download_segment",
        )
        st.caption(
            "Each row tells the filter and the day it is of; what a spreadsheet would run as a "
            "formula is made harmless."
        )
        st.caption(f"Definitions live in `{DEFINITIONS}`.")
