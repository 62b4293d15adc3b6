"""Estimating the base and all segments on each day that is due: scores, corrected by surveys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.scoring import BAG_CONTRASTS
from csat.daily.segments import BASE, CROSSED_BY, POOLED
from csat.engine import Engine, exact_sum
from csat.estimation import (
    AnswerSums,
    LearnedAnswers,
    LevelEstimates,
    LevelSettings,
    RepeatAnswers,
    change,
    estimate_base,
    estimate_conditions,
    estimate_segments,
    gain_over_survey,
    own_answers_shift,
    repeat_answers,
    response_bias_correction,
    sensitivity,
    suppress_conditions,
    suppress_partition,
    survey_estimates,
)
from csat.model import TrainingSettings, contrasts

#: Days back to which changes are told.
LAGS = (1, 7, 28, 365)
#: Sums of a cell of answers in the order of ``AnswerSums``, and the SQL of what is added up.
SUMS = {
    "answers": "1",
    "weight": "weight",
    "weight_squares": "weight * weight",
    "weighted_residual": "weight * residual",
    "weighted_variance": "weight * weight * probability * (1 - probability)",
    "satisfied_answers": "satisfied",
    "satisfied_weight": "weight * satisfied",
    "satisfied_residual": "weight * residual * satisfied",
}
BAGS, FOLDS = TrainingSettings().outer_bags, TrainingSettings().folds
CONTRASTS = contrasts(BAGS)
ESTIMATES_SCHEMA = pa.schema(
    [
        ("score_date", pa.date32()),
        ("segment_id", pa.string()),
        ("segment_value", pa.string()),
        ("model_version", pa.string()),
        ("suppression_reason", pa.string()),
        ("customers", pa.int64()),
        ("answers", pa.int64()),
        ("effective_answers", pa.float64()),
        ("csat_estimate", pa.float64()),
        ("csat_estimate_lower", pa.float64()),
        ("csat_estimate_upper", pa.float64()),
        ("std_error", pa.float64()),
        ("csat_model_mean", pa.float64()),
        ("survey_correction", pa.float64()),
        ("csat_survey", pa.float64()),
        ("csat_survey_lower", pa.float64()),
        ("csat_survey_upper", pa.float64()),
        ("survey_answers", pa.int64()),
        ("gain_over_survey", pa.float64()),
        ("response_bias_correction", pa.float64()),
        ("estimate_if_satisfied_answer_more", pa.float64()),
        ("estimate_if_satisfied_answer_less", pa.float64()),
        ("conclusion_flips_at", pa.float64()),
        ("csat_estimate_by_version_before", pa.float64()),
        ("csat_model_mean_by_version_before", pa.float64()),
        *(
            (name, kind)
            for lag in LAGS
            for name, kind in (
                (f"change_{lag}", pa.float64()),
                (f"change_{lag}_lower", pa.float64()),
                (f"change_{lag}_upper", pa.float64()),
                (f"is_change_{lag}_more_than_noise", pa.bool_()),
            )
        ),
    ]
)


@dataclass(frozen=True)
class EstimationSettings:
    """What a company may set of the estimates; see the vars of the project.

    Parameters
    ----------
    min_customers, min_answers
        A segment with fewer is not shown.
    survey_days
        Days of answers that the survey-only figure is made from.
    gamma
        How much more or less readily satisfied people may answer, everything known being equal:
        the logarithm of the odds ratio.
    segment_days
        Of the days that are due, so many of the last are estimated by segment; those before, of a
        first run, have the base alone.
    level
        Of the library.
    band_bounds
        Where the bands begin whose claims are tried for how hardy they are.
    """

    min_customers: int = 50
    min_answers: int = 5
    survey_days: int = 28
    gamma: float = 0.5
    segment_days: int = 56
    level: LevelSettings = field(default_factory=lambda: LevelSettings(lags=LAGS))

    band_bounds: tuple[float, ...] = ()

    @classmethod
    def read(
        cls, engine: Engine, *, window_days: int, bands: str, industry: str, **settings: float
    ) -> EstimationSettings:
        """Return the settings with a window of so many days and the bands of an industry.

        ``bands`` is a relation of ``level``, ``industry`` and ``from_score``; an industry without
        bands of aggregates has those of ``default``.
        """
        bounds = engine.collect(
            f"select industry, from_score from {bands} where level = 'aggregate' "
            "and from_score > 0 order by from_score"
        ).to_pylist()
        own = [row["from_score"] for row in bounds if row["industry"] == industry]
        usual = [row["from_score"] for row in bounds if row["industry"] == "default"]
        level = LevelSettings(window_days=window_days, lags=LAGS)
        return cls(level=level, band_bounds=tuple(own or usual), **settings)


@dataclass(frozen=True, eq=False)
class _Answers:
    """Answers of one version: sums by segment and day, each answer, and sums by segment and bag.

    The last are those of the answers that the version has learned from: all were known before.
    """

    sums: pa.Table
    single: pa.Table
    learned: pa.Table

    def known_on(self, day: date, window_days: int) -> _Answers:
        """Return what was known at the end of a day, of the window before it."""

        def known(table: pa.Table) -> pa.Table:
            first = pa.scalar(day - timedelta(days=window_days), pa.date32())
            last = pa.scalar(day, pa.date32())
            return table.filter(
                pc.and_(
                    pc.and_(
                        pc.less_equal(table["known_date"], last),
                        pc.less_equal(table["sent_date"], last),
                    ),
                    pc.greater_equal(table["sent_date"], first),
                )
            )

        return _Answers(known(self.sums), known(self.single), self.learned)

    def repeats(self) -> RepeatAnswers:
        single = self.single
        return repeat_answers(
            single["customer_id"].combine_chunks().dictionary_encode().indices.to_numpy(),
            single["satisfied"].to_numpy(),
            single["probability"].to_numpy(),
            single["weight"].to_numpy(),
        )

    def of(self, segment_id: str, values: Sequence[str], day: date) -> AnswerSums:
        """Return the sums of a segment's values, numbered as given; others are left out."""
        rows = self.sums.filter(pc.equal(self.sums["segment_id"], segment_id))
        numbers = pc.index_in(rows["segment_value"], pa.array(values, pa.string()))
        rows = rows.append_column("segment", numbers).filter(pc.is_valid(numbers))
        ages = _ordinal(day) - rows["sent_date"].cast(pa.int32()).to_numpy()
        return AnswerSums(
            segment=rows["segment"].to_numpy(),
            age_days=ages,
            is_gold=rows["is_gold"].to_numpy(),
            **{name: rows[name].cast(pa.float64()).to_numpy() for name in SUMS},
        )

    def learned_of(self, segment_id: str, values: Sequence[str]) -> list[np.ndarray]:
        """Return (values, bags) sums of what was learned: the last columns of ``_Scored``."""
        rows = self.learned.filter(pc.equal(self.learned["segment_id"], segment_id))
        numbers = pc.index_in(rows["segment_value"], pa.array(values, pa.string()))
        rows = rows.append_column("segment", numbers).filter(pc.is_valid(numbers))
        place = rows["segment"].to_numpy() * BAGS + rows["bag"].to_numpy()
        shape = len(values), BAGS
        return [
            np.bincount(
                place, rows[name].cast(pa.float64()).to_numpy(), minlength=shape[0] * shape[1]
            ).reshape(shape)
            for name in ("answers", "weight", "weighted_residual", "satisfied_weight")
        ]


