"""The survey instruments and the answers of each scale, read from the project's seeds."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from csat.project import UserError, project_root
from csat.simulation.parameters import SurveyParameters

#: The instruments that the company uses, in the order of their numbers.
INSTRUMENTS = (
    "after_contact_csat",
    "after_contact_csat_2",
    "after_chat_csat",
    "website_csat",
    "relationship_csat",
    "relationship_nps",
    "after_contact_ces",
    "website_ces",
    "follow_up_csat",
)
(
    AFTER_CONTACT_CSAT,
    AFTER_CONTACT_CSAT_2,
    AFTER_CHAT_CSAT,
    WEBSITE_CSAT,
    RELATIONSHIP_CSAT,
    RELATIONSHIP_NPS,
    AFTER_CONTACT_CES,
    WEBSITE_CES,
    FOLLOW_UP_CSAT,
) = range(len(INSTRUMENTS))


@dataclass(frozen=True)
class Instrument:
    """One survey question with its scale.

    ``thresholds`` part the latent answer into the ratings, from the lowest on;
    ``answers[rating]`` holds the spellings of the rating, the usual one first.
    """

    instrument_id: str
    metric: str
    offset: float
    thresholds: np.ndarray
    answers: tuple[tuple[str, ...], ...]
    is_favourable: tuple[bool, ...]


def read_instruments(parameters: SurveyParameters) -> tuple[Instrument, ...]:
    """Read the instruments of the company from ``seeds/``, in the order of ``INSTRUMENTS``.

    Raises
    ------
    UserError
        If a seed lacks an instrument or a scale, or a scale does not fit its thresholds.
    """
    seeds = project_root() / "seeds"
    by_id = {row["instrument_id"]: row for row in _rows(seeds / "survey_instruments.csv")}
    answers = _rows(seeds / "survey_scale_answers.csv")
    offsets, thresholds = dict(parameters.instrument_offsets), dict(parameters.thresholds)
    if parameters.reference_instrument not in offsets:
        raise UserError(
            f"The reference instrument '{parameters.reference_instrument}' is none of "
            f"{', '.join(offsets)}: set surveys.reference_instrument to one of them."
        )
    reference = offsets[parameters.reference_instrument]
    offsets = {name: offset - reference for name, offset in offsets.items()}
    instruments = []
    for instrument_id in INSTRUMENTS:
        if instrument_id not in by_id:
            raise UserError(
                f"seeds/survey_instruments.csv lacks the instrument '{instrument_id}' that the "
                "simulated company uses: add its row."
            )
        row = by_id[instrument_id]
        scale = row["scale"]
        instruments.append(
            _instrument(instrument_id, row["metric"], scale, offsets, thresholds, answers)
        )
    return tuple(instruments)


def _instrument(
    instrument_id: str,
    metric: str,
    scale: str,
    offsets: dict[str, float],
    thresholds: dict[str, tuple[float, ...]],
    answers: list[dict[str, str]],
) -> Instrument:
    by_rating: dict[int, list[str]] = {}
    favourable: dict[int, bool] = {}
    for answer in answers:
        if answer["scale"] == scale:
            rating = int(answer["rating"])
            by_rating.setdefault(rating, []).append(answer["answer"])
            favourable[rating] = answer["is_favourable"].lower() == "true"
    cuts = thresholds.get(scale, ())
    if len(by_rating) != len(cuts) + 1:
        raise UserError(
            f"Scale '{scale}' has {len(by_rating)} ratings in seeds/survey_scale_answers.csv and "
            f"{len(cuts)} thresholds: give it one threshold fewer than ratings."
        )
    ratings = sorted(by_rating)
    is_favourable = tuple(favourable[rating] for rating in ratings)
    if metric == "csat" and cuts[is_favourable.index(True) - 1] != 0:
        raise UserError(
            f"Scale '{scale}' measures csat, so the threshold of its first favourable rating "
            "must be 0."
        )
    return Instrument(
        instrument_id=instrument_id,
        metric=metric,
        offset=offsets.get(instrument_id, 0.0),
        thresholds=np.asarray(cuts),
        answers=tuple(tuple(by_rating[rating]) for rating in ratings),
        is_favourable=is_favourable,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise UserError(f"{path} is missing: restore it from the repository.")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
