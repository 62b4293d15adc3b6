"""What contacting a customer would bring: causes on record, and what answers say they cost.

An intervention mends a cause that is on record now, such as a contact that is not settled. What the
cause costs is known twice: from the model, as the gain of the lever that takes it away, and from
answers given while the cause was there, as far as they lie below their scores. The model has
learned caution, so that the second part is the larger one where answers are few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import ndtr, ndtri

from csat.engine import Engine, EngineError, exact_sum, quote
from csat.estimation.shrinkage import shrink
from csat.impact import RAISES
from csat.model import ModelError

#: Fewer causes with answers are not shrunk: two do not tell how far causes differ.
FEWEST_TO_SHRINK = 3
#: What causes truly cost, in points, differs by no more (one standard deviation).
LARGEST_BETWEEN_STD = 20.0
#: Of customers with an answer on each side; with fewer the answers tell nothing of a cause.
FEWEST_CUSTOMERS = 10
#: Confidence of the intervals that effects of programs come with.
CONFIDENCE = 0.95

#: One row per intervention.
GAINS_SCHEMA = pa.schema(
    [
        ("intervention", pa.string()),
        ("program_id", pa.string()),
        ("program_name", pa.string()),
        ("answers", pa.int64()),
        ("answering_customers", pa.int64()),
        ("gap_points", pa.float64()),
        ("gap_std_error", pa.float64()),
        ("expected_gap_points", pa.float64()),
        ("expected_gap_std_error", pa.float64()),
        ("program_points", pa.float64()),
        ("program_points_lower", pa.float64()),
        ("program_points_upper", pa.float64()),
        ("probability_helps", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Intervention:
    """What is done for whom.

    Parameters
    ----------
    intervention
        Its name.
    cause
        SQL over the features of a customer: who has what it mends.
    lever
        That takes the same cause away, or none.
    """

    intervention: str
    cause: str
    lever: str | None

    @property
    def sql(self) -> str:
        """SQL of whether the cause is there; what is not known is not there."""
        return f"coalesce({self.cause}, false)"


def read_interventions(
    engine: Engine, *, definitions: str, levers: str, features: str
) -> tuple[Intervention, ...]:
    """Read the interventions, and check them.

    Parameters
    ----------
    definitions, levers
        Relations of the seeds ``intervention_definitions`` and ``lever_definitions``.
    features
        Relation of the features that causes are told from.

    Raises
    ------
    ModelError
        If one cannot be used; the sentence names the row and the mend.
    """
    known = set(engine.collect(f"select lever from {levers}")["lever"].to_pylist())
    found = []
    for row in engine.collect(
        f"select intervention, cause, lever, intervention_cost from {definitions} order by 1"
    ).to_pylist():
        cost = row.pop("intervention_cost")
        one = Intervention(**row)
        place = (
            f"The intervention {one.intervention} in seeds/intervention_definitions.csv has the "
        )
        if cost is None or not cost >= 0:
            raise ModelError(f"{place}cost {cost}: give money per customer, 0 or more.")
        if one.lever is not None and one.lever not in known:
            raise ModelError(
                f"{place}lever {one.lever}, which is not in seeds/lever_definitions.csv: "
                "add it there, or leave it empty."
            )
        try:
            engine.collect(f"select cast({one.sql} as boolean) from {features} limit 1")
        except EngineError as error:
            raise ModelError(
                f"{place}cause {one.cause!r}, which is no SQL over features ({error}): "
                "write a condition on features of seeds/feature_definitions.csv."
            ) from error
        found.append(one)
    return tuple(found)


def causes_of(
    interventions: Sequence[Intervention], *, keys: Sequence[str], rows: str, only_with_cause: bool
) -> str:
    """Return a query of one row per row and intervention, with ``has_cause``.

    Parameters
    ----------
    keys
        Columns of the rows that stay.
    rows
        Relation of the rows with their features.
    only_with_cause
        Whether rows without the cause are left out.
    """
    columns = ", ".join(keys)
    parts = [
        f"select {columns}, {quote(one.intervention)} as intervention, "
        f"cast({one.sql} as boolean) as has_cause from {rows}"
        + (f" where {one.sql}" if only_with_cause else "")
        for one in interventions
    ]
    nothing = f"select {columns}, '' as intervention, false as has_cause from {rows} where false"
    return " union all ".join([*parts, nothing])


@dataclass(frozen=True, eq=False)
class Gaps:
    """What the causes of n interventions cost beyond what the score says, in points.

    Parameters
    ----------
    gap, std_error
        (n,) as answered: how far answers with the cause lie further below their scores than others.
        NaN where too few answered.
    expected, expected_std_error
        (n,) drawn to each other as far as they differ by chance. NaN where none is known.
    """

    gap: np.ndarray
    std_error: np.ndarray
    expected: np.ndarray
    expected_std_error: np.ndarray


def shrink_gaps(gap: np.ndarray, std_error: np.ndarray) -> Gaps:
    """Draw gaps to each other (Fay and Herriot 1979), as ``csat.estimation.shrinkage`` does.

    A cause that nobody has answered about is taken for one like the others: expected as their mean,
    and as uncertain as they differ. With fewer than three known ones nothing is shrunk.
    """
    gap, std_error = (np.asarray(values, dtype=np.float64) for values in (gap, std_error))
    is_told = np.isfinite(gap) & np.isfinite(std_error)
    if is_told.sum() < FEWEST_TO_SHRINK:
        return Gaps(gap, std_error, np.where(is_told, gap, np.nan), std_error)
    means = shrink(
        np.where(is_told, gap, 0.0),
        np.where(is_told, std_error, np.inf) ** 2,
        largest_between_std=LARGEST_BETWEEN_STD,
    ).means
    assert means is not None
    return Gaps(gap, std_error, means.estimate, means.std_error)


def expect_gains(
    engine: Engine,
    *,
    interventions: Sequence[Intervention],
    causes: str,
    residuals: str,
    customers: str,
    levers: str,
    lever_definitions: str,
    effects: str,
    programs: str,
) -> pa.Table:
    """Return what each intervention can be expected to bring, and how likely it helps.

    The probability that it helps is that of a gain above 0: of the measured effect where the
    program that does the same is measured to raise satisfaction; otherwise of the shrunk gap plus
    the mean gain of the lever, by the normal distribution; one half where nothing is known.

    Parameters
    ----------
    causes
        Relation of ``response_id``, ``intervention``, ``has_cause``.
    residuals
        Relation of ``response_id``, ``customer_id``, ``is_satisfied`` and the ``probability`` that
        was predicted beforehand.
    customers
        Relation of ``customer_id``, ``intervention``: who has the cause now.
    levers
        Relation of ``customer_id``, ``lever``, ``gain_points``, single levers alone.
    lever_definitions
        Relation of ``lever``, ``program_id``.
    effects, programs
        Relations of ``program_id``, ``verdict``, ``effect_points`` and the ends of its interval;
        and of ``program_id``, ``program_name``.

    Returns
    -------
    pyarrow.Table
        ``GAINS_SCHEMA``, in the order of ``interventions``.
    """
    answered = _answered(engine, causes, residuals)
    mean_gain = {
        row["intervention"]: row["gain_points"]
        for row in engine.collect(
            "select customers.intervention, "
            f"{exact_sum('coalesce(levers.gain_points, 0)')} / count(*) as gain_points "
            f"from {customers} as customers "
            f"inner join ({_pairs(interventions)}) as pairs "
            "on customers.intervention = pairs.intervention "
            f"left join {levers} as levers "
            "on customers.customer_id = levers.customer_id and pairs.lever = levers.lever "
            "group by customers.intervention"
        ).to_pylist()
    }
    measured = {
        row["lever"]: row
        for row in engine.collect(
            "select definitions.lever, effects.program_id, programs.program_name, "
            "effects.effect_points as program_points, "
            "effects.effect_points_lower as program_points_lower, "
            "effects.effect_points_upper as program_points_upper "
            f"from {lever_definitions} as definitions "
            f"inner join {effects} as effects on definitions.program_id = effects.program_id "
            f"inner join {programs} as programs on effects.program_id = programs.program_id "
            f"where effects.verdict = {quote(RAISES)}"
        ).to_pylist()
    }
    names = [one.intervention for one in interventions]
    gaps = shrink_gaps(
        np.array([answered.get(name, {}).get("gap", np.nan) for name in names]),
        np.array([answered.get(name, {}).get("std_error", np.nan) for name in names]),
    )
    rows = []
    for number, one in enumerate(interventions):
        own = answered.get(one.intervention, {})
        row = {
            "intervention": one.intervention,
            "answers": own.get("answers", 0),
            "answering_customers": own.get("customers", 0),
            "gap_points": gaps.gap[number],
            "gap_std_error": gaps.std_error[number],
            "expected_gap_points": gaps.expected[number],
            "expected_gap_std_error": gaps.expected_std_error[number],
        }
        program = measured.get(one.lever)
        if program is not None:
            row |= {name: value for name, value in program.items() if name != "lever"}
            width = row["program_points_upper"] - row["program_points_lower"]
            row["probability_helps"] = probability_above_zero(
                row["program_points"], width / (2 * ndtri(0.5 + CONFIDENCE / 2))
            )
        else:
            row["probability_helps"] = probability_above_zero(
                gaps.expected[number] + mean_gain.get(one.intervention, 0.0),
                gaps.expected_std_error[number],
            )
        rows.append({name: _null(value) for name, value in row.items()})
    return pa.Table.from_pylist(rows, schema=GAINS_SCHEMA)


def probability_above_zero(estimate: float, std_error: float) -> float:
    """Return Φ(estimate / std_error), one half where either is not known.

    Examples
    --------
    >>> probability_above_zero(1.0, float("nan"))
    0.5
    """
    if not (np.isfinite(estimate) and np.isfinite(std_error) and std_error > 0):
        return 0.5
    return float(ndtr(estimate / std_error))


def _answered(engine: Engine, causes: str, residuals: str) -> Mapping[str, dict]:
    """Return the gap of each intervention with its standard error, by customers.

    mean_with = Σ_i s_i / Σ_i n_i over customers i with s_i the sum of their residuals and n_i their
    answers; variance k / (k - 1) Σ_i (s_i - n_i mean)² / (Σ n_i)², k customers (a ratio estimator,
    so that several answers of one customer are not taken for several customers).
    """
    residual = "100e0 * (cast(residuals.is_satisfied as double) - residuals.probability)"
    square = "(of_customers.residual - of_customers.answers * means.mean) ** 2"
    rows = engine.collect(
        "with of_customers as (select causes.intervention, causes.has_cause, "
        "residuals.customer_id, cast(count(*) as double) as answers, "
        f"{exact_sum(residual)} as residual "
        f"from {causes} as causes "
        f"inner join {residuals} as residuals on causes.response_id = residuals.response_id "
        "group by 1, 2, 3), "
        "means as (select intervention, has_cause, "
        f"{exact_sum('residual')} / sum(answers) as mean, "
        "sum(answers) as answers, count(*) as customers from of_customers group by 1, 2) "
        "select means.intervention, means.has_cause, any_value(means.mean) as mean, "
        "any_value(means.answers) as answers, any_value(means.customers) as customers, "
        f"{exact_sum(square)} as squares "
        "from means inner join of_customers on means.intervention = of_customers.intervention "
        "and means.has_cause = of_customers.has_cause group by 1, 2 order by 1, 2"
    ).to_pylist()
    sides: dict[str, dict[bool, dict]] = {}
    for row in rows:
        sides.setdefault(row["intervention"], {})[row["has_cause"]] = row
    found = {}
    for name, of in sides.items():
        with_cause = of.get(True)
        if with_cause is None:
            continue
        own = {"answers": int(with_cause["answers"]), "customers": with_cause["customers"]}
        if len(of) == 2 and min(side["customers"] for side in of.values()) >= FEWEST_CUSTOMERS:
            own["gap"] = of[False]["mean"] - with_cause["mean"]
            own["std_error"] = float(
                np.sqrt(
                    sum(
                        side["squares"]
                        / side["answers"] ** 2
                        * side["customers"]
                        / (side["customers"] - 1)
                        for side in of.values()
                    )
                )
            )
        found[name] = own
    return found


def _pairs(interventions: Sequence[Intervention]) -> str:
    """Return a query of interventions with their levers."""
    parts = [
        f"select {quote(one.intervention)} as intervention, {quote(one.lever)} as lever"
        for one in interventions
        if one.lever is not None
    ]
    return " union all ".join([*parts, "select '' as intervention, '' as lever where false"])


def _null(value: object) -> object:
    """Return null in place of what is not a number."""
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return float(value) if isinstance(value, np.floating) else value
