"""Training the versions that are due, each judged against the one in force."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.registry import HELD_FEATURES, Registry, held_features, read_registry
from csat.daily.versions import lost_features, read_model, read_versions
from csat.engine import Engine, quote
from csat.model import (
    TERMS_SCHEMA,
    VERSIONS_SCHEMA,
    Comparison,
    FeatureDefinition,
    ModelError,
    ResponseModel,
    ResponseWeights,
    TrainedModel,
    TrainingSettings,
    compare,
    evaluate,
    response_weights,
    score,
    train,
)
from csat.model.logistic import sigmoid

#: The kind of survey that is sent to a random sample which is pressed to answer.
FOLLOW_UP = "follow_up"
#: What a training adds to a version's row: where it stands in time, what it is held at, whether it
#: came into force and why, and how it did on later answers.
DECISION_FIELDS = [
    ("cutoff_date", pa.date32()),
    ("in_force_from", pa.date32()),
    ("is_champion", pa.bool_()),
    ("decision", pa.string()),
    ("compared_with", pa.string()),
    ("later_answers", pa.int64()),
    ("later_log_loss", pa.float64()),
    ("later_auc", pa.float64()),
    ("champion_log_loss", pa.float64()),
    ("log_loss_difference", pa.float64()),
    ("log_loss_difference_lower", pa.float64()),
    ("log_loss_difference_upper", pa.float64()),
    ("reference_instrument", pa.string()),
    ("reference_survey_kind", pa.string()),
    ("weighting", pa.string()),
    ("response_model", pa.string()),
    ("registry_checksum", pa.string()),
]
#: One row per answer that a version has learned from, or was compared on: what a model that has not
#: seen the customer predicts, as asked and as if asked by the reference instrument.
ANSWERS_FIELDS = [
    ("response_id", pa.string()),
    ("is_learned", pa.bool_()),
    ("weight", pa.float64()),
    ("relative_propensity", pa.float64()),
    ("fold", pa.int64()),
    ("bag", pa.int64()),
    ("out_of_fold_logit", pa.float64()),
    ("out_of_fold_probability", pa.float64()),
    ("reference_probability", pa.float64()),
]
#: One row per version; its terms and the answers known to it as lists.
TRAINED_SCHEMA = pa.schema(
    [
        *VERSIONS_SCHEMA,
        *(pa.field(name, kind) for name, kind in DECISION_FIELDS),
        pa.field("terms", pa.list_(pa.struct(list(TERMS_SCHEMA)))),
        pa.field("answers_known", pa.list_(pa.struct(ANSWERS_FIELDS))),
    ]
)


@dataclass(frozen=True)
class Training:
    """What all trainings of a run share.

    Parameters
    ----------
    registry
        The features.
    settings
        Of the library.
    seed
        Draws bags and folds.
    reference_instrument
        The instrument that scores are stated at.
    kinds
        The survey kind of each CSAT instrument.

    Raises
    ------
    ModelError
        If the reference instrument asks for something else than satisfaction.
    """

    registry: Registry
    settings: TrainingSettings
    seed: int
    reference_instrument: str
    kinds: Mapping[str, str]

    def __post_init__(self):
        if self.reference_instrument not in self.kinds:
            raise ModelError(
                f"The var reference_instrument is '{self.reference_instrument}', which is no "
                "instrument of metric csat in seeds/survey_instruments.csv: name one of "
                f"{', '.join(sorted(self.kinds))}."
            )

    @classmethod
    def read(
        cls,
        engine: Engine,
        *,
        registry: str,
        instruments: str,
        settings: Mapping[str, object],
        seed: int,
        reference_instrument: str,
    ) -> Training:
        """Read the registry and the instruments; ``settings`` are those that are not as usual."""
        csat = engine.collect(
            f"select instrument_id, survey_kind from {instruments} where metric = 'csat'"
        ).to_pylist()
        return cls(
            registry=read_registry(engine, registry),
            settings=TrainingSettings(**settings),
            seed=seed,
            reference_instrument=reference_instrument,
            kinds={row["instrument_id"]: row["survey_kind"] for row in csat},
        )


@dataclass(frozen=True, eq=False)
class Champion:
    """The version in force, and the keys of the answers that it has learned from."""

    model: TrainedModel
    learned: frozenset[str]

    @classmethod
    def read(
        cls, engine: Engine, terms: str, versions: str, answers: str, model_version: str
    ) -> Champion:
        """Read it from the tables of versions."""
        learned = engine.collect(
            f"select response_id from {answers} "
            f"where model_version = {quote(model_version)} and is_learned"
        )
        return cls(
            read_model(engine, terms, versions, model_version),
            frozenset(learned["response_id"].to_pylist()),
        )

    def has_not_learned(self, rows: pa.Table) -> np.ndarray:
        """Tell of each answer whether it is new to the version, as (rows,) booleans."""
        return np.array([key not in self.learned for key in rows["example_id"].to_pylist()], bool)


def train_due_versions(
    engine: Engine,
    training: Training,
    *,
    cutoffs: str,
    rows: str,
    terms: str,
    versions: str,
    answers: str,
    report: Callable[[str], None] = lambda line: None,
) -> pa.Table:
    """Train one version per cut-off, in order, each compared with the one then in force.

    Parameters
    ----------
    engine
        Where the relations are.
    training
        What the trainings share.
    cutoffs
        Relation of ``cutoff_date``, at whose end a version is trained, to come into force on the
        next day; ``champion_version``, the one in force before them; ``registry_checksum``.
    rows
        Relation of ``cutoff_date``, ``part`` (training, evaluation, population), ``example_id``,
        ``customer_id``, ``is_satisfied``, the held features, and one column per feature.
    terms, versions, answers
        Where the champion is read, and which answers it has learned from.
    report
        Is told a line per version.

    Returns
    -------
    pyarrow.Table
        ``TRAINED_SCHEMA``. A version is never changed later: one that loses the comparison stands
        there too, with ``is_champion`` false.
    """
    due = engine.collect(f"select * from {cutoffs} order by cutoff_date").to_pylist()
    champion = None
    if due and due[0]["champion_version"]:
        champion = Champion.read(engine, terms, versions, answers, due[0]["champion_version"])
    trained = []
    for cutoff in due:
        day = cutoff["cutoff_date"]
        of_cutoff = engine.collect(f"select * from {rows} where cutoff_date = date '{day}'")
        model, row = _train_version(day, of_cutoff, champion, training)
        trained.append({**row, "registry_checksum": cutoff["registry_checksum"]})
        if row["is_champion"]:
            known = row["answers_known"]
            learned = (answer["response_id"] for answer in known if answer["is_learned"])
            champion = Champion(model, frozenset(learned))
        report(f"{model.model_version}: {row['answers']} answers. {row['decision']}")
    return pa.Table.from_pylist(trained, schema=TRAINED_SCHEMA)


def _train_version(
    cutoff: date, rows: pa.Table, champion: Champion | None, training: Training
) -> tuple[TrainedModel, dict]:
    parts = {
        part: rows.filter(pc.equal(rows["part"], part))
        for part in ("training", "evaluation", "population")
    }
    answers = parts["training"].sort_by("example_id")
    later = parts["evaluation"].sort_by("example_id")
    rival, reason = _rival(champion, training.registry.features)
    if rival is None:
        # There is nothing to compare with, so that every answer can be learned from.
        answers = pa.concat_tables([answers, later]).sort_by("example_id")
    weighting = response_weights(
        answers, parts["population"].sort_by("example_id"), training.registry.features
    )
    held_at = _reference(training, answers)
    is_gold = pc.fill_null(pc.equal(answers["survey_kind"], FOLLOW_UP), False)
    model = train(
        answers.append_column("weight", pa.array(weighting.weights)).append_column(
            "is_gold", is_gold
        ),
        (*training.registry.features, *held_features()),
        training.settings,
        seed=training.seed,
        model_version=f"csat-{cutoff}",
        trained_until=cutoff,
        held=HELD_FEATURES,
        reference=held_at,
    )
    answers_known = [_learned(model, answers, weighting, held_at)]
    if rival is None:
        decision = Comparison(0, 0, *(None,) * 6, takes_over=True, reason=reason)
        on_later = None
    else:
        decision = _decide(model, rival, later)
        scores = score(model, later)
        answers_known.append(_unseen(model, later, scores.logit, weighting, held_at))
        is_new = rival.has_not_learned(later)
        on_later = evaluate(_satisfied(later)[is_new], scores.probability[is_new])
    (version,) = model.version.to_pylist()
    next_day = date.fromordinal(cutoff.toordinal() + 1)
    row = {
        **version,
        "cutoff_date": cutoff,
        "in_force_from": next_day if decision.takes_over else None,
        "is_champion": decision.takes_over,
        "decision": decision.reason,
        "compared_with": champion.model.model_version if champion else None,
        "later_answers": on_later.answers if on_later else 0,
        "later_log_loss": on_later.log_loss if on_later else None,
        "later_auc": on_later.auc if on_later else None,
        "champion_log_loss": decision.champion_log_loss,
        "log_loss_difference": decision.difference,
        "log_loss_difference_lower": decision.conf_low,
        "log_loss_difference_upper": decision.conf_high,
        "reference_instrument": held_at["instrument_id"],
        "reference_survey_kind": held_at["survey_kind"],
        "weighting": json.dumps(
            {
                "effective_answers": weighting.effective_answers,
                "capped_share": weighting.capped_share,
                "outside_support_share": weighting.outside_support_share,
                "reason": weighting.reason,
            }
        ),
        "terms": model.terms.to_pylist(),
        "response_model": weighting.model.to_json() if weighting.model else None,
        "answers_known": pa.concat_tables(answers_known).to_pylist(),
    }
    return model, row


def _learned(
    model: TrainedModel, answers: pa.Table, weighting: ResponseWeights, held_at: Mapping[str, str]
) -> pa.Table:
    """Return what is kept of the answers that a version has learned from."""
    out_of_fold = model.out_of_fold
    rows = len(answers)
    if out_of_fold is None:
        # Everybody has the same probability, so that nothing of an answer is in its own.
        logit = score(model, answers).logit
        fold = bag = pa.nulls(rows, pa.int64())
    else:
        logit, fold, bag = (out_of_fold[name] for name in ("logit", "fold", "bag"))
        logit = logit.to_numpy()
    propensity = weighting.relative_propensity
    return pa.table(
        [
            answers["example_id"],
            pa.repeat(True, rows),
            pa.array(weighting.weights),
            pa.nulls(rows, pa.float64()) if propensity is None else pa.array(propensity),
            fold,
            bag,
            pa.nulls(rows, pa.float64()) if out_of_fold is None else pa.array(logit),
            pa.nulls(rows, pa.float64()) if out_of_fold is None else pa.array(sigmoid(logit)),
            pa.array(sigmoid(logit + _to_reference(model, answers, held_at))),
        ],
        schema=pa.schema(ANSWERS_FIELDS),
    )


def _unseen(
    model: TrainedModel,
    answers: pa.Table,
    logit: np.ndarray,
    weighting: ResponseWeights,
    held_at: Mapping[str, str],
) -> pa.Table:
    """Return what is kept of the answers that a version was compared on."""
    rows = len(answers)
    weights, propensity = _weighted(weighting.model, answers)
    return pa.table(
        [
            answers["example_id"],
            pa.repeat(False, rows),
            pa.array(weights),
            pa.nulls(rows, pa.float64()) if propensity is None else pa.array(propensity),
            pa.nulls(rows, pa.int64()),
            pa.nulls(rows, pa.int64()),
            pa.array(logit),
            pa.array(sigmoid(logit)),
            pa.array(sigmoid(logit + _to_reference(model, answers, held_at))),
        ],
        schema=pa.schema(ANSWERS_FIELDS),
    )


def _weighted(
    response: ResponseModel | None, answers: pa.Table
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return weight and relative propensity of answers that the weighting has not seen."""
    if response is None:
        return np.ones(len(answers)), None
    return response.weights(answers), response.relative_propensity(answers)


