"""Who answers: weights that let the answers speak for everyone.

Answers (cases) are set against customer-days drawn from everyone (the population), so that
customers who were never invited are represented too. A logistic regression with splines of
everything known when the survey went out gives the odds of being a case at x, which are
proportional to f_answers(x) / f_everyone(x), the response propensity up to a constant. The weight
of an answer is one over it. The regression is kept (``ResponseModel``), so that later answers are
weighted by the same rule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.model.evaluation import kish_effective_n
from csat.model.features import NUMERIC, FeatureDefinition, labels, numbers
from csat.model.logistic import fit_logistic

#: Quantiles of the population at which the splines have their knots (Harrell 2015, 4 knots).
KNOT_QUANTILES = (0.05, 0.35, 0.65, 0.95)
#: Values beyond these quantiles of the population count as those.
CLIP_QUANTILES = (0.005, 0.995)
#: Categories with fewer rows of the population share one column.
FEWEST_OF_A_CATEGORY = 20
#: With fewer answers than this the propensity is not fitted.
FEWEST_ANSWERS = 50
#: Weights are capped at this quantile of theirs.
CAP_QUANTILE = 0.99
#: Ridge on standardised columns, in answers.
PENALTY = 1.0


@dataclass(frozen=True)
class ResponseTerm:
    """What the propensity takes from one feature: columns, standardised, times coefficients.

    A number gives what is missing (0 or 1), and a restricted cubic spline of its value between
    ``low`` and ``high``, with ``usual`` where it is missing; no knots where no value was known. A
    category gives one column per category in ``categories``, and what is missing.

    ``kept`` names the columns that differ in the population; ``means``, ``deviations`` and
    ``coefficients`` go with them.
    """

    feature: str
    kind: str
    usual: float | None = None
    low: float | None = None
    high: float | None = None
    knots: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()
    coefficients: tuple[float, ...] = ()

    def columns(self, table: pa.Table) -> np.ndarray:
        """Return (rows, kept) standardised columns of a table."""
        raw = self._raw(table)
        if not self.kept:
            return np.empty((len(table), 0))
        chosen = np.column_stack([raw[place] for place in self.kept])
        return (chosen - np.array(self.means)) / np.array(self.deviations)

    @classmethod
    def of(cls, feature: FeatureDefinition, population: pa.Table) -> ResponseTerm:
        """Choose knots, categories and scale by the population; coefficients are still to come."""
        if feature.kind == NUMERIC:
            values = numbers(population, feature.name)
            known = values[~np.isnan(values)]
            if not len(known):
                return cls(feature.name, feature.kind)
            low, high = np.quantile(known, CLIP_QUANTILES).tolist()
            term = cls(
                feature.name,
                feature.kind,
                usual=float(np.median(known)),
                low=low,
                high=high,
                knots=tuple(np.unique(np.quantile(known, KNOT_QUANTILES)).tolist()),
            )
        else:
            counts = pc.value_counts(labels(population, feature.name).drop_null()).to_pylist()
            frequent = (row["values"] for row in counts if row["counts"] >= FEWEST_OF_A_CATEGORY)
            term = cls(feature.name, feature.kind, categories=tuple(sorted(frequent)))
        raw = term._raw(population)
        kept = tuple(place for place, column in enumerate(raw) if column.std() > 0)
        return replace(
            term,
            kept=kept,
            means=tuple(float(raw[place].mean()) for place in kept),
            deviations=tuple(float(raw[place].std()) for place in kept),
        )

    def _raw(self, table: pa.Table) -> list[np.ndarray]:
        if self.kind == NUMERIC:
            values = numbers(table, self.feature)
            missing = np.isnan(values)
            columns = [missing.astype(np.float64)]
            if self.usual is not None:
                clipped = np.clip(np.where(missing, self.usual, values), self.low, self.high)
                columns.extend(_spline(clipped, np.array(self.knots)))
            return columns
        names = labels(table, self.feature)
        return [
            *(_indicator(pc.fill_null(pc.equal(names, name), False)) for name in self.categories),
            _indicator(pc.is_null(names)),
        ]


@dataclass(frozen=True)
class ResponseModel:
    """The response propensity up to a constant: odds = exp(intercept + Σ columns × coefficients).

    The weight of an answer is min(1/odds, ``cap``) / ``mean_weight``: mean 1 over the answers that
    it was fitted on.
    """

    intercept: float
    terms: tuple[ResponseTerm, ...]
    cap: float
    mean_weight: float

    def relative_propensity(self, table: pa.Table) -> np.ndarray:
        """Return (rows,) how much likelier an answer is there than at an average customer-day.

        Raises
        ------
        ModelError
            If a column is missing or holds no numbers where it should.
        """
        logit = np.full(len(table), self.intercept)
        for term in self.terms:
            logit += term.columns(table) @ np.array(term.coefficients)
        return np.exp(logit)

    def weights(self, table: pa.Table) -> np.ndarray:
        """Return (rows,) the weight of each answer."""
        return np.minimum(1 / self.relative_propensity(table), self.cap) / self.mean_weight

    def to_json(self) -> str:
        """Return the model as text, to be kept with its version."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ResponseModel:
        """Read back what ``to_json`` has written."""
        fields = json.loads(text)
        fields["terms"] = tuple(
            ResponseTerm(
                **{
                    name: tuple(value) if isinstance(value, list) else value
                    for name, value in term.items()
                }
            )
            for term in fields["terms"]
        )
        return cls(**fields)


