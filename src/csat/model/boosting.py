"""Fitting the boosting machine of interpret-core, and reading it out cell by cell."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.model.features import CATEGORICAL, NUMERIC, ZERO, FeatureDefinition, ModelError, numbers
from csat.model.hashing import groups_of_keys
from csat.model.logistic import sigmoid
from csat.model.tables import Axis, Term, rounded_logits, term_order

#: Stands in the fit for all categories that are too rare for a bin of their own.
_RARE = "rare"


@dataclass(frozen=True)
class TrainingSettings:
    """What training does not learn from the answers.

    Parameters
    ----------
    min_training_answers
        With fewer answers the model is only an intercept.
    pair_candidates
        Numbers of pairs to choose among, tried in ascending order; the next one is taken while
        it makes out-of-fold predictions better by more than one standard error.
    min_pair_answers
        With fewer answers the fewest pairs of the candidates are taken: a pair has up to
        ``max_pair_bins``² cells, so that there would be less than four answers for each.
    folds
        Parts of the customers, each predicted by a model that has not seen them.
    outer_bags
        Parts of the customers that the model is averaged over, each bag without one part, which
        stops its boosting. At least 2.
    max_bins, max_pair_bins
        At most so many bins of a feature, alone and in a pair; two of them are for what is missing
        or unknown.
    min_category_answers
        Categories with fewer answers share the bin of the unknown.
    learning_rate, smoothing_rounds, early_stopping_rounds, min_answers_per_leaf, regularisation
        Of the boosting: ``learning_rate``, ``smoothing_rounds`` (of pairs too),
        ``early_stopping_rounds``, ``min_samples_leaf`` and ``reg_lambda`` of interpret-core.
    confidence
        Of csat_score_lower … csat_score_upper, between 0 and 1.
    prior_rate, prior_answers
        The fallback's rate is the mean of the answers and so many more with this share satisfied.
    """

    min_training_answers: int = 200
    pair_candidates: tuple[int, ...] = (0, 5, 10)
    min_pair_answers: int = 1000
    folds: int = 5
    outer_bags: int = 4
    max_bins: int = 64
    max_pair_bins: int = 16
    min_category_answers: int = 10
    learning_rate: float = 0.04
    smoothing_rounds: int = 15
    early_stopping_rounds: int = 10
    min_answers_per_leaf: int = 10
    regularisation: float = 10.0
    confidence: float = 0.95
    prior_rate: float = 0.5
    prior_answers: float = 4.0

    def __post_init__(self):
        if self.outer_bags < 2 or self.folds < 2:
            raise ModelError(
                "outer_bags and folds are parts of the customers: make them at least 2."
            )
        if not 0 < self.confidence < 1 or not 0 < self.prior_rate < 1 or self.prior_answers <= 0:
            raise ModelError(
                "confidence and prior_rate lie between 0 and 1, and prior_answers above 0: "
                "change the one that does not."
            )
        if not self.pair_candidates or min(self.pair_candidates) < 0:
            raise ModelError("pair_candidates names numbers of pairs, such as 0, 5, 10.")


@dataclass(frozen=True, eq=False)
class Examples:
    """Training rows in the order of their keys, as arrays."""

    ids: pa.Array
    customers: np.ndarray
    satisfied: np.ndarray
    weights: np.ndarray
    values: pa.Table

    def __len__(self) -> int:
        return len(self.satisfied)

    def take(self, rows: np.ndarray) -> Examples:
        """Return the rows of a mask."""
        return Examples(
            self.ids.filter(pa.array(rows)),
            self.customers[rows],
            self.satisfied[rows],
            self.weights[rows],
            self.values.filter(pa.array(rows)),
        )


@dataclass(frozen=True, eq=False)
class AdditiveModel:
    """An additive model without a name: what is fitted, before and after calibration."""

    intercept: float
    bag_intercepts: np.ndarray
    summands: tuple[Term, ...]

    def calibrated(self, intercept: float, slope: float) -> AdditiveModel:
        """Fold intercept + slope × logit into the intercept and the terms."""
        return AdditiveModel(
            intercept + slope * self.intercept,
            intercept + slope * self.bag_intercepts,
            tuple(
                Term(
                    term.axes,
                    slope * term.contributions,
                    slope * term.bag_contributions,
                    term.weights,
                )
                for term in self.summands
            ),
        )

    def rounded(self) -> AdditiveModel:
        """Return the model with intercept and contributions of ``DECIMALS_OF_LOGITS`` decimals."""
        return AdditiveModel(
            float(rounded_logits(self.intercept)),
            self.bag_intercepts,
            tuple(term.rounded() for term in self.summands),
        )


def without_pairs(fitted: AdditiveModel, rows: Examples) -> AdditiveModel:
    """Return what a fit to the same rows without pairs is, without fitting it.

    The machine boosts single features first and then keeps them, so that they are the same to the
    last bit. Only the intercept took in the means of the pairs: it is fitted anew to the rows.
    """
    singles = tuple(term for term in fitted.summands if len(term.axes) == 1)
    alone = AdditiveModel(fitted.intercept, fitted.bag_intercepts, singles)
    logit = logits_of(alone, rows.values)
    shift = 0.0
    for _ in range(20):
        probability = sigmoid(logit + shift)
        slope = np.sum(rows.weights * probability * (1 - probability))
        shift -= float(np.sum(rows.weights * (probability - rows.satisfied)) / slope)
    return alone.calibrated(shift, 1.0)


def varies(values: pa.Table, feature: FeatureDefinition) -> bool:
    """Tell whether a feature has anything to learn from: two values, or one and missing ones."""
    column = values[feature.name]
    if feature.kind == NUMERIC:
        known = numbers(values, feature.name)
        present = ~np.isnan(known)
        return bool(present.any()) and (not present.all() or len(np.unique(known[present])) > 1)
    return len(pc.unique(column)) > 1


def logits_of(fitted: AdditiveModel, values: pa.Table) -> np.ndarray:
    """Return the logit of each row."""
    total = np.full(values.num_rows, fitted.intercept)
    for term in fitted.summands:
        total += term.contributions[tuple(axis.bin_numbers(values) for axis in term.axes)]
    return total


def bag_logits_of(fitted: AdditiveModel, values: pa.Table) -> np.ndarray:
    """Return the logits of each row by each bag, (rows, bags)."""
    totals = np.tile(fitted.bag_intercepts, (values.num_rows, 1))
    for term in fitted.summands:
        cells = tuple(axis.bin_numbers(values) for axis in term.axes)
        totals += term.bag_contributions[(slice(None), *cells)].T
    return totals


def parts_of_bags(customers: np.ndarray, settings: TrainingSettings, seed: int) -> np.ndarray:
    """Return for each answer the number of the bag that lacks its customer."""
    return groups_of_keys(customers, f"{seed}:bag", settings.outer_bags)


def fit(
    rows: Examples,
    features: Sequence[FeatureDefinition],
    settings: TrainingSettings,
    seed: int,
    pairs: int,
    jobs: int,
    held: Sequence[str] = (),
) -> AdditiveModel:
    """Fit the boosting machine and read it out, cell by cell; what is held enters no pair."""
    used = [feature for feature in features if varies(rows.values, feature)]
    machine, encoded = _boost(rows, used, settings, seed, pairs, jobs, held)
    cell_weights = dict(zip(machine.term_features_, machine.bin_weights_, strict=True))
    summands = []
    for number, places in enumerate(machine.term_features_):
        axes, orders = zip(
            *(_axis(machine, used[place], place, len(places), encoded) for place in places),
            strict=True,
        )
        cells = np.ix_(*orders)
        contributions = machine.term_scores_[number][cells]
        in_bags = machine.bagged_scores_[number][(slice(None), *cells)]
        weights = cell_weights[places][cells]
        if len(axes) == 1 and weights[0] == 0:
            contributions[0], in_bags[:, 0] = 0.0, 0.0
        for dimension, place in enumerate(places):
            if used[place].missing_rule == ZERO:
                zero = int(np.searchsorted(axes[dimension].cuts, 0.0, side="right")) + 1
                _put(contributions, dimension, zero)
                _put(in_bags, dimension + 1, zero)
        summands.append(Term(axes, contributions, in_bags, weights))
    for feature in features:
        if feature not in used:
            summands.append(flat_term(feature, rows, settings.outer_bags))
    order = {feature.name: number for number, feature in enumerate(features)}
    return AdditiveModel(
        float(machine.intercept_[0]),
        np.array(machine.bagged_intercept_, dtype=np.float64).ravel(),
        tuple(sorted(summands, key=lambda term: term_order(term, order))),
    )


def _put(cells: np.ndarray, dimension: int, source: int) -> None:
    """Let the missing bin of a dimension be as another bin."""
    at = (slice(None),) * dimension
    cells[(*at, 0)] = cells[(*at, source)]


def _boost(
    rows: Examples,
    used: Sequence[FeatureDefinition],
    settings: TrainingSettings,
    seed: int,
    pairs: int,
    jobs: int,
    held: Sequence[str] = (),
):
    """Return the fitted machine, and for each categorical feature its categories by code."""
    # Imported here because it takes a second, which scoring need not wait for.
    from interpret.glassbox import ExplainableBoostingClassifier

    encoded = {
        feature.name: _frequent(rows.values, feature.name, settings)
        for feature in used
        if feature.kind == CATEGORICAL
    }
    part = parts_of_bags(rows.customers, settings, seed)
    bags = np.where(part[:, None] == np.arange(settings.outer_bags), -1, 1).astype(np.int8)
    names = [feature.name for feature in used]
    machine = ExplainableBoostingClassifier(
        feature_names=names,
        feature_types=[
            "nominal" if feature.kind == CATEGORICAL else "continuous" for feature in used
        ],
        max_bins=settings.max_bins,
        max_interaction_bins=settings.max_pair_bins,
        interactions=pairs,
        exclude=[pair for pair in combinations(names, 2) if set(pair) & set(held)],
        outer_bags=settings.outer_bags,
        learning_rate=settings.learning_rate,
        smoothing_rounds=settings.smoothing_rounds,
        interaction_smoothing_rounds=settings.smoothing_rounds,
        early_stopping_rounds=settings.early_stopping_rounds,
        min_samples_leaf=settings.min_answers_per_leaf,
        reg_lambda=settings.regularisation,
        monotone_constraints=[feature.direction for feature in used],
        n_jobs=jobs,
        random_state=seed % 2**31,
    )
    with warnings.catch_warnings():
        # It says that its plots do not show missing values; ours are in the tables.
        warnings.filterwarnings("ignore", message="Missing values detected")
        machine.fit(
            _inputs(rows.values, used, encoded),
            rows.satisfied.astype(np.int64),
            sample_weight=rows.weights,
            bags=bags,
        )
    return machine, encoded


def _frequent(values: pa.Table, name: str, settings: TrainingSettings) -> tuple[str, ...]:
    """Return the categories that get a bin: the most frequent ones, in alphabetical order."""
    counts = pc.value_counts(values[name].drop_null())
    frequent = sorted(
        (-count["counts"], count["values"])
        for count in counts.to_pylist()
        if count["counts"] >= settings.min_category_answers
    )
    return tuple(sorted(category for _, category in frequent[: settings.max_bins - 2]))


def _inputs(
    values: pa.Table, used: Sequence[FeatureDefinition], encoded: dict[str, tuple[str, ...]]
) -> dict[str, np.ndarray]:
    """Return the features as the machine reads them.

    Categories go in as codes: as text, the machine would take some of them for missing.
    """
    inputs = {}
    for feature in used:
        if feature.kind == NUMERIC:
            inputs[feature.name] = numbers(values, feature.name)
            continue
        categories = encoded[feature.name]
        codes = {category: f"c{number}" for number, category in enumerate(categories)}
        inputs[feature.name] = np.array(
            [
                None if name is None else codes.get(name, _RARE)
                for name in values[feature.name].to_pylist()
            ],
            dtype=object,
        )
    return inputs


def _axis(
    machine, feature: FeatureDefinition, place: int, level: int, encoded: dict
) -> tuple[Axis, list[int]]:
    """Return how a term cuts a feature, and where each of our bins is among the machine's."""
    levels = machine.bins_[place]
    bins = levels[min(len(levels), level) - 1]
    if feature.kind == NUMERIC:
        # The machine's last bin is for text among numbers, which a typed column never holds.
        return Axis(feature.name, NUMERIC, cuts=np.array(bins)), list(range(len(bins) + 2))
    categories = encoded[feature.name]
    last = len(bins) + 1
    order = [0, *(bins[f"c{number}"] for number in range(len(categories))), bins.get(_RARE, last)]
    return Axis(feature.name, CATEGORICAL, categories=categories), order


def flat_term(feature: FeatureDefinition, rows: Examples, bags: int) -> Term:
    """Return the term of a feature that tells nothing: it stands in the tables and adds 0."""
    if feature.kind == NUMERIC:
        axis = Axis(feature.name, NUMERIC, cuts=np.empty(0))
        missing = np.isnan(numbers(rows.values, feature.name))
        weights = np.array([rows.weights[missing].sum(), rows.weights[~missing].sum()])
    else:
        axis = Axis(feature.name, CATEGORICAL)
        missing = pc.is_null(rows.values[feature.name]).to_numpy()
        weights = np.array([rows.weights[missing].sum(), rows.weights[~missing].sum()])
    return Term((axis,), np.zeros(axis.bins), np.zeros((bags, axis.bins)), weights)
