"""Sets of events held as columns of equal length."""

from __future__ import annotations

from dataclasses import fields
from typing import Self

import numpy as np


class Rows:
    """Base of the dataclasses whose fields are arrays of one length."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, selection: np.ndarray) -> Self:
        """The selected rows: a boolean mask or row numbers."""
        return type(self)(*(getattr(self, field.name)[selection] for field in fields(self)))

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """All rows of ``parts``, in order."""
        return cls(
            *(
                np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(cls)
            )
        )
