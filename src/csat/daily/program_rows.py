"""Effects of programs as rows of a table: what is told of each, with weeks, checks and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from csat.impact import (
    FAIL,
    RAISES,
    Check,
    CohortEffects,
    CompanyWideEffect,
    Cost,
    Effect,
    GroupEffects,
    ProgramEffect,
    Verdict,
    cost_of,
    judge,
    judge_company_wide,
    judge_parts,
    rank_programs,
)
from csat.impact.effects import no_effect

#: How a program is estimated.
OBSERVED = "difference in differences"
RANDOMIZED = "randomised comparison"
COMPANY_WIDE = "interrupted series"

#: Why a program that is ranked gets no money.
BUDGET_SPENT = "The budget is used up by programs of a higher rank."
NOT_SHOWN = "It is not shown to raise satisfaction: worth a trial, with some left out by chance."

#: Of every figure: threads add up in another order, and the last digits differ.
DECIMALS = 6

_NUMBER, _COUNT, _TEXT = pa.float64(), pa.int64(), pa.string()
_INTERVAL = [(f"effect_points{ending}", _NUMBER) for ending in ("", "_lower", "_upper")]
WEEK = pa.struct([("weeks_from_start", _COUNT), *_INTERVAL, ("answers", _COUNT)])
CHECK = pa.struct(
    [
        ("check_name", _TEXT),
        ("status", _TEXT),
        ("message", _TEXT),
        ("value", _NUMBER),
        ("bound", _NUMBER),
        ("could_feign_points", _NUMBER),
    ]
)
_COSTS = tuple(
    (f"{cost}{ending}", _NUMBER)
    for cost in ("cost_per_point", "cost_per_satisfied")
    for ending in ("", "_lower", "_upper")
)
GROUP = pa.struct(
    [
        ("group_kind", _TEXT),
        ("group_value", _TEXT),
        *_INTERVAL,
        ("treated_customers", _COUNT),
        ("answers", _COUNT),
        ("verdict", _TEXT),
        ("verdict_message", _TEXT),
        ("smallest_effect_told", _NUMBER),
        *_COSTS,
        ("counted_from_date", pa.date32()),
    ]
)
#: One row per program.
EFFECTS_SCHEMA = pa.schema(
    [
        ("program_id", _TEXT),
        ("method", _TEXT),
        ("verdict", _TEXT),
        ("verdict_message", _TEXT),
        *_INTERVAL,
        ("std_error", _NUMBER),
        ("smallest_effect_told", _NUMBER),
        *((f"behaviour_points{ending}", _NUMBER) for ending in ("", "_lower", "_upper")),
        ("csat_without_program", _NUMBER),
        ("weeks_after", _NUMBER),
        ("enrolled_customers", _COUNT),
        ("ended_customers", _COUNT),
        ("treated_customers", _COUNT),
        ("control_customers", _COUNT),
        ("answers", _COUNT),
        ("treated_answers", _COUNT),
        ("least_effective_answers", _NUMBER),
        *_COSTS,
        ("first_enrolled_date", pa.date32()),
        ("last_enrolled_date", pa.date32()),
        ("priority_rank", _COUNT),
        ("priority_reason", _TEXT),
        ("effect_shrunk", _NUMBER),
        ("effect_shrunk_lower", _NUMBER),
        ("effect_shrunk_upper", _NUMBER),
        ("reach_customers", _COUNT),
        ("base_points_per_1000", _NUMBER),
        ("funded_customers", _COUNT),
        ("funded_money", _NUMBER),
        *((f"funded_base_points{ending}", _NUMBER) for ending in ("", "_lower", "_upper")),
        ("probability_positive", _NUMBER),
        ("probability_funded", _NUMBER),
        ("weeks", pa.list_(WEEK)),
        ("checks", pa.list_(CHECK)),
        ("effect_groups", pa.list_(GROUP)),
    ]
)


def row_of_program(
    program: Mapping[str, object],
    method: str,
    found: ProgramEffect,
    enrolled: Mapping[str, object],
    smallest_that_matters: float,
    first_day: date,
) -> dict:
    """Return the row of a program with enrolments.

    Parameters
    ----------
    program
        ``program_id`` and ``cost_per_enrollment``.
    method
        How it was estimated.
    enrolled
        ``customers``, ``ended``, ``first_date`` and ``last_date`` of all enrolments.
    smallest_that_matters
        In points.
    first_day
        Of the first week.
    """
    verdict = judge(found.effect, found.checks, smallest_that_matters)
    steps = found.steps
    parts = _groups(found.groups, first_day) + _cohorts(found.cohorts, first_day)
    parts = [part.of_all(found, verdict) for part in parts]
    looked_at = [part.effect for part in parts if part.verdict is None]
    said = iter(judge_parts(looked_at, found.checks, smallest_that_matters))
    cost = program["cost_per_enrollment"]
    return {
        **_common(program, method, found.effect, verdict),
        **_interval("behaviour_points", found.score_part),
        **_costs(found.effect, found.checks, cost),
        "csat_without_program": _level(found.without_program),
        "weeks_after": found.periods_after,
        "enrolled_customers": enrolled["customers"],
        "ended_customers": enrolled["ended"],
        "treated_customers": found.treated_customers,
        "control_customers": found.control_customers,
        "treated_answers": found.treated_answers,
        "least_effective_answers": found.least_effective_answers,
        "first_enrolled_date": enrolled["first_date"],
        "last_enrolled_date": enrolled["last_date"],
        "weeks": [
            {
                "weeks_from_start": int(steps.first[place]),
                **_interval("effect_points", _effect_at(steps, place)),
                "answers": round(float(steps.n[place])),
            }
            for place in range(len(steps.first))
        ],
        "checks": [_check(check) for check in found.checks],
        "effect_groups": [
            part.row(part.verdict or next(said)) | _costs(part.effect, found.checks, cost)
            for part in parts
        ],
    }


def row_of_company_wide(
    program: Mapping[str, object],
    method: str,
    found: CompanyWideEffect | None,
    smallest_that_matters: float,
) -> dict:
    """Return the row of a program for everyone; nothing is found where no start is known."""
    if found is None:
        nothing = no_effect(0, "Nobody is enrolled, and when it started is not known.")
        return {
            **_common(program, method, nothing, judge(nothing, [], smallest_that_matters)),
            "enrolled_customers": 0,
            "ended_customers": 0,
            "treated_customers": 0,
            "control_customers": 0,
            "treated_answers": 0,
            "weeks": [],
            "checks": [],
            "effect_groups": [],
        }
    verdict = judge_company_wide(found, smallest_that_matters)
    # A week is told against the mean of the weeks before.
    before = found.periods < 0
    level = float(found.residual[before].mean()) if before.any() else np.nan
    return {
        **_common(program, method, found.effect, verdict),
        "enrolled_customers": 0,
        "ended_customers": 0,
        "treated_customers": 0,
        "control_customers": 0,
        "treated_answers": found.effect.n,
        "weeks": [
            {
                "weeks_from_start": int(week),
                "effect_points": _told(residual - level),
                "effect_points_lower": _told(residual - level - 1.96 * error),
                "effect_points_upper": _told(residual - level + 1.96 * error),
                "answers": int(count),
            }
            for week, residual, error, count in zip(
                found.periods, found.residual, found.std_error, found.answers, strict=True
            )
        ],
        "checks": [_check(check) for check in found.checks],
        "effect_groups": [],
    }


def with_priorities(
    rows: Sequence[dict], reach: Mapping[str | None, int], budget: float
) -> list[dict]:
    """Return the rows with what to fund under the budget.

    Parameters
    ----------
    rows
        Of all programs, with ``cost_per_enrollment``.
    reach
        Active customers who are not enrolled, by program; all active ones under null.
    budget
        In money.
    """
    total = reach[None]
    reasons = [_why_not_ranked(row, total) for row in rows]
    can = np.array([reason is None for reason in reasons], dtype=bool)

    def of(name: str) -> np.ndarray:
        return np.array([np.nan if row.get(name) is None else row[name] for row in rows], float)

    reached = np.array([reach.get(row["program_id"], total) for row in rows], dtype=float)
    ranked = rank_programs(
        np.where(can, of("effect_points"), np.nan),
        np.where(can, of("std_error"), np.nan),
        reached,
        np.where(can, of("cost_per_enrollment"), 0.0),
        all_customers=max(total, 1),
        budget=budget,
        is_shown=np.array([row["verdict"] == RAISES for row in rows], dtype=bool),
    )
    told = []
    for place, (row, reason) in enumerate(zip(rows, reasons, strict=True)):
        is_wide = row["method"] == COMPANY_WIDE
        if reason is None and row["verdict"] != RAISES:
            unfunded: str | None = NOT_SHOWN
        elif reason is None and not ranked.customers[place]:
            unfunded = BUDGET_SPENT
        else:
            unfunded = reason
        added = {
            "priority_reason": unfunded,
            "reach_customers": None if is_wide else int(reached[place]),
        }
        if reason is None:
            added |= {
                "priority_rank": int(ranked.rank[place]),
                "effect_shrunk": _told(ranked.estimate[place]),
                "effect_shrunk_lower": _told(ranked.conf_low[place]),
                "effect_shrunk_upper": _told(ranked.conf_high[place]),
                "base_points_per_1000": _told(1000 * ranked.points_per_money[place]),
                "funded_customers": int(ranked.customers[place]),
                "funded_money": _told(ranked.money[place]),
                "funded_base_points": _told(ranked.base_points[place]),
                "funded_base_points_lower": _told(ranked.base_points_low[place]),
                "funded_base_points_upper": _told(ranked.base_points_high[place]),
                "probability_positive": _told(ranked.is_positive[place]),
                "probability_funded": _told(ranked.is_funded[place]),
            }
        told.append({key: _rounded(value) for key, value in (row | added).items() if key != _MONEY})
    return told


def _rounded(value: object) -> object:
    """Return numbers without the digits in which the order of sums shows."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return value


