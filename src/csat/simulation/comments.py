"""What customers write: a grammar that follows the rating and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog
from csat.simulation.draws import happens
from csat.simulation.parameters import CommentParameters
from csat.simulation.phrases import ENGLISH, GERMAN, Phrases
from csat.simulation.rows import Rows

#: Causes that a comment may speak about, the most telling of a contact first: ``wait`` is on the
#: phone and ``line`` elsewhere, ``website`` and ``company`` are for surveys without a contact.
CAUSES = (
    "wait",
    "line",
    "unresolved",
    "transfers",
    "outage",
    "bill",
    "service",
    "website",
    "company",
)
(
    CAUSE_WAIT,
    CAUSE_LINE,
    CAUSE_UNRESOLVED,
    CAUSE_TRANSFERS,
    CAUSE_OUTAGE,
    CAUSE_BILL,
    CAUSE_SERVICE,
    CAUSE_WEBSITE,
    CAUSE_COMPANY,
) = range(9)
SATISFIED, INDIFFERENT, DISSATISFIED = range(3)
MOODS = ("satisfied", "indifferent", "dissatisfied")


@dataclass(frozen=True)
class Occasion(Rows):
    """What an answer is about: mood, cause, topic (or -1), whether the writer is German."""

    mood: np.ndarray
    cause: np.ndarray
    topic: np.ndarray
    is_german: np.ndarray


def draw_comments(
    design: CommentParameters, occasions: Occasion, random: np.random.Generator
) -> list[str | None]:
    """One comment, or None, per occasion."""
    satisfied, other = design.comment_probability
    writes = happens(random, np.where(occasions.mood == SATISFIED, satisfied, other))
    comments: list[str | None] = [None] * len(occasions)
    for row in np.flatnonzero(writes):
        phrases = GERMAN if occasions.is_german[row] else ENGLISH
        comments[row] = _comment(
            phrases,
            occasions.mood[row],
            occasions.cause[row],
            occasions.topic[row],
            random.random(10),
            design,
        )
    return comments


def _comment(
    phrases: Phrases,
    mood: int,
    cause: int,
    topic: int,
    luck: np.ndarray,
    design: CommentParameters,
) -> str:
    """Opening, core, aside and closing, each of which may be missing except the core."""

    def pick(options: tuple[str, ...], draw: float) -> str:
        return options[int(draw * len(options))]

    mood_name = MOODS[mood]
    core = phrases.cores[mood_name, CAUSES[cause]]
    parts = [pick(core, luck[0])]
    opening, naming, closing = design.part_probability
    if luck[1] < opening:
        parts.insert(0, pick(phrases.openings[mood_name], luck[1] / opening))
    if topic >= 0 and luck[2] < naming:
        about = phrases.topics[catalog.TOPIC_NAMES[topic]]
        parts.append(pick(phrases.abouts[mood_name], luck[3]).format(pick(about, luck[2] / naming)))
    if luck[4] < closing:
        parts.append(pick(phrases.closings[mood_name], luck[4] / closing))
    if luck[5] < design.personal_data_share:
        number = int(luck[5] / design.personal_data_share * 9_000_000) + 1_000_000
        parts.append(pick(phrases.personal, luck[6]).format(number=number))
    text = " ".join(parts)
    lower, upper = design.case_shares
    if luck[7] < lower:
        text = text.lower()
    elif luck[7] < lower + upper and mood == DISSATISFIED:
        text = text.upper()
    if luck[8] < design.typing_error_share and len(text) > 8:
        text = _with_typing_error(text, luck[9])
    return text


def _with_typing_error(text: str, luck: float) -> str:
    """Swap two neighbouring letters, or drop one."""
    place = 2 + int(luck * (len(text) - 5))
    if int(luck * 1_000) % 2:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
