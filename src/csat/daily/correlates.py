"""What goes with high and low surveyed satisfaction, of all that is known around an answer."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from csat.engine import Engine
from csat.estimation.correlates import Contrast, find_correlates

#: Kinds that every answer is compared in: a customer is in a program, or is not.
OF_EVERYONE = ("program", "journey")

_CONTRAST = ("", "_std_error", "_lower", "_upper", "_p_value", "_q_value")
#: One row per kind and value.
CORRELATES_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("answers", pa.int64()),
        ("customers", pa.int64()),
        ("effective_answers", pa.float64()),
        ("csat", pa.float64()),
        ("csat_everyone", pa.float64()),
        *((f"difference{ending}", pa.float64()) for ending in _CONTRAST),
        ("explained", pa.float64()),
        *((f"beyond{ending}", pa.float64()) for ending in _CONTRAST),
    ]
)


def correlate(engine: Engine, *, answers: str, circumstances: str) -> pa.Table:
    """Compare the answers of each value with those of everyone, all values in one family of tests.

    Parameters
    ----------
    answers
        Relation of ``response_id``, ``customer_id``, ``is_satisfied``, ``probability``, ``weight``.
    circumstances
        Relation of ``response_id``, ``kind``, ``value``. A value is compared with all answers that
        have one of its kind, a program or journey with all answers.

    Returns
    -------
    pyarrow.Table
        ``CORRELATES_SCHEMA``, in the order of kind and value.
    """
    table = engine.collect(
        "select customer_id, cast(is_satisfied as double) as satisfied, probability, weight, "
        f"response_id from {answers} where weight > 0 order by response_id"
    )
    rows = engine.collect(
        "select circumstances.kind, circumstances.value, answers.place "
        f"from {circumstances} as circumstances inner join "
        "(select response_id, row_number() over (order by response_id) - 1 as place "
        f"from {answers} where weight > 0) as answers "
        "on circumstances.response_id = answers.response_id "
        "order by circumstances.kind, circumstances.value, answers.place"
    )
    if not rows.num_rows:
        return CORRELATES_SCHEMA.empty_table()
    kinds, values = rows["kind"].to_numpy(), rows["value"].to_numpy()
    places = rows["place"].to_numpy()
    is_first = np.ones(len(places), dtype=bool)
    is_first[1:] = (kinds[1:] != kinds[:-1]) | (values[1:] != values[:-1])
    starts = np.flatnonzero(is_first)
    everyone = {
        kind: None if kind in OF_EVERYONE else np.unique(places[kinds == kind])
        for kind in np.unique(kinds)
    }
    _, customer = np.unique(table["customer_id"].to_numpy(), return_inverse=True)
    found = find_correlates(
        *(table[name].to_numpy() for name in ("satisfied", "probability", "weight")),
        customer,
        np.split(places, starts[1:]),
        [everyone[kind] for kind in kinds[starts]],
    )
    columns = [
        kinds[starts],
        values[starts],
        found.reason,
        found.n,
        found.customers,
        found.effective_n,
        found.share,
        found.everyone,
        *_columns(found.difference),
        found.explained,
        *_columns(found.beyond),
    ]
    return pa.table(
        [
            pa.array(column, field.type, from_pandas=True)
            for column, field in zip(columns, CORRELATES_SCHEMA, strict=True)
        ],
        schema=CORRELATES_SCHEMA,
    )


def _columns(contrast: Contrast) -> tuple[np.ndarray, ...]:
    return (
        contrast.estimate,
        contrast.std_error,
        contrast.conf_low,
        contrast.conf_high,
        contrast.p_value,
        contrast.q_value,
    )
