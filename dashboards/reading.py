"""How pages read the published file: one publication per look, answers kept until the next one."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from csat.pages import queries
from csat.pages.builder import SegmentBuilder, estimation_settings
from csat.project import name_in_project, project_root
from csat.published_file import Publication, PublishedFile
from csat.publishing import PUBLISHED_FILE

_PUBLICATION = "publication"


@st.cache_resource(show_spinner=False)
def _published(path: Path, shown_as: str) -> PublishedFile:
    return PublishedFile(path, shown_as)


def published_file() -> PublishedFile:
    """Return the file that the project publishes, or that CSAT_PUBLISHED_FILE names."""
    root = project_root()
    path = root / os.environ.get("CSAT_PUBLISHED_FILE", PUBLISHED_FILE)
    return _published(path, name_in_project(root, path))


def hold(publication: Publication) -> None:
    """Let everything on the page be read from one publication, whatever comes meanwhile."""
    st.session_state[_PUBLICATION] = publication


def publication() -> Publication:
    """Return the publication that the page is made from."""
    return st.session_state[_PUBLICATION]


@st.cache_data(show_spinner=False, max_entries=400)
def _answer(
    shown_as: str, published_at: datetime, sql: str, parameters: dict, _held: Publication
) -> pd.DataFrame:
    return _held.query(sql, parameters).to_pandas()


def rows(sql: str, **parameters: object) -> pd.DataFrame:
    """Return the rows of a query of ``csat.pages.queries``."""
    held = publication()
    return _answer(held.shown_as, held.published_at, sql, parameters, held)


def records(frame: pd.DataFrame) -> list[dict]:
    """Return rows as findings read them."""
    return frame.to_dict("records")


def last_day() -> date | None:
    """Return the last day that is scored."""
    found = rows(queries.LAST_DAY)["score_date"]
    return None if found.empty or pd.isna(found[0]) else pd.Timestamp(found[0]).date()


@st.cache_resource(show_spinner=False, max_entries=2)
def _builder(shown_as: str, published_at: datetime, _held: Publication) -> SegmentBuilder:
    return SegmentBuilder(_held.query, estimation_settings(project_root()))


def segment_builder() -> SegmentBuilder:
    """Return the segment builder of the publication."""
    held = publication()
    return _builder(held.shown_as, held.published_at, held)