def estimate_due_dates(
    engine: Engine,
    settings: EstimationSettings,
    *,
    definitions: str,
    scores: str,
    scores_before: str,
    residuals: str,
    answer_segments: str,
    versions: str,
    earlier: str | None,
    report: Callable[[str], None] = lambda line: None,
) -> pa.Table:
    """Estimate the base and each segment on each day, in order.

    Parameters
    ----------
    engine
        Where the relations are; reduces answers to sums.
    settings
        Of the company.
    definitions
        Relation of ``segment_id`` and ``condition``: which segments are values of a dimension.
    scores
        Relation of ``score_date``, ``segment_id``, ``segment_value``, ``customers``,
        ``probability_sum`` and a ``<bag_contrast>_sum`` each, of the days to be estimated.
    scores_before
        The same by the version before, of days on which a version came into force: their estimates
        tell how much of a change is the model's.
    residuals
        Relation of ``response_id``, ``model_version``, ``customer_id``, ``probability``,
        ``weight``, ``is_gold``, ``is_satisfied``, ``sent_date``, ``known_date``, ``bag`` (the one
        that has not learned from it; null where none has) and ``is_from_sending``: predicted by the
        version in force when the survey was sent, which
        stands in where the version of the day has no prediction of its own.
    answer_segments
        Relation of ``response_id``, ``segment_id`` and ``segment_value``.
    versions
        Relation of the versions.
    earlier
        Relation of what was estimated on days before; null where there was none.
    report
        Is told a line per so many days.

    Returns
    -------
    pyarrow.Table
        ``ESTIMATES_SCHEMA``. What is not shown is null, with the reason. Small values of a
        dimension stand together in one row, ``POOLED``.
    """
    of_days = engine.collect(
        f"select * from {scores} order by score_date, segment_id, segment_value"
    )
    days = sorted(set(of_days["score_date"].to_pylist()))
    if not days:
        return ESTIMATES_SCHEMA.empty_table()
    conditions = set(
        engine.collect(f"select segment_id from {definitions} where coalesce(condition, '') <> ''")[
            "segment_id"
        ].to_pylist()
    )
    of_days_before = engine.collect(
        f"select * from {scores_before} order by score_date, segment_id, segment_value"
    )
    champions = _champions(engine, versions)
    before = {start: earlier for (_, earlier), (start, _) in pairwise(champions)}

    @lru_cache(maxsize=2)
    def answers_of(version: str) -> _Answers:
        return _read_answers(
            engine, residuals, answer_segments, version, days[0], settings.level.window_days
        )

    published = _Published.read(engine, earlier, days[0])
    start, rows = time.monotonic(), []
    for number, day in enumerate(days, start=1):
        version = [name for start_day, name in champions if start_day <= day][-1]
        of_day = of_days.filter(pc.equal(of_days["score_date"], pa.scalar(day, pa.date32())))
        if number <= len(days) - settings.segment_days:
            of_day = of_day.filter(pc.equal(of_day["segment_id"], BASE))
        known = answers_of(version).known_on(day, settings.level.window_days)
        estimated = list(_of_day(day, version, of_day, known, conditions, settings, published))
        by_before = of_days_before.filter(
            pc.and_(
                pc.equal(of_days_before["score_date"], pa.scalar(day, pa.date32())),
                pc.is_in(of_days_before["segment_id"], value_set=of_day["segment_id"].unique()),
            )
        )
        if len(by_before):
            known = answers_of(before[day]).known_on(day, settings.level.window_days)
            _tell_by_version_before(
                estimated,
                _of_day(day, before[day], by_before, known, conditions, settings, published),
            )
        published.add(day, estimated)
        rows += estimated
        if number == len(days) or number % 28 == 0:
            report(
                f"{number} of {len(days)} days estimated, up to {day}, in "
                f"{time.monotonic() - start:,.0f} s"
            )
    return pa.Table.from_pylist(rows, schema=ESTIMATES_SCHEMA)


