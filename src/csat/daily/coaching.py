"""Contacts to learn from: surprisingly good ones and surprisingly bad ones, and none that is luck.

An answer surprises as far as it differs from what all other answers expect of such a contact
(``surprise``). The rules, so that luck is not coached:

- a good example is a satisfied answer, a bad one an unsatisfied answer about a contact of which
  at least the share ``least_expected`` would be satisfied whoever handles it: hard cases are held
  against nobody, and handled well they are the best examples;
- a matter that is not resolved was not handled well, however kind the customer is: good examples,
  and like contacts of others, are of resolved ones; of those of which nobody knows it only where
  no other example would be left;
- there is something to talk about: a comment of some words, or something that came of the contact;
- it is recent;
- bad examples are shown of an agent, or team, only where so many unsatisfied answers come by luck
  alone with a probability of at most ``largest_chance``, and of at least ``fewest_answers``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from csat.daily.agents import AGENT, TEAM, expect_answers
from csat.engine import Engine
from csat.estimation.surprise import chance_of_as_many, expected_by_others
from csat.model.features import numbers, texts
from csat.text.words import words_of

GOOD, BAD = "good", "bad"
#: A comment with fewer words says nothing that could be talked about.
FEWEST_WORDS = 3
#: Examples of each kind, at most.
MOST_EXAMPLES = 3
#: A wait is named from so many seconds on, and a low score before from so many points down.
LONG_WAIT_SECONDS, LOW_SCORE = 180, 50
#: Handling is named where it took less, or more, than so many times the median of like contacts.
SHORT_HANDLING, LONG_HANDLING = 0.5, 2.0
#: The median of like contacts needs so many of them.
FEWEST_LIKE = 5

EXAMPLES_SCHEMA = pa.schema(
    [
        ("level", pa.string()),
        ("entity_id", pa.string()),
        ("example_kind", pa.string()),
        ("example_rank", pa.int64()),
        ("response_id", pa.string()),
        ("similar_response_id", pa.string()),
        ("drivers", pa.string()),
        ("circumstances", pa.string()),
        ("similar_drivers", pa.string()),
        ("why", pa.string()),
        ("answers", pa.int64()),
        ("unsatisfied_answers", pa.int64()),
        ("chance_of_as_many", pa.float64()),
        ("expected", pa.float64()),
        ("surprise", pa.float64()),
        ("similar_answers", pa.int64()),
        ("similar_satisfied", pa.int64()),
    ]
)


@dataclass(frozen=True)
class CoachingRules:
    """What a company may set; see the vars of the project.

    Parameters
    ----------
    recent_days
        Examples are of surveys sent in so many days up to the as-of date.
    fewest_answers
        With fewer in all no bad examples are shown of an agent or team.
    least_expected
        Probability of "satisfied" from which on a contact is one that usually goes well.
    largest_chance
        Luck alone would show bad examples of so many of the agents who are as the others.
    """

    recent_days: int
    fewest_answers: int
    least_expected: float
    largest_chance: float


def choose_examples(
    engine: Engine, *, answers: str, comments: str, rules: CoachingRules
) -> pa.Table:
    """Choose the contacts that agents and teams can learn from.

    Parameters
    ----------
    engine
        Where the answers are.
    answers
        Relation of one row per answer: what ``expect_answers`` reads, ``response_id``,
        ``contact_id``, ``agent_id``, ``team``, ``queue``, what came of the contact
        (``handle_seconds``, ``transfers``, ``reopen_count``, ``is_resolved``) and ``as_of_date``.
    comments
        Relation of ``response_id`` and ``comment``, without personal data.
    rules
        Which contacts are examples.

    Returns
    -------
    pyarrow.Table
        ``EXAMPLES_SCHEMA``, in the order of level, entity, kind and rank.
    """
    rows = engine.collect(
        "select answers.*, comments.comment, "
        f"answers.sent_at >= answers.as_of_date - interval {rules.recent_days - 1} day "
        "as is_recent "
        f"from {answers} as answers left join {comments} as comments "
        "on answers.response_id = comments.response_id "
        "where answers.is_satisfied is not null order by answers.response_id"
    )
    if not len(rows):
        return EXAMPLES_SCHEMA.empty_table()
    cases = _Cases.of(rows)
    found = [
        example
        for level, column in ((AGENT, "agent_id"), (TEAM, "team"))
        for example in _of_level(level, texts(rows, column), cases, rules)
    ]
    return pa.Table.from_pylist(found, EXAMPLES_SCHEMA)


@dataclass(frozen=True, eq=False)
class _Cases:
    """All answers in the order of their keys; arrays (n,).

    ``is_resolved`` is 1, 0, or NaN where it is not known. ``like`` numbers the contacts of the same
    topic, channel and queue, and ``topic`` those of the same topic; -1 where it is not known.
    """

    response_id: np.ndarray
    agent: np.ndarray
    is_satisfied: np.ndarray
    is_resolved: np.ndarray
    is_recent: np.ndarray
    has_comment: np.ndarray
    expected: np.ndarray
    like: np.ndarray
    topic: np.ndarray
    drivers: list[str | None]
    circumstances: list[str | None]

    @classmethod
    def of(cls, rows: pa.Table) -> _Cases:
        topic, channel, queue = (texts(rows, name) for name in ("topic", "channel", "queue"))
        like = _numbered(list(zip(topic, channel, queue, strict=True)))
        return cls(
            response_id=texts(rows, "response_id"),
            agent=texts(rows, "agent_id"),
            is_satisfied=numbers(rows, "is_satisfied") > 0,
            is_resolved=numbers(rows, "is_resolved"),
            is_recent=numbers(rows, "is_recent") > 0,
            has_comment=np.array(
                [
                    len(words_of(comment or "")) >= FEWEST_WORDS
                    for comment in rows["comment"].to_pylist()
                ]
            ),
            expected=expected_by_others(expect_answers(rows)),
            like=like,
            topic=_numbered([(part,) for part in topic]),
            drivers=_drivers(rows, like),
            circumstances=_circumstances(rows),
        )

    @property
    def surprise(self) -> np.ndarray:
        """The answer, 0 or 1, less what is expected of it."""
        return self.is_satisfied - self.expected

    @property
    def handled_well(self) -> tuple[np.ndarray, np.ndarray]:
        """Satisfied and resolved; and satisfied where nobody knows whether it was resolved."""
        return (
            self.is_satisfied & (self.is_resolved == 1),
            self.is_satisfied & np.isnan(self.is_resolved),
        )

    @property
    def is_telling(self) -> np.ndarray:
        """Whether there is something to talk about."""
        return self.has_comment | np.array([text is not None for text in self.drivers])


def _of_level(
    level: str, entities: np.ndarray, cases: _Cases, rules: CoachingRules
) -> list[dict[str, object]]:
    found = []
    for entity in sorted({entity for entity in entities if entity is not None}):
        own = entities == entity
        unsatisfied = int((own & ~cases.is_satisfied).sum())
        chance = chance_of_as_many(cases.expected[own], unsatisfied)
        usable = own & cases.is_recent & cases.is_telling
        resolved, unknown = (usable & well for well in cases.handled_well)
        chosen = {GOOD: resolved if resolved.any() else unknown}
        if own.sum() >= rules.fewest_answers and chance <= rules.largest_chance:
            chosen[BAD] = usable & ~cases.is_satisfied & (cases.expected >= rules.least_expected)
        for kind, members in chosen.items():
            places = np.flatnonzero(members)
            # A comment says more than figures; then the most surprising; then by key.
            order = np.lexsort((-np.abs(cases.surprise[places]), ~cases.has_comment[places]))
            for rank, place in enumerate(places[order][:MOST_EXAMPLES].tolist(), start=1):
                similar, answers, satisfied = _similar(cases, place, ~own)
                found.append(
                    {
                        "level": level,
                        "entity_id": entity,
                        "example_kind": kind,
                        "example_rank": rank,
                        "response_id": cases.response_id[place],
                        "similar_response_id": None
                        if similar is None
                        else cases.response_id[similar],
                        "drivers": cases.drivers[place],
                        "circumstances": cases.circumstances[place],
                        "similar_drivers": None if similar is None else cases.drivers[similar],
                        "why": _why(kind, float(cases.expected[place])),
                        "answers": int(own.sum()),
                        "unsatisfied_answers": unsatisfied,
                        "chance_of_as_many": chance,
                        "expected": 100 * float(cases.expected[place]),
                        "surprise": 100 * float(cases.surprise[place]),
                        "similar_answers": answers,
                        "similar_satisfied": satisfied,
                    }
                )
    return found


def _similar(cases: _Cases, place: int, others: np.ndarray) -> tuple[int | None, int, int]:
    """Return the contact of others that is most like one and was handled well.

    With it, how many are alike, and how many of these satisfied. Resolved before those of which it
    is not known; of the same topic, channel and queue, or else of the same topic; those with a
    comment first, then the one of which most nearly the same was expected.
    """
    alike = np.zeros(len(others), dtype=bool)
    for handled_well in cases.handled_well:
        for key in (cases.like, cases.topic):
            alike = others & (key == key[place]) & (key[place] >= 0)
            well = np.flatnonzero(alike & handled_well)
            if len(well):
                away = np.abs(cases.expected[well] - cases.expected[place])
                order = np.lexsort((away, ~cases.is_telling[well], ~cases.has_comment[well]))
                return int(well[order[0]]), int(alike.sum()), int(cases.is_satisfied[alike].sum())
    return None, int(alike.sum()), int(cases.is_satisfied[alike].sum())


def _numbered(keys: list[tuple[str | None, ...]]) -> np.ndarray:
    """Return a number per key, -1 where its first part is not known."""
    known: dict[tuple[str | None, ...], int] = {}
    return np.array(
        [-1 if key[0] is None else known.setdefault(key, len(known)) for key in keys],
        dtype=np.int64,
    )


def _why(kind: str, expected: float) -> str:
    if kind == GOOD:
        return (
            f"Satisfied, where {100 * expected:.0f} of 100 such contacts are, whoever handles them."
        )
    return (
        f"Not satisfied, where {100 * expected:.0f} of 100 such contacts are, whoever handles them."
    )


def _drivers(rows: pa.Table, like: np.ndarray) -> list[str | None]:
    """Return what came of each contact in words: what the agent had a hand in."""
    transfers, reopened = numbers(rows, "transfers"), numbers(rows, "reopen_count")
    resolved, handled = numbers(rows, "is_resolved"), numbers(rows, "handle_seconds")
    usual = np.full(len(handled), np.nan)
    for kind in np.unique(like[like >= 0]):
        members = like == kind
        known = handled[members & ~np.isnan(handled)]
        if len(known) >= FEWEST_LIKE:
            usual[members] = np.median(known)
    found = []
    for place in range(len(rows)):
        said = []
        if transfers[place] >= 1:
            said.append("handed on" + _times(transfers[place]))
        if resolved[place] == 0:
            said.append("not resolved")
        if reopened[place] >= 1:
            said.append("opened again" + _times(reopened[place]))
        ratio = handled[place] / usual[place] if usual[place] > 0 else np.nan
        if ratio < SHORT_HANDLING or ratio > LONG_HANDLING:
            said.append(
                f"handled in {_minutes(handled[place])}, usual are {_minutes(usual[place])}"
            )
        found.append("; ".join(said) or None)
    return found


def _circumstances(rows: pa.Table) -> list[str | None]:
    """Return what was so before the agent took over, in words: what the expectation allows for."""
    wait, score = numbers(rows, "wait_seconds"), numbers(rows, "csat_score_before")
    follow_up, mismatch, is_new = (
        numbers(rows, name) for name in ("is_follow_up", "is_skill_mismatch", "is_new_agent")
    )
    found = []
    for place in range(len(rows)):
        said = []
        if wait[place] >= LONG_WAIT_SECONDS:
            said.append(f"the customer had waited {_minutes(wait[place])}")
        if follow_up[place] == 1:
            said.append("it followed up an earlier contact")
        if mismatch[place] == 1:
            said.append("the agent is not trained for the topic")
        if is_new[place] == 1:
            said.append("the agent was new")
        if score[place] < LOW_SCORE:
            said.append(f"the customer's score was {score[place]:.0f} before")
        found.append("; ".join(said) or None)
    return found


def _times(count: float) -> str:
    return "" if count < 2 else f" {count:.0f} times"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
