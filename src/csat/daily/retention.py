"""How long customers stay by their score beforehand: survival curves and hazard ratios."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from csat.engine import Engine
from csat.survival import hazard_ratios, survival_curve

#: Points of the score that a hazard ratio is stated for.
POINTS = 10
DAYS_PER_YEAR = 365.25
DAYS_PER_WEEK = 7
#: With fewer customers who left nothing is said of hazards.
FEWEST_LEFT = 10

#: One row per horizon, fifth of the scores (0 is all) and day.
CURVES_SCHEMA = pa.schema(
    [
        ("horizon_days", pa.int64()),
        ("score_fifth", pa.int64()),
        ("days", pa.int64()),
        ("at_risk", pa.int64()),
        ("customers_left", pa.int64()),
        ("customers_left_so_far", pa.int64()),
        ("staying_share", pa.float64()),
        ("staying_share_lower", pa.float64()),
        ("staying_share_upper", pa.float64()),
    ]
)
#: One row.
WORTH_SCHEMA = pa.schema(
    [
        ("customers_left", pa.int64()),
        ("customer_years", pa.float64()),
        ("leaving_per_year", pa.float64()),
        ("hazard_ratio", pa.float64()),
        ("hazard_ratio_lower", pa.float64()),
        ("hazard_ratio_upper", pa.float64()),
        ("reason", pa.string()),
    ]
)


def draw_curves(engine: Engine, counts: str) -> pa.Table:
    """Return survival curves.

    Parameters
    ----------
    counts
        Relation of ``horizon_days``, ``score_fifth``, ``days``, ``at_risk`` and
        ``customers_left``.

    Returns
    -------
    pyarrow.Table
        ``CURVES_SCHEMA``, in the order of its first three columns.
    """
    table = engine.collect(
        "select horizon_days, score_fifth, days, at_risk, customers_left "
        f"from {counts} order by horizon_days, score_fifth, days"
    )
    rows = {name: table[name].to_numpy() for name in table.column_names}
    starts = np.flatnonzero(
        (np.diff(rows["horizon_days"], prepend=-1) != 0)
        | (np.diff(rows["score_fifth"], prepend=-1) != 0)
    )
    parts = []
    for first, end in zip(starts, [*starts[1:], len(table)], strict=False):
        own = slice(first, end)
        curve = survival_curve(rows["at_risk"][own], rows["customers_left"][own])
        parts.append(
            pa.table(
                {
                    **{name: rows[name][own].astype(np.int64) for name in rows},
                    "customers_left_so_far": np.cumsum(rows["customers_left"][own]).astype(
                        np.int64
                    ),
                    "staying_share": curve.survival,
                    "staying_share_lower": curve.conf_low,
                    "staying_share_upper": curve.conf_high,
                }
            ).select(CURVES_SCHEMA.names)
        )
    return pa.concat_tables(
        [part.cast(CURVES_SCHEMA) for part in parts] or [CURVES_SCHEMA.empty_table()]
    )


def tell_worth(engine: Engine, cells: str) -> pa.Table:
    """Return how the hazard of leaving goes with the score of the day before the week.

    The ratio is that of customers ``POINTS`` points lower, by the partial likelihood over weeks.

    Parameters
    ----------
    cells
        Relation of ``score_date``, ``csat_score``, ``at_risk`` and ``customers_left``: weeks.

    Returns
    -------
    pyarrow.Table
        ``WORTH_SCHEMA``, one row; null with a ``reason`` where it cannot be told.
    """
    table = engine.collect(
        "select score_date, csat_score, at_risk, customers_left "
        f"from {cells} order by score_date, csat_score"
    )
    at_risk, left = (
        table[name].to_numpy().astype(np.float64) for name in ("at_risk", "customers_left")
    )
    years = at_risk.sum() * DAYS_PER_WEEK / DAYS_PER_YEAR
    row = {
        "customers_left": int(left.sum()),
        "customer_years": float(years),
        "leaving_per_year": float(left.sum() / years) if years > 0 else None,
        "reason": None,
    }
    if left.sum() < FEWEST_LEFT:
        row["reason"] = f"Fewer than {FEWEST_LEFT} customers left."
        return pa.Table.from_pylist([row], schema=WORTH_SCHEMA)
    weeks = table["score_date"].cast(pa.int32()).to_numpy()
    found = hazard_ratios(weeks, -table["csat_score"].to_numpy() / POINTS, at_risk, left)
    if found.reason is not None:
        row["reason"] = found.reason
    else:
        row |= {
            "hazard_ratio": float(found.ratio[0]),
            "hazard_ratio_lower": float(found.conf_low[0]),
            "hazard_ratio_upper": float(found.conf_high[0]),
        }
    return pa.Table.from_pylist([row], schema=WORTH_SCHEMA)