def _to_reference(model: TrainedModel, answers: pa.Table, held_at: Mapping[str, str]) -> np.ndarray:
    """Return what the logit of each answer changes by where the reference instrument asks.

    The held features enter no pair, so that the change is the same for everybody asked alike.
    """
    asked = answers.select(list(HELD_FEATURES)).group_by(list(HELD_FEATURES)).aggregate([])
    if not len(asked):
        return np.empty(0)
    others = [name for name in model.features if name not in HELD_FEATURES]
    empty = {name: pa.nulls(len(asked)) for name in others}
    at_reference = {name: pa.repeat(held_at[name], len(asked)) for name in HELD_FEATURES}
    by_asking = (
        score(model, pa.table({**empty, **at_reference})).logit
        - score(model, pa.table({**empty, **{name: asked[name] for name in HELD_FEATURES}})).logit
    )
    changes = dict(
        zip(
            zip(*(asked[name].to_pylist() for name in HELD_FEATURES), strict=True),
            by_asking.tolist(),
            strict=True,
        )
    )
    keys = zip(*(answers[name].to_pylist() for name in HELD_FEATURES), strict=True)
    return np.array([changes[key] for key in keys])


def _reference(training: Training, answers: pa.Table) -> dict[str, str]:
    """Return what scores are held at: the reference instrument.

    Where nobody has answered it, the one with most answers, so that scores are stated on a scale
    that has been seen.
    """
    instrument = training.reference_instrument
    counts = {
        count["values"]: count["counts"]
        for count in pc.value_counts(answers["instrument_id"]).to_pylist()
    }
    if counts and instrument not in counts:
        instrument = min(counts, key=lambda name: (-counts[name], name))
    return {"instrument_id": instrument, "survey_kind": training.kinds[instrument]}


