"""What is around every page: one publication for all of it, and plain words where there is none."""

from __future__ import annotations

from collections.abc import Callable

import layout
import reading
import streamlit as st

from csat.pages import queries
from csat.project import UserError


def draw(page: Callable[[], None]) -> None:
    """Draw a page from one publication; say in plain words what it lacks."""
    layout.style()
    try:
        with reading.published_file().publication() as publication:
            reading.hold(publication)
            _tell_publication()
            page()
    except UserError as mistake:
        layout.head("Nothing to show", "This page has nothing to read")
        layout.empty("What is missing", str(mistake))


def _tell_publication() -> None:
    published = reading.rows(queries.PUBLICATION).iloc[0]
    day = reading.last_day()
    with st.sidebar:
        st.caption(f"Data up to **{day:%d %B %Y}**" if day else "No day is scored yet")
        st.caption(
            f"Published {published['published_at']:%d %b %Y, %H:%M} UTC from "
            f"`{published['source_location']}`"
        )
