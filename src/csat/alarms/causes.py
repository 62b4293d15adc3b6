"""One alarm per cause: which entities fall together, and which of them it is about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csat.alarms.falls import FEWEST_ANSWERS

#: An entity without the answers that it shares with another one is explained by it where less than
#: this share of its evidence is left.
LEFT_SHARE = 0.5
#: An entity of which less evidence than this is there, in standard errors, is not falling.
FALLING = 1.64
#: Of entities that fall for the same reason, the smallest that accounts for so much of the loss.
LOSS_SHARE = 0.7


@dataclass(frozen=True)
class Sums:
    """Answers of an entity and the sum of their values, in the window and in the reference."""

    answers: float = 0.0
    total: float = 0.0
    answers_before: float = 0.0
    total_before: float = 0.0

    def score(self, answer_variance: float) -> float | None:
        """Return the studentised difference; None where there are too few answers."""
        if self.answers < FEWEST_ANSWERS or self.answers_before < FEWEST_ANSWERS:
            return None
        difference = self.total / self.answers - self.total_before / self.answers_before
        return difference / math.sqrt(
            answer_variance * (1 / self.answers + 1 / self.answers_before)
        )


def is_explained(whole: Sums, rest: Sums, answer_variance: float) -> bool:
    """Tell whether an entity falls for no reason but what it shares with another.

    Parameters
    ----------
    whole
        Of the entity.
    rest
        Of the entity without the answers that the other has too.
    answer_variance
        Variance that one answer adds.
    """
    found = whole.score(answer_variance)
    if found is None or found > -FALLING:
        return False
    left = rest.score(answer_variance)
    return left is None or left > LEFT_SHARE * found


@dataclass(frozen=True)
class Member:
    """An entity of a group that falls together."""

    key: str
    weight: float
    explains: frozenset[str]


def cause(members: Sequence[Member]) -> str:
    """Return the key of the member that explains most others; of equals the most specific.

    An entity within the cause is explained by whatever holds it, so a wide one explains many; but a
    wide one that is explained by a narrow one explains no more than that does.
    """
    keys = {member.key for member in members}
    return min(
        members,
        key=lambda member: (-len(member.explains & keys), member.weight, member.key),
    ).key


def narrowest(losses: Mapping[str, tuple[float, float]]) -> str:
    """Return the smallest entity that accounts for most of what is lost.

    Parameters
    ----------
    losses
        By key, the size of an entity (customers) and the points that it fell by. All fell for the
        same reason.
    """
    most = max(size * fall for size, fall in losses.values())
    return min(
        (size, -fall, key)
        for key, (size, fall) in losses.items()
        if size * fall >= LOSS_SHARE * most
    )[2]