def _rival(
    champion: Champion | None, features: Sequence[FeatureDefinition]
) -> tuple[Champion | None, str]:
    """Return the champion if a new version has to stand against it, otherwise none and why."""
    if champion is None:
        return None, "The first version comes into force."
    registered = {feature.name for feature in features} | set(HELD_FEATURES)
    lost = lost_features(champion.model, registered)
    if lost:
        return None, f"The one before reads features that are gone: {', '.join(sorted(lost))}."
    if champion.model.is_fallback:
        return None, f"{champion.model.model_version} knows only a base rate."
    return champion, ""


def _decide(challenger: TrainedModel, champion: Champion, later: pa.Table) -> Comparison:
    """Return whether a new version comes into force: by later answers, where they can tell.

    A champion may be younger than the later answers are old. Those that it has learned from would
    speak for it, so that only those count that are new to both.
    """
    is_new = champion.has_not_learned(later)
    if challenger.is_fallback:
        return Comparison(
            *(int(is_new.sum()), 0, None, None, None, None, None, None, False),
            reason="It knows only a base rate: the champion stays.",
        )
    unseen = later.filter(pa.array(is_new))
    compared = compare(
        _satisfied(unseen),
        score(champion.model, unseen).probability,
        score(challenger, unseen).probability,
        np.array(unseen["customer_id"].to_pylist(), dtype=object),
    )
    if compared.difference is None and not is_new.all():
        learned = f" The champion has learned from {np.sum(~is_new)} others."
        return replace(compared, reason=compared.reason + learned)
    return compared


