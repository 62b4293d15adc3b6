"""Those who enrolled against those who did not, weighted to the same history.

With e the propensity to enrol given history x (logistic), controls weigh ω = w e / (1 - e) and the
enrolled ω = w, w how many customers a row stands for: then both arms have had the same history. The
contrast of a total Z_i per count N_i (a change of the mean score with N = 1; a sum of residuals
with N their number) is

    Σ_T ω (Z - N x'β) / Σ_T ω N  -  Σ_C ω (Z - N x'β) / Σ_C ω N,

β the regression of Z / N on x among controls, weighted by w N, or 0. With β it is doubly robust:
right where either the propensity or the regression is (Sant'Anna and Zhao 2020). Every contrast has
influence values ψ: it is off by Σ ψ_i, as far as chance goes, estimating e and β included.

Contrasts are made many at once, (contrasts, rows) at a time: what they have in common (ω, the
regression's Σ_C w x x', what each row pulls at β) is found once, the rest is matrix products.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from csat.impact.cohorts import Rows
from csat.impact.history import History
from csat.impact.panel import Answers, Panel
from csat.impact.propensity import fit_propensity, weighted_gram
from csat.impact.settings import ProgramSettings
from csat.impact.windows import Seen, Window
from csat.model.logistic import logit_of, sigmoid

#: A column that varies less, relative to its size, is constant.
LEAST_VARIATION = 1e-9


@dataclass(frozen=True)
class Change:
    """What is contrasted: satisfaction in a window, less that in an early one where there is one.

    Without answers it is the score alone.
    """

    late: Window
    early: Window | None = None
    has_answers: bool = True


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Differences between the arms, with what each row adds to their errors.

    Parameters
    ----------
    is_told
        (contrasts,) whether both arms have any count; all else is meaningless where not.
    estimate
        (contrasts,) enrolled less controls.
    influence
        (contrasts, rows) ψ as if e were known.
    moved
        (contrasts, columns) what the mean of the controls moves by per relative change of ω, times
        the columns that e is fitted to, summed: what estimating e adds is made of it.
    treated, control
        (contrasts,) the weighted mean of each arm, adjusted to the history of the enrolled.
    unseen
        (contrasts,) variance that few answers have and do not show; see ``binomial_variance``.
    """

    is_told: np.ndarray
    estimate: np.ndarray
    influence: np.ndarray
    moved: np.ndarray
    treated: np.ndarray
    control: np.ndarray
    unseen: np.ndarray

    def take(self, places: Sequence[int]) -> Contrasts:
        """Return some of them."""
        return Contrasts(*(getattr(self, name)[places] for name in self.__dataclass_fields__))

    def spread(self, at: np.ndarray | slice, size: int) -> Contrasts:
        """Return contrasts of the rows ``at`` as those of all, which the others add nothing to."""
        if isinstance(at, slice):
            return self
        influence = np.zeros((len(self.influence), size))
        influence[:, at] = self.influence
        return replace(self, influence=influence)

    def plus(self, other: Contrasts, at: np.ndarray, factors: np.ndarray) -> Contrasts:
        """Add others, of the rows ``at`` alone, times (contrasts, others) factors."""
        told = factors * other.is_told
        influence = self.influence.copy()
        influence[:, at] += told @ other.influence
        return Contrasts(
            self.is_told & (other.is_told | (factors == 0)).all(axis=1),
            self.estimate + told @ other.estimate,
            influence,
            self.moved + told @ other.moved,
            self.treated + told @ other.treated,
            self.control + told @ other.control,
            self.unseen + told**2 @ other.unseen,
        )


