"""The colours of all charts, in one place, and what each stands for.

Okabe and Ito's, which people with any common kind of colour blindness tell apart (Color Universal
Design, 2008), darkened where a thin line of them would be too pale on white. Colour never stands
alone: bands, verdicts and states are written out as well.
"""

from __future__ import annotations

INK, MUTED, GRID, PAPER, CARD = "#1b2733", "#5b6875", "#e4e8ec", "#ffffff", "#f5f7f9"
#: What is estimated, and what surveys alone say.
ESTIMATE, SURVEY = "#0b6aa2", "#d55e00"
#: Up and down, good and bad: blue and vermilion, never green and red.
GOOD, BAD, NEUTRAL = "#0b6aa2", "#d55e00", "#9aa5b1"
#: Sequences without an order, such as families of drivers.
SERIES = ("#0b6aa2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#5b6875")
#: Bands from the lowest to the highest, as many as a company may have.
BANDS = ("#b5450b", "#e59866", "#c9d1d8", "#7fb6d9", "#0b6aa2")
#: Lightness of the ribbon of an interval.
RIBBON_OPACITY = 0.16

#: States of checks and checks' likes, by name.
STATUS = {"pass": GOOD, "fail": BAD, "informational": NEUTRAL}


def band_colours(bands: int) -> list[str]:
    """Return colours for so many ordered bands, from the lowest up."""
    if bands <= 1:
        return [BANDS[-1]][:bands]
    last = len(BANDS) - 1
    return [BANDS[round(place * last / (bands - 1))] for place in range(bands)]
