"""The pages over the published file: `make dashboard`.

Each page is a module in ``views`` that draws; what it asks and says is in ``csat.pages``.
"""

from __future__ import annotations

from pathlib import Path

import frame
import streamlit as st
from views import (
    action,
    agents,
    comments,
    customer,
    journeys,
    model,
    overview,
    programs,
    segment_builder,
    segments,
    surveys,
)

ICON = Path(__file__).with_name("icon.png")


def sections() -> dict[str, list[st.Page]]:
    """Return the pages by what people want of them."""
    return {
        "How satisfied": [
            st.Page(overview.show, title="Overview", icon=":material/monitoring:", default=True),
            st.Page(
                segments.show, title="Segments", icon=":material/group_work:", url_path="segments"
            ),
            st.Page(customer.show, title="Customer", icon=":material/person:", url_path="customer"),
        ],
        "Why": [
            st.Page(
                programs.show, title="Programs", icon=":material/science:", url_path="programs"
            ),
            st.Page(journeys.show, title="Journeys", icon=":material/route:", url_path="journeys"),
        ],
        "What customers say": [
            st.Page(
                surveys.show,
                title="Surveys and channels",
                icon=":material/ballot:",
                url_path="surveys",
            ),
            st.Page(
                agents.show,
                title="Agents and teams",
                icon=":material/support_agent:",
                url_path="agents",
            ),
            st.Page(comments.show, title="Comments", icon=":material/chat:", url_path="comments"),
        ],
        "What to do": [
            st.Page(action.show, title="Whom to contact", icon=":material/call:", url_path="queue"),
            st.Page(
                segment_builder.show,
                title="Segment builder",
                icon=":material/filter_alt:",
                url_path="segment-builder",
            ),
        ],
        "How far to trust it": [
            st.Page(model.show, title="Model", icon=":material/verified:", url_path="model"),
        ],
    }


def main() -> None:
    """Draw the page that was asked for."""
    # A picture of our own: icons by name are fetched from another host for the tab of a browser.
    st.set_page_config(page_title="csat", page_icon=str(ICON), layout="wide")
    frame.draw(st.navigation(sections()).run)


main()
