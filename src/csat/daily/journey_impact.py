"""How satisfied a step of a journey leaves customers, against others at the same point."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pyarrow as pa

from csat.engine import Engine
from csat.estimation.sequences import AtRisk, MatchedDifference, matched_difference

_COUNTS = ("took_step", "others", "answers", "answers_others")
#: One row per journey and step after the anchor that somebody took.
IMPACT_SCHEMA = pa.schema(
    [
        ("journey_id", pa.string()),
        ("step", pa.int64()),
        *(
            (
                field.name,
                pa.int64()
                if field.name in _COUNTS
                else pa.string()
                if field.name == "reason"
                else pa.float64(),
            )
            for field in fields(MatchedDifference)
        ),
    ]
)


def compare_steps(engine: Engine, *, risk_sets: str, outcomes: str) -> pa.Table:
    """Compare each step with others at the same point.

    Parameters
    ----------
    engine
        Where the relations are.
    risk_sets
        Relation of ``journey_id``, ``step``, ``customer_id``, ``started_at``, ``took_step`` and
        ``moment_at``.
    outcomes
        Relation of ``customer_id``, ``moment_at``, ``score_before``, ``score_after``, ``answers``,
        ``weight``, ``weighted_residual`` and ``weighted_variance``.

    Returns
    -------
    pyarrow.Table
        ``IMPACT_SCHEMA``, in the order of journey and step.
    """
    table = engine.collect(
        "select at_risk.journey_id, at_risk.step, at_risk.took_step, at_risk.customer_id, "
        "outcomes.score_before, outcomes.score_after, outcomes.answers, outcomes.weight, "
        f"outcomes.weighted_residual, outcomes.weighted_variance from {risk_sets} as at_risk "
        f"inner join {outcomes} as outcomes on at_risk.customer_id = outcomes.customer_id "
        "and at_risk.moment_at = outcomes.moment_at "
        "order by at_risk.journey_id, at_risk.step, at_risk.took_step, at_risk.customer_id, "
        "at_risk.started_at"
    )
    if not table.num_rows:
        return IMPACT_SCHEMA.empty_table()
    columns = {name: table[name].to_numpy() for name in table.column_names}
    _, customer = np.unique(columns["customer_id"], return_inverse=True)
    everyone = AtRisk(
        took_step=columns["took_step"].astype(bool),
        customer=customer,
        **{
            name: columns[name].astype(np.float64)
            for name in (
                *("score_before", "score_after", "weight"),
                *("weighted_residual", "weighted_variance"),
            )
        },
        answers=columns["answers"],
    )
    is_first = np.ones(table.num_rows, dtype=bool)
    is_first[1:] = (columns["journey_id"][1:] != columns["journey_id"][:-1]) | (
        columns["step"][1:] != columns["step"][:-1]
    )
    starts = np.flatnonzero(is_first)
    rows = []
    for start, end in zip(starts, [*starts[1:], table.num_rows], strict=True):
        found = matched_difference(everyone.take(np.arange(start, end)))
        rows.append(
            {
                "journey_id": columns["journey_id"][start],
                "step": int(columns["step"][start]),
                **vars(found),
            }
        )
    return pa.Table.from_pylist(rows, IMPACT_SCHEMA)