class Comparison:
    """The arms of a block of cohorts, weighted to the same history; contrasts of anything.

    Parameters
    ----------
    panel, rows, history, settings
        Who is compared, and at equal values of what.
    seen
        What the panel holds of the rows.
    """

    def __init__(
        self, panel: Panel, rows: Rows, history: History, settings: ProgramSettings, seen: Seen
    ) -> None:
        self.panel, self.rows, self.settings, self.seen = panel, rows, settings, seen
        self.weight = rows.weight
        self.history, self.names = history.columns(panel, rows.customer, rows.start)
        self._given = history
        if settings.has_same_share:
            self._start = np.zeros(len(rows), dtype=np.int64)
        else:
            self._start = np.unique(rows.start, return_inverse=True)[1]
        free = self._start.max(initial=0) + 1
        standard = _standardised(self.history, self.weight)
        self.design = np.empty((len(rows), free + standard.shape[1]))
        self.design[:, :free] = _dummies(free)[self._start]
        self.design[:, free:] = standard
        # Where chance decided, a propensity fitted to history would only add noise.
        self._used = free if settings.is_randomized else self.design.shape[1]
        self._free = free
        self._penalty = np.where(np.arange(self._used) < free, 1e-9, settings.penalty)

    def joins_later(self, periods: int) -> np.ndarray:
        """(rows,) whether one joins another program within so many periods after the start."""
        return self._given.joins_later(
            self.rows.customer, self.rows.start, self.rows.start + periods
        ).astype(np.float64)

    def counting(self, answers: Answers) -> Comparison:
        """Return the same comparison with its answers counted by the weights given here."""
        other = copy(self)
        other.panel = replace(self.panel, answers=answers)
        other.seen = self.seen.counting(answers)
        return other

    def without_history(self) -> Comparison:
        """Return the same rows, compared as they are."""
        return Comparison(self.panel, self.rows, History(), self.settings, self.seen)

    @cached_property
    def propensity(self) -> np.ndarray:
        """(rows,) e: the share of each start who enrol, or fitted to the history as well."""
        treated, everyone = (
            np.bincount(self._start, weight, self._free)
            for weight in (self.weight * self.rows.is_treated, self.weight)
        )
        share = treated / np.where(everyone > 0, everyone, 1.0)
        if self._used == self._free:
            return share[self._start]
        logit = logit_of(np.clip(share, 1e-6, 1 - 1e-6))
        beginning = np.zeros(self._used)
        beginning[: self._free] = logit - np.where(np.arange(self._free) > 0, logit[0], 0.0)
        design = self._propensity_design
        return sigmoid(
            design
            @ fit_propensity(design, self.rows.is_treated, self.weight, self._penalty, beginning)
        )

    @property
    def _propensity_design(self) -> np.ndarray:
        return self.design[:, : self._used]

    @cached_property
    def odds_weight(self) -> np.ndarray:
        """(rows,) ω."""
        capped = np.minimum(self.propensity, self.settings.largest_propensity)
        return self.weight * np.where(self.rows.is_treated, 1.0, capped / (1 - capped))

    def within(self, is_in: np.ndarray) -> tuple[Comparison, np.ndarray]:
        """Return the comparison of a group, and which rows of it have both arms at their start.

        Of the rows of a start s that are in the group g, controls are weighted by

            ω' = ω (T_gs / C_gs) / (T_s / C_s),

        T and C the sums of ω of those who enrolled and of the controls. So each start has the same
        part in both arms as it has among all rows: otherwise what happens to everyone at some time
        would look like an effect where more of the group enrolled at that time. The factors count
        as known in the influence.
        """
        if self.settings.has_same_share:
            return self, is_in
        is_treated = self.rows.is_treated

        def sums(of: np.ndarray) -> np.ndarray:
            return np.bincount(self._start, np.where(of, self.odds_weight, 0.0), self._free)

        (treated, control), (all_treated, all_control) = (
            (sums(of & is_treated), sums(of & ~is_treated))
            for of in (is_in, np.ones(len(is_in), dtype=bool))
        )
        has_both = (treated > 0) & (control > 0)
        factor = np.zeros(self._free)
        np.divide(treated * all_control, control * all_treated, out=factor, where=has_both)
        other = copy(self)
        # What was made with the weights of all rows.
        for made in ("_all", "_answering"):
            other.__dict__.pop(made, None)
        other.odds_weight = self.odds_weight * np.where(is_treated, 1.0, factor[self._start])
        return other, is_in & has_both[self._start]

    @cached_property
    def treated_customers(self) -> float:
        """Customers who enrolled."""
        return float(self.weight[self.rows.is_treated].sum())

    def treated_answers(self, window: Window, of: np.ndarray | None = None) -> float:
        """Weigh the answers of the enrolled in a window, of all rows or of some."""
        counts = self.rows.is_treated[self.seen.answering]
        if of is not None:
            counts = counts & of[self.seen.answering]
        return float(self.seen.answer[self.seen.place(window), counts].sum())

    def effective_answers(self, window: Window, of: np.ndarray | None = None) -> tuple[float, ...]:
        """Kish's effective number of answering customers of the enrolled and of the controls."""
        answer = self.seen.answer[self.seen.place(window)]
        if of is not None:
            answer = np.where(of[self.seen.answering], answer, 0.0)
        return tuple(self._answering.effective(answer))

    @property
    def effective_controls(self) -> float:
        """Kish's effective number of the controls."""
        return self._all.effective(np.ones(len(self.rows)))[1]

    def contrasts(self, changes: Sequence[Change], of: np.ndarray | None = None) -> Contrasts:
        """Contrast changes of satisfaction, of all rows or of a mask of them."""
        seen = self.seen
        late = [seen.place(change.late) for change in changes]
        moved = seen.score[late]
        factors = np.zeros((len(changes), len(seen.windows)))
        for one, change in enumerate(changes):
            factors[one, late[one]] = change.has_answers
            if change.early is not None:
                early = seen.place(change.early)
                moved[one] -= seen.score[early]
                factors[one, early] -= change.has_answers
        found = self.contrasts_of(moved, of)
        used = np.flatnonzero(factors.any(axis=0))
        if not len(used):
            return found
        some, kept = self._answering, slice(None)
        if of is not None:
            kept = np.flatnonzero(of[seen.answering])
            some = self._part(seen.answering[kept])
        total, count = (values[used][:, kept] for values in (seen.residual, seen.answer))
        inverse = some.inverse_grams(count) if self.settings.adjusts_answers else None
        of_answers = some.contrasts(total, count, inverse, inflates=self.settings.inflates)
        if self.settings.inflates and self.panel.answers.is_binary:
            of_answers = replace(of_answers, unseen=self._unseen(used, some, of_answers))
        return found.plus(of_answers, some.at, factors[:, used])

    def _unseen(self, windows: np.ndarray, some: _Part, found: Contrasts) -> np.ndarray:
        """Return (windows,) by how much arms vary less than answers like theirs must."""
        seen, answers = self.seen, self.panel.answers
        is_treated = self.rows.is_treated[some.at]
        place = np.full(len(self.rows), -1)
        place[some.at] = np.arange(len(some.at))
        place = place[seen.answer_row]
        given = np.flatnonzero(place >= 0)
        place, number, since = place[given], seen.answer_number[given], seen.answer_since[given]
        odds = self.odds_weight[some.at][place] * answers.weight[number]
        unseen = np.zeros(len(windows))
        for one, window in enumerate(windows):
            is_in = seen.windows[window].holds(since)
            for arm in (True, False):
                own = is_in & (is_treated[place] == arm)
                weight = np.bincount(number[own], odds[own], len(answers))
                told = weight > 0
                least = binomial_variance(
                    weight[told], answers.outcome[told], answers.predicted[told]
                )
                influence = np.where(is_treated == arm, found.influence[one], 0.0)
                moved = np.bincount(some.customer, influence)
                unseen[one] += max(least - moved @ moved, 0.0)
        return unseen

    def contrasts_of(self, values: np.ndarray, of: np.ndarray | None = None) -> Contrasts:
        """Contrast (contrasts, rows) dense values, NaN where not known."""
        some = self._all if of is None else self._part(np.flatnonzero(of))
        values = values[:, some.at]
        is_known = np.isfinite(values)
        if is_known.all():
            count, inverse = np.ones((1, values.shape[1])), some.inverse_gram[None]
        else:
            values, count = np.where(is_known, values, 0.0), is_known.astype(np.float64)
            inverse = some.inverse_grams_of(is_known)
        return some.contrasts(values, count, inverse).spread(some.at, len(self.rows))

    def influence_of(self, contrasts: Contrasts) -> np.ndarray:
        """(contrasts, rows) ψ, with what estimating e adds to the mean of the controls."""
        added = (contrasts.moved @ self._inverse_hessian) @ self._propensity_design.T
        added *= self.weight * (self.propensity - self.rows.is_treated)
        added += contrasts.influence
        return added

    @cached_property
    def _inverse_hessian(self) -> np.ndarray:
        design, propensity = self._propensity_design, self.propensity
        curvature = self.weight * propensity * (1 - propensity)
        return _inverse(weighted_gram(design, curvature) + np.diag(self._penalty))

    @cached_property
    def _all(self) -> _Part:
        return self._part(slice(None))

    @cached_property
    def _answering(self) -> _Part:
        return self._part(self.seen.answering)

    def _part(self, at: np.ndarray | slice) -> _Part:
        is_treated, odds = self.rows.is_treated[at], self.odds_weight[at]
        is_free = self.propensity[at] < self.settings.largest_propensity
        return _Part(
            at,
            self.rows.customer[at],
            self.design[at],
            self._used,
            np.where(is_treated, 0.0, self.weight[at]),
            np.where([is_treated, ~is_treated], odds, 0.0),
            np.where(is_treated | ~is_free, 0.0, odds),
        )


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows of a comparison, all or some, and what contrasts of them have in common.

    Parameters
    ----------
    at, customer
        Which rows they are, and (rows,) of which customers.
    design
        (rows, columns) x; the first ``used`` columns are those that e is fitted to.
    control
        (rows,) w of the controls, 0 of those who enrolled.
    arms
        (2, rows) ω of those who enrolled, and of the controls; 0 in the other arm.
    free
        (rows,) ω of the controls whose odds are not capped, 0 of all others.
    """

    at: np.ndarray | slice
    customer: np.ndarray
    design: np.ndarray
    used: int
    control: np.ndarray
    arms: np.ndarray
    free: np.ndarray

    def contrasts(
        self,
        total: np.ndarray,
        count: np.ndarray,
        inverse: np.ndarray | None,
        *,
        inflates: bool = False,
    ) -> Contrasts:
        """Contrast Σ ω Z / Σ ω N between the arms.

        With x̄_T and x̄_C the means of x weighted by ω N, G = Σ_C w N x x' and r = Z - N x'β, a row
        of arm a adds ψ = ± ω (r - N r̄_a) / Σ_a ω N, and a control - w r x'G⁻¹(x̄_T - x̄_C) for β.

        Parameters
        ----------
        total
            (contrasts, rows) Z.
        count
            (contrasts, rows) N, or (1, rows) where it is the same in all contrasts.
        inverse
            (contrasts, columns, columns) G⁻¹, or one for all; null where β is 0.
        inflates
            Whether the noise of an arm's mean is inflated by n_eff / (n_eff - 1).
        """
        sizes = count @ self.arms.T
        is_told = (sizes > 0).all(axis=1)
        share = 1 / np.where(is_told[:, None], sizes, 1.0)
        left, base, pull = total, 0.0, None
        if inverse is not None:
            means = self._means(count) * share.T[:, :, None]
            beta = _times(inverse, (total * self.control) @ self.design)
            left = beta @ self.design.T
            left *= -count
            left += total
            base = (beta * means[0]).sum(axis=1)
            pull = _times(inverse, means[0] - means[1])
        level = left @ self.arms.T * share
        sides = share * [1.0, -1.0]
        if inflates:
            sides = sides * [_inflation(self.effective(one)) for one in count]
        slope = sides @ self.arms
        if pull is not None:
            slope -= self.control * (pull @ self.design.T)
        # The means of the arms are taken off Z - N x'β: what is left sums to 0 in either arm.
        of_control = (count * self.free) @ self.design[:, : self.used]
        moved = (left * self.free) @ self.design[:, : self.used] - level[:, 1:] * of_control
        influence = (sides * level) @ self.arms
        influence *= -count
        influence += left * slope
        return Contrasts(
            np.broadcast_to(is_told, len(total)),
            level[:, 0] - level[:, 1],
            influence,
            moved * share[:, 1:],
            level[:, 0] + base,
            level[:, 1] + base,
            np.zeros(len(total)),
        )

    def effective(self, count: np.ndarray) -> np.ndarray:
        """(2,) Kish's effective numbers of the customers of both arms, each counting ω N."""
        found = np.zeros(2)
        for place, odds in enumerate(self.arms):
            amount = np.bincount(self.customer, odds * count)
            squares = amount @ amount
            found[place] = amount.sum() ** 2 / squares if squares else 0.0
        return found

    def _means(self, count: np.ndarray) -> np.ndarray:
        """(2, contrasts, columns) Σ ω N x of both arms."""
        treated = np.flatnonzero(self.arms[0])
        return np.stack(
            [
                (count[:, treated] * self.arms[0, treated]) @ self.design[treated],
                (count * self.arms[1]) @ self.design,
            ]
        )

    @cached_property
    def _gram(self) -> np.ndarray:
        return weighted_gram(self.design, self.control)

    @cached_property
    def inverse_gram(self) -> np.ndarray:
        """(columns, columns) G⁻¹ of N = 1."""
        return _inverse(self._gram)

    def inverse_grams(self, count: np.ndarray) -> np.ndarray:
        """(contrasts, columns, columns) G⁻¹ of (contrasts, rows) N."""
        return _inverse(
            np.stack([weighted_gram(self.design, self.control * some) for some in count])
        )

    def inverse_grams_of(self, is_known: np.ndarray) -> np.ndarray:
        """(contrasts, columns, columns) G⁻¹ where N = 1 if something is known, otherwise 0.

        Rows of which the same is not known are taken off together, once for all contrasts.
        """
        grams = np.repeat(self._gram[None], len(is_known), axis=0)
        places = np.flatnonzero(~is_known.all(axis=0))
        keys = np.ascontiguousarray(np.packbits(is_known[:, places], axis=0).T)
        kinds = np.unique(keys.view(f"V{keys.shape[1]}").ravel(), return_inverse=True)[1]
        order = np.argsort(kinds, kind="stable")
        for rows in np.split(places[order], np.flatnonzero(np.diff(kinds[order])) + 1):
            grams[~is_known[:, rows[0]]] -= weighted_gram(self.design[rows], self.control[rows])
        return _inverse(grams)


