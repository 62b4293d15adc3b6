"""Whether a fall came at once or bit by bit, and when it began."""

from __future__ import annotations

import numpy as np

#: Days back in which the beginning is looked for, in steps of a week.
SHAPE_DAYS = 182
SUDDEN, SLOW = "sudden drop", "slow drift"


def shape_of_fall(counts: np.ndarray, sums: np.ndarray) -> tuple[str, int]:
    """Return the kind of a fall and how many days ago it began.

    Means of days, weighted by their answers, are fitted by least squares with a level that drops on
    one day, and with one that falls evenly from one day on; the better fit tells.

    Parameters
    ----------
    counts, sums
        Answers of each day and the sum of their values, up to the day on which the fall was seen.
    """
    days = len(counts)
    weights = counts.astype(float)
    best: tuple[float, str, int] | None = None
    for ago in range(7, min(SHAPE_DAYS, days - 7) + 1, 7):
        since = np.maximum(np.arange(days) - (days - ago) + 1, 0)
        for kind, form in ((SUDDEN, (since > 0).astype(float)), (SLOW, since / ago)):
            centre = np.sum(weights * form) / max(weights.sum(), 1.0)
            length = np.sum(weights * (form - centre) ** 2)
            if length <= 0:
                continue
            slope = np.sum((form - centre) * sums) / length
            gained = slope**2 * length if slope < 0 else 0.0
            if best is None or gained > best[0] * (1 + 1e-9):
                best = (gained, kind, ago)
    return (best[1], best[2]) if best else (SUDDEN, min(7, days))
