"""How satisfied a step of a journey leaves customers, against others at the same point."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pyarrow as pa

from csat.engine import Engine
from csat.estimation.sequences import AtRisk, MatchedDifference, matched_difference

_COUNTS = ("took_step", "others", "answers", "answers_others")
_SUMS = ("answers", "weight", "weighted_residual", "weighted_variance")
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


def compare_steps(engine: Engine, *, risk_sets: str, outcomes: str, answers: str) -> pa.Table:
    """Compare each step with others at the same point.

    Parameters
    ----------
    engine
        Where the relations are.
    risk_sets
        Relation of ``journey_id``, ``step``, ``customer_id``, ``started_at``, ``took_step`` and
        ``moment_at``.
    outcomes
        Relation of ``customer_id``, ``moment_at``, ``score_before`` and ``score_after``.
    answers
        Relation of ``customer_id``, ``moment_at``, ``part``, ``answers``, ``weight``,
        ``weighted_residual`` and ``weighted_variance``: answers by the time after the moment.

    Returns
    -------
    pyarrow.Table
        ``IMPACT_SCHEMA``, in the order of journey and step.
    """
    (parts,) = engine.collect(f"select max(part) as parts from {answers}")["parts"].to_pylist()
    sums = [(name, part) for name in _SUMS for part in range(1, (parts or 1) + 1)]
    pivoted = ", ".join(
        f"sum(case when part = {part} then {name} else 0e0 end) as {name}_{part}"
        for name, part in sums
    )
    table = engine.collect(
        f"with answered as (select customer_id, moment_at, {pivoted} from {answers} "
        "group by customer_id, moment_at) "
        "select at_risk.journey_id, at_risk.step, at_risk.took_step, at_risk.customer_id, "
        "outcomes.score_before, outcomes.score_after, "
        + ", ".join(
            f"coalesce(answered.{name}_{part}, 0e0) as {name}_{part}" for name, part in sums
        )
        + f" from {risk_sets} as at_risk "
        f"inner join {outcomes} as outcomes on at_risk.customer_id = outcomes.customer_id "
        "and at_risk.moment_at = outcomes.moment_at "
        "left join answered on at_risk.customer_id = answered.customer_id "
        "and at_risk.moment_at = answered.moment_at "
        "order by at_risk.journey_id, at_risk.step, at_risk.took_step, at_risk.customer_id, "
        "at_risk.started_at"
    )
    if not table.num_rows:
        return IMPACT_SCHEMA.empty_table()
    columns = {name: table[name].to_numpy() for name in table.column_names}
    _, customer = np.unique(columns["customer_id"], return_inverse=True)
    by_part = {
        name: np.stack([columns[f"{name}_{part}"] for of, part in sums if of == name], axis=1)
        for name in _SUMS
    }
    everyone = AtRisk(
        took_step=columns["took_step"].astype(bool),
        customer=customer,
        score_before=columns["score_before"].astype(np.float64),
        score_after=columns["score_after"].astype(np.float64),
        **by_part,
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