def binomial_variance(weight: np.ndarray, outcome: np.ndarray, predicted: np.ndarray) -> float:
    """Return the variance that the weighted mean of answers has at least, in points squared.

    What few answers show of their own spread is chance: of ten satisfied customers it is nothing.
    With p̃ = (n_eff p + 2) / (n_eff + 4) of the share p who are satisfied (Agresti and Coull 1998),
    it is Σ w² / (Σ w)² · p̃ (1 - p̃), times what predictions m leave to chance of it, the mean of
    m (1 - m) over that of the mean.

    Parameters
    ----------
    weight
        (answers,) above 0.
    outcome, predicted
        (answers,) 0 or 100, and the score, in points.
    """
    if not len(weight):
        return 0.0
    share = weight / weight.sum()
    concentration = float(share @ share)
    effective = 1 / concentration
    satisfied = (effective * float(share @ outcome) / 100 + 2) / (effective + 4)
    chance = np.clip(predicted / 100, 0.0, 1.0)
    mean = float(share @ chance)
    of_mean = mean * (1 - mean)
    left = float(share @ (chance * (1 - chance))) / of_mean if of_mean > 0 else 1.0
    return 100**2 * concentration * satisfied * (1 - satisfied) * left


def _times(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return (contrasts, columns) products of matrices, or of one matrix, and vectors."""
    if len(matrices) == 1:
        return vectors @ matrices[0].T
    return (matrices @ vectors[:, :, None])[:, :, 0]


def _inflation(effective: np.ndarray) -> np.ndarray:
    """Return √(n / (n - 1)), for standard errors; without effect on few, which are told of none."""
    effective = np.maximum(effective, 2.0)
    return np.sqrt(effective / (effective - 1))


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse, of columns that tell the same the shortest one."""
    return np.linalg.pinv(matrix, rcond=1e-12, hermitian=True)


def _dummies(levels: int) -> np.ndarray:
    """Return a row per level: 1, and columns that tell the levels apart, the first one left out."""
    return np.column_stack([np.ones(levels), np.eye(levels)[:, 1:]])


def _standardised(table: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the columns that vary, with mean 0 and standard deviation 1."""
    if not table.size:
        return table[:, :0]
    share = weight / weight.sum()
    mean = share @ table
    spread = np.sqrt(share @ (table - mean) ** 2)
    kept = spread > LEAST_VARIATION * np.maximum(np.abs(mean), 1.0)
    return (table[:, kept] - mean[kept]) / spread[kept]
