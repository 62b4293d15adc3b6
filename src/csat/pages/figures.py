"""Figures that a page makes of counts, with the library's intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from csat.model.evaluation import wilson_interval


def shares(part: Sequence[float], whole: Sequence[float]) -> tuple[np.ndarray, ...]:
    """Return shares in percent with the ends of Wilson's 95 % interval; NaN of nothing.

    Parameters
    ----------
    part, whole
        Counts, such as satisfied answers and all answers.
    """
    some, of_all = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    has = of_all > 0
    safe = np.where(has, of_all, 1.0)
    share = some / safe
    low, high = wilson_interval(share, safe)
    return tuple(np.where(has, 100 * figure, np.nan) for figure in (share, low, high))
