"""Known shocks, injected on purpose so that their discovery can be judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from csat.project import UserError

KINDS = ("storm", "queue_failure", "satisfaction")


@dataclass(frozen=True)
class Shock:
    """Something that happens in an area (or region, or ``all``) from one day to another.

    ``storm`` interrupts supply and ``queue_failure`` lengthens waits, so that satisfaction moves
    through its drivers; their ``points`` set the strength, whatever the sign. ``satisfaction``
    adds ``points`` to 100 times the probability of being satisfied, around its mean.
    """

    kind: str
    area: str
    start_date: date
    end_date: date
    points: float


def parse_shock(text: str) -> Shock:
    """Read ``kind:area:start:end:points``.

    For example ``storm:harbour_2:2026-03-01:2026-03-04:-6``.

    Raises
    ------
    UserError
        If a part is missing or cannot be read.
    """
    parts = text.split(":")
    if len(parts) != 5:
        raise UserError(
            f"Shock '{text}' has {len(parts)} parts: write it as kind:area:start:end:points."
        )
    kind, area, start, end, points = parts
    if kind not in KINDS:
        raise UserError(f"Shock '{text}' is of unknown kind '{kind}': use {', '.join(KINDS)}.")
    try:
        start_date, end_date = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        raise UserError(f"Shock '{text}' has an unreadable date: write it as 2026-03-31.") from None
    if end_date < start_date:
        raise UserError(f"Shock '{text}' ends before it starts: swap its dates.")
    try:
        strength = float(points)
    except ValueError:
        raise UserError(f"Shock '{text}' has points '{points}': give a number.") from None
    if not -60 <= strength <= 30:
        raise UserError(f"Shock '{text}' has points {points}: give a number from -60 to 30.")
    return Shock(kind, area, start_date, end_date, strength)
