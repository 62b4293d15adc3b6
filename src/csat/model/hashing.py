"""Numbers drawn from keys, so that order, threads and engines draw alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np


def uniform_of_keys(keys: Iterable[object], salt: str) -> np.ndarray:
    """Return one number in [0, 1) per key, the same for the same key and salt everywhere.

    The first 13 hexadecimal digits of ``md5('<salt>:<key>')`` over 16^13, which is below 2^53, so
    that a double holds it exactly. In SQL: ``md5(concat(salt, ':', key))``.
    """
    return np.fromiter(
        (
            int(hashlib.md5(f"{salt}:{key}".encode(), usedforsecurity=False).hexdigest()[:13], 16)
            for key in keys
        ),
        dtype=np.float64,
    ) / float(16**13)


def groups_of_keys(keys: Iterable[object], salt: str, groups: int) -> np.ndarray:
    """Return for each key the number of its group, 0 … ``groups`` - 1, evenly by hash."""
    return np.minimum((uniform_of_keys(keys, salt) * groups).astype(np.int64), groups - 1)