def _champions(engine: Engine, versions: str) -> list[tuple[date, str]]:
    """Return the versions that came into force, each with its first day, in order."""
    rows = engine.collect(
        f"select model_version, in_force_from from {versions} where is_champion "
        "order by in_force_from"
    ).to_pylist()
    return [(row["in_force_from"], row["model_version"]) for row in rows]


def _tell_by_version_before(rows: Sequence[dict], rows_before: Iterator[dict]) -> None:
    """Add to each shown estimate what the version before would have said on the day."""
    told = {(row["segment_id"], row["segment_value"]): row for row in rows_before}
    for row in rows:
        by_before = told.get((row["segment_id"], row["segment_value"]), {})
        if row.get("csat_estimate") is not None:
            for name in ("csat_estimate", "csat_model_mean"):
                row[f"{name}_by_version_before"] = by_before.get(name)


def _read_answers(
    engine: Engine,
    residuals: str,
    answer_segments: str,
    version: str,
    first_day: date,
    window_days: int,
) -> _Answers:
    first_sent = first_day - timedelta(days=window_days)
    told = (
        "(select *, cast(is_satisfied as double) as satisfied, "
        "cast(is_satisfied as double) - probability as residual "
        f"from {residuals} where sent_date >= date '{first_sent}' and {{which}})"
    )
    of_version = told.format(
        which=f"(model_version = '{version}' or (is_from_sending and response_id not in "
        f"(select response_id from {residuals} where model_version = '{version}')))"
    )
    learned = told.format(which=f"model_version = '{version}' and bag is not null")
    sums = ", ".join(f"{exact_sum(sql)} as {name}" for name, sql in SUMS.items())
    return _Answers(
        engine.collect(
            "select placed.segment_id, placed.segment_value, answers.sent_date, "
            f"answers.known_date, answers.is_gold, {sums} from {of_version} as answers "
            f"inner join {answer_segments} as placed on answers.response_id = placed.response_id "
            "group by all order by all"
        ),
        engine.collect(
            "select customer_id, satisfied, probability, weight, sent_date, known_date "
            # Gold answers stand for everyone: they tell nothing of who repeats.
            f"from {of_version} as answers where not is_gold order by response_id"
        ),
        engine.collect(
            f"select placed.segment_id, placed.segment_value, answers.bag, {sums} "
            f"from {learned} as answers "
            f"inner join {answer_segments} as placed on answers.response_id = placed.response_id "
            "group by all order by all"
        ),
    )