_MONEY = "cost_per_enrollment"


def _why_not_ranked(row: Mapping[str, object], customers: int) -> str | None:
    if row["method"] == COMPANY_WIDE:
        return "It is for everyone: there is nobody left to enrol."
    if row.get("effect_points") is None:
        return "Its effect cannot be told."
    failed = [check["check_name"] for check in row["checks"] if check["status"] == FAIL]
    if failed:
        return f"Its figures do not hold: {', '.join(failed)} failed."
    if row[_MONEY] is None or not row[_MONEY] >= 0:
        return "What an enrolment costs is not known."
    return None if customers else "There are no active customers."


def _common(
    program: Mapping[str, object], method: str, effect: Effect, verdict: Verdict
) -> dict[str, object]:
    return {
        "program_id": program["program_id"],
        _MONEY: program["cost_per_enrollment"],
        "method": method,
        "verdict": verdict.word,
        "verdict_message": verdict.message,
        **_interval("effect_points", effect),
        "std_error": effect.std_error,
        "smallest_effect_told": effect.smallest_told,
        "answers": effect.n,
    }


def _costs(effect: Effect, checks: Sequence[Check], cost: float | None) -> dict[str, float | None]:
    """Return what an effect costs; nothing where a check failed."""
    is_sound = all(check.status != FAIL for check in checks)
    found = cost_of(effect, cost) if is_sound else Cost()
    return {
        "cost_per_point": found.per_point,
        "cost_per_point_lower": found.per_point_low,
        "cost_per_point_upper": found.per_point_high,
        "cost_per_satisfied": found.per_satisfied,
        "cost_per_satisfied_lower": found.per_satisfied_low,
        "cost_per_satisfied_upper": found.per_satisfied_high,
    }


