"""Which cells may be shown, and how the others are pooled so that nobody can subtract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Suppression:
    """What is shown of S cells.

    Parameters
    ----------
    is_suppressed
        (S,).
    reason
        (S,) why, otherwise null.
    group
        (S,) number of the cell that the estimates are made for: shown cells keep one of their own,
        suppressed ones share the last. For ``AnswerSums.regrouped``.
    groups
        Their number.
    pooled_group
        Number of the pooled cell; null where none is suppressed, or where too few are left to
        show even that one.
    """

    is_suppressed: np.ndarray
    reason: np.ndarray
    group: np.ndarray
    groups: int
    pooled_group: int | None


def suppress_partition(
    customers: np.ndarray,
    answers: np.ndarray,
    *,
    min_customers: int = 50,
    min_answers: int = 5,
    margins: Sequence[np.ndarray] = (),
) -> Suppression:
    """Suppress small values of a dimension, and pool them into one cell.

    A cell with fewer customers or answers than the limits is suppressed. Whoever knows the total
    could subtract a lone suppressed cell, or learn of a pool that is itself too small: so the next
    smallest cells (by customers) are taken with them until there are two cells and the pool has
    enough customers; and the same within each margin, whose total may be known as well. Cells
    without customers are suppressed, but are nothing to hide.

    Parameters
    ----------
    customers, answers
        (S,) per value.
    margins
        Of two dimensions crossed: (S,) the value of each dimension.
    """
    customers = np.asarray(customers, dtype=np.float64)
    answers = np.asarray(answers, dtype=np.float64)
    reason = _too_small(customers, answers, min_customers, min_answers)
    hidden = np.array([why is not None for why in reason])
    # Ties by position, so that the same data hide the same cells.
    smallest_first = np.lexsort((np.arange(len(customers)), customers))
    totals = [np.ones(len(customers), dtype=bool)]
    totals += [margin == value for margin in margins for value in np.unique(margin)]
    before = -1
    # What is hidden for one total may stand alone in another.
    while hidden.sum() != before:
        before = hidden.sum()
        for within in totals:
            for cell in smallest_first[within[smallest_first]]:
                pooled = hidden & within & (customers > 0)
                if not pooled.any() or (
                    pooled.sum() > 1 and customers[pooled].sum() >= min_customers
                ):
                    break
                if not hidden[cell]:
                    hidden[cell] = True
                    reason[cell] = (
                        "Hidden with a smaller one, which could otherwise be found by subtraction."
                    )
    group = np.cumsum(~hidden) - 1
    shown = int(np.sum(~hidden))
    group[hidden] = shown
    pooled = hidden & (customers > 0)
    has_pool = bool(
        pooled.sum() > 1
        and customers[pooled].sum() >= min_customers
        and answers[pooled].sum() >= min_answers
    )
    return Suppression(
        is_suppressed=hidden,
        reason=reason,
        group=group,
        groups=shown + bool(hidden.any()),
        pooled_group=shown if has_pool else None,
    )


def suppress_conditions(
    customers: np.ndarray,
    answers: np.ndarray,
    base_customers: float,
    *,
    min_customers: int = 50,
    min_answers: int = 5,
) -> tuple[np.ndarray, np.ndarray]:
    """Suppress condition segments that are too small, or whose complement is.

    Where all but a few customers meet a condition, the base less the segment tells of the few.
    A segment that is the whole base hides nobody.

    Returns
    -------
    tuple
        (S,) whether suppressed, and (S,) why, null where not.
    """
    customers = np.asarray(customers, dtype=np.float64)
    reason = _too_small(
        customers, np.asarray(answers, dtype=np.float64), min_customers, min_answers
    )
    others = base_customers - customers
    for cell in np.flatnonzero((others > 0) & (others < min_customers)):
        if reason[cell] is None:
            reason[cell] = f"Fewer than {min_customers} customers are outside of it."
    return np.array([why is not None for why in reason]), reason


def _too_small(
    customers: np.ndarray, answers: np.ndarray, min_customers: int, min_answers: int
) -> np.ndarray:
    reason = np.full(len(customers), None, dtype=object)
    # The limit, not the number: a number is what is to be hidden.
    reason[answers < min_answers] = f"Fewer than {min_answers} answers."
    reason[customers < min_customers] = f"Fewer than {min_customers} customers."
    return reason
