"""Those who enrolled against those who did not, weighted to the same history.

With e the propensity to enrol given history x (logistic), controls weigh ω = w e / (1 - e) and the
enrolled ω = w, w how many customers a row stands for: then both arms have had the same history. The
contrast of a total Z_i per count N_i (a change of the mean score with N = 1; a sum of residuals
with N their number) is

    Σ_T ω (Z - N x'β) / Σ_T ω N  -  Σ_C ω (Z - N x'β) / Σ_C ω N,

β the regression of Z / N on x among controls, weighted by w N, or 0. With β it is doubly robust:
right where either the propensity or the regression is (Sant'Anna and Zhao 2020). Every contrast has
influence values ψ: it is off by Σ ψ_i, as far as chance goes, estimating e and β included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from csat.impact.cohorts import Rows, Window
from csat.impact.history import History
from csat.impact.panel import InWindow, Panel
from csat.impact.settings import ProgramSettings
from csat.model.logistic import fit_logistic, sigmoid

#: A column that varies less, relative to its size, is constant.
LEAST_VARIATION = 1e-9


@dataclass(frozen=True, eq=False)
class Contrast:
    """A difference between the arms, with what each row adds to its error.

    Parameters
    ----------
    estimate
        Enrolled less controls.
    influence
        (rows,) ψ as if e were known.
    of_control
        (rows,) what the mean of the controls moves by per relative change of ω: what estimating e
        adds is made of it, once for all contrasts that are added up.
    treated, control
        The weighted mean of each arm, adjusted to the history of the enrolled.
    """

    estimate: float
    influence: np.ndarray
    of_control: np.ndarray
    treated: float
    control: float

    def __add__(self, other: Contrast) -> Contrast:
        return Contrast(
            self.estimate + other.estimate,
            self.influence + other.influence,
            self.of_control + other.of_control,
            self.treated + other.treated,
            self.control + other.control,
        )

    def __sub__(self, other: Contrast) -> Contrast:
        return self + other.times(-1.0)

    def times(self, factor: float) -> Contrast:
        """Return so many times the contrast."""
        return Contrast(
            factor * self.estimate,
            factor * self.influence,
            factor * self.of_control,
            factor * self.treated,
            factor * self.control,
        )


class Comparison:
    """The arms of a block of cohorts, weighted to the same history; contrasts of anything.

    Parameters
    ----------
    panel, rows, history, settings
        Who is compared, and at equal values of what.
    """

    def __init__(
        self, panel: Panel, rows: Rows, history: History, settings: ProgramSettings
    ) -> None:
        self.panel, self.rows, self.settings = panel, rows, settings
        self.weight = rows.weight
        self._windows: dict[Window, InWindow] = {}
        self._answered: dict[Window, Contrast | None] = {}
        self.history, self.names = history.columns(panel, rows.customer, rows.start)
        starts = _dummies(rows.start)
        if settings.has_same_share:
            starts = starts[:, :0]
        standard = _standardised(self.history, self.weight)
        self.design = np.column_stack([np.ones(len(rows)), starts, standard])
        free = 1 + starts.shape[1]
        # Where chance decided, a propensity fitted to history would only add noise.
        used = free if settings.is_randomized else self.design.shape[1]
        self._propensity_design = self.design[:, :used]
        self._penalty = np.where(np.arange(used) < free, 1e-9, settings.penalty)

    def without_history(self) -> Comparison:
        """Return the same rows, compared as they are."""
        plain = Comparison(self.panel, self.rows, History(), self.settings)
        plain._windows, plain._edges = self._windows, self._edges
        return plain

    @cached_property
    def propensity(self) -> np.ndarray:
        """(rows,) e."""
        design, treated = self._propensity_design, self.rows.is_treated.astype(np.float64)
        coefficients = fit_logistic(design, treated, self.weight, self._penalty)
        return sigmoid(design @ coefficients)

    @cached_property
    def odds_weight(self) -> np.ndarray:
        """(rows,) ω."""
        capped = np.minimum(self.propensity, self.settings.largest_propensity)
        return self.weight * np.where(self.rows.is_treated, 1.0, capped / (1 - capped))

    @cached_property
    def treated_customers(self) -> float:
        """Customers who enrolled."""
        return float(self.weight[self.rows.is_treated].sum())

    def in_window(self, window: Window) -> InWindow:
        """What there is of each row in a window."""
        if window in self._windows:
            return self._windows[window]
        first, end = (edge + self.settings.before for edge in (window.first, window.end))
        if first >= 0 and end < len(self._edges):
            found = InWindow.of(*(self._edges[end] - self._edges[first]))
        else:
            found = self.panel.window(*self.rows.bounds(window))
        # Single periods are many, and asked for once.
        if len(window) > 1:
            self._windows[window] = found
        return found

    @cached_property
    def _edges(self) -> np.ndarray:
        """(edges, 4, rows) sums up to each period from the first before to the last after."""
        offsets = np.arange(-self.settings.before, self.settings.after + 1)
        return self.panel.edges(self.rows.customer, self.rows.start[:, None] + offsets)

    def effective_answers(self, window: Window) -> tuple[float, float]:
        """Kish's effective number of answering customers of the enrolled and of the controls."""
        return tuple(self.effective(self.in_window(window).answer, arm) for arm in (True, False))

    def contrast_of_scores(self, values: np.ndarray, *, adjusts: bool = True) -> Contrast | None:
        """Contrast a dense value per row, NaN where not known; null where an arm has none."""
        is_known = np.isfinite(values)
        return self.contrast(np.where(is_known, values, 0.0), is_known.astype(float), adjusts)

    def contrast_of_answers(self, window: Window, of: np.ndarray | None = None) -> Contrast | None:
        """Contrast the mean residual in a window, of all rows or of some; null without answers."""
        if of is None and window in self._answered:
            return self._answered[window]
        found = self.in_window(window)
        total, count = found.residual, found.answer
        if of is not None:
            total, count = np.where(of, total, 0.0), np.where(of, count, 0.0)
        contrast = self.contrast(
            total, count, self.settings.adjusts_answers, inflates=self.settings.inflates
        )
        if of is None:
            self._answered[window] = contrast
        return contrast

    def contrast(
        self, total: np.ndarray, count: np.ndarray, adjusts: bool, *, inflates: bool = False
    ) -> Contrast | None:
        """Contrast Σ Z / Σ N between the arms; null where an arm has no N."""
        # Rows without any N add nothing, and mostly few have answered.
        counted = np.flatnonzero(count)
        at = counted if 2 * len(counted) < len(count) else slice(None)
        is_treated, odds, own = self.rows.is_treated[at], self.odds_weight[at], self._control[at]
        total, some = total[at], count[at]
        share_treated, share_control = (
            np.where(arm, odds, 0.0) for arm in (is_treated, ~is_treated)
        )
        sizes = share_treated @ some, share_control @ some
        if min(sizes) <= 0:
            return None
        share_treated, share_control = share_treated / sizes[0], share_control / sizes[1]
        left, base, pulls = total, 0.0, None
        if adjusts:
            design = self.design[at]
            inverse = self._inverse_gram(some, design, own)
            fitted = design @ (inverse @ (design.T @ (own * total)))
            left = total - some * fitted
            base = float((share_treated * some) @ fitted)
            apart = design.T @ ((share_treated - share_control) * some)
            pulls = design @ (inverse @ apart)
        treated, control = float(share_treated @ left), float(share_control @ left)
        of_treated = share_treated * (left - some * treated)
        of_control = share_control * (left - some * control)
        factors = [
            _inflation(self.effective(count, arm)) if inflates else 1.0 for arm in (True, False)
        ]
        influence = factors[0] * of_treated - factors[1] * of_control
        if pulls is not None:
            influence -= own * left * pulls
        return Contrast(
            treated - control,
            _spread(influence, at, len(count)),
            _spread(of_control, at, len(count)),
            treated + base,
            control + base,
        )

    def influence_of(self, contrast: Contrast) -> np.ndarray:
        """(rows,) ψ, with what estimating e adds to the mean of the controls."""
        return contrast.influence - self._of_propensity(contrast.of_control)

    def _inverse_gram(self, count: np.ndarray, design: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Return (Σ_C w N x x')⁻¹, from that of all rows where few of them are different."""
        differs = np.flatnonzero(count != 1)
        if len(design) < len(self.design) or 4 * len(differs) > len(count):
            return _inverse((design * (own * count)[:, None]).T @ design)
        if not len(differs):
            return self._inverse_gram_of_all
        less = (own * (count - 1.0))[differs]
        return _inverse(self._gram_of_all + (design[differs] * less[:, None]).T @ design[differs])

    @cached_property
    def _control(self) -> np.ndarray:
        """(rows,) w of the controls, 0 of those who enrolled."""
        return np.where(self.rows.is_treated, 0.0, self.weight)

    @cached_property
    def _gram_of_all(self) -> np.ndarray:
        return (self.design * self._control[:, None]).T @ self.design

    @cached_property
    def _inverse_gram_of_all(self) -> np.ndarray:
        return _inverse(self._gram_of_all)

    def _of_propensity(self, of_control: np.ndarray) -> np.ndarray:
        """(rows,) what estimating e adds to the mean of the controls."""
        design, propensity = self._propensity_design, self.propensity
        is_free = ~self.rows.is_treated & (propensity < self.settings.largest_propensity)
        moved = design.T @ np.where(is_free, of_control, 0.0)
        score = self.weight * (self.rows.is_treated - propensity)
        return score * (design @ (self._inverse_hessian @ moved))

    @cached_property
    def _inverse_hessian(self) -> np.ndarray:
        design, propensity = self._propensity_design, self.propensity
        curvature = self.weight * propensity * (1 - propensity)
        return _inverse((design * curvature[:, None]).T @ design + np.diag(self._penalty))

    def effective(self, count: np.ndarray, is_treated: bool) -> float:
        """Kish's effective number of the customers of an arm, each counting ω N."""
        arm = np.flatnonzero((self.rows.is_treated == is_treated) & (count != 0))
        if not len(arm):
            return 0.0
        amount = np.bincount(self.rows.customer[arm], self.odds_weight[arm] * count[arm])
        squares = float(amount @ amount)
        return float(amount.sum()) ** 2 / squares if squares else 0.0


def _inflation(effective: float) -> float:
    """Return √(n / (n - 1)), for standard errors; without effect on few, which are told of none."""
    return float(np.sqrt(effective / (effective - 1))) if effective > 2 else float(np.sqrt(2))


def _spread(values: np.ndarray, at: np.ndarray | slice, size: int) -> np.ndarray:
    """Return values of some rows as values of all, 0 elsewhere."""
    if isinstance(at, slice):
        return values
    spread = np.zeros(size)
    spread[at] = values
    return spread


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse, of columns that tell the same the shortest one."""
    return np.linalg.pinv(matrix, rcond=1e-12, hermitian=True)


def _dummies(values: np.ndarray) -> np.ndarray:
    """Return columns that tell the values apart, the first one left out."""
    levels = np.unique(values)[1:]
    return (values[:, None] == levels[None, :]).astype(np.float64)


def _standardised(table: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the columns that vary, with mean 0 and standard deviation 1."""
    if not table.size:
        return table[:, :0]
    share = weight / weight.sum()
    mean = share @ table
    spread = np.sqrt(share @ (table - mean) ** 2)
    kept = spread > LEAST_VARIATION * np.maximum(np.abs(mean), 1.0)
    return (table[:, kept] - mean[kept]) / spread[kept]
