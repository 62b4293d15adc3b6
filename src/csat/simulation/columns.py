"""Arrow columns from simulated numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from csat.simulation.calendar import NEVER, SECONDS_PER_DAY, Calendar

MICROSECONDS = 1_000_000


def identifiers(prefix: str, numbers: np.ndarray, width: int) -> pa.Array:
    """Strings such as ``K00000042``; null where the number is negative."""
    numbers = np.asarray(numbers, dtype=np.int64)
    count, length = len(numbers), len(prefix) + width
    letters = np.empty((count, length), dtype=np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest = np.maximum(numbers, 0)
    for place in range(length - 1, len(prefix) - 1, -1):
        quotient = rest // 10
        letters[:, place] = (rest - quotient * 10) + ord("0")
        rest = quotient
    offsets = np.arange(count + 1, dtype=np.int32) * length
    validity = np.packbits(numbers >= 0, bitorder="little")
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(letters), pa.py_buffer(validity)
    )


def categories(names: Sequence[str], codes: np.ndarray) -> pa.Array:
    """Dictionary-encoded names; null where the code is negative."""
    codes = np.asarray(codes)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32), mask=codes < 0), pa.array(names, pa.string())
    )


def timestamps(calendar: Calendar, moments: np.ndarray) -> pa.Array:
    """Timestamps in microseconds without zone; null for ``NEVER``."""
    start = calendar.start_epoch_day * SECONDS_PER_DAY
    is_never = moments >= NEVER
    microseconds = (np.where(is_never, 0, moments) + start) * MICROSECONDS
    return pa.array(microseconds, mask=is_never).cast(pa.timestamp("us"))


def dates(calendar: Calendar, days: np.ndarray) -> pa.Array:
    """Dates of day numbers."""
    return pa.array((days + calendar.start_epoch_day).astype(np.int32)).cast(pa.date32())


def integers(values: np.ndarray, is_null: np.ndarray | None = None) -> pa.Array:
    """64-bit integers."""
    return pa.array(np.asarray(values, dtype=np.int64), mask=is_null)


def numbers(values: np.ndarray) -> pa.Array:
    """64-bit floating point numbers."""
    return pa.array(np.asarray(values, dtype=np.float64))


def booleans(values: np.ndarray) -> pa.Array:
    """Truth values."""
    return pa.array(np.asarray(values, dtype=bool))
