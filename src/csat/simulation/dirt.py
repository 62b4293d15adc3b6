"""Dirt: what real deliveries look like. Works on finished tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def soil(name: str, table: pa.Table, share: float, random: np.random.Generator) -> pa.Table:
    """``table`` with about ``share`` of its rows touched; unchanged for 0."""
    if share == 0:
        return table
    raise NotImplementedError
