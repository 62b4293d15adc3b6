"""What all pages share: the head with the finding, empty states, numbers and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from csat import theme
from csat.pages.findings import span

_WHOLE = "localized"
#: Hides what belongs to the tool and not to the page: its bar, the bars over charts and tables
#: (whose download would carry formulas), and anchors beside headings.
_STYLE = f"""
<style>
[data-testid="stToolbar"], [data-testid="stDecoration"], [data-testid="stStatusWidget"],
[data-testid="stElementToolbar"], [data-testid="stHeaderActionElements"], footer,
details[title="Click to view actions"] {{ display: none !important; }}
[data-testid="stHeader"] {{ background: transparent; height: 2.2rem; }}
[data-testid="stMainBlockContainer"] {{ padding: 2.2rem 2.6rem 3rem; max-width: 1280px; }}
[data-testid="stSidebarHeader"] {{ padding-bottom: 0; height: 2.6rem; }}
h1 {{ padding: 0.1rem 0 0.5rem !important; font-size: 1.65rem !important; }}
[data-testid="stMetricValue"] {{ font-size: 1.6rem; }}
[class*="st-key-card_"] {{ background: {theme.PANEL}; }}
[class*="st-key-card_"] [data-testid="stCaptionContainer"] {{ margin-bottom: 0; }}
[class*="st-key-card_"] [data-testid="stCaptionContainer"] p {{ margin: 0; line-height: 1.3; }}
[data-testid="stMetricLabel"] {{ color: {theme.MUTED}; }}
.kicker {{ color: {theme.ESTIMATE}; font-weight: 600; font-size: 0.8rem;
    letter-spacing: 0.06em; text-transform: uppercase; margin-bottom: -0.4rem; }}
.note {{ color: {theme.MUTED}; font-size: 0.88rem; margin-top: -0.35rem; }}
.legend {{ display: inline-block; width: 0.75em; height: 0.75em; border-radius: 2px;
    margin: 0 0.35em 0 0.9em; }}
</style>
"""


def style() -> None:
    """Put the style sheet on the page."""
    st.html(_STYLE)


def head(kicker: str, finding: str, note: str = "") -> None:
    """Open a page: where one is, what was found, and how to read the figures."""
    st.html(f'<div class="kicker">{_escaped(kicker)}</div>')
    st.title(plain(finding))
    if note:
        st.html(f'<div class="note">{_escaped(note)}</div>')


def section(title: str, note: str = "") -> None:
    """Open a part of a page, by what it shows."""
    st.subheader(plain(title))
    if note:
        st.html(f'<div class="note">{_escaped(note)}</div>')


def legend(entries: Mapping[str, str], note: str = "") -> None:
    """Say what colours stand for."""
    marks = "".join(
        f'<span class="legend" style="background:{colour}"></span>{_escaped(label)}'
        for label, colour in entries.items()
    )
    st.html(f'<div class="note" style="margin-left:-0.9em">{marks} {_escaped(note)}</div>')


def empty(title: str, why: str) -> None:
    """Say in a friendly way that there is nothing to show, and what would change that."""
    with st.container(border=True):
        st.markdown(f"**{plain(title)}**")
        st.markdown(plain(why))


@dataclass(frozen=True)
class Figure:
    """One figure of a page, with what makes it read rightly."""

    label: str
    value: str
    note: str = ""
    help: str = ""


def figures(*shown: Figure) -> None:
    """Show figures side by side, in cards of one height."""
    for figure, column in zip(shown, st.columns(len(shown)), strict=True):
        key = "card_" + re.sub(r"\W+", "_", figure.label.lower())
        with column, st.container(border=True, height="stretch", gap="xxsmall", key=key):
            st.metric(figure.label, figure.value, help=figure.help or None)
            st.caption(plain(figure.note) if figure.note else "&nbsp;")


def line(title: str, words: str, colour: str) -> None:
    """Say one thing in two small lines, the first one coloured."""
    st.html(
        f'<div style="font-size:0.88rem;margin:0 0 -0.35rem"><b style="color:{colour}">'
        f"{_escaped(title)}</b><br>"
        f'<span style="color:{theme.MUTED}">{_escaped(words)}</span></div>'
    )


def table(
    frame: pd.DataFrame,
    columns: Mapping[str, object],
    *,
    height: int | None = None,
    key: str | None = None,
) -> None:
    """Show some columns of rows under names that people read; sortable by a click."""
    counts = [
        name
        for name, shown in columns.items()
        if not isinstance(shown, str) and shown["type_config"].get("format") == _WHOLE
    ]
    st.dataframe(
        frame[list(columns)].assign(**{name: frame[name].round(0) for name in counts}),
        column_config={
            name: st.column_config.Column(shown) if isinstance(shown, str) else shown
            for name, shown in columns.items()
        },
        hide_index=True,
        placeholder="–",
        width="stretch",
        height=height or "content" if len(frame) <= 12 else (height or 420),
        key=key,
    )


def number(label: str, digits: int = 1, help_: str | None = None) -> object:
    """Return the column of a number."""
    return st.column_config.NumberColumn(label, format=f"%.{digits}f", help=help_)


def whole(label: str, help_: str | None = None) -> object:
    """Return the column of a count or an amount, without decimals."""
    return st.column_config.NumberColumn(label, format=_WHOLE, help=help_)


def text(label: str, width: str | None = None, help_: str | None = None) -> object:
    """Return the column of a text."""
    return st.column_config.TextColumn(label, width=width, help=help_)


def with_interval(frame: pd.DataFrame, low: str, high: str, name: str = "interval") -> pd.DataFrame:
    """Return rows with a column that tells an interval in whole points."""
    told = [span(a, b) for a, b in zip(frame[low], frame[high], strict=True)]
    return frame.assign(**{name: told})


def told_apart(frame: pd.DataFrame, name: str, key: str) -> pd.DataFrame:
    """Return rows in which keys that share a name have their key behind it."""
    keys = frame.groupby(name)[key].transform("nunique")
    behind = frame[name] + " (" + frame[key] + ")"
    return frame.assign(**{name: frame[name].where(keys == 1, behind)})


def plain(words: str) -> str:
    """Return words with nothing in them that Markdown would take for a mark, but code as code."""
    parts = words.split("`")
    is_paired = len(parts) % 2 == 1
    escaped = [
        part
        if place % 2 and is_paired
        else "".join(f"\\{c}" if c in r"\*_{}[]()#+!|~$<>:" else c for c in part)
        for place, part in enumerate(parts)
    ]
    return ("`" if is_paired else r"\`").join(escaped)


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
