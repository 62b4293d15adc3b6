"""Who meets a condition, and how satisfied they are: at once, as the next build will say it.

Conditions are counted over ``segment_builder_customers``, and estimated by the very code of a run
(``estimate_due_dates``) over ``segment_builder_answers``. A run estimates all conditions together,
and tells from all of them how much scores follow a segment's own answers; here it is told from a
few, so that the next build may say a point or two more or less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa

from csat.daily.estimation import EstimationSettings, estimate_due_dates
from csat.daily.scoring import BAG_CONTRASTS
from csat.daily.segment_facts import OWN_OF_ANSWERS, facts_among
from csat.daily.segments import BASE, MEMBERS, Placements
from csat.engine import DuckDBEngine, quote
from csat.estimation import LevelSettings
from csat.pages.conditions import Fact, facts_of
from csat.pages.settings import project_var
from csat.project import UserError

Query = Callable[..., pa.Table]
#: The segment being built, among the definitions; no company can call one so.
BUILT = "(being built)"
CUSTOMERS, ANSWERS = "marts.segment_builder_customers", "marts.segment_builder_answers"
#: Conditions that are estimated beside it, of those that a run takes together: each takes a tenth
#: of a second, and an answer should be there within one.
ESTIMATED_BESIDE = 3
#: The text values of a fact that can be chosen, most frequent first.
MOST_VALUES = 200


@dataclass(frozen=True)
class BuiltSegment:
    """What is known of a segment that is being built; figures are null where it is suppressed."""

    customers: int
    everyone: int
    csat_estimate: float | None
    csat_estimate_lower: float | None
    csat_estimate_upper: float | None
    answers: int | None
    suppression_reason: str | None

    @property
    def share(self) -> float:
        """Part of all customers, in percent."""
        return 100 * self.customers / self.everyone if self.everyone else 0.0


class SegmentBuilder:
    """Counts and estimates segments on one published file.

    Parameters
    ----------
    query
        Runs SQL with parameters on the published file, and returns an Arrow table.
    settings
        Those of the company's estimates.
    """

    def __init__(self, query: Query, settings: EstimationSettings):
        self._query = query
        self._settings = settings

    @cached_property
    def facts(self) -> list[Fact]:
        """What conditions can be about, by label."""
        described = self._query(f"describe {CUSTOMERS}").to_pylist()
        types = {row["column_name"]: row["column_type"] for row in described}
        features = self._query(
            "select feature, feature_label, unit from marts.dim_model_features"
        ).to_pylist()
        return facts_of({name: types[name] for name in facts_among(types)}, features)

    def values_of(self, fact: Fact) -> list[str]:
        """Return the values of a text that customers have, the most frequent first."""
        name = _quoted(fact, self.facts)
        rows = self._query(
            f"select cast({name} as varchar) as value from {CUSTOMERS} where {name} is not null "
            f"group by {name} order by count(*) desc, value limit {MOST_VALUES}"
        )
        return rows["value"].to_pylist()

    def range_of(self, fact: Fact) -> tuple[object, object, object]:
        """Return the lowest, middle and highest value of a number or date; null without any."""
        name = _quoted(fact, self.facts)
        middle = f"median({name})" if fact.kind == "number" else f"max({name})"
        row = self._query(
            f"select min({name}) as lowest, {middle} as middle, max({name}) as highest "
            f"from {CUSTOMERS}"
        ).to_pylist()[0]
        return row["lowest"], row["middle"], row["highest"]

    @cached_property
    def _defined(self) -> list[tuple[str, str]]:
        """The largest conditions that are defined already; what scores learn is told from all."""
        rows = self._query(
            "select segment_id, definition from marts.dim_segments where not is_dimension "
            "order by customers desc, segment_id"
        ).to_pylist()
        defined = [(row["segment_id"], row["definition"]) for row in rows]
        return [(name, sql) for name, sql in defined if self._is_usable(sql)][:ESTIMATED_BESIDE]

    def _is_usable(self, condition: str) -> bool:
        try:
            for relation in (CUSTOMERS, ANSWERS):
                self._query(f"select ({condition}) from {relation} limit 0")
        except UserError:
            return False
        return True

    def count(self, condition: str) -> int:
        """Return how many customers meet a condition."""
        rows = self._query(f"select count(*) as customers from {CUSTOMERS} where {condition}")
        return rows["customers"].to_pylist()[0]

    def build(self, condition: str) -> BuiltSegment:
        """Count and estimate those whom a condition, made by ``condition_sql``, holds for."""
        conditions = [*self._defined, (BUILT, condition)]
        conditions.sort()
        ids = [name for name, _ in conditions]
        columns = ", ".join(
            f"coalesce(({sql}), false) as segment_{number}"
            for number, (_, sql) in enumerate(conditions)
        )
        placed = f"(select customer_id, score_date, {columns} from {CUSTOMERS})"
        sums = Placements(placed, tuple(ids), (True,) * len(ids)).sums(
            f"(select * from {CUSTOMERS})", ("probability", *BAG_CONTRASTS)
        )
        scores = self._query(sums)
        counted = dict(
            zip(scores["segment_id"].to_pylist(), scores["customers"].to_pylist(), strict=True)
        )
        everyone = counted.get(BASE, 0)
        if not counted.get(BUILT):
            return BuiltSegment(0, everyone, None, None, None, None, "Nobody meets the conditions.")
        found = self._estimate(scores, conditions)
        return BuiltSegment(
            counted[BUILT],
            everyone,
            found["csat_estimate"],
            found["csat_estimate_lower"],
            found["csat_estimate_upper"],
            found["answers"],
            found["suppression_reason"],
        )

    def _estimate(self, scores: pa.Table, conditions: Sequence[tuple[str, str]]) -> Mapping:
        """Estimate by the code of a run, in a database of its own that holds little."""
        members = " union all ".join(
            [
                f"select response_id, {quote(BASE)} as segment_id, {quote(BASE)} as segment_value "
                f"from {ANSWERS}",
                *(
                    f"select response_id, {quote(name)}, {quote(MEMBERS)} from {ANSWERS} "
                    f"where {sql}"
                    for name, sql in conditions
                ),
            ]
        )
        with duckdb.connect() as connection:
            for name, rows in {
                "scores": scores,
                "residuals": self._residuals,
                "answer_segments": self._query(members),
                "versions": self._version_in_force,
                "definitions": pa.table(
                    {
                        "segment_id": [name for name, _ in conditions],
                        "condition": [sql for _, sql in conditions],
                    }
                ),
            }.items():
                connection.register(name, rows)
            estimated = estimate_due_dates(
                DuckDBEngine(connection),
                self._settings,
                definitions="definitions",
                scores="scores",
                scores_before="(select * from scores where false)",
                residuals="residuals",
                answer_segments="answer_segments",
                versions="versions",
                earlier=None,
            ).to_pylist()
        return next(row for row in estimated if row["segment_id"] == BUILT)

    @cached_property
    def _residuals(self) -> pa.Table:
        return self._query(f"select {', '.join(OWN_OF_ANSWERS)} from {ANSWERS}")

    @cached_property
    def _version_in_force(self) -> pa.Table:
        # All answers are said to by it, or by what stands in for it.
        return self._query(
            "select model_version, in_force_from, is_champion from marts.dim_model_versions "
            "where is_in_force"
        )

    def members(self, condition: str) -> pa.Table:
        """Return who meets a condition, the least satisfied first, without personal data."""
        return self._query(
            "select customers.customer_id, round(current.csat_score, 1) as csat_score, "
            "round(current.csat_score_lower, 1) as csat_score_lower, "
            "round(current.csat_score_upper, 1) as csat_score_upper, current.csat_band, "
            "current.lowered_by_1 as most_lowered_by, current.raised_by_1 as most_raised_by "
            f"from (select customer_id from {CUSTOMERS} where {condition}) as customers "
            "left join marts.fct_customer_csat_current as current "
            "on customers.customer_id = current.customer_id "
            "order by current.csat_score, customers.customer_id"
        )


def estimation_settings(root: Path) -> EstimationSettings:
    """Return the settings of the project's estimates, from its vars.

    Raises
    ------
    UserError
        If the project's file cannot be read, or lacks one.
    """
    return EstimationSettings(
        min_customers=project_var(root, "min_segment_customers"),
        min_answers=project_var(root, "min_segment_answers"),
        survey_days=project_var(root, "survey_days"),
        gamma=project_var(root, "sensitivity_gamma"),
        level=LevelSettings(
            window_days=project_var(root, "estimation_days"),
            lags=EstimationSettings().level.lags,
        ),
    )


def list_name(segment_id: str, run_date: date) -> str:
    """Return a file name for a downloaded list."""
    return f"{segment_id or 'segment'}_{run_date.isoformat()}.csv"


def _quoted(fact: Fact, known: Sequence[Fact]) -> str:
    # Names come back from the page: only those that the table has are asked for.
    if fact.name not in {own.name for own in known}:
        raise UserError(f"There is no {fact.name} in {CUSTOMERS}: choose another one.")
    return '"' + fact.name.replace('"', '""') + '"'
