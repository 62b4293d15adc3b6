"""What a program does to the satisfaction of those who enrol.

For a cohort that enrols in period g, windows before and after, arms T and C weighted to the same
history (``comparison``), M a customer's mean score in a window and y - m the residuals of answers:

    μ_a(window) = Σ ω M / Σ ω + Σ ω (y - m) / Σ ω,
    ATT_g = [μ_T(after) - μ_T(before)] - [μ_C(after) - μ_C(before)],

the sums of residuals over answers. The score sharpens, the residuals keep it honest: whatever m
leaves out, or takes for satisfaction that is none, the residuals take back, as long as m itself
does not know who is enrolled. The scores' part is further adjusted by regression on history.
Cohorts are averaged by size (Callaway and Sant'Anna 2021; Kallus and Mao 2020 for surrogates;
Testa, Kennedy and Reimherr 2025 for outcomes missing at random). It is the effect of ever
enrolling, whether or not the enrolment ended meanwhile.

Where chance decided who enrols, arms are compared after the start alone: what was before is no
different, and taking it off would only add its noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial, reduce

import numpy as np

from csat.impact.checks import (
    Balance,
    Check,
    TrendBounds,
    check_balance,
    check_overlap,
    check_pre_trend,
    check_response_rate,
    check_trend_bounds,
    check_zero,
    hidden_cause,
    trend_bounds,
)
from csat.impact.cohorts import Rows, Window, blocks_of, check_cohort, stack
from csat.impact.comparison import Comparison, Contrast
from csat.impact.effects import Average, Effect, average, no_effect
from csat.impact.history import History
from csat.impact.panel import Panel, Running
from csat.impact.results import (
    CohortEffects,
    GroupEffects,
    ProgramEffect,
    StepEffects,
    nothing_told,
)
from csat.impact.settings import ProgramSettings


def estimate_program(
    panel: Panel,
    cohort: np.ndarray,
    *,
    held_out: np.ndarray | None = None,
    history: History | None = None,
    settings: ProgramSettings | None = None,
    groups: Mapping[str, np.ndarray] | None = None,
    placebo_outcomes: Mapping[str, np.ndarray] | None = None,
    smallest_that_matters: float = 2.0,
) -> ProgramEffect:
    """Estimate what a program does to those who enrol.

    Parameters
    ----------
    panel
        Customers by periods, with their answers.
    cohort
        (customers,) period of enrolling, ``NEVER`` where never.
    held_out
        (customers,) period in which a customer was chosen like those who enrolled, and chance kept
        them out; ``NEVER`` for all others. Then they alone are compared with, from that period on,
        and the share that chance keeps out is taken to be the same all the time.
    history
        What customers are compared at equal values of.
    settings
        Windows, and whom to compare with.
    groups
        (customers,) whether a customer is in a group, by its name.
    placebo_outcomes
        (customers, periods) of things that the program cannot move, by name.
    smallest_that_matters
        In points: for the check of who answers.

    Raises
    ------
    ImpactError
        If the shapes do not fit.
    """
    cohort = check_cohort(panel, cohort)
    settings, history = settings or ProgramSettings(), history or History()
    if held_out is not None:
        held_out = check_cohort(panel, held_out)
        settings = replace(settings, is_randomized=True, has_same_share=True)
    before, after = Window(-settings.before, 0), Window(0, settings.after)
    comparisons = list(_comparisons(panel, cohort, held_out, history, settings, before, after))
    if not comparisons:
        return nothing_told(_reason(panel, cohort))
    gathered = _Gathered(panel, comparisons, settings, before, after)
    return gathered.told(groups or {}, placebo_outcomes or {}, smallest_that_matters)


def _comparisons(
    panel: Panel,
    cohort: np.ndarray,
    held_out: np.ndarray | None,
    history: History,
    settings: ProgramSettings,
    before: Window,
    after: Window,
) -> Iterator[Comparison]:
    for starts in blocks_of(panel, cohort, before, after, settings):
        rows = stack(panel, cohort, starts, before, after, settings, held_out)
        if not settings.has_same_share:
            rows = _with_both_arms(rows)
        if rows.is_treated.any() and not rows.is_treated.all():
            yield Comparison(panel, rows, history, settings)


def _with_both_arms(rows: Rows) -> Rows:
    """Return the rows of the starts that have enrolled and controls."""
    starts = np.intersect1d(
        np.unique(rows.start[rows.is_treated]), np.unique(rows.start[~rows.is_treated])
    )
    return rows.take(np.isin(rows.start, starts))


def _reason(panel: Panel, cohort: np.ndarray) -> str:
    enrolled = (cohort > 0) & (cohort < panel.periods) & (panel.weight > 0)
    if not enrolled.any():
        return "Nobody enrolled in the time that is looked at."
    return (
        "Nobody who enrolled can be compared: all others had enrolled, or were no customers "
        "before and after."
    )


class _Gathered:
    """The blocks of a program, and contrasts averaged over them."""

    def __init__(
        self,
        panel: Panel,
        comparisons: list[Comparison],
        settings: ProgramSettings,
        before: Window,
        after: Window,
    ) -> None:
        self.panel, self.comparisons, self.settings = panel, comparisons, settings
        self.before, self.after = before, after
        self._found: dict[tuple[Window, Window], Average | None] = {}

    def told(
        self,
        groups: Mapping[str, np.ndarray],
        placebo_outcomes: Mapping[str, np.ndarray],
        smallest_that_matters: float,
    ) -> ProgramEffect:
        settings = self.settings
        effect = self._averaged(self._effect_of)
        score = self._averaged(self._score_of)
        assert score is not None
        placebo = self._placebo_date()
        windows = (self.after,) if settings.is_randomized else (self.before, self.after)
        counts = np.array(
            [[self._answers(window, arm) for arm in (True, False)] for window in windows]
        )
        effective = np.array(
            [
                np.sum([one.effective_answers(window) for one in self.comparisons], axis=0)
                for window in windows
            ]
        )
        told = self._as_effect(effect, counts.sum(), effective)
        bounds = trend_bounds(effect, placebo) if effect is not None and placebo else None
        level = self._averaged(
            lambda one: _sum(
                one.contrast_of_scores(one.in_window(self.after).score),
                one.contrast_of_answers(self.after),
            )
        )
        controls = np.unique(
            np.concatenate([one.rows.customer[~one.rows.is_treated] for one in self.comparisons])
        )
        balance = self._balance()
        confidence = settings.confidence
        return ProgramEffect(
            effect=told,
            score_part=score.effect(counts.sum(), confidence),
            placebo_date=placebo.effect(counts[0].sum(), confidence) if placebo else None,
            treated_customers=round(sum(one.treated_customers for one in self.comparisons)),
            control_customers=round(self.panel.weight[controls].sum()),
            treated_answers=round(counts[:, 0].sum()),
            control_answers=round(counts[:, 1].sum()),
            least_effective_answers=float(effective.min()),
            periods_after=self._periods_after(),
            without_program=None if level is None else level.control,
            steps=self._steps(),
            cohorts=self._cohorts(),
            groups=self._groups(groups),
            balance=balance,
            bounds=bounds if told.estimate is not None else None,
            checks=tuple(
                self._checks(
                    told, effect, placebo, bounds, balance, placebo_outcomes, smallest_that_matters
                )
            ),
            influence=None if effect is None else effect.influence,
        )

    def _averaged(self, contrast_of: Callable[[Comparison], Contrast | None]) -> Average | None:
        return average([(one, contrast_of(one)) for one in self.comparisons], self.panel.customers)

    def _score_of(self, one: Comparison, of: np.ndarray | None = None) -> Contrast | None:
        """Contrast the change of the mean score, of all rows or of some."""
        moved = one.in_window(self.after).score
        if not self.settings.is_randomized:
            moved = moved - one.in_window(self.before).score
        return one.contrast_of_scores(moved if of is None else np.where(of, moved, np.nan))

    def _effect_of(self, one: Comparison, of: np.ndarray | None = None) -> Contrast | None:
        """Contrast satisfaction, of all rows or of some."""
        after = one.contrast_of_answers(self.after, of)
        if self.settings.is_randomized:
            return _sum(self._score_of(one, of), after)
        before = one.contrast_of_answers(self.before, of)
        return _sum(self._score_of(one, of), after, _less(before))

    def _between(self, late: Window, early: Window) -> Average | None:
        """Contrast the change from one window to another."""

        def contrast_of(one: Comparison) -> Contrast | None:
            return _sum(
                one.contrast_of_scores(one.in_window(late).score - one.in_window(early).score),
                one.contrast_of_answers(late),
                _less(one.contrast_of_answers(early)),
            )

        if (late, early) not in self._found:
            self._found[late, early] = self._averaged(contrast_of)
        return self._found[late, early]

    def _placebo_date(self) -> Average | None:
        """Contrast the late half of the window before with the early one."""
        half = self.settings.before // 2
        if half < 1:
            return None
        return self._between(Window(-half, 0), Window(-self.settings.before, -half))

    def _windows(self, step: int) -> list[Window]:
        """Return windows of so many periods, from the first before to the last after."""
        ends = range(0, -self.settings.before, -step)
        before = [Window(max(end - step, -self.settings.before), end) for end in ends]
        after = [
            Window(first, min(first + step, self.settings.after))
            for first in range(0, self.settings.after, step)
        ]
        return before[::-1] + after

    def _steps(self) -> StepEffects:
        windows = self._windows(self.settings.told_every or self.settings.step)
        found = [self._between(window, self.before) for window in windows]
        counts = [self._treated_answers(window) for window in windows]
        return StepEffects(
            np.array([window.first for window in windows]),
            np.array([window.end for window in windows]),
            *_columns(found, self.settings.confidence),
            np.array(counts),
        )

    def _cohorts(self) -> CohortEffects:
        found = [
            average([(one, self._effect_of(one))], self.panel.customers) for one in self.comparisons
        ]
        counts = [
            sum(
                float(one.in_window(w).answer[one.rows.is_treated].sum())
                for w in (self.before, self.after)
            )
            for one in self.comparisons
        ]
        return CohortEffects(
            np.array([one.rows.start.min() for one in self.comparisons]),
            np.array([one.rows.start.max() for one in self.comparisons]),
            np.array([one.treated_customers for one in self.comparisons]),
            *_columns(found, self.settings.confidence),
            np.array(counts),
        )

    def _groups(self, groups: Mapping[str, np.ndarray]) -> GroupEffects:
        """Estimate the effect on each group that has answers enough in each arm and window."""
        rows = []
        for is_in in groups.values():
            members = [is_in[one.rows.customer] for one in self.comparisons]
            size = sum(
                float(one.weight[one.rows.is_treated & of].sum())
                for one, of in zip(self.comparisons, members, strict=True)
            )
            counts = np.zeros(2)
            effective = np.zeros((2, 2))
            for one, of in zip(self.comparisons, members, strict=True):
                for place, window in enumerate((self.before, self.after)):
                    answer = np.where(of, one.in_window(window).answer, 0.0)
                    counts[place] += answer[one.rows.is_treated].sum()
                    effective[place] += [one.effective(answer, arm) for arm in (True, False)]
            needed = effective[1:] if self.settings.is_randomized else effective
            found = None
            if needed.min() >= self.settings.fewest_effective:
                parts = [
                    (one, self._effect_of(one, of))
                    for one, of in zip(self.comparisons, members, strict=True)
                ]
                found = average(parts, self.panel.customers, members)
            reason = None
            if found is None:
                reason = _too_few(needed.min(), self.settings.fewest_effective)
            rows.append((found, size, counts.sum(), reason))
        return GroupEffects(
            tuple(groups),
            np.array([size for _, size, *_ in rows]),
            *_columns([found for found, *_ in rows], self.settings.confidence),
            np.array([count for _, _, count, _ in rows]),
            tuple(reason for *_, reason in rows),
        )

    def _answers(self, window: Window, is_treated: bool) -> int:
        """Count the answers of an arm in a window, each once, of however many starts it is."""
        answers = self.panel.answers
        is_in = np.zeros(len(answers), dtype=bool)
        for one in self.comparisons:
            rows = one.rows
            for start in np.unique(rows.start):
                arm = np.zeros(self.panel.customers, dtype=bool)
                arm[rows.customer[(rows.start == start) & (rows.is_treated == is_treated)]] = True
                since = answers.period - start
                is_in |= arm[answers.customer] & (since >= window.first) & (since < window.end)
        return int(is_in.sum())

    def _treated_answers(self, window: Window) -> float:
        """Weigh the answers of the enrolled in a window."""
        return sum(
            float(one.in_window(window).answer[one.rows.is_treated].sum())
            for one in self.comparisons
        )

    def _periods_after(self) -> float:
        lengths, weights = [], []
        for one in self.comparisons:
            start = one.rows.start[one.rows.is_treated]
            lengths.append(np.minimum(self.panel.periods - start, self.settings.after))
            weights.append(one.weight[one.rows.is_treated])
        return float(np.average(np.concatenate(lengths), weights=np.concatenate(weights)))

    def _as_effect(self, found: Average | None, n: float, effective: np.ndarray) -> Effect:
        fewest = self.settings.fewest_effective
        if found is None or effective.min() < fewest:
            return no_effect(
                round(n),
                _too_few(effective.min(), fewest),
            )
        return found.effect(n, self.settings.confidence)

    def _balance(self) -> Balance:
        names = self.comparisons[0].names
        shared = [one for one in self.comparisons if one.names == names]
        sizes = np.array([one.treated_customers for one in shared])
        values = np.array([_imbalance(one) for one in shared])
        before, after = np.average(values, axis=0, weights=sizes)
        controls = np.unique(
            np.concatenate([one.rows.customer[~one.rows.is_treated] for one in shared])
        )
        noise = np.sqrt(1 / max(sizes.sum(), 1) + 1 / max(len(controls), 1))
        return Balance(names, before, after, float(noise))

    def _checks(
        self,
        told: Effect,
        effect: Average | None,
        placebo: Average | None,
        bounds: TrendBounds | None,
        balance: Balance,
        placebo_outcomes: Mapping[str, np.ndarray],
        smallest_that_matters: float,
    ) -> Iterator[Check]:
        confidence = self.settings.confidence
        early = [window for window in self._windows(self.settings.step) if window.end <= 0]
        bins = [self._between(window, self.before) for window in early]
        yield check_pre_trend([one for one in bins if one is not None])
        yield check_zero(
            "placebo_date",
            placebo.effect(0, confidence) if placebo else None,
            "satisfaction in the later half of the time before the start",
        )
        for name, values in placebo_outcomes.items():
            of_all = Running.of(values)
            found = self._averaged(partial(self._dense, values=of_all))
            yield check_zero(
                "placebo_outcome", found.effect(0, confidence) if found else None, name
            )
        yield self._overlap()
        yield from check_balance(balance, is_randomized=self.settings.is_randomized)
        shift, rate = self._response_shift()
        yield check_response_rate(shift, rate, told, smallest_that_matters)
        unweighted = self._averaged(self._unweighted)
        moved = effect.estimate - unweighted.estimate if effect and unweighted else 0.0
        yield hidden_cause(told, moved)
        yield check_trend_bounds(bounds if told.estimate is not None else None)

    def _dense(self, one: Comparison, values: Running) -> Contrast | None:
        """Contrast the change of the mean per period of something recorded of everyone."""
        means = [
            values.window(*one.rows.bounds(window))[:, 0] / one.in_window(window).presence
            for window in (self.after, self.before)
        ]
        return one.contrast_of_scores(means[0] - means[1])

    def _response_shift(self) -> tuple[Effect | None, float]:
        """Return the effect on answers per period, and how many there would have been without."""

        def rate(one: Comparison, window: Window) -> np.ndarray:
            found = one.in_window(window)
            return found.answer / found.presence

        shift = self._averaged(
            lambda one: one.contrast_of_scores(rate(one, self.after) - rate(one, self.before))
        )
        level = self._averaged(lambda one: one.contrast_of_scores(rate(one, self.after)))
        if shift is None or level is None:
            return None, 0.0
        return shift.effect(0, self.settings.confidence), level.treated - shift.estimate

    def _overlap(self) -> Check:
        limit = self.settings.largest_propensity
        shares = [
            float(np.mean(one.propensity[one.rows.is_treated] > limit)) for one in self.comparisons
        ]
        sizes = [one.treated_customers for one in self.comparisons]
        controls = sum(one.effective(np.ones(len(one.rows)), False) for one in self.comparisons)
        return check_overlap(float(np.average(shares, weights=sizes)), controls)

    def _unweighted(self, one: Comparison) -> Contrast | None:
        """Contrast without any history: what comparing as it stands would find."""
        return self._effect_of(one.without_history())


def _sum(*parts: Contrast | None) -> Contrast | None:
    """Return the sum, null where one of them is."""
    told = [part for part in parts if part is not None]
    return reduce(Contrast.__add__, told) if len(told) == len(parts) else None


def _too_few(effective: float, fewest: float) -> str:
    return f"An arm has {effective:.0f} effective answers in a window, and {fewest:.0f} are needed."


def _less(part: Contrast | None) -> Contrast | None:
    return None if part is None else part.times(-1.0)


def _columns(found: list[Average | None], confidence: float) -> list[np.ndarray]:
    """Return estimates, standard errors and both ends of intervals, NaN where there are none."""
    effects = [None if one is None else one.effect(0, confidence) for one in found]
    return [
        np.array([np.nan if one is None else getattr(one, name) for one in effects])
        for name in ("estimate", "std_error", "conf_low", "conf_high")
    ]


def _imbalance(one: Comparison) -> tuple[np.ndarray, np.ndarray]:
    """Return standardised differences of the history before and after weighting."""
    arm, table = one.rows.is_treated, one.history

    def mean(weight: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.average(table[rows], axis=0, weights=weight[rows])

    if not table.shape[1]:
        return np.zeros(0), np.zeros(0)
    center = mean(one.weight, arm)
    spread = np.sqrt(np.average((table[arm] - center) ** 2, axis=0, weights=one.weight[arm]))
    spread = np.where(spread > 0, spread, 1.0)
    return tuple((center - mean(weight, ~arm)) / spread for weight in (one.weight, one.odds_weight))
