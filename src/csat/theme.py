"""Colours, fonts and the look of charts: of the pages, the report and the notebooks alike.

Nothing here imports a library of charts. Colours run from burnt orange (low, worse) to blue (high,
better), which people who cannot tell red from green see apart; and no chart says by colour alone
what it does not also say by place or in words. `tests/python/test_theme.py` holds the contrasts.
"""

from __future__ import annotations

from collections.abc import Sequence

#: What every machine has; nothing is fetched.
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", "Liberation Sans", sans-serif'
#: Charts that are drawn before they are shown are measured in one font that can be named.
CHART_FONT = "DejaVu Sans, Liberation Sans, Arial, sans-serif"

# --- Text, lines and surfaces -------------------------------------------------------------

#: Text; text that matters less; lines of a grid; the page; a box on it.
INK = "#1F2933"
MUTED = "#56616B"
GRID = "#E1E6EB"
PAPER = "#FFFFFF"
PANEL = "#F4F6F8"

# --- Meanings -----------------------------------------------------------------------------

#: Scores and estimates of all customers, with their intervals.
ESTIMATE = "#0B5FA5"
#: What surveys alone say.
SURVEY = "#D1700A"
#: What would have been without a program; the others that something is compared with.
COMPARISON = "#6B7782"
#: How dense the band of an interval is.
INTERVAL_OPACITY = 0.18

#: Better and worse, up and down.
BETTER = "#0B5FA5"
WORSE = "#A8400A"
NEITHER = "#98A2AB"

#: Lowest to highest band, for as many bands as there are.
_BANDS = {
    1: ("#98A2AB",),
    2: ("#A8400A", "#0B5FA5"),
    3: ("#A8400A", "#C3CAD0", "#0B5FA5"),
    4: ("#A8400A", "#EFA65A", "#8DBBE0", "#0B5FA5"),
    5: ("#A8400A", "#EFA65A", "#C3CAD0", "#8DBBE0", "#0B5FA5"),
}

#: Verdicts of programs, as `csat.impact.verdicts` words them.
VERDICTS = {
    "raises": BETTER,
    "harms": WORSE,
    "changed at the same time as": "#4A2A6A",
    "no effect shown": COMPARISON,
    "cannot be told": "#C9D0D6",
}

#: States of checks, by name.
CHECKS = {"pass": BETTER, "fail": WORSE, "informational": NEITHER}

#: Parts of a change of CSAT, as the ledger names them.
COMPONENTS = {
    "behaviour": "#0B5FA5",
    "mix": "#F0C24B",
    "model": "#4A2A6A",
    "survey": "#D1700A",
}

#: Things of one kind without an order, such as channels: after Okabe and Ito (2008), without the
#: yellow, which white paper swallows. More than these belong into small charts of one colour.
CATEGORIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#56616B")


def band_colours(bands: Sequence[str]) -> dict[str, str]:
    """Return the colour of each band, given in order from the lowest.

    The seed csat_bands names the bands, so that their colours go by place.

    Raises
    ------
    ValueError
        If there are more bands than people can tell apart.

    Examples
    --------
    >>> band_colours(["low", "middle", "high"])["low"] == WORSE
    True
    """
    if not bands:
        return {}
    if len(bands) not in _BANDS:
        raise ValueError(f"{len(bands)} bands cannot be told apart by colour: use at most 5.")
    return dict(zip(bands, _BANDS[len(bands)], strict=True))


def text_on(colour: str) -> str:
    """Return the colour, ink or paper, in which text is read best on another colour."""
    return max((INK, PAPER), key=lambda text: contrast(text, colour))


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 (none) to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rgb(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue of a colour such as `#0B5FA5`, 0 to 1 each."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def chart_config() -> dict:
    """Return the configuration of Vega-Lite charts: `alt.themes`, or the key `config` of a chart.

    Thin lines, no frame, a grid across only, titles at the left that say the finding.
    """
    return {
        "background": PAPER,
        "font": CHART_FONT,
        "view": {"stroke": None, "continuousHeight": 220, "continuousWidth": 520},
        "title": {
            "anchor": "start",
            "color": INK,
            "fontSize": 14,
            "fontWeight": 600,
            "subtitleColor": MUTED,
            "subtitleFontSize": 12,
            "offset": 12,
        },
        "axis": {
            "domainColor": "#B4BDC5",
            "gridColor": GRID,
            "labelColor": MUTED,
            "labelFontSize": 11,
            "tickColor": "#B4BDC5",
            "titleColor": MUTED,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "legend": {
            "labelColor": INK,
            "labelFontSize": 11,
            "orient": "top",
            "title": None,
            "symbolStrokeWidth": 2,
        },
        "line": {"strokeWidth": 2, "color": ESTIMATE},
        "area": {"color": ESTIMATE, "opacity": INTERVAL_OPACITY},
        "bar": {"color": ESTIMATE},
        "rule": {"color": COMPARISON},
        "point": {"filled": True, "size": 40, "color": ESTIMATE},
        "text": {"color": INK, "fontSize": 11},
        "range": {"category": list(CATEGORIES)},
    }
