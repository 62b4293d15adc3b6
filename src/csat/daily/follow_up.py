"""How soon a person answers those who ask for it: curves of waiting, by group."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from csat.engine import Engine
from csat.survival import survival_curve

#: One row per dimension and value.
WAITING_SCHEMA = pa.schema(
    [
        ("dimension", pa.string()),
        ("value", pa.string()),
        ("answers", pa.int64()),
        ("followed_up", pa.int64()),
        ("in_time_share", pa.float64()),
        ("in_time_share_lower", pa.float64()),
        ("in_time_share_upper", pa.float64()),
        ("median_days", pa.float64()),
    ]
)


def tell_waiting(engine: Engine, counts: str, *, days: int) -> pa.Table:
    """Return which share is followed up within so many days, and after how many half of them are.

    Answers that are younger, and not followed up yet, are censored (Kaplan and Meier).

    Parameters
    ----------
    counts
        Relation of ``dimension``, ``value``, ``days``, ``at_risk`` and ``followed_up``.
    days
        Within which a follow-up is in time.

    Returns
    -------
    pyarrow.Table
        ``WAITING_SCHEMA``, in the order of dimension and value. The share is null where nobody was
        observed for so long and some still wait, the median where fewer than half are known to be
        followed up.
    """
    table = engine.collect(
        "select dimension, value, days, at_risk, followed_up "
        f"from {counts} order by dimension, value, days"
    ).to_pylist()
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in table:
        groups.setdefault((row["dimension"], row["value"]), []).append(row)
    rows = []
    for (dimension, value), own in groups.items():
        moments = np.array([row["days"] for row in own])
        done = [row["followed_up"] for row in own]
        curve = survival_curve([row["at_risk"] for row in own], done)
        row = {
            "dimension": dimension,
            "value": value,
            "answers": own[0]["at_risk"],
            "followed_up": sum(done),
            "median_days": curve.median(moments.astype(np.float64)),
        }
        place = int(np.searchsorted(moments, days, side="right")) - 1
        is_told = moments[-1] >= days or curve.survival[-1] == 0
        if is_told and place >= 0:
            row |= {
                "in_time_share": 1 - float(curve.survival[place]),
                "in_time_share_lower": 1 - float(curve.conf_high[place]),
                "in_time_share_upper": 1 - float(curve.conf_low[place]),
            }
        elif is_told:
            # The first one was followed up, or ceased to be observed, later than that.
            of_all = survival_curve([own[0]["at_risk"]], [0])
            row |= {
                "in_time_share": 0.0,
                "in_time_share_lower": 0.0,
                "in_time_share_upper": 1 - float(of_all.conf_low[0]),
            }
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=WAITING_SCHEMA)