@dataclass(frozen=True)
class _Part:
    """A part of those who enrolled, and the effect on them; with a verdict where it is of all."""

    kind: str
    value: str
    effect: Effect
    customers: float
    counted_from: date | None = None
    left_out: str = ""
    verdict: Verdict | None = None

    def of_all(self, found: ProgramEffect, verdict: Verdict) -> _Part:
        """Return the part with the program's verdict where all are compared in it, by its figures.

        It is no further part to be looked at, and adds nothing to what chance may bring.
        """
        own, whole = self.effect, found.effect
        if own.estimate is None or whole.estimate is None:
            return self
        is_whole = np.allclose(
            (own.estimate, own.std_error, round(float(self.customers))),
            (whole.estimate, whole.std_error, found.treated_customers),
            rtol=0,
            atol=10**-DECIMALS,
        )
        return replace(self, verdict=verdict) if is_whole else self

    def row(self, verdict: Verdict) -> dict[str, object]:
        return {
            "group_kind": self.kind,
            "group_value": self.value,
            **_interval("effect_points", self.effect),
            "treated_customers": round(float(self.customers)),
            "answers": self.effect.n,
            "verdict": verdict.word,
            "verdict_message": verdict.message + self.left_out,
            "smallest_effect_told": self.effect.smallest_told,
            "counted_from_date": self.counted_from,
        }