class _Published:
    """What was estimated on earlier days: estimate and standard error of each shown segment."""

    def __init__(self) -> None:
        self._found: dict[date, dict[tuple[str, str], tuple[float, float]]] = {}

    @classmethod
    def read(cls, engine: Engine, earlier: str | None, first_day: date) -> _Published:
        """Read the days that changes are told from, before the first day to be estimated."""
        published = cls()
        if earlier is None:
            return published
        rows = engine.collect(
            "select score_date, segment_id, segment_value, csat_estimate, std_error "
            f"from {earlier} where score_date < date '{first_day}' "
            f"and score_date >= date '{first_day - timedelta(days=max(LAGS))}'"
        )
        for day, *key, estimate, error in zip(
            *(rows[name].to_pylist() for name in rows.column_names), strict=True
        ):
            published._add(day, (key[0], key[1]), estimate, error)
        return published

    def add(self, day: date, rows: Sequence[Mapping]) -> None:
        """Keep what was estimated in this run."""
        for row in rows:
            key = (row["segment_id"], row["segment_value"])
            self._add(day, key, row.get("csat_estimate"), row.get("std_error"))

    def _add(
        self, day: date, key: tuple[str, str], estimate: float | None, error: float | None
    ) -> None:
        if estimate is not None and error is not None:
            self._found.setdefault(day, {})[key] = (estimate, error)

    def of(self, day: date, segment_id: str, values: Sequence[str]) -> tuple[np.ndarray, ...]:
        """Return estimates and standard errors of values on a day; NaN where there was none."""
        found = self._found.get(day, {})
        nothing = (np.nan, np.nan)
        both = np.array([found.get((segment_id, value), nothing) for value in values])
        return both[:, 0], both[:, 1]


@dataclass(frozen=True, eq=False)
class _Scored:
    """Sums of S segments: of their customers' scores, and of what the scores have learned of them.

    Parameters
    ----------
    customers, score
        (S,) number, and sum of the scores in points.
    contrasts
        (S, bags - 1) sums of the contrasts between the bags' probabilities.
    answers, weight, weighted_residual, satisfied_weight
        (S, bags) of the answers that the version has learned from, by the bag that lacks them.
    """

    customers: np.ndarray
    score: np.ndarray
    contrasts: np.ndarray
    answers: np.ndarray
    weight: np.ndarray
    weighted_residual: np.ndarray
    satisfied_weight: np.ndarray

    @property
    def mean_scores(self) -> np.ndarray:
        return self.score / self._sizes

    @property
    def learned(self) -> LearnedAnswers:
        return LearnedAnswers(
            self.answers.sum(axis=1),
            self.weight.sum(axis=1),
            self.weighted_residual.sum(axis=1),
            self.weight,
            self.satisfied_weight,
            self.contrasts / self._sizes[:, None],
        )

    def grouped(self, group: np.ndarray, groups: int) -> _Scored:
        """Return the sums of groups of segments."""
        parts = np.zeros((groups, len(group)))
        parts[group, np.arange(len(group))] = 1.0
        return _Scored(*(parts @ getattr(self, column.name) for column in fields(self)))

    def with_others(self, base: _Scored) -> _Scored:
        """Return the one segment, and everybody of the base who is not in it."""
        both = ((getattr(self, column.name), getattr(base, column.name)) for column in fields(self))
        return _Scored(*(np.concatenate([own, of_all - own]) for own, of_all in both))

    @property
    def _sizes(self) -> np.ndarray:
        return np.where(self.customers > 0, self.customers, np.nan)


@dataclass(frozen=True, eq=False)
class _Family:
    """Segments estimated together: their values, scores and answers, and what was found."""

    segment_id: str
    values: list[str]
    scored: _Scored
    sums: AnswerSums
    found: LevelEstimates
    hidden: np.ndarray
    reasons: np.ndarray


