"""What a program does to the satisfaction of those who enrol.

For a cohort that enrols in period g, windows before and after, arms T and C weighted to the same
history (``comparison``), controls standing for all who might have waited (``waiting``), M a
customer's mean score in a window and y - m the residuals of answers:

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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from csat.impact.checks import (
    Balance,
    Check,
    TrendBounds,
    check_balance,
    check_other_programs,
    check_overlap,
    check_pre_trend,
    check_response_rate,
    check_response_weights,
    check_trend_bounds,
    check_zero,
    hidden_cause,
    trend_bounds,
)
from csat.impact.cohorts import (
    Rows,
    as_assigned,
    blocks_of,
    check_cohort,
    stack,
    waits_until,
)
from csat.impact.comparison import Change, Comparison
from csat.impact.effects import Average, Effect, average, no_effect
from csat.impact.groupings import Grouping
from csat.impact.history import History
from csat.impact.panel import Panel
from csat.impact.results import (
    CohortEffects,
    GroupEffects,
    ProgramEffect,
    StepEffects,
    nothing_told,
)
from csat.impact.settings import ProgramSettings
from csat.impact.waiting import Waiting
from csat.impact.windows import Seen, Window, sums_in


def estimate_program(
    panel: Panel,
    cohort: np.ndarray,
    *,
    held_out: np.ndarray | None = None,
    history: History | None = None,
    settings: ProgramSettings | None = None,
    groups: Sequence[Grouping] = (),
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
        (customers,) period in which a customer was chosen like those who enrolled, and kept out;
        ``NEVER`` for all others. Then they alone are compared with, from that period on. Who
        enrols before the window has ended all the same still counts as kept out
        (``as_assigned``). Where chance kept them out (``is_randomized``), the share of them is
        taken to be the same all the time; otherwise they are made like those who enrolled, and
        compared before and after, as others would be.
    history
        What customers are compared at equal values of.
    settings
        Windows, and whom to compare with.
    groups
        Ways to tell customers apart. The effect on a group is that on those who enrolled in g and
        were in it at the end of period g - 1, E[Y(1) - Y(0) | G = g, S_{g-1} = s], averaged over
        g by size, against controls who were in it at the same moment. Where either is later is
        never asked, because a program may itself move people. Arms keep their weights, in which
        the group has no part; scores are regressed on history among the group's own controls. It
        rests on what the whole effect rests on, within the group: given history, its members would
        have moved alike if none had enrolled, and history tells of enrolling in the group what it
        tells of it elsewhere (being in it may make all of them readier by the same factor).
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
        cohort = as_assigned(cohort, held_out, settings.after)
        settings = replace(settings, has_same_share=settings.is_randomized)
    wanted = _Wanted(settings)
    comparisons = list(_comparisons(panel, cohort, held_out, history, settings, wanted))
    if not comparisons:
        return nothing_told(_reason(panel, cohort))
    gathered = _Gathered(panel, comparisons, settings, wanted)
    told = [one.over(panel.customers, panel.periods) for one in groups]
    return gathered.told(told, placebo_outcomes or {}, smallest_that_matters)


class _Wanted:
    """Which changes are contrasted, all of them at once."""

    def __init__(self, settings: ProgramSettings) -> None:
        self.before, self.after = Window(-settings.before, 0), Window(0, settings.after)
        early = None if settings.is_randomized else self.before
        self.effect = Change(self.after, early)
        self.score = Change(self.after, early, has_answers=False)
        self.level = Change(self.after)
        half = settings.before // 2
        # The late half of the window before with the early one.
        self.halves = (Window(-half, 0), Window(-settings.before, -half)) if half >= 1 else ()
        self.placebo = Change(*self.halves) if self.halves else None
        self.steps = self._steps(settings, settings.told_every or settings.step)
        self.bins = [one for one in self._steps(settings, settings.step) if one.late.end <= 0]

    def _steps(self, settings: ProgramSettings, step: int) -> list[Change]:
        """Return steps of so many periods, from the first before to the last after."""
        ends = range(0, -settings.before, -step)
        before = [Window(max(end - step, -settings.before), end) for end in ends]
        after = [
            Window(first, min(first + step, settings.after))
            for first in range(0, settings.after, step)
        ]
        return [Change(window, self.before) for window in before[::-1] + after]

    @property
    def changes(self) -> list[Change]:
        """All of them, each once."""
        placebo = [] if self.placebo is None else [self.placebo]
        asked = [self.effect, self.score, self.level, *placebo, *self.steps, *self.bins]
        return list(dict.fromkeys(asked))

    @property
    def windows(self) -> list[Window]:
        """All windows that are looked at, each once."""
        edges = [window for one in self.changes for window in (one.late, one.early)]
        return list(dict.fromkeys([self.before, self.after, *filter(None, edges)]))


def _comparisons(
    panel: Panel,
    cohort: np.ndarray,
    held_out: np.ndarray | None,
    history: History,
    settings: ProgramSettings,
    wanted: _Wanted,
) -> Iterator[Comparison]:
    before, after = wanted.before, wanted.after
    waiting = None
    # Who was held out did not have to wait to be compared with.
    if not settings.is_randomized and held_out is None and history.past:
        waiting = Waiting(panel, cohort, history, settings)
    for starts in blocks_of(panel, cohort, before, after, settings):
        rows = stack(panel, cohort, starts, before, after, settings, held_out)
        if not settings.has_same_share:
            rows = _with_both_arms(rows)
        if rows.is_treated.any() and not rows.is_treated.all():
            if waiting is not None:
                until = waits_until(panel, rows.start, before, after, settings)
                rows = waiting.weighted(rows, until)
            seen = Seen.of(panel, rows.customer, rows.start, wanted.windows)
            yield Comparison(panel, rows, history, settings, seen)


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
        wanted: _Wanted,
    ) -> None:
        self.panel, self.comparisons, self.settings = panel, comparisons, settings
        self.wanted, self.before, self.after = wanted, wanted.before, wanted.after
        #: Whose answers an effect is made of.
        self.windows = (self.after,) if settings.is_randomized else (self.before, self.after)
        changes = wanted.changes
        self._contrasts = [one.contrasts(changes) for one in comparisons]
        parts = list(zip(comparisons, self._contrasts, strict=True))
        self._found = dict(zip(changes, average(parts, panel.customers), strict=True))

    def told(
        self,
        groups: Sequence[Grouping],
        placebo_outcomes: Mapping[str, np.ndarray],
        smallest_that_matters: float,
    ) -> ProgramEffect:
        settings, wanted = self.settings, self.wanted
        effect, score = self._found[wanted.effect], self._found[wanted.score]
        assert score is not None
        placebo = self._found[wanted.placebo] if wanted.placebo is not None else None
        counts = np.array(
            [[self._answers(window, arm) for arm in (True, False)] for window in self.windows]
        )
        effective = np.array([self._effective(window) for window in self.windows])
        before = sum(self._answers(self.before, arm) for arm in (True, False))
        told = self._as_effect(effect, counts.sum(), effective)
        bounds = None
        if effect is not None and placebo:
            # How far the middles of what is contrasted lie apart.
            apart = (settings.before + settings.after) / 2, settings.before / 2
            bounds = trend_bounds(effect, placebo, longer=apart[0] / apart[1])
        level = self._found[wanted.level]
        is_control = np.zeros(self.panel.customers, dtype=bool)
        for one in self.comparisons:
            is_control[one.rows.customer[~one.rows.is_treated]] = True
        balance = self._balance()
        confidence = settings.confidence
        return ProgramEffect(
            effect=told,
            score_part=score.effect(counts.sum(), confidence),
            placebo_date=placebo.effect(before, confidence) if placebo else None,
            treated_customers=round(sum(one.treated_customers for one in self.comparisons)),
            control_customers=round(self.panel.weight[is_control].sum()),
            treated_answers=round(counts[:, 0].sum()),
            control_answers=round(counts[:, 1].sum()),
            least_effective_answers=float(effective.min()),
            periods_after=self._periods_after(),
            without_program=_without(level, told, settings.is_randomized),
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

    def _averaged(self, values: Sequence[Sequence[np.ndarray]]) -> list[Average | None]:
        """Average contrasts of dense values, (rows,) of each block and contrast."""
        parts = [
            (one, one.contrasts_of(np.stack(own)))
            for one, own in zip(self.comparisons, values, strict=True)
        ]
        return average(parts, self.panel.customers)

    def _steps(self) -> StepEffects:
        windows = [step.late for step in self.wanted.steps]
        fewest = self.settings.fewest_in_step
        found = [
            self._found[step] if self._effective(step.late).min() >= fewest else None
            for step in self.wanted.steps
        ]
        counts = [self._treated_answers(window) for window in windows]
        return StepEffects(
            np.array([window.first for window in windows]),
            np.array([window.end for window in windows]),
            *_columns(found, self.settings.confidence),
            np.array(counts),
        )

    def _cohorts(self) -> CohortEffects:
        place = self.wanted.changes.index(self.wanted.effect)
        fewest = self.settings.fewest_effective
        least = [
            min(min(one.effective_answers(window)) for window in self.windows)
            for one in self.comparisons
        ]
        found = [
            average([(one, contrasts.take([place]))], self.panel.customers)[0]
            if effective >= fewest
            else None
            for one, contrasts, effective in zip(
                self.comparisons, self._contrasts, least, strict=True
            )
        ]
        counts = [
            sum(one.treated_answers(window) for window in self.windows) for one in self.comparisons
        ]
        return CohortEffects(
            np.array([one.rows.start.min() for one in self.comparisons]),
            np.array([one.rows.start.max() for one in self.comparisons]),
            np.array([one.treated_customers for one in self.comparisons]),
            *_columns(found, self.settings.confidence),
            np.array(counts),
            tuple(
                _too_few(effective, fewest) if one is None else None
                for one, effective in zip(found, least, strict=True)
            ),
        )

    def _groups(self, groups: Sequence[Grouping]) -> GroupEffects:
        """Estimate the effect on each group that has answers enough in each arm and window."""
        names, rows = [], []
        for grouping in groups:
            codes = [grouping.before_start(one.rows) for one in self.comparisons]
            unknown = sum(
                float(one.weight[one.rows.is_treated & ~grouping.is_known(one.rows)].sum())
                for one in self.comparisons
            )
            for place, value in enumerate(grouping.values):
                names.append((grouping.name, value))
                told = self._group([of == place for of in codes])
                rows.append((*told, grouping.known_since, unknown))
        columns = zip(*rows, strict=True) if rows else ((),) * 6
        found, size, count, reason, known_since, unknown = columns
        return GroupEffects(
            tuple(names),
            np.array(size),
            *_columns(list(found), self.settings.confidence),
            np.array(count),
            reason,
            np.array(known_since),
            np.array(unknown),
        )

    def _group(
        self, members: Sequence[np.ndarray]
    ) -> tuple[Average | None, float, float, str | None]:
        """Return the effect on the rows of each block that are members.

        With it go how many of them enrolled, their answers, and why nothing can be told.
        """
        parts = [one.within(of) for one, of in zip(self.comparisons, members, strict=True)]
        fewest = self.settings.fewest_effective
        effective = self._counts(parts)[2]
        if effective >= fewest:
            contrasts = [one.contrasts([self.wanted.effect], of) for one, of in parts]
            told = [place for place, found in enumerate(contrasts) if found.is_told[0]]
            compared = [parts[place] for place in told]
            size, count, effective = self._counts(compared)
            if effective >= fewest:
                (found,) = average(
                    [
                        (one, contrasts[place])
                        for place, (one, _) in zip(told, compared, strict=True)
                    ],
                    self.panel.customers,
                    [of for _, of in compared],
                )
                return found, size, count, None
        size, count, _ = self._counts(list(zip(self.comparisons, members, strict=True)))
        return None, size, count, _too_few(effective, fewest)

    def _counts(self, parts: Sequence[tuple[Comparison, np.ndarray]]) -> tuple[float, float, float]:
        """Return who enrolled, their answers, and the fewest effective answers of either arm."""
        size = sum(float(one.weight[one.rows.is_treated & of].sum()) for one, of in parts)
        count, effective = 0.0, np.zeros((len(self.windows), 2))
        for one, of in parts:
            for place, window in enumerate(self.windows):
                count += one.treated_answers(window, of)
                effective[place] += one.effective_answers(window, of)
        return size, count, float(effective.min())

    def _effective(self, window: Window) -> np.ndarray:
        """(2,) effective answers of the enrolled and of the controls."""
        return np.sum([one.effective_answers(window) for one in self.comparisons], axis=0)

    def _has_enough(self, window: Window) -> bool:
        return bool(self._effective(window).min() >= self.settings.fewest_effective)

    def _answers(self, window: Window, is_treated: bool) -> int:
        """Count the answers of an arm in a window, each once, of however many starts it is."""
        is_in = np.zeros(len(self.panel.answers), dtype=bool)
        for one in self.comparisons:
            seen = one.seen
            counts = window.holds(seen.answer_since)
            counts &= one.rows.is_treated[seen.answer_row] == is_treated
            is_in[seen.answer_number[counts]] = True
        return int(is_in.sum())

    def _treated_answers(self, window: Window) -> float:
        """Weigh the answers of the enrolled in a window."""
        return sum(one.treated_answers(window) for one in self.comparisons)

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
        is_control = np.zeros(self.panel.customers, dtype=bool)
        for one in shared:
            is_control[one.rows.customer[~one.rows.is_treated]] = True
        noise = np.sqrt(1 / max(sizes.sum(), 1) + 1 / max(is_control.sum(), 1))
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
        # Where chance decided, what was before differs by chance alone.
        may_fail = not self.settings.is_randomized
        bins = [one for one in self.wanted.bins if self._found[one] is not None]
        yield check_pre_trend(
            [self._found[one] for one in bins],
            may_fail=may_fail and all(self._has_enough(one.late) for one in bins),
        )
        yield check_zero(
            "placebo_date",
            placebo.effect(0, confidence) if placebo else None,
            "satisfaction in the later half of the time before the start",
            unit=" points",
            may_fail=may_fail and all(map(self._has_enough, self.wanted.halves)),
        )
        found, (shift, rate), joined = self._moved(placebo_outcomes)
        for name, moved in zip(placebo_outcomes, found, strict=True):
            yield check_zero(
                "placebo_outcome", moved.effect(0, confidence) if moved else None, name
            )
        yield self._overlap()
        yield from check_balance(balance, is_randomized=self.settings.is_randomized)
        yield check_response_rate(shift, rate, told, smallest_that_matters)
        yield check_response_weights(
            self._by_response_weight(), effect, told, smallest_that_matters
        )
        if not self.settings.is_randomized:
            yield check_other_programs(joined, told, smallest_that_matters)
        unweighted = self._unweighted()
        by_history = effect.estimate - unweighted.estimate if effect and unweighted else 0.0
        yield hidden_cause(told, by_history)
        yield check_trend_bounds(bounds if told.estimate is not None else None)

    def _moved(
        self, outcomes: Mapping[str, np.ndarray]
    ) -> tuple[list[Average | None], tuple[Effect | None, float], Effect | None]:
        """Contrast changes of other things than satisfaction.

        These are outcomes recorded of everyone, and answers, all of them per period: the effect on
        them, and how many there would have been without; and joining another program.
        """
        windows = (self.after, self.before)
        values = []
        for one in self.comparisons:
            periods = [one.seen.presence[one.seen.place(window)] for window in windows]
            late, early = (
                one.seen.answers_of_all(window) / there
                for window, there in zip(windows, periods, strict=True)
            )
            own = [late - early, late]
            for outcome in outcomes.values():
                total, _ = sums_in(outcome, one.rows.customer, one.rows.start, windows)
                own.append(total[0] / periods[0] - total[1] / periods[1])
            own.append(one.joins_later(self.settings.after))
            values.append(own)
        shift, level, *found, joined = self._averaged(values)
        confidence = self.settings.confidence
        of_joining = joined.effect(0, confidence) if joined else None
        if shift is None or level is None:
            return found, (None, 0.0), of_joining
        effect = shift.effect(0, confidence)
        return found, (effect, level.treated - shift.estimate), of_joining

    def _overlap(self) -> Check:
        limit = self.settings.largest_propensity
        shares = [
            float(np.mean(one.propensity[one.rows.is_treated] > limit)) for one in self.comparisons
        ]
        sizes = [one.treated_customers for one in self.comparisons]
        controls = sum(one.effective_controls for one in self.comparisons)
        return check_overlap(float(np.average(shares, weights=sizes)), controls)

    def _by_response_weight(self) -> Average | None:
        """Return the effect with answers counted for those like them who did not answer."""
        answers = self.panel.answers.by_response_weight()
        if answers is None:
            return None
        counted = [one.counting(answers) for one in self.comparisons]
        parts = [(one, one.contrasts([self.wanted.effect])) for one in counted]
        return average(parts, self.panel.customers)[0]

    def _unweighted(self) -> Average | None:
        """Contrast without any history: what comparing as it stands would find."""
        plain = [one.without_history() for one in self.comparisons]
        parts = [(one, one.contrasts([self.wanted.effect])) for one in plain]
        return average(parts, self.panel.customers)[0]


def _without(level: Average | None, effect: Effect, is_randomized: bool) -> float | None:
    """Return the level of the enrolled without the program: levels of arms may differ before."""
    if level is None or effect.estimate is None:
        return None
    return level.control if is_randomized else level.treated - effect.estimate


def _too_few(effective: float, fewest: float) -> str:
    return (
        f"Before or after the start one side has {effective:.0f} effective answers, and "
        f"{fewest:.0f} are needed."
    )


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
