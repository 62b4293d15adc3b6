"""The model as plain rows: what is written to the warehouse, and read back without loss."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.model.features import CATEGORICAL, NUMERIC, ModelError, labels, numbers

INTERCEPT = "intercept"

#: Decimals of the intercept, of contributions and of logits. A millionth of a logit is at most a
#: quarter of a millionth of a probability, far below what any model knows. In return sums of
#: contributions are the same in any order, on any engine, and as decimals in four bytes each.
DECIMALS_OF_LOGITS = 6

_AXIS_FIELDS = [
    ("feature", pa.string()),
    ("feature_kind", pa.string()),
    ("bin_number", pa.int64()),
    ("lower_edge", pa.float64()),
    ("upper_edge", pa.float64()),
    ("category", pa.string()),
    ("is_missing", pa.bool_()),
    ("is_unknown", pa.bool_()),
]

#: One row per term and bin; for pairs one per cell, for the intercept one. A numeric bin holds
#: lower_edge <= x < upper_edge (the last one +infinity too), bin 0 what is missing; the last bin
#: of a categorical feature every category without a bin of its own. The bag contributions are
#: those of the jackknife bags, in the order of the bags, as long for every row of a version.
TERMS_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("term", pa.string()),
        ("cell_number", pa.int64()),
        *_AXIS_FIELDS,
        *((f"second_{name}", kind) for name, kind in _AXIS_FIELDS),
        ("contribution", pa.float64()),
        ("bag_contributions", pa.list_(pa.float64())),
        ("training_weight", pa.float64()),
    ]
)

#: One row per version. `settings`, `features`, `labels` and `metrics` are JSON.
VERSIONS_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("trained_until", pa.timestamp("us")),
        ("seed", pa.int64()),
        ("is_fallback", pa.bool_()),
        ("fallback_reason", pa.string()),
        ("answers", pa.int64()),
        ("effective_answers", pa.float64()),
        ("customers", pa.int64()),
        ("satisfied_answers", pa.int64()),
        ("base_rate", pa.float64()),
        ("pairs", pa.int64()),
        ("calibration_intercept", pa.float64()),
        ("calibration_slope", pa.float64()),
        ("outer_bags", pa.int64()),
        ("interval_factor", pa.float64()),
        ("log_loss", pa.float64()),
        ("base_rate_log_loss", pa.float64()),
        ("auc", pa.float64()),
        ("brier", pa.float64()),
        ("calibration_error", pa.float64()),
        ("labels", pa.string()),
        ("settings", pa.string()),
        ("features", pa.string()),
        ("metrics", pa.string()),
    ]
)


#: The bin of what is missing, of each axis.
MISSING_BIN = 0


@dataclass(frozen=True, eq=False)
class Axis:
    """How one feature is cut into bins in one term.

    Numeric: bin 0 is missing, bin k (1 … cuts + 1) holds cuts[k - 2] <= x < cuts[k - 1].
    Categorical: bin 0 is missing, bin k is categories[k - 1], the last bin is everything else.
    """

    feature: str
    kind: str
    cuts: np.ndarray | None = None
    categories: tuple[str, ...] = ()

    @property
    def bins(self) -> int:
        """Number of bins, the missing and the unknown one included."""
        return len(self.categories if self.cuts is None else self.cuts) + 2

    @property
    def key(self) -> tuple:
        """What two axes share that cut alike."""
        return (
            self.feature,
            self.kind,
            None if self.cuts is None else self.cuts.tobytes(),
            self.categories,
        )

    def bin_numbers(self, table: pa.Table) -> np.ndarray:
        """Return for each row the bin that its value falls into.

        Null and NaN are missing; -infinity and everything below the first cut is in the first bin,
        +infinity and everything from the last cut on in the last one; a category without a bin of
        its own is in the bin of the unknown.
        """
        if self.cuts is not None:
            values = numbers(table, self.feature)
            bins = np.searchsorted(self.cuts, values, side="right") + 1
            bins[np.isnan(values)] = MISSING_BIN
            return bins
        names = labels(table, self.feature)
        found = pc.index_in(names, pa.array(self.categories, pa.string()))
        bins = pc.fill_null(found, self.bins - 2).to_numpy(zero_copy_only=False)
        bins = bins.astype(np.int64) + 1
        bins[pc.is_null(names).to_numpy(zero_copy_only=False)] = MISSING_BIN
        return bins

    def rows(self) -> list[tuple]:
        """Return what the table tells of each bin, in the order of ``_AXIS_FIELDS``."""
        head = (self.feature, self.kind)
        if self.cuts is not None:
            edges = [-np.inf, *self.cuts.tolist(), np.inf]
            return [(*head, 0, None, None, None, True, False)] + [
                (*head, k, edges[k - 1], edges[k], None, False, False) for k in range(1, self.bins)
            ]
        names = [None, *self.categories, None]
        return [
            (*head, k, None, None, name, k == 0, k == self.bins - 1) for k, name in enumerate(names)
        ]


@dataclass(frozen=True, eq=False)
class Term:
    """One summand: a feature or a pair of features.

    ``contributions`` has one dimension per axis, ``bag_contributions`` one more in front, the bags;
    ``weights`` is the training weight that fell into each cell. The contributions of a trained term
    are ``rounded``.
    """

    axes: tuple[Axis, ...]
    contributions: np.ndarray
    bag_contributions: np.ndarray
    weights: np.ndarray

    @property
    def name(self) -> str:
        """The feature, or the two features of a pair: ``wait_seconds & channel``."""
        return " & ".join(axis.feature for axis in self.axes)

    @property
    def column(self) -> str:
        """Name of the column that holds the term's contribution, for SQL."""
        return "contribution_" + "__".join(axis.feature for axis in self.axes)

    @property
    def is_flat(self) -> bool:
        """Whether the term contributes nothing to anybody, in no bag either."""
        return not (self.contributions.any() or self.bag_contributions.any())

    def rounded(self) -> Term:
        """Return the term with contributions of ``DECIMALS_OF_LOGITS`` decimals.

        A pair counts half for each of its two features: its contributions become even multiples, so
        that the halves have no more decimals. What the bags say is for intervals, and stays.
        """
        halves = self.contributions / len(self.axes)
        return replace(self, contributions=len(self.axes) * rounded_logits(halves))


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model: logit = intercept + Σ contributions of terms; probability = sigmoid(logit).

    Written as ``terms`` and ``version``, read back by ``from_tables``; nothing else is needed.
    Intercept and contributions have ``DECIMALS_OF_LOGITS`` decimals, those of pairs halved too, so
    that a logit, rounded once more, is the double next to the sum of its decimals.
    """

    model_version: str
    intercept: float
    bag_intercepts: np.ndarray
    summands: tuple[Term, ...]
    version: pa.Table
    out_of_fold: pa.Table | None = None

    @property
    def bags(self) -> int:
        """Number of jackknife bags."""
        return len(self.bag_intercepts)

    @property
    def interval_factor(self) -> float:
        """Half of csat_score_lower … csat_score_upper, in sample deviations of the bags' logits."""
        return self.version["interval_factor"][0].as_py()

    @property
    def is_fallback(self) -> bool:
        """Whether this is only an intercept, for the reason that ``version`` gives."""
        return self.version["is_fallback"][0].as_py()

    @property
    def features(self) -> tuple[str, ...]:
        """Features that enter, in the order of the registry at training."""
        return tuple(term.axes[0].feature for term in self.summands if len(term.axes) == 1)

    def held_at(self, fixed: Mapping[str, object]) -> TrainedModel:
        """Return the model with features held at a value for everybody: the reference instrument.

        Their terms at these values move into the intercept and the bag intercepts and are gone
        from the model, so that logits and intervals are those of rows with these values.

        Parameters
        ----------
        fixed
            The value of each feature, None for a missing one; one that no answer in training had
            is unknown. A feature that the model does not have is held already: it is passed over.

        Raises
        ------
        ModelError
            If a feature is part of a pair, which would turn other terms with it.
        """
        intercept, bag_intercepts = self.intercept, self.bag_intercepts
        summands = []
        for term in self.summands:
            names = [axis.feature for axis in term.axes if axis.feature in fixed]
            if not names:
                summands.append(term)
                continue
            if len(term.axes) > 1:
                raise ModelError(
                    f"Feature {names[0]} is part of the pair {term.name}, so that it cannot be "
                    "held: train with it among held."
                )
            value = pa.table({names[0]: pa.array([fixed[names[0]]])})
            (cell,) = term.axes[0].bin_numbers(value)
            intercept = float(rounded_logits(intercept + term.contributions[cell]))
            bag_intercepts = bag_intercepts + term.bag_contributions[:, cell]
        return replace(
            self,
            intercept=intercept,
            bag_intercepts=bag_intercepts,
            summands=tuple(summands),
        )

    def shares(self, groups: Mapping[str, str]) -> dict[str, list[tuple[int, float]]]:
        """Return for each group which terms count in it, by their place, and how much of each.

        A pair counts half for each of its two features. Groups stand in the order of their first
        feature.

        Raises
        ------
        ModelError
            If a feature has no group.
        """
        for feature in self.features:
            if feature not in groups:
                raise ModelError(f"Feature {feature} of the model has no group: name one.")
        found: dict[str, dict[int, float]] = {groups[feature]: {} for feature in self.features}
        for place, term in enumerate(self.summands):
            for axis in term.axes:
                of_group = found[groups[axis.feature]]
                of_group[place] = of_group.get(place, 0.0) + 1 / len(term.axes)
        return {group: list(parts.items()) for group, parts in found.items()}

    @property
    def terms(self) -> pa.Table:
        """The model as rows of ``TERMS_SCHEMA``: the intercept, then term by term."""
        nothing = (None,) * len(_AXIS_FIELDS)
        rows = [
            (
                *(self.model_version, INTERCEPT, 0, *nothing, *nothing),
                *(self.intercept, self.bag_intercepts.tolist(), None),
            )
        ]
        for term in self.summands:
            places = list(product(*(axis.rows() for axis in term.axes)))
            contributions = term.contributions.ravel().tolist()
            in_bags = term.bag_contributions.reshape(self.bags, -1).T.tolist()
            weights = term.weights.ravel().tolist()
            for number, place in enumerate(places):
                second = place[1] if len(place) == 2 else nothing
                rows.append(
                    (
                        *(self.model_version, term.name, number, *place[0], *second),
                        *(contributions[number], in_bags[number], weights[number]),
                    )
                )
        columns = zip(*rows, strict=True)
        return pa.table(
            [
                pa.array(column, field.type)
                for column, field in zip(columns, TERMS_SCHEMA, strict=True)
            ],
            schema=TERMS_SCHEMA,
        )

    @classmethod
    def from_tables(
        cls, terms: pa.Table, versions: pa.Table, model_version: str | None = None
    ) -> TrainedModel:
        """Read a model back; the rows may come in any order and hold other versions too.

        Raises
        ------
        ModelError
            If the version is not there, or not named where there are several.
        """
        known = versions["model_version"].to_pylist()
        if model_version is None:
            if len(set(known)) != 1:
                raise ModelError(f"There are {len(set(known))} versions: name the one to read.")
            model_version = known[0]
        version = versions.filter(pc.equal(versions["model_version"], model_version))
        rows = terms.filter(pc.equal(terms["model_version"], model_version))
        if version.num_rows != 1 or INTERCEPT not in rows["term"].to_pylist():
            raise ModelError(
                f"Version {model_version} of the model is not complete in the tables: "
                "train it anew, or score by another one."
            )
        by_term: dict[str, list[dict]] = {}
        for row in rows.to_pylist():
            by_term.setdefault(row["term"], []).append(row)
        (intercept,) = by_term.pop(INTERCEPT)
        order = {
            feature["name"]: number
            for number, feature in enumerate(json.loads(version["features"][0].as_py()))
        }
        summands = [_term_of_rows(of_term) for of_term in by_term.values()]
        summands.sort(key=lambda term: term_order(term, order))
        return cls(
            model_version=model_version,
            intercept=intercept["contribution"],
            bag_intercepts=np.array(intercept["bag_contributions"], dtype=np.float64),
            summands=tuple(summands),
            version=version.select(VERSIONS_SCHEMA.names),
        )


