"""What customers write about, and what that does to satisfaction."""

from __future__ import annotations

import charts
import layout
import pandas as pd
import streamlit as st
from reading import records, rows

from csat import theme
from csat.pages import queries
from csat.pages.findings import comments_finding


def show() -> None:
    """Draw the page."""
    themes = rows(queries.THEMES)
    layout.head(
        "Comments",
        comments_finding(records(themes)),
        "Themes are words that go together; names, addresses and numbers are masked.",
    )
    if themes.empty:
        layout.empty("No comments yet", "Themes need some dozens of comments in one language.")
        return
    languages = list(dict.fromkeys(themes["language"]))
    language = st.segmented_control(
        "Language", languages, default=languages[0], key="language", required=True
    )
    own = themes[themes["language"] == (language or languages[0])]
    left, right = st.columns([2, 3], gap="large")
    with left:
        layout.section("How satisfied are those who write of it?")
        known = own.dropna(subset=["csat"]).sort_values("csat")
        if known.empty:
            layout.empty(
                "Too few rated comments", "It takes five satisfaction answers for a theme."
            )
        else:
            charts.show(
                charts.dots_with_interval(
                    known,
                    label="theme_name",
                    value="csat",
                    lower="csat_lower",
                    upper="csat_upper",
                    title="CSAT, % satisfied",
                    domain=(0, 100),
                    order=list(known["theme_name"]),
                    row_height=30,
                )
            )
            layout.legend({"Share satisfied, with its 95 % interval": theme.ESTIMATE})
    with right:
        layout.section("How often, and does it grow?")
        layout.table(
            own.assign(
                said=[trend if not pd.isna(trend) else "too few to tell" for trend in own["trend"]]
            ),
            {
                "theme_name": layout.text("Theme", "medium"),
                "comments": layout.whole("Comments"),
                "comment_share": layout.number("Of all, %"),
                "effect_on_total": layout.number(
                    "Effect on all, points",
                    1,
                    "How much the theme moves CSAT of all comments.",
                ),
                "said": "Trend",
            },
        )
    _one(own)


def _one(themes: pd.DataFrame) -> None:
    names = dict(zip(themes["theme_name"], themes["theme_id"], strict=True))
    name = st.selectbox("Theme", list(names))
    layout.section(f"In their words: {name}")
    comments = rows(queries.COMMENTS_OF_THEME, theme_id=names[name])
    if comments.empty:
        layout.empty("No comment of this theme is left", "Choose another one.")
        return
    layout.table(
        comments,
        {
            "response_date": "Day",
            "comment": layout.text("Comment", "large"),
            "rating": layout.number("Rating", 0),
            "sentiment": "Sentiment",
            "channel": "Channel",
            "topic": "Topic",
        },
    )
