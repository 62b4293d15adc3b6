"""The rows of the feature registry that the model needs, and columns read by them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NUMERIC = "numeric"
CATEGORICAL = "categorical"
MISSING = "missing"
ZERO = "zero"


class ModelError(Exception):
    """What was handed to the model library cannot be used; one sentence says what and the mend."""


@dataclass(frozen=True)
class FeatureDefinition:
    """One feature as the model sees it.

    Parameters
    ----------
    name
        Column of the feature table.
    kind
        ``numeric`` or ``categorical``. Booleans are numeric: 0 and 1.
    direction
        +1: more of it can only help, -1: can only hurt, 0: free. A feature with a direction never
        enters a pair, which could turn it for some customers. A category has none.
    missing_rule
        ``missing``: no value is a case of its own, whose contribution is learned (0, the average,
        where training has seen none). ``zero``: no value counts as 0, numeric features only.

    Raises
    ------
    ModelError
        If a value is not one of these.
    """

    name: str
    kind: str = NUMERIC
    direction: int = 0
    missing_rule: str = MISSING

    def __post_init__(self):
        allowed = {
            "kind": (NUMERIC, CATEGORICAL),
            "direction": (0,) if self.kind == CATEGORICAL else (-1, 0, 1),
            "missing_rule": (MISSING,) if self.kind == CATEGORICAL else (MISSING, ZERO),
        }
        for field, values in allowed.items():
            if getattr(self, field) not in values:
                raise ModelError(
                    f"Feature {self.name} has {field} {getattr(self, field)!r}: "
                    f"make it one of {', '.join(map(repr, values))}."
                )

    def as_dict(self) -> dict[str, str | int]:
        """Return the definition as a row of a registry."""
        return asdict(self)


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """Return a column as float64, null and NaN both as NaN.

    Raises
    ------
    ModelError
        If the column is not there or holds no numbers.
    """
    column = _column(table, name)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    try:
        values = pc.cast(column, pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ModelError(
            f"Column {name} is {column.type}, not numbers: "
            "register it as categorical, or deliver numbers."
        ) from error
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.to_numpy(zero_copy_only=False)


def labels(table: pa.Table, name: str) -> pa.Array:
    """Return a column as one array of strings, null where there is none."""
    column = pc.cast(_column(table, name), pa.string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def texts(table: pa.Table, name: str) -> np.ndarray:
    """Return a column as (rows,) strings, None where there is none."""
    return labels(table, name).to_numpy(zero_copy_only=False)


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    place = table.schema.get_field_index(name)
    if place < 0:
        raise ModelError(
            f"There is no column {name}: add it to the table, or take the feature out of the "
            "registry."
        )
    return table.column(place)