def _of_day(
    day: date,
    version: str,
    scores: pa.Table,
    answers: _Answers,
    conditions: set[str],
    settings: EstimationSettings,
    published: _Published,
) -> Iterator[dict]:
    repeats = answers.repeats()
    base = _base(day, scores, answers, repeats, settings)
    families = [base]
    others = sorted(set(scores["segment_id"].to_pylist()) - {BASE})
    for segment_id in others:
        if segment_id not in conditions:
            families.append(_partition(day, segment_id, scores, answers, repeats, base, settings))
    met = [segment_id for segment_id in others if segment_id in conditions]
    families += _conditions(day, met, scores, answers, repeats, base, settings)
    for family in families:
        yield from _rows(day, version, family, settings, published)


def _of_segment(scores: pa.Table, answers: _Answers, segment_id: str) -> tuple[list[str], _Scored]:
    """Return the values of a segment, and their sums."""
    rows = scores.filter(pc.equal(scores["segment_id"], segment_id))
    values = rows["segment_value"].to_pylist()
    return values, _Scored(
        rows["customers"].cast(pa.float64()).to_numpy(),
        100 * rows["probability_sum"].to_numpy(),
        np.column_stack([rows[f"{name}_sum"].to_numpy() for name in BAG_CONTRASTS]),
        *answers.learned_of(segment_id, values),
    )


def _base(
    day: date,
    scores: pa.Table,
    answers: _Answers,
    repeats: RepeatAnswers,
    settings: EstimationSettings,
) -> _Family:
    values, scored = _of_segment(scores, answers, BASE)
    sums = answers.of(BASE, values, day)
    found = estimate_base(
        sums, scored.customers[0], scored.mean_scores[0], repeats=repeats, settings=settings.level
    )
    nothing = np.array([False]), np.array([None], dtype=object)
    return _Family(BASE, values, scored, sums, found, *nothing)


def _partition(
    day: date,
    segment_id: str,
    scores: pa.Table,
    answers: _Answers,
    repeats: RepeatAnswers,
    base: _Family,
    settings: EstimationSettings,
) -> _Family:
    """Estimate the values of a dimension, small ones pooled, so that they add up to the base."""
    values, scored = _of_segment(scores, answers, segment_id)
    sums = answers.of(segment_id, values, day)
    hidden = suppress_partition(
        scored.customers,
        sums.by_segment("answers", len(values)),
        min_customers=settings.min_customers,
        min_answers=settings.min_answers,
        margins=_margins(values),
    )
    of_groups = scored.grouped(hidden.group, hidden.groups)
    (shift,) = own_answers_shift([of_groups.learned], base.scored.learned, CONTRASTS, folds=FOLDS)
    pooled = sums.regrouped(hidden.group)
    found = estimate_segments(
        pooled,
        of_groups.customers,
        of_groups.mean_scores,
        repeats=repeats,
        base=base.found,
        settings=settings.level,
        score_shift=shift,
    )
    shown = [
        value
        for value, is_hidden in zip(values, hidden.is_suppressed, strict=True)
        if not is_hidden
    ]
    names = shown + [POOLED] * (hidden.groups - len(shown))
    reasons = np.full(len(names), None, dtype=object)
    is_hidden = np.zeros(len(names), dtype=bool)
    if hidden.pooled_group is None and hidden.groups > len(shown):
        is_hidden[-1] = True
        reasons[-1] = "Too few customers or answers even together."
    own = [
        (value, reason)
        for value, reason in zip(values, hidden.reason, strict=True)
        if reason is not None
    ]
    return _Family(
        segment_id,
        names + [value for value, _ in own],
        of_groups,
        pooled,
        found,
        np.concatenate([is_hidden, np.ones(len(own), dtype=bool)]),
        np.concatenate([reasons, np.array([reason for _, reason in own], dtype=object)]),
    )


def _margins(values: Sequence[str]) -> list[np.ndarray]:
    """Return the value of each dimension, where values are of two dimensions crossed."""
    parts = [value.split(CROSSED_BY) for value in values]
    return (
        []
        if any(len(part) != 2 for part in parts)
        else [np.array(margin) for margin in zip(*parts, strict=True)]
    )


