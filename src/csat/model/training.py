"""Training: from answers and features to a model as tables.

The model is an explainable boosting machine (Nori, Jenkins, Koch and Caruana, InterpretML, 2019):
logit P(satisfied) = β₀ + Σ f_j(x_j) + Σ f_jk(x_j, x_k), each f a step function.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.model.boosting import (
    AdditiveModel,
    Examples,
    TrainingSettings,
    bag_logits_of,
    fit,
    flat_term,
    logits_of,
    parts_of_bags,
    varies,
    without_pairs,
)
from csat.model.evaluation import Evaluation, evaluate, kish_effective_n, paired_difference
from csat.model.features import (
    CATEGORICAL,
    ZERO,
    FeatureDefinition,
    ModelError,
    labels,
    numbers,
)
from csat.model.hashing import groups_of_keys
from csat.model.logistic import fit_logistic, log_loss_of_logit, logit_of, sigmoid
from csat.model.tables import VERSIONS_SCHEMA, TrainedModel
from csat.model.uncertainty import error_variance, interval_factor

#: With fewer gold answers logits are calibrated on all answers alone.
FEWEST_GOLD_ANSWERS = 50
#: Standard deviations of the prior of what gold answers add to calibrated logits: an intercept (0.5
#: is 10 points where most customers are) and a slope.
GOLD_INTERCEPT_SD, GOLD_SLOPE_SD = 0.5, 0.25


@dataclass(frozen=True, eq=False)
class _OutOfFold:
    """What is learned from predicting each answer by a model that has not seen its customer."""

    pairs: int
    logit: np.ndarray
    by_pairs: dict[str, float] = field(default_factory=dict)


def train(
    examples: pa.Table,
    features: Sequence[FeatureDefinition],
    settings: TrainingSettings,
    *,
    seed: int,
    model_version: str,
    trained_until: date | datetime,
    labels_are: str = "satisfied answers of metric csat",
    jobs: int = 1,
    held: Sequence[str] = (),
    reference: Mapping[str, str] | None = None,
) -> TrainedModel:
    """Train a model; the same rows and seed give the same tables, in any order, on any jobs.

    Validation is by customer throughout: the bags and the folds are drawn by hash of the customer.
    Logits are calibrated as a + b η with b > 0, fitted on out-of-fold predictions and folded into
    intercept and terms. Who is angry or delighted answers more, for reasons that no feature shows,
    so that answers lie further apart than those of everyone would; only a random sample that was
    pressed to answer (gold) can tell. Where there is one, a second a + b η is fitted to it in the
    same way, drawn to a = 0 and b = 1. Then intercept and terms are rounded to
    ``DECIMALS_OF_LOGITS`` decimals: with t terms that moves a logit by less than (t + 1) × 1e-6,
    and makes every sum of contributions exact.

    The interval of a score is its logit ± ``interval_factor`` × the sample deviation of its bags, a
    delete-a-group jackknife (Kott 2001) over customers, widened where unseen answers show that all
    bags err together (``uncertainty``). It is still too narrow: on simulated companies (10, 45 and
    68 features; smooth, linear, stepwise truths and strong pairs; one to four runs of each) nominal
    95 % covered 89, 89 and 90 % of true probabilities at 500, 2,000 and 10,000 answers (83, 85 and
    90 % by the bags alone), and in single cases, where a step or a pair was missed, 74 to 80 %.

    Parameters
    ----------
    examples
        One row per answer: ``example_id`` (key), ``customer_id``, ``is_satisfied`` (boolean or 0
        and 1), optionally ``weight`` (above 0; taken in proportion) and ``is_gold``, and one column
        per feature, as of the moment that the survey was sent.
    features
        The registry.
    seed
        Draws bags, folds and the boosting's random splits.
    model_version, trained_until
        Name and cut-off of the version.
    labels_are
        Words for what was learned, for the version's row.
    jobs
        Processes of the fit; changes nothing but the time.
    held
        Features that scoring holds at one value for everybody (``TrainedModel.held_at``), such as
        the survey instrument. They enter no pair.
    reference
        The values that scoring holds them at, which gold answers count as given to; needed where
        there are any.

    Returns
    -------
    TrainedModel
        With ``out_of_fold``: example_id, fold, the bag that lacks the customer, logit and
        probability, calibrated, by models that
        have not seen the customer. With too few answers, one class only, or features that tell
        nothing: only an intercept, the shrunk base rate, with the reason in ``version``.

    Raises
    ------
    ModelError
        If columns are missing, keys are not unique, labels and weights are not what they
        should be, or something is held that is no feature.
    """
    if len({feature.name for feature in features}) != len(features):
        raise ModelError("The registry names a feature twice: make its names unique.")
    rows = _examples(examples, features)
    for name in held:
        if name not in {feature.name for feature in features}:
            raise ModelError(f"{name} is held, but no feature: register it, or do not hold it.")
    describe = _Description(
        rows, features, settings, seed, model_version, trained_until, labels_are
    )
    reason = _reason_against_fitting(rows, features, settings)
    if reason:
        return describe.fallback(reason)
    fold = groups_of_keys(rows.customers, f"{seed}:fold", settings.folds)
    if any(np.ptp(rows.satisfied[fold != part]) == 0 for part in range(settings.folds)):
        return describe.fallback("Without the answers of one fold there is only one class.")
    found = _predict_out_of_fold(rows, features, settings, seed, fold, jobs, held)
    design = np.column_stack([np.ones(len(rows)), found.logit])
    # The penalty is too small to matter; it keeps the fit finite where logits tell classes apart.
    a, b = fit_logistic(design, rows.satisfied, rows.weights, np.array([0.0, 1e-6])).tolist()
    if b <= 0:
        return describe.fallback("Out-of-fold predictions do not rank satisfied answers higher.")
    fitted = fit(rows, features, settings, seed, found.pairs, jobs, held).calibrated(a, b)
    logit = a + b * found.logit
    gold = _gold(examples)
    if reference is not None and gold.sum() >= FEWEST_GOLD_ANSWERS:
        to_everyone = _calibration_to_everyone(fitted, rows.take(gold), logit[gold], reference)
        fitted = fitted.calibrated(*to_everyone)
        logit = to_everyone[0] + to_everyone[1] * logit
        a, b = to_everyone[0] + to_everyone[1] * a, to_everyone[1] * b
    out_of_fold = pa.table(
        {
            "example_id": rows.ids,
            "fold": fold,
            "bag": parts_of_bags(rows.customers, settings, seed),
            "logit": logit,
            "probability": sigmoid(logit),
        }
    )
    spread = bag_logits_of(fitted, rows.values).var(axis=1, ddof=1)
    of_bags = float(np.average(spread, weights=rows.weights))
    of_error = error_variance(rows, features, logit, fold)
    return describe.model(
        fitted,
        out_of_fold,
        pairs=found.pairs,
        calibration_intercept=a,
        calibration_slope=b,
        interval_factor=interval_factor(
            settings.outer_bags, settings.confidence, of_bags, of_error
        ),
        measured=evaluate(
            rows.satisfied,
            sigmoid(logit),
            weights=rows.weights,
            base_rate=describe.base_rate(),
        ),
        metrics={
            "log_loss_by_pairs": found.by_pairs,
            "bag_variance": of_bags,
            "error_variance": of_error,
            "gold_answers": int(gold.sum()),
        },
    )


def _gold(table: pa.Table) -> np.ndarray:
    """Return which answers are gold, in the order of ``_examples``."""
    if "is_gold" not in table.column_names:
        return np.zeros(len(table), dtype=bool)
    return numbers(table.take(pc.sort_indices(table["example_id"])), "is_gold") > 0


def _calibration_to_everyone(
    fitted: AdditiveModel, gold: Examples, logit: np.ndarray, reference: Mapping[str, str]
) -> tuple[float, float]:
    """Return intercept and slope that calibrate logits on answers of a random sample.

    Parameters
    ----------
    fitted
        Tells what the logit of an answer is where the reference instrument asks.
    gold, logit
        The answers, and what is predicted of each by a model that has not seen its customer.
    """
    asked = gold.values
    at_reference = asked
    for name, value in reference.items():
        place = asked.column_names.index(name)
        at_reference = at_reference.set_column(place, name, pa.repeat(value, len(asked)))
    eta = logit + logits_of(fitted, at_reference) - logits_of(fitted, asked)
    design = np.column_stack([np.ones(len(eta)), eta])
    penalty = np.array([GOLD_INTERCEPT_SD, GOLD_SLOPE_SD]) ** -2
    # A random sample weighs alike: it is everyone in small.
    moved = fit_logistic(design, gold.satisfied, np.ones(len(eta)), penalty, offset=eta)
    # However few say so, a customer who is likelier to be satisfied stays likelier.
    return float(moved[0]), max(1.0 + float(moved[1]), 0.1)


def _examples(table: pa.Table, features: Sequence[FeatureDefinition]) -> Examples:
    for name in ("example_id", "customer_id", "is_satisfied"):
        if name not in table.column_names:
            raise ModelError(f"Training examples have no column {name}: add it.")
        if table[name].null_count:
            raise ModelError(f"Column {name} of the training examples holds nulls: leave them out.")
    table = table.take(pc.sort_indices(table["example_id"]))
    if len(pc.unique(table["example_id"])) != len(table):
        raise ModelError("Training examples share an example_id: make the key unique.")
    satisfied = numbers(table, "is_satisfied")
    weights = numbers(table, "weight") if "weight" in table.column_names else np.ones(len(table))
    if not np.isin(satisfied, (0, 1)).all():
        raise ModelError("is_satisfied holds something else than true and false (1 and 0).")
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise ModelError("Column weight holds values that are not above 0: leave those rows out.")
    columns = {
        feature.name: (
            labels(table, feature.name)
            if feature.kind == CATEGORICAL
            else _numbers_for(table, feature)
        )
        for feature in features
    }
    return Examples(
        ids=table["example_id"].combine_chunks(),
        customers=np.array(table["customer_id"].to_pylist(), dtype=object),
        satisfied=satisfied,
        weights=weights / weights.mean() if len(weights) else weights,
        values=pa.table(columns),
    )


def _numbers_for(table: pa.Table, feature: FeatureDefinition) -> np.ndarray:
    values = numbers(table, feature.name)
    return np.where(np.isnan(values), 0.0, values) if feature.missing_rule == ZERO else values


def _reason_against_fitting(
    rows: Examples, features: Sequence[FeatureDefinition], settings: TrainingSettings
) -> str | None:
    if len(rows) < settings.min_training_answers:
        return (
            f"{len(rows)} answers, fewer than min_training_answers "
            f"({settings.min_training_answers})."
        )
    if np.ptp(rows.satisfied) == 0:
        which = "satisfied" if rows.satisfied[0] else "not satisfied"
        return f"All {len(rows)} answers are {which}."
    if not any(varies(rows.values, feature) for feature in features):
        return "No feature differs between the answers."
    return None


def _predict_out_of_fold(
    rows: Examples,
    features: Sequence[FeatureDefinition],
    settings: TrainingSettings,
    seed: int,
    fold: np.ndarray,
    jobs: int,
    held: Sequence[str],
) -> _OutOfFold:
    """Predict each fold by the others, and choose the number of pairs by that."""
    free = [feature for feature in features if feature.direction == 0 and feature.name not in held]
    most = len(free) * (len(free) - 1) // 2
    chosen: _OutOfFold | None = None
    by_pairs: dict[str, float] = {}
    predicted: dict[int, np.ndarray] = {}
    candidates = sorted({min(candidate, most) for candidate in settings.pair_candidates})
    if len(rows) < settings.min_pair_answers:
        candidates = candidates[:1]
    for place, pairs in enumerate(candidates):
        if pairs not in predicted:
            # A fit with pairs holds the one without: the first two candidates cost one.
            together = candidates[place : place + 2] if pairs == 0 else [pairs]
            predicted |= {number: np.empty(len(rows)) for number in together}
            for part in np.unique(fold):
                others, unseen = rows.take(fold != part), rows.values.filter(pa.array(fold == part))
                fitted = fit(others, features, settings, seed, together[-1], jobs, held)
                for number in together:
                    of_number = fitted if number else without_pairs(fitted, others)
                    predicted[number][fold == part] = logits_of(of_number, unseen)
        logit = predicted[pairs]
        candidate = _OutOfFold(pairs, logit, by_pairs)
        loss = log_loss_of_logit(logit, rows.satisfied)
        by_pairs[str(pairs)] = float(np.average(loss, weights=rows.weights))
        if chosen is not None:
            before = log_loss_of_logit(chosen.logit, rows.satisfied)
            gain, error = paired_difference(before - loss, rows.weights, rows.customers)
            if not gain > error:
                break
        chosen = candidate
    assert chosen is not None
    return chosen


@dataclass(frozen=True, eq=False)
class _Description:
    """What a version says of its training, whatever came of it."""

    rows: Examples
    features: Sequence[FeatureDefinition]
    settings: TrainingSettings
    seed: int
    model_version: str
    trained_until: date | datetime
    labels_are: str

    def model(
        self,
        fitted: AdditiveModel,
        out_of_fold: pa.Table | None,
        measured: Evaluation | None = None,
        metrics: dict | None = None,
        **columns: object,
    ) -> TrainedModel:
        """Return the model, rounded, with its version's row."""
        rows = self.rows
        fitted = fitted.rounded()
        until = self.trained_until
        measures = {} if measured is None else asdict(measured)
        row = {
            "model_version": self.model_version,
            "trained_until": (
                until
                if isinstance(until, datetime)
                else datetime(until.year, until.month, until.day)
            ),
            "seed": self.seed,
            "is_fallback": "fallback_reason" in columns,
            "answers": len(rows),
            "effective_answers": kish_effective_n(rows.weights),
            "customers": len(set(rows.customers.tolist())),
            "satisfied_answers": int(rows.satisfied.sum()),
            "base_rate": self.base_rate(),
            "outer_bags": self.settings.outer_bags,
            "labels": self.labels_are,
            "settings": json.dumps(asdict(self.settings)),
            "features": json.dumps([feature.as_dict() for feature in self.features]),
            "metrics": json.dumps({**measures, **(metrics or {})}),
            **{
                name: measures.get(name)
                for name in ("log_loss", "base_rate_log_loss", "auc", "brier", "calibration_error")
            },
            **columns,
        }
        return TrainedModel(
            model_version=self.model_version,
            intercept=fitted.intercept,
            bag_intercepts=fitted.bag_intercepts,
            summands=fitted.summands,
            version=pa.Table.from_pylist([row], schema=VERSIONS_SCHEMA),
            out_of_fold=out_of_fold,
        )

    def base_rate(self) -> float:
        """Return the weighted share of satisfied answers ȳ, drawn to the prior.

        p = (n ȳ + k p₀) / (n + k) with n the effective answers and k the prior ones, so that few
        answers of one class make nothing certain; p₀ without answers.
        """
        rows, settings = self.rows, self.settings
        n = kish_effective_n(rows.weights)
        satisfied = n * np.average(rows.satisfied, weights=rows.weights) if n else 0.0
        prior = settings.prior_answers * settings.prior_rate
        return float((satisfied + prior) / (n + settings.prior_answers))

    def fallback(self, reason: str) -> TrainedModel:
        """Return a model that is only an intercept: the base rate p.

        The standard error of its logit is 1 / √((n + k) p (1 - p)), n the effective answers and k
        the prior ones. The bag intercepts are spread evenly so that the interval comes out as
        logit ± z × standard error.
        """
        settings = self.settings
        p = self.base_rate()
        total = kish_effective_n(self.rows.weights) + settings.prior_answers
        spread = np.linspace(-1, 1, settings.outer_bags)
        spread /= spread.std(ddof=1) * np.sqrt(total * p * (1 - p))
        intercept = float(logit_of(p))
        bags = settings.outer_bags
        fitted = AdditiveModel(
            intercept,
            intercept + spread,
            tuple(flat_term(feature, self.rows, bags) for feature in self.features),
        )
        from scipy.stats import norm

        return self.model(
            fitted,
            None,
            fallback_reason=reason,
            pairs=0,
            interval_factor=float(norm.ppf(0.5 + settings.confidence / 2)),
        )
