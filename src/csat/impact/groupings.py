"""Groups of customers, as they are told apart just before a start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from csat.impact.cohorts import Rows
from csat.impact.errors import ImpactError

#: The code of who is in none of the groups.
IN_NONE = -1


@dataclass(frozen=True, eq=False)
class Grouping:
    """Groups, of which a customer is in one at most at the end of each period.

    Parameters
    ----------
    name
        What customers are told apart by.
    values
        Names of the groups.
    codes
        (customers, periods) place in ``values`` at the end of a period, ``IN_NONE`` for no group;
        or (customers, 1) of what never changes.
    known_since
        The first period of which that is known. Who enrolled in it or before, and whoever is
        compared with them, is in no group.

    Raises
    ------
    ImpactError
        If the codes have another shape, or another type than integers.
    """

    name: str
    values: Sequence[str]
    codes: np.ndarray
    known_since: int = 0

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or not np.issubdtype(self.codes.dtype, np.integer):
            raise ImpactError(
                f"The groups of {self.name} are {self.codes.ndim}-dimensional and of type "
                f"{self.codes.dtype}: give integers, of customers by periods."
            )

    def over(self, customers: int, periods: int) -> Grouping:
        """Return the same groups with a column for each period.

        Raises
        ------
        ImpactError
            If they are of other customers or periods.
        """
        wanted = (customers, periods)
        if self.codes.shape not in (wanted, (customers, 1)):
            raise ImpactError(
                f"The groups of {self.name} have shape {self.codes.shape}, not {wanted}: give the "
                "group of each customer at the end of each period."
            )
        return replace(self, codes=np.broadcast_to(self.codes, wanted))

    def before_start(self, rows: Rows) -> np.ndarray:
        """(rows,) the group at the end of the period before the start, never a later one.

        No row starts in the first period, which has none before it.
        """
        held = self.codes[rows.customer, rows.start - 1]
        return np.where(self.is_known(rows), held, IN_NONE)

    def is_known(self, rows: Rows) -> np.ndarray:
        """(rows,) whether it is known which group, if any, a row was in."""
        return rows.start - 1 >= self.known_since