def _groups(groups: GroupEffects, first_day: date) -> list[_Part]:
    return [
        _Part(
            kind,
            value,
            _effect_at(groups, place),
            groups.customers[place],
            *_left_out(groups, place, first_day),
        )
        for place, (kind, value) in enumerate(groups.names)
    ]


def _cohorts(cohorts: CohortEffects, first_day: date) -> list[_Part]:
    return [
        _Part(
            "cohort",
            f"{_day_of(first_day, first)} to {_day_of(first_day, last + 1, -1)}",
            _effect_at(cohorts, place),
            size,
        )
        for place, (first, last, size) in enumerate(
            zip(cohorts.first, cohorts.last, cohorts.customers, strict=True)
        )
    ]


def _left_out(groups: GroupEffects, place: int, first_day: date) -> tuple[date | None, str]:
    """Return from which day of enrolling on customers count, and a sentence of the others."""
    customers = round(float(groups.unknown[place]))
    if not customers:
        return None, ""
    # Who was in it is known from the end of that week on, and so counts in the next one.
    day = _day_of(first_day, groups.known_since[place] + 1)
    return day, (
        f" Left out are {customers:,} who enrolled before {day}: whether they were in the group "
        "is not known."
    )


def _day_of(first_day: date, week: int, days: int = 0) -> date:
    """Return the first day of a week, or so many days later."""
    return first_day + timedelta(days=7 * int(week) + days)


def _effect_at(found: object, place: int) -> Effect:
    """Return one of several effects."""
    values = [
        _told(getattr(found, name)[place])
        for name in ("estimate", "std_error", "conf_low", "conf_high")
    ]
    n = round(float(found.n[place]))
    if values[0] is None:
        reasons = getattr(found, "reason", None)
        return no_effect(n, reasons[place] if reasons else "There are too few answers.")
    return Effect(*values, n)


def _interval(name: str, effect: Effect) -> dict[str, float | None]:
    return {
        name: effect.estimate,
        f"{name}_lower": effect.conf_low,
        f"{name}_upper": effect.conf_high,
    }


def _check(check: Check) -> dict[str, object]:
    return {
        "check_name": check.name,
        "status": check.status,
        "message": check.message,
        "value": _told(check.value),
        "bound": _told(check.bound),
        "could_feign_points": _told(check.could_feign),
    }


def _level(points: float | None) -> float | None:
    """Return a level of satisfaction, which is none outside 0 to 100, whatever noise makes it."""
    return None if points is None else float(np.clip(points, 0.0, 100.0))


def _told(value: float | None) -> float | None:
    """Return a number; null for what is none, or endless."""
    return None if value is None or not np.isfinite(value) else float(value)
