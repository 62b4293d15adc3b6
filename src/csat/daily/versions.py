"""Versions of the model as the warehouse keeps them, and which is in force when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from csat.daily.registry import HELD_FEATURES
from csat.engine import Engine, quote
from csat.model import ModelError, ResponseModel, TrainedModel


@dataclass(frozen=True)
class InForce:
    """A version and the days on which it is in force; ``until_date`` is the first without it."""

    model: TrainedModel
    held_at: Mapping[str, str]
    response: ResponseModel | None
    from_date: date
    until_date: date | None

    def covers(self, day: date) -> bool:
        """Tell whether it is in force on a day."""
        return self.from_date <= day and (self.until_date is None or day < self.until_date)

    def lost_features(self, columns: Collection[str]) -> list[str]:
        """Return what no column has of the features that predictions and response weights need."""
        weighed = () if self.response is None else self.response.terms
        return lost_features(self.model, columns) + [
            term.feature for term in weighed if term.feature not in columns
        ]


def needed_features(model: TrainedModel) -> set[str]:
    """Return the features that somebody's score depends on."""
    return {axis.feature for term in model.summands if not term.is_flat for axis in term.axes}


def lost_features(model: TrainedModel, columns: Collection[str]) -> list[str]:
    """Return the features that a model goes by and no column has any more, in the model's order.

    One that contributes nothing to anybody is no loss.
    """
    needed = needed_features(model)
    return [name for name in model.features if name in needed and name not in columns]


def without_idle_terms(model: TrainedModel, columns: Collection[str]) -> TrainedModel:
    """Return the model without the terms of features that no column has and nobody's score needs.

    The registry no longer knows their families and drivers.
    """
    return replace(
        model,
        summands=tuple(
            term
            for term in model.summands
            if not term.is_flat or all(axis.feature in columns for axis in term.axes)
        ),
    )


def version_of(versions: Sequence[InForce], day: date) -> TrainedModel:
    """Return the version in force on a day, held at its reference instrument.

    Raises
    ------
    ModelError
        If there is none.
    """
    for version in versions:
        if version.covers(day):
            return version.model.held_at(version.held_at)
    raise ModelError(
        f"No version of the model is in force on {day}: run `dbt build` whole, or from scratch "
        "with --full-refresh."
    )


def read_model(engine: Engine, terms: str, versions: str, model_version: str) -> TrainedModel:
    """Read one version from its tables."""
    named = f"where model_version = {quote(model_version)}"
    return TrainedModel.from_tables(
        engine.collect(f"select * from {terms} {named}"),
        engine.collect(f"select * from {versions} {named}"),
        model_version,
    )


def last_day_of(engine: Engine, dates: str, terms: str, versions: str) -> tuple[date, TrainedModel]:
    """Return the last day to be scored, and the version in force on it.

    Raises
    ------
    ModelError
        If there is no day, or no version.
    """
    (last,) = engine.collect(f"select max(score_date) as day from {dates}")["day"].to_pylist()
    if last is None:
        raise ModelError("There is no day to score: hand in events, or give a later as_of_date.")
    return last, version_of(read_versions(engine, terms, versions, last, last), last)


def versions_before(
    engine: Engine, terms: str, versions: str, days: Collection[date]
) -> dict[date, TrainedModel]:
    """Return for each of ``days`` on which a version came into force the one that was before it.

    Each is held at its own reference instrument. On the first version's day there is none.
    """
    found: dict[date, TrainedModel] = {}
    if not days:
        return found
    first = min(days) - timedelta(days=1)
    in_force = read_versions(engine, terms, versions, first, max(days))
    for before, version in pairwise(in_force):
        if version.from_date in days:
            found[version.from_date] = before.model.held_at(before.held_at)
    return found


def read_versions(
    engine: Engine, terms: str, versions: str, first_date: date | None, last_date: date | None
) -> list[InForce]:
    """Read the versions in force on any day from ``first_date`` to ``last_date``, in order."""
    champions = engine.collect(
        "select model_version, in_force_from, reference_instrument, reference_survey_kind, "
        f"response_model from {versions} where is_champion order by in_force_from"
    ).to_pylist()
    untils = [*(row["in_force_from"] for row in champions), None][1:]
    return [
        InForce(
            read_model(engine, terms, versions, row["model_version"]),
            dict(
                zip(
                    HELD_FEATURES,
                    (row["reference_instrument"], row["reference_survey_kind"]),
                    strict=True,
                )
            ),
            ResponseModel.from_json(row["response_model"]) if row["response_model"] else None,
            row["in_force_from"],
            until,
        )
        for row, until in zip(champions, untils, strict=True)
        if first_date is not None
        and last_date is not None
        and row["in_force_from"] <= last_date
        and (until is None or first_date < until)
    ]