def _satisfied(answers: pa.Table) -> np.ndarray:
    """Return (answers,) 1 for a satisfied one, 0 for another."""
    return answers["is_satisfied"].to_numpy(zero_copy_only=False).astype(np.float64)


PREDICTIONS_SCHEMA = pa.schema(
    [
        ("response_id", pa.string()),
        ("model_version", pa.string()),
        ("logit", pa.float64()),
        ("probability", pa.float64()),
        ("reference_probability", pa.float64()),
        ("weight", pa.float64()),
    ]
)


def predict_answers(
    engine: Engine,
    rows: str,
    *,
    terms: str,
    versions: str,
    report: Callable[[str], None] = lambda line: None,
) -> pa.Table:
    """Predict each answer by the version that was in force when its survey was sent.

    The instrument counts as it was, since the answer is compared with the prediction; beside it
    stands what the reference instrument would have been answered. The response weight comes from
    the version's own propensity.

    Parameters
    ----------
    engine
        Where the relations are.
    rows
        Relation of ``response_id``, ``as_of_at``, the held features, and one column per feature.
    terms, versions
        Where the models are read.
    report
        Is told how many answers there were.

    Returns
    -------
    pyarrow.Table
        ``PREDICTIONS_SCHEMA``, without answers to surveys from before the first version, and
        without those whose version reads a feature that is gone: what was predicted of these
        before stays.
    """
    answers = engine.collect(f"select * from {rows} order by response_id")
    days = pc.cast(answers["as_of_at"].cast(pa.timestamp("us")), pa.date32())
    first, last = (bound.as_py() for bound in pc.min_max(days).values())
    tables = [PREDICTIONS_SCHEMA.empty_table()]
    for version in read_versions(engine, terms, versions, first, last):
        of_version = answers.filter(pa.array([version.covers(day) for day in days.to_pylist()]))
        lost = version.lost_features(answers.column_names)
        if lost:
            report(
                f"{len(of_version)} answers are not predicted: their version, "
                f"{version.model.model_version}, reads {lost[0]}, which the registry no longer has"
            )
            continue
        scores = score(version.model, of_version)
        at_reference = scores.logit + _to_reference(version.model, of_version, version.held_at)
        weights, _ = _weighted(version.response, of_version)
        tables.append(
            pa.table(
                [
                    of_version["response_id"],
                    pa.repeat(version.model.model_version, len(of_version)),
                    pa.array(scores.logit),
                    pa.array(scores.probability),
                    pa.array(sigmoid(at_reference)),
                    pa.array(weights),
                ],
                schema=PREDICTIONS_SCHEMA,
            )
        )
    predicted = pa.concat_tables(tables)
    report(f"{len(predicted)} answers predicted")
    return predicted