def rounded_logits(values: np.ndarray | float) -> np.ndarray:
    """Return logits to ``DECIMALS_OF_LOGITS`` decimals, each the double next to the decimal."""
    # Plus zero, so that what rounds to nothing is 0.0, as the decimal is, and not -0.0.
    return np.round(values, DECIMALS_OF_LOGITS) + 0.0


def term_order(term: Term, order: dict[str, int]) -> tuple:
    """Sort single features before pairs, both in the order of the registry."""
    return len(term.axes), [order[axis.feature] for axis in term.axes]


def empty_terms() -> pa.Table:
    """Return no term, typed."""
    return TERMS_SCHEMA.empty_table()


def empty_versions() -> pa.Table:
    """Return no version, typed."""
    return VERSIONS_SCHEMA.empty_table()


def _term_of_rows(rows: Sequence[dict]) -> Term:
    rows = sorted(rows, key=lambda row: row["cell_number"])
    axes = [_axis_of_rows(rows, "")]
    if rows[0]["second_feature"] is not None:
        axes.append(_axis_of_rows(rows, "second_"))
    shape = tuple(axis.bins for axis in axes)
    if [row["cell_number"] for row in rows] != list(range(int(np.prod(shape)))):
        raise _lacking(rows)
    in_bags = np.array([row["bag_contributions"] for row in rows], dtype=np.float64)
    return Term(
        axes=tuple(axes),
        contributions=np.array([row["contribution"] for row in rows]).reshape(shape),
        bag_contributions=in_bags.T.reshape(-1, *shape),
        weights=np.array([row["training_weight"] for row in rows]).reshape(shape),
    )


def _axis_of_rows(rows: Sequence[dict], prefix: str) -> Axis:
    bins = {row[f"{prefix}bin_number"]: row for row in rows}
    if sorted(bins) != list(range(len(bins))):
        raise _lacking(rows)
    kind = rows[0][f"{prefix}feature_kind"]
    feature = rows[0][f"{prefix}feature"]

    def inner(column: str, numbers: range) -> Iterator:
        return (bins[number][prefix + column] for number in numbers)

    if kind == NUMERIC:
        cuts = np.fromiter(inner("lower_edge", range(2, len(bins))), dtype=np.float64)
        return Axis(feature, NUMERIC, cuts=cuts)
    return Axis(feature, CATEGORICAL, categories=tuple(inner("category", range(1, len(bins) - 1))))


def _lacking(rows: Sequence[dict]) -> ModelError:
    return ModelError(
        f"Term {rows[0]['term']} of version {rows[0]['model_version']} lacks rows: "
        "train it anew, or score by another one."
    )
