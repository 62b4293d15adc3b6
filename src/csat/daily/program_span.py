"""The weeks in which programs are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from csat.engine import Engine

DAYS_OF_A_WEEK = 7


@dataclass(frozen=True)
class Span:
    """Whole weeks up to the as-of date."""

    day: date
    weeks: int

    @classmethod
    def read(cls, engine: Engine, scored_days: str, day: date, days: int) -> Span:
        """Return the weeks that are scored from their first to their last day."""
        (first,) = engine.collect(f"select min(score_date) as first_date from {scored_days}")[
            "first_date"
        ].to_pylist()
        there = 0 if first is None else (day - first).days + 1
        return cls(day, max(min(there, days) // DAYS_OF_A_WEEK, 1))

    @property
    def first_day(self) -> date:
        """The first day of the first week."""
        return self.day - timedelta(days=DAYS_OF_A_WEEK * self.weeks - 1)

    @property
    def last_days(self) -> list[date]:
        """The last day of each week."""
        return [
            self.first_day + timedelta(days=DAYS_OF_A_WEEK * (week + 1) - 1)
            for week in range(self.weeks)
        ]

    def week_of(self, column: str) -> str:
        """SQL of the week of a date, 0 for the first one."""
        days = f"date_diff('day', date '{self.first_day}', {column})"
        return f"cast(floor({days} / {DAYS_OF_A_WEEK}e0) as bigint)"

    def number_of(self, day: date | None) -> int | None:
        """Return the week of a day, which may lie outside."""
        return None if day is None else (day - self.first_day).days // DAYS_OF_A_WEEK

    def holds(self, column: str) -> str:
        """SQL that a date is in the span."""
        return f"{column} between date '{self.first_day}' and date '{self.day}'"
