"""Simulated time: whole seconds since the first simulated midnight (UTC).

The first simulated days are a burn-in: what happens in them is drawn, so that the company is
in full swing on the first day that is written, and not written itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3_600
SECONDS_PER_DAY = 86_400
DAYS_PER_YEAR = 365.25

#: Stands for a moment that never comes; written as null.
NEVER = np.int64(1) << 60


@dataclass(frozen=True)
class Calendar:
    """The simulated days.

    Moments are int64 seconds since midnight of ``start``; days are integers from 0 to
    ``days - 1``. Days from ``first_day`` on are written.
    """

    start: date
    days: int
    holidays: tuple[tuple[int, int], ...] = ()
    # days of burn-in, which are simulated and not written; the number of the first written day
    first_day: int = 0

    @classmethod
    def ending(
        cls, end: date, days: int, holidays: tuple[tuple[int, int], ...], burn_in_days: int = 0
    ) -> Calendar:
        """The ``days`` written days of which ``end`` is the last, and the burn-in before them."""
        total = burn_in_days + days
        return cls(end - timedelta(days=total - 1), total, holidays, burn_in_days)

    @property
    def first_second(self) -> int:
        """Midnight of the first written day."""
        return self.first_day * SECONDS_PER_DAY

    def day_at(self, share: float) -> int:
        """The day at which ``share`` of the written period has passed."""
        return self.first_day + int(share * (self.days - self.first_day))

    @property
    def end_seconds(self) -> int:
        """Midnight after the last day."""
        return self.days * SECONDS_PER_DAY

    @property
    def start_epoch_day(self) -> int:
        """Days from 1970-01-01 to the first simulated day."""
        return (self.start - date(1970, 1, 1)).days

    @cached_property
    def dates(self) -> np.ndarray:
        """The date of each day, datetime64[D]."""
        return np.datetime64(self.start, "D") + np.arange(self.days)

    @cached_property
    def weekday(self) -> np.ndarray:
        """0 for Monday to 6 for Sunday, for each day."""
        return (self.start.weekday() + np.arange(self.days)) % 7

    @cached_property
    def year_fraction(self) -> np.ndarray:
        """Position in the year of each day, 0 at New Year and just under 1 on New Year's Eve."""
        starts = self.dates.astype("datetime64[Y]").astype("datetime64[D]")
        return (self.dates - starts).astype(int) / DAYS_PER_YEAR

    @cached_property
    def is_holiday(self) -> np.ndarray:
        """True on the public holidays."""
        months = self.dates.astype("datetime64[M]")
        month = months.astype(int) % 12 + 1
        day_of_month = (self.dates - months.astype("datetime64[D]")).astype(int) + 1
        holiday = np.zeros(self.days, dtype=bool)
        for holiday_month, holiday_day in self.holidays:
            holiday |= (month == holiday_month) & (day_of_month == holiday_day)
        return holiday

    @cached_property
    def month_starts(self) -> np.ndarray:
        """Day number of the first of every month that touches the period (the first is <= 0)."""
        first = self.dates[0].astype("datetime64[M]")
        last = self.dates[-1].astype("datetime64[M]")
        months = np.arange(first, last + 1)
        return (months.astype("datetime64[D]") - self.dates[0]).astype(np.int64)

    def yearly_wave(self, peak: float) -> np.ndarray:
        """A cosine over the year, 1 at the year fraction ``peak`` and -1 half a year later."""
        return np.cos(2 * np.pi * (self.year_fraction - peak))

    def day_number(self, day: date) -> int:
        """Day number of a date; negative before the period."""
        return (day - self.start).days


def day_of(seconds: np.ndarray) -> np.ndarray:
    """Day number of each moment."""
    return seconds // SECONDS_PER_DAY
