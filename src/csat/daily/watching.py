"""Watching the model: how it did on answers that came later, and whether customers have changed.

Every judgement is out of time: a prediction stands from the version that was in force when the
survey was sent, and the baselines know no more than that version did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.registry import HELD_FEATURES
from csat.daily.versions import read_versions
from csat.engine import Engine, columns_of, quote_name
from csat.model import calibration_bins, evaluate, last_rating_baseline
from csat.model.evaluation import FEWEST_ANSWERS, log_losses
from csat.model.tables import Axis

#: Stands for all versions together, as ``all`` does for the whole base.
ALL_VERSIONS = "all"
TRAINING, MONTH, IN_FORCE = "training", "month", "in force"

#: Population stability index: below the first a feature is stable, from the second on it drifted.
SHIFTED_FROM, DRIFTED_FROM = 0.1, 0.25
#: Neighbouring bins are joined until they hold so much of the people, then and now on average.
GROUP_SHARE = 0.05
#: What is left at the end stands alone from so much on: rare events are the tail of most features.
TAIL_SHARE = 0.01
#: Answers that a group holds at least, on average.
ANSWERS_PER_GROUP = 5.0
#: What counts as chance: a feature that has not changed exceeds it once in so many times.
CHANCE_ONCE_IN = 1_000
#: Added to each group, as Jeffreys (1946) does, so that an empty one is rare, not impossible.
ADDED_PER_GROUP = 0.5

#: Figures of performance, by their names in ``Evaluation``.
FIGURES = (
    "log_loss",
    "base_rate_log_loss",
    "last_rating_log_loss",
    "auc",
    "last_rating_auc",
    "brier",
    "calibration_error",
    "calibration_error_by_chance",
)
PERFORMANCE_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("period_kind", pa.string()),
        ("period", pa.date32()),
        ("reason", pa.string()),
        ("answers", pa.int64()),
        ("observed_csat", pa.float64()),
        ("predicted_csat", pa.float64()),
        *((name, pa.float64()) for name in FIGURES),
    ]
)
CALIBRATION_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("bin_number", pa.int64()),
        ("answers", pa.int64()),
        ("predicted_csat", pa.float64()),
        ("observed_csat", pa.float64()),
        ("observed_csat_lower", pa.float64()),
        ("observed_csat_upper", pa.float64()),
    ]
)
DRIFT_SCHEMA = pa.schema(
    [
        ("score_date", pa.date32()),
        ("feature", pa.string()),
        ("model_version", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("largest_shift", pa.string()),
        ("is_history_alone", pa.bool_()),
        ("stability_index", pa.float64()),
        ("stability_index_by_chance", pa.float64()),
        ("groups", pa.int64()),
        ("training_missing_share", pa.float64()),
        ("current_missing_share", pa.float64()),
        ("training_unknown_share", pa.float64()),
        ("current_unknown_share", pa.float64()),
        ("effective_answers", pa.float64()),
        ("customers", pa.int64()),
    ]
)


# --- performance and calibration ----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Judged:
    """Answers with what was said of each before: probabilities of "satisfied", all (n,).

    ``base_rate`` is the constant that the version's training knew, drawn to the prior like the
    version that has no more to say; ``last_rating`` what the customer's last rating alone says,
    learned from the same training answers and drawn to that constant.
    """

    satisfied: np.ndarray
    probability: np.ndarray
    base_rate: np.ndarray
    last_rating: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.satisfied)

    def take(self, rows: np.ndarray) -> Judged:
        """Return the rows of a mask."""
        return Judged(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def together(cls, parts: Sequence[Judged]) -> Judged:
        """Return the rows of all parts."""
        return cls(
            *(
                np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(cls)
            )
        )


def measure_performance(
    engine: Engine, *, predictions: str, ratings: str, answers: str, versions: str
) -> pa.Table:
    """Judge each version in each month, while in force, and on its training answers.

    Parameters
    ----------
    engine
        Where the relations are.
    predictions
        Relation of ``response_id``, ``model_version`` and ``probability``, by the version in force
        when the survey was sent.
    ratings
        Relation of ``response_id``, ``is_satisfied``, ``earlier_rating`` (the customer's last one
        when the survey was sent) and ``sent_at``.
    answers
        Relation of ``model_version``, ``response_id``, ``is_learned``, ``weight``, ``fold`` and
        ``out_of_fold_probability``: what each version knew, and whether it learned from it.
    versions
        Relation of the versions.

    Returns
    -------
    pyarrow.Table
        ``PERFORMANCE_SCHEMA``. Months and time in force also for ``ALL_VERSIONS`` together, where
        each answer keeps the baselines of its own version. Training is out of fold and weighted
        as the training was. Figures from fewer than ``FEWEST_ANSWERS`` answers are null.
    """
    trained = engine.collect(
        f"select model_version, cutoff_date, in_force_from, is_champion, base_rate, "
        f"fallback_reason from {versions} order by cutoff_date"
    ).to_pylist()
    learned = engine.collect(
        "select learned.model_version, learned.weight, learned.fold, "
        "learned.out_of_fold_probability as probability, ratings.earlier_rating, "
        "cast(ratings.is_satisfied as double) as satisfied "
        f"from {answers} as learned inner join {ratings} as ratings "
        "on learned.response_id = ratings.response_id where learned.is_learned "
        "order by learned.model_version, learned.response_id"
    )
    later = engine.collect(
        "select predictions.model_version, predictions.probability, ratings.earlier_rating, "
        "cast(ratings.is_satisfied as double) as satisfied, cast(ratings.sent_at as date) as day "
        f"from {predictions} as predictions inner join {ratings} as ratings "
        "on predictions.response_id = ratings.response_id "
        "order by predictions.model_version, predictions.response_id"
    )
    rows: list[dict] = []
    judged_of_all, months_of_all = [], []
    for version in trained:
        name = version["model_version"]
        learned_by = learned.filter(pc.equal(learned["model_version"], name))
        rows.append(_row(name, TRAINING, version["cutoff_date"], _on_training(learned_by, version)))
        if not version["is_champion"]:
            continue
        of_version = later.filter(pc.equal(later["model_version"], name))
        judged = _judge(of_version, learned_by, version["base_rate"])
        months = of_version["day"].to_numpy().astype("datetime64[M]")
        rows.append(_row(name, IN_FORCE, version["in_force_from"], _figures(judged)))
        rows.extend(_rows_of_months(name, judged, months))
        judged_of_all.append(judged)
        months_of_all.append(months)
    if judged_of_all:
        judged = Judged.together(judged_of_all)
        first = min(row["in_force_from"] for row in trained if row["is_champion"])
        rows.append(_row(ALL_VERSIONS, IN_FORCE, first, _figures(judged)))
        rows.extend(_rows_of_months(ALL_VERSIONS, judged, np.concatenate(months_of_all)))
    return pa.Table.from_pylist(rows, schema=PERFORMANCE_SCHEMA)


def measure_calibration(engine: Engine, *, predictions: str, ratings: str) -> pa.Table:
    """Compare what was predicted with what was answered, in bins of equally many answers.

    Parameters are those of ``measure_performance``.

    Returns
    -------
    pyarrow.Table
        ``CALIBRATION_SCHEMA``, for each version with answers and for all together, in as many bins
        as the answers are enough for.
    """
    later = engine.collect(
        "select predictions.model_version, predictions.probability, "
        "cast(ratings.is_satisfied as double) as satisfied "
        f"from {predictions} as predictions inner join {ratings} as ratings "
        "on predictions.response_id = ratings.response_id order by predictions.response_id"
    )
    versions = sorted(set(later["model_version"].to_pylist()))
    rows = []
    for name in [*versions, *([ALL_VERSIONS] if versions else [])]:
        of_version = (
            later if name == ALL_VERSIONS else later.filter(pc.equal(later["model_version"], name))
        )
        bins = calibration_bins(
            _column(of_version, "satisfied"), _column(of_version, "probability")
        )
        rows += [
            {
                "model_version": name,
                "bin_number": part.bin_number,
                "answers": part.answers,
                "predicted_csat": 100 * part.predicted,
                "observed_csat": 100 * part.observed,
                "observed_csat_lower": 100 * part.observed_lower,
                "observed_csat_upper": 100 * part.observed_upper,
            }
            for part in bins
        ]
    return pa.Table.from_pylist(rows, schema=CALIBRATION_SCHEMA)


def _judge(answers: pa.Table, learned: pa.Table, base_rate: float) -> Judged:
    """Put beside each prediction what the version's training knew without a model.

    A version that learned from no answer says the same of everyone; so do then its baselines.
    """
    probability = _column(answers, "probability")
    if len(learned) == 0:
        base, last = probability, probability
    else:
        base = np.full(len(answers), base_rate)
        last = last_rating_baseline(
            _column(learned, "earlier_rating"),
            _column(learned, "satisfied"),
            _column(answers, "earlier_rating"),
            _column(learned, "weight"),
            base_rate=base_rate,
        )
    return Judged(_column(answers, "satisfied"), probability, base, last, np.ones(len(answers)))


def _on_training(learned: pa.Table, version: dict) -> dict[str, object]:
    """Judge the out-of-fold predictions of the answers that a version learned from."""
    fold = _column(learned, "fold")
    if not len(learned) or np.isnan(fold).any():
        return {
            **_figures(Judged(*(np.empty(0),) * 5)),
            "answers": len(learned),
            "reason": version["fallback_reason"] or "It learned from no answer.",
        }
    satisfied, weights = _column(learned, "satisfied"), _column(learned, "weight")
    earlier, last = _column(learned, "earlier_rating"), np.empty(len(learned))
    for part in np.unique(fold):
        here = fold == part
        last[here] = last_rating_baseline(
            earlier[~here], satisfied[~here], earlier[here], weights[~here]
        )
    base = np.full(len(learned), version["base_rate"])
    return _figures(Judged(satisfied, _column(learned, "probability"), base, last, weights))


def _figures(judged: Judged) -> dict[str, object]:
    """Return the figures, those null with a reason that would be mostly chance."""
    n = len(judged)
    found = evaluate(
        judged.satisfied,
        judged.probability,
        weights=judged.weights,
        last_rating=judged.last_rating,
    )
    figures: dict[str, object] = {name: getattr(found, name) for name in FIGURES}
    reason = found.reason
    if n:
        losses = log_losses(judged.satisfied, judged.base_rate)
        figures["base_rate_log_loss"] = float(np.average(losses, weights=judged.weights))
    if 0 < n < FEWEST_ANSWERS:
        figures = dict.fromkeys(FIGURES)
        reason = f"{n} answers, fewer than {FEWEST_ANSWERS}: figures would be mostly chance."
    return {
        "reason": reason,
        "answers": n,
        "observed_csat": _percent(judged.satisfied, judged.weights),
        "predicted_csat": _percent(judged.probability, judged.weights),
        **figures,
    }


def _percent(values: np.ndarray, weights: np.ndarray) -> float | None:
    return float(100 * np.average(values, weights=weights)) if len(values) else None


def _rows_of_months(name: str, judged: Judged, months: np.ndarray) -> Iterator[dict]:
    for month in np.unique(months):
        of_month = judged.take(months == month)
        first_day = month.astype("datetime64[D]").astype(date)
        yield _row(name, MONTH, first_day, _figures(of_month))


def _row(name: str, kind: str, period: date, figures: dict[str, object]) -> dict:
    return {"model_version": name, "period_kind": kind, "period": period, **figures}


def _column(table: pa.Table, name: str) -> np.ndarray:
    values = pc.cast(table[name], pa.float64()).to_numpy()
    return np.asarray(values, dtype=np.float64)


# --- drift --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stability:
    """How far the people of now are from those of then, by the population stability index.

    Null where it cannot be told, with the reason. ``by_chance`` is what a feature that has not
    changed exceeds once in ``CHANCE_ONCE_IN`` times. ``is_history_alone``: it drifted, and all
    of it is that values are known which were missing at training, as while the data are young.
    """

    index: float | None
    by_chance: float | None
    groups: int | None
    largest_shift: str | None
    reason: str | None
    is_history_alone: bool | None = None

    @property
    def status(self) -> str | None:
        """Stable, shifted or drifted; what chance may have made is stable."""
        if self.index is None or self.by_chance is None:
            return None
        if self.index < SHIFTED_FROM or self.index <= self.by_chance:
            return "stable"
        return "shifted" if self.index < DRIFTED_FROM else "drifted"


def count_bins(axes: Sequence[Axis], batches: Iterable[pa.RecordBatch]) -> list[np.ndarray]:
    """Count for each axis how many rows of the batches fall into each of its bins."""
    counts = [np.zeros(axis.bins, dtype=np.int64) for axis in axes]
    for batch in batches:
        table = pa.table(batch)
        for place, axis in enumerate(axes):
            counts[place] += np.bincount(axis.bin_numbers(table), minlength=axis.bins)
    return counts


def stability(
    axis: Axis, weights: np.ndarray, effective_answers: float, counts: np.ndarray
) -> Stability:
    """Compare the training weights in the bins of a feature with the customers in them now.

    The index is Σ (q - p) ln(q / p) over groups of bins, p and q the shares then and now. Among n
    answers and m customers from one distribution it is not 0 but about (1/n + 1/m) χ² with
    (groups - 1) degrees of freedom (Yurdakul 2018), so that many bins and few answers look like
    drift. Therefore neighbouring bins are joined, with ``ADDED_PER_GROUP`` in each, and what
    chance alone would make stands beside the index.

    Parameters
    ----------
    axis
        The bins: the missing one, then values in order or categories, of which the last is every
        unknown one.
    weights
        (bins,) training weight in each.
    effective_answers
        How many equally weighted answers the weights are worth (Kish).
    counts
        (bins,) customers in each.
    """
    # Not scipy.stats, whose import takes longer than all customers do.
    from scipy.special import chdtri

    n, m = float(effective_answers), float(counts.sum())
    if n < FEWEST_ANSWERS or not weights.sum() or not m:
        reason = (
            "There are no customers."
            if not m
            else f"{n:.0f} effective answers in training, fewer than {FEWEST_ANSWERS}."
        )
        return Stability(None, None, None, None, reason)
    then, now = n * weights / weights.sum(), counts.astype(np.float64)
    held = (then / n + now / m) / 2
    group = _groups(axis, held, n)
    groups = int(group.max()) + 1
    total = ADDED_PER_GROUP * groups
    p = (np.bincount(group, then) + ADDED_PER_GROUP) / (n + total)
    q = (np.bincount(group, now) + ADDED_PER_GROUP) / (m + total)
    parts = (q - p) * np.log(q / p)
    quantile = chdtri(groups - 1, 1 / CHANCE_ONCE_IN) if groups > 1 else 0.0
    largest = int(np.argmax(parts))
    # Of those with a value, the index is what is left without the part of being missing or not:
    # (p - q) ln(p (1 - q) / (q (1 - p))) of the missing.
    p0, q0 = p[group[0]], q[group[0]]
    has_become_known = weights[0] > 0 and q0 < p0 and not np.any(group[1:] == group[0])
    by_missing = (p0 - q0) * np.log(p0 * (1 - q0) / (q0 * (1 - p0))) if has_become_known else 0.0
    return Stability(
        index=float(parts.sum()),
        is_history_alone=bool(parts.sum() >= DRIFTED_FROM > parts.sum() - by_missing),
        by_chance=float(quantile * (1 / n + 1 / m)),
        groups=groups,
        largest_shift=(
            f"{_named(axis, np.flatnonzero((group == largest) & (held > 0)))}: "
            f"{100 * p[largest]:.1f} % then, {100 * q[largest]:.1f} % now"
            if groups > 1
            else None
        ),
        reason=None,
    )


def measure_drift(
    engine: Engine, *, features: str, as_of: str, terms: str, versions: str
) -> pa.Table:
    """Compare the customers of the as-of date with the answers that the version learned from.

    Parameters
    ----------
    engine
        Where the relations are; hands the customers over in batches.
    features
        Relation with a row per active customer and a column per feature.
    as_of
        Relation of one ``as_of_date``.
    terms, versions
        Where the model is read.

    Returns
    -------
    pyarrow.Table
        ``DRIFT_SCHEMA``, a row per feature of the version in force, but for those that scoring
        holds at one value for everybody.
    """
    (day,) = engine.collect(f"select as_of_date from {as_of}")["as_of_date"].to_pylist()
    in_force = read_versions(engine, terms, versions, day, day)
    if not in_force:
        return DRIFT_SCHEMA.empty_table()
    model = in_force[-1].model
    singles = {
        term.axes[0].feature: term
        for term in model.summands
        if len(term.axes) == 1 and term.axes[0].feature not in HELD_FEATURES
    }
    columns = columns_of(engine, features)
    watched = [name for name in sorted(singles) if name in columns]
    named = ", ".join(map(quote_name, watched)) or "1 as nothing"
    counted = dict(
        zip(
            watched,
            count_bins(
                [singles[name].axes[0] for name in watched],
                engine.stream(f"select {named} from {features}"),
            ),
            strict=True,
        )
    )
    effective = model.version["effective_answers"][0].as_py() or 0.0
    rows = []
    for name in sorted(singles):
        axis, weights = singles[name].axes[0], singles[name].weights
        if name in counted:
            counts = counted[name]
            found = stability(axis, weights, effective, counts)
        else:
            counts = np.zeros(axis.bins, dtype=np.int64)
            found = Stability(None, None, None, None, "The registry no longer has the feature.")
        rows.append(
            {
                "score_date": day,
                "feature": name,
                "model_version": model.model_version,
                "status": found.status,
                "reason": found.reason,
                "largest_shift": found.largest_shift,
                "is_history_alone": found.is_history_alone,
                "stability_index": found.index,
                "stability_index_by_chance": found.by_chance,
                "groups": found.groups,
                "training_missing_share": _share(weights[0], weights.sum()),
                "current_missing_share": _share(counts[0], counts.sum()),
                "training_unknown_share": _unknown_share(axis, weights),
                "current_unknown_share": _unknown_share(axis, counts),
                "effective_answers": effective,
                "customers": int(counts.sum()),
            }
        )
    return pa.Table.from_pylist(rows, schema=DRIFT_SCHEMA)


def _groups(axis: Axis, share: np.ndarray, effective_answers: float) -> np.ndarray:
    """Return the group of each bin, numbered without gaps, by how many of the people it holds.

    What is missing stands alone. Values are joined with their neighbours from the lowest on; a
    category that is too rare to stand alone joins all others that are.
    """
    least = max(TAIL_SHARE, ANSWERS_PER_GROUP / effective_answers)
    group = np.zeros(axis.bins, dtype=np.int64)
    if axis.cuts is None:
        # Rare ones last, as one.
        alone = share >= least
        alone[0] = True
        group[alone] = np.arange(alone.sum())
        group[~alone] = alone.sum()
    else:
        wanted = max(GROUP_SHARE, least)
        number, held = 1, 0.0
        for place in range(1, axis.bins):
            group[place] = number
            held += share[place]
            if held >= wanted:
                number, held = number + 1, 0.0
        if held < least:
            group[group == number] = max(number - 1, 1)
    # An empty group would count as evidence that nothing has changed.
    filled = np.unique(group[share > 0])
    group = np.where(np.isin(group, filled), group, filled[-1])
    return np.searchsorted(filled, group)


def _named(axis: Axis, bins: np.ndarray) -> str:
    """Return a group of bins in words."""
    first, last = int(bins.min()), int(bins.max())
    if last == 0:
        return "missing"
    if axis.cuts is None:
        if len(bins) > 1:
            return "rare categories"
        return "unknown categories" if last == axis.bins - 1 else axis.categories[last - 1]
    low = None if first == 1 else f"{axis.cuts[first - 2]:g}"
    high = None if last == axis.bins - 1 else f"{axis.cuts[last - 1]:g}"
    if low is None:
        return "all values" if high is None else f"below {high}"
    return f"from {low} on" if high is None else f"{low} to below {high}"


def _share(part: float, whole: float) -> float | None:
    return float(part) / float(whole) if whole else None


def _unknown_share(axis: Axis, held: np.ndarray) -> float | None:
    """Return the share in categories that have no bin of their own; numbers have none such."""
    return None if axis.cuts is not None else _share(held[-1], held.sum())