@dataclass(frozen=True, eq=False)
class ResponseWeights:
    """A weight per answer, in the order given.

    Parameters
    ----------
    weights
        (answers,), mean 1, all above 0.
    relative_propensity
        (answers,): how much more likely an answer is there than at an average customer-day; null
        array where it was not fitted.
    effective_answers
        Kish's (Σ w)² / Σ w².
    capped_share
        Share of the answers whose weight was capped, 0 to 1; null where not fitted.
    outside_support_share
        Share of the population where an answer is less likely than at any answer given, so that
        no weight can make the answers speak for it, 0 to 1; null where not fitted.
    reason
        Why the weights are all 1, null where they are fitted.
    model
        What the weights come from, null where all are 1.
    """

    weights: np.ndarray
    relative_propensity: np.ndarray | None
    effective_answers: float
    capped_share: float | None
    outside_support_share: float | None
    reason: str | None
    model: ResponseModel | None = None


def response_weights(
    answers: pa.Table,
    population: pa.Table,
    features: Sequence[FeatureDefinition],
    *,
    fewest_answers: int = FEWEST_ANSWERS,
) -> ResponseWeights:
    """Weight answers by 1/π̂, capped at the 99th percentile and normalised to mean 1.

    Parameters
    ----------
    answers
        One row per answer, columns as known when its survey was sent.
    population
        Customer-days sampled from everyone, with the same columns. Both sides leave out the days
        younger than the 95 % answer lag: their answers are still to come.
    features
        What may tell who answers; directions do not matter here.

    Raises
    ------
    ModelError
        If a column is missing or holds no numbers where it should.
    """
    count = answers.num_rows
    if count < fewest_answers or population.num_rows == 0:
        return _equal_weights(
            count,
            f"{count} answers and {population.num_rows} customer-days of the population: "
            f"fewer than {fewest_answers} and 1, so all weights are 1.",
        )
    terms = [ResponseTerm.of(feature, population) for feature in features]
    terms = [term for term in terms if term.kept]
    if not terms:
        return _equal_weights(count, "No feature differs in the population: all weights are 1.")
    columns = [
        np.vstack([term.columns(table) for table in (answers, population)]) for term in terms
    ]
    design = np.column_stack([np.ones(len(columns[0])), *columns])
    is_answer = np.zeros(len(design))
    is_answer[:count] = 1.0
    # Both sides count alike, so that the constant of proportionality is about 1.
    weight = np.where(is_answer > 0, 1.0, count / population.num_rows)
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 0.0
    intercept, *coefficients = fit_logistic(design, is_answer, weight, penalty).tolist()
    ends = np.cumsum([len(term.kept) for term in terms]).tolist()
    fitted = ResponseModel(
        intercept,
        tuple(
            replace(term, coefficients=tuple(coefficients[end - len(term.kept) : end]))
            for term, end in zip(terms, ends, strict=True)
        ),
        cap=np.inf,
        mean_weight=1.0,
    )
    odds = fitted.relative_propensity(answers)
    uncapped = 1 / odds
    cap = float(np.quantile(uncapped, CAP_QUANTILE))
    fitted = replace(fitted, cap=cap, mean_weight=float(np.minimum(uncapped, cap).mean()))
    weights = fitted.weights(answers)
    return ResponseWeights(
        weights=weights,
        relative_propensity=odds,
        effective_answers=kish_effective_n(weights),
        capped_share=float(np.mean(uncapped > cap)),
        outside_support_share=float(np.mean(fitted.relative_propensity(population) < odds.min())),
        reason=None,
        model=fitted,
    )


def _equal_weights(count: int, reason: str) -> ResponseWeights:
    return ResponseWeights(np.ones(count), None, float(count), None, None, reason)


def _indicator(flags: pa.Array) -> np.ndarray:
    return flags.cast(pa.int8()).to_numpy(zero_copy_only=False).astype(np.float64)


def _spline(x: np.ndarray, knots: np.ndarray) -> list[np.ndarray]:
    """Return a restricted cubic spline: linear outside of its knots.

    The columns are x, and for each knot but the last two (x - t_k)³₊ less the parts that make the
    ends linear (Harrell 2015, equation 2.25).
    """
    columns = [x]
    if len(knots) > 2:
        last, before = knots[-1], knots[-2]
        scale = (last - knots[0]) ** 2

        def cube(knot: float) -> np.ndarray:
            return np.maximum(x - knot, 0) ** 3

        for knot in knots[:-2]:
            columns.append(
                (
                    cube(knot)
                    - cube(before) * (last - knot) / (last - before)
                    + cube(last) * (before - knot) / (last - before)
                )
                / scale
            )
    return columns