def _conditions(
    day: date,
    segment_ids: Sequence[str],
    scores: pa.Table,
    answers: _Answers,
    repeats: RepeatAnswers,
    base: _Family,
    settings: EstimationSettings,
) -> list[_Family]:
    """Estimate the segments that a condition defines, each beside everybody else."""
    if not segment_ids:
        return []
    parts = []
    for segment_id in segment_ids:
        values, scored = _of_segment(scores, answers, segment_id)
        members = answers.of(segment_id, values, day)
        both = scored.with_others(base.scored)
        parts.append((values, scored, both, members, _with_others(members, base.sums)))
    shifts = own_answers_shift(
        [both.learned for _, _, both, *_ in parts], base.scored.learned, CONTRASTS, folds=FOLDS
    )
    found = estimate_conditions(
        [sums for *_, sums in parts],
        [both.customers for _, _, both, *_ in parts],
        [both.mean_scores for _, _, both, *_ in parts],
        repeats=repeats,
        settings=settings.level,
        score_shifts=shifts,
    )
    hidden, reasons = suppress_conditions(
        np.array([scored.customers[0] for _, scored, *_ in parts]),
        np.array([members.answers.sum() for *_, members, _ in parts]),
        base.scored.customers[0],
        min_customers=settings.min_customers,
        min_answers=settings.min_answers,
    )
    return [
        _Family(
            segment_id,
            values,
            scored,
            members,
            of_members,
            hidden[[place]],
            reasons[[place]],
        )
        for place, (segment_id, (values, scored, _, members, _), of_members) in enumerate(
            zip(segment_ids, parts, found, strict=True)
        )
    ]


def _with_others(members: AnswerSums, everyone: AnswerSums) -> AnswerSums:
    """Return the answers of members (0), and of everyone less these (1): sums can be subtracted."""
    keys = ("segment", "age_days", "is_gold")
    columns = {}
    for column in fields(AnswerSums):
        own, of_all = getattr(members, column.name), getattr(everyone, column.name)
        less = own if column.name in keys else -own
        columns[column.name] = np.concatenate([own, of_all, less])
    segment = np.repeat([0, 1, 1], [len(members), len(everyone), len(members)])
    return AnswerSums(**{**columns, "segment": segment})


def _rows(
    day: date,
    version: str,
    family: _Family,
    settings: EstimationSettings,
    published: _Published,
) -> Iterator[dict]:
    shown = len(family.scored.customers)
    found, sums = family.found, family.sums
    weighted = survey_estimates(sums, shown)
    unweighted = survey_estimates(sums, shown, is_weighted=False)
    recent = survey_estimates(sums, shown, is_weighted=False, window_days=settings.survey_days)
    band = sensitivity(sums, found, gamma_max=settings.gamma, bounds=settings.band_bounds)
    columns = {
        "customers": family.scored.customers,
        "answers": sums.by_segment("answers", shown),
        "effective_answers": found.effective_n,
        "csat_estimate": found.estimate,
        "csat_estimate_lower": found.conf_low,
        "csat_estimate_upper": found.conf_high,
        "std_error": found.std_error,
        "csat_model_mean": family.scored.mean_scores,
        "survey_correction": found.correction,
        "csat_survey": recent.estimate,
        "csat_survey_lower": recent.conf_low,
        "csat_survey_upper": recent.conf_high,
        "survey_answers": recent.n,
        "gain_over_survey": gain_over_survey(weighted, found),
        "response_bias_correction": response_bias_correction(weighted, unweighted, found),
        "estimate_if_satisfied_answer_more": band.estimate_low,
        "estimate_if_satisfied_answer_less": band.estimate_high,
        "conclusion_flips_at": band.flips_at,
    }
    values = family.values[:shown]
    for lag in LAGS:
        then = published.of(day - timedelta(days=lag), family.segment_id, values)
        moved = change(found, lag, *then)
        is_known = ~np.isnan(moved.estimate)
        columns |= {
            f"change_{lag}": moved.estimate,
            f"change_{lag}_lower": moved.conf_low,
            f"change_{lag}_upper": moved.conf_high,
            f"is_change_{lag}_more_than_noise": np.where(is_known, moved.is_more_than_noise, None),
        }
    for place, (value, is_hidden, reason) in enumerate(
        zip(family.values, family.hidden, family.reasons, strict=True)
    ):
        key = {
            "score_date": day,
            "segment_id": family.segment_id,
            "segment_value": value,
            "model_version": version,
        }
        if is_hidden:
            yield {**key, "suppression_reason": reason}
            continue
        yield key | {
            name: _value(column[place], ESTIMATES_SCHEMA.field(name).type)
            for name, column in columns.items()
        }


def _value(value: object, kind: pa.DataType) -> object:
    """Return a value as its column holds it; null for what is not a number."""
    if value is None or value != value:
        return None
    if pa.types.is_integer(kind):
        return round(float(value))
    return bool(value) if pa.types.is_boolean(kind) else float(value)


def _ordinal(day: date) -> int:
    """Return days since 1970, as dates are kept."""
    return (day - date(1970, 1, 1)).days
