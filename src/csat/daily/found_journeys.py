"""Sequences of events after which customers are unusually satisfied, or unusually little.

Nobody has defined them: all that happen often enough before a survey are compared. Of an answer,
the events of the ``WINDOW_DAYS`` before its survey was sent count; a sequence is two or three of
them in order, each at most ``GAP_DAYS`` after the one before, and the last at most ``AFTER_DAYS``
before the survey. Answers after a sequence are compared with those after the same beginning without
its last event, at the same score before all of that and as if both had been asked by the same
kinds of survey: a survey about a contact comes to those who had one, and is answered otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from csat.engine import Engine
from csat.estimation.correlates import q_values
from csat.estimation.sequences import AtRisk, MatchedDifference, is_stable, matched_difference

WINDOW_DAYS, AFTER_DAYS, GAP_DAYS = 42, 28, 14
#: Answers that a sequence needs, and those that it is compared with.
FEWEST_ANSWERS = 30
#: An event before more than this share of all answers is nobody's trouble, but everybody's month.
LARGEST_SHARE = 0.5
#: Effective answers that each arm needs in a half of time.
FEWEST_IN_HALF = 8.0
#: Kinds of events that sequences are made of, at most; the most frequent ones.
MOST_KINDS = 60

_FIGURES = ("csat", "csat_others", "difference", "difference_lower", "difference_upper")
#: One row per sequence that is frequent enough.
FOUND_SCHEMA = pa.schema(
    [
        ("sequence", pa.string()),
        ("beginning", pa.string()),
        ("last_event", pa.string()),
        ("reason", pa.string()),
        ("events", pa.int64()),
        ("answers", pa.int64()),
        ("customers", pa.int64()),
        ("answers_others", pa.int64()),
        ("effective_answers", pa.float64()),
        ("effective_answers_others", pa.float64()),
        *((name, pa.float64()) for name in _FIGURES),
        ("p_value", pa.float64()),
        ("q_value", pa.float64()),
        ("beyond", pa.float64()),
        ("difference_first_half", pa.float64()),
        ("difference_second_half", pa.float64()),
        ("is_stable", pa.bool_()),
    ]
)


def find_journeys(engine: Engine, *, answers: str, events: str, scores: str) -> pa.Table:
    """Compare all frequent sequences, in one family of tests.

    Parameters
    ----------
    engine
        Finds the sequences before each answer.
    answers
        Relation of ``response_id``, ``customer_id``, ``sent_at``, ``survey_kind``,
        ``is_satisfied``, ``probability``, ``weight``.
    events
        Relation of ``customer_id``, ``event``, ``detail``, ``occurred_at``.
    scores
        Relation of ``customer_id``, ``score_date``, ``csat_score``.

    Returns
    -------
    pyarrow.Table
        ``FOUND_SCHEMA``, in the order of the sequences.
    """
    surveyed = _Surveyed.read(engine, answers, scores)
    rows = []
    if len(surveyed.satisfied):
        for sequence, members, beginning in _frequent(engine, answers, events):
            rows.append(_compare(surveyed, sequence, members, beginning))
    q_value = q_values(np.array([row["p_value"] for row in rows], dtype=np.float64))
    for row, value in zip(rows, q_value, strict=True):
        row["q_value"] = None if np.isnan(value) else float(value)
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["sequence"]), FOUND_SCHEMA)


@dataclass(frozen=True, eq=False)
class _Surveyed:
    """All answers in the order of their keys; (n,) arrays."""

    customer: np.ndarray
    sent_at: np.ndarray
    satisfied: np.ndarray
    probability: np.ndarray
    weight: np.ndarray
    score_before: np.ndarray
    #: (n, kinds) whether the survey is of each kind.
    is_of_kind: np.ndarray

    @classmethod
    def read(cls, engine: Engine, answers: str, scores: str) -> _Surveyed:
        table = engine.collect(
            "select answers.customer_id, answers.sent_at, "
            "cast(answers.is_satisfied as double) as satisfied, answers.probability, "
            "coalesce(answers.survey_kind, '') as survey_kind, "
            f"answers.weight, scores.csat_score as score_before from {answers} as answers "
            f"left join {scores} as scores on answers.customer_id = scores.customer_id "
            f"and cast(answers.sent_at - interval {WINDOW_DAYS + 1} day as date) "
            "= scores.score_date where answers.weight > 0 order by answers.response_id"
        )
        columns = {name: table[name].to_numpy() for name in table.column_names}
        _, customer = np.unique(columns.pop("customer_id"), return_inverse=True)
        kinds, kind = np.unique(columns.pop("survey_kind"), return_inverse=True)
        return cls(customer=customer, is_of_kind=kind[:, None] == np.arange(len(kinds)), **columns)

    def at_risk(self, places: np.ndarray, is_member: np.ndarray, expected: bool) -> AtRisk:
        """Return answers as rows at risk: of what was said, or of what the score expected.

        Their parts are the kinds of survey.
        """
        m = self.probability[places][:, None]
        is_of_kind = self.is_of_kind[places]
        weight = self.weight[places][:, None] * is_of_kind
        value = m if expected else self.satisfied[places][:, None]
        return AtRisk(
            took_step=is_member,
            customer=self.customer[places],
            score_before=self.score_before[places],
            score_after=None,
            answers=is_of_kind.astype(np.int64),
            weight=weight,
            weighted_residual=weight * value,
            weighted_variance=weight**2 * m * (1 - m),
        )


def _compare(
    surveyed: _Surveyed, sequence: tuple[str, ...], members: np.ndarray, beginning: np.ndarray
) -> dict:
    """Return a row of ``FOUND_SCHEMA`` without its q-value."""
    places = np.union1d(members, beginning)
    is_member = np.isin(places, members)
    found = matched_difference(surveyed.at_risk(places, is_member, expected=False))
    expected = matched_difference(surveyed.at_risk(places, is_member, expected=True))
    sent_at = surveyed.sent_at[places]
    middle = np.sort(sent_at[is_member])[len(members) // 2]
    halves = [
        matched_difference(
            surveyed.at_risk(places[half], is_member[half], expected=False),
            fewest=FEWEST_IN_HALF,
        ).estimate
        for half in (sent_at < middle, sent_at >= middle)
    ]
    return {
        "sequence": " → ".join(sequence),
        "beginning": " → ".join(sequence[:-1]),
        "last_event": sequence[-1],
        "events": len(sequence),
        "customers": len(np.unique(surveyed.customer[members])),
        **_told(found),
        "beyond": None if found.estimate is None else found.estimate - expected.estimate,
        "difference_first_half": halves[0],
        "difference_second_half": halves[1],
        "is_stable": is_stable(found.estimate, halves),
    }


def _told(found: MatchedDifference) -> dict:
    return {
        "reason": found.reason,
        "answers": found.answers,
        "answers_others": found.answers_others,
        "effective_answers": found.effective_answers,
        "effective_answers_others": found.effective_answers_others,
        "csat": found.csat,
        "csat_others": found.csat_others,
        "difference": found.estimate,
        "difference_lower": found.conf_low,
        "difference_upper": found.conf_high,
        "p_value": found.p_value,
    }


def _frequent(
    engine: Engine, answers: str, events: str
) -> Iterator[tuple[tuple[str, ...], np.ndarray, np.ndarray]]:
    """Yield each frequent sequence, places of answers after it, and after its beginning without.

    Longer ones go on from frequent shorter ones: what is rare does not get more frequent.
    """
    seen = _seen(answers, events)
    pairs = _found(engine, f"{seen}, {_PAIRS} select * from pairs")
    triples = _found(engine, f"{seen}, {_PAIRS}, {_TRIPLES} select * from triples")
    single = _found(
        engine,
        f"{seen} select kind as sequence, place, bool_or(is_last) as is_last from seen "
        "group by kind, place",
    )
    for longer, shorter in ((pairs, single), (triples, pairs)):
        for sequence, (places, is_last) in longer.items():
            members = places[is_last]
            begun, _ = shorter[sequence[:-1]]
            # Who had the whole of it long ago is neither with nor without it.
            others = np.setdiff1d(begun, places)
            if min(len(members), len(others)) >= FEWEST_ANSWERS:
                yield sequence, members, others


def _found(engine: Engine, query: str) -> dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]]:
    """Return the places of answers by sequence, and whether it ended near enough to the survey."""
    table = engine.collect(f"{query} order by sequence, place")
    if not table.num_rows:
        return {}
    names = table["sequence"].to_numpy()
    places, is_last = table["place"].to_numpy(), table["is_last"].to_numpy()
    starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
    return {
        tuple(names[start].split(" → ")): (places[start:end], is_last[start:end].astype(bool))
        for start, end in zip(starts, [*starts[1:], len(names)], strict=True)
    }


def _seen(answers: str, events: str) -> str:
    """Return CTEs of what happened before each answer, of the kinds that are worth a look."""
    return (
        "with numbered as (select response_id, customer_id, sent_at, "
        f"row_number() over (order by response_id) - 1 as place from {answers} as answers "
        "where weight > 0), "
        "happened as materialized (select distinct numbered.place, events.occurred_at, "
        "replace(events.event, '_', ' ') || coalesce(': ' || replace(events.detail, '_', ' '), '') "
        "as kind, "
        f"events.occurred_at >= numbered.sent_at - interval {AFTER_DAYS} day as is_last "
        f"from numbered inner join {events} as events "
        "on numbered.customer_id = events.customer_id "
        "and events.occurred_at < numbered.sent_at "
        f"and events.occurred_at >= numbered.sent_at - interval {WINDOW_DAYS} day), "
        "kinds as (select kind, count(distinct place) as answers from happened group by kind "
        f"having count(distinct place) >= {FEWEST_ANSWERS} and count(distinct place) "
        f"<= {LARGEST_SHARE} * (select count(*) from numbered) "
        f"order by count(distinct place) desc, kind limit {MOST_KINDS}), "
        "seen as materialized (select happened.* from happened "
        "inner join kinds on happened.kind = kinds.kind)"
    )


_FOLLOWS = (
    "inner join seen as later on before.place = later.place "
    "and before.occurred_at < later.occurred_at "
    f"and before.occurred_at + interval {GAP_DAYS} day >= later.occurred_at"
)
#: Each pair of events that follow each other, whenever before the survey.
_PAIRS = (
    "ended as materialized (select distinct before.kind || ' → ' || later.kind as sequence, "
    f"before.place, later.occurred_at, later.is_last from seen as before {_FOLLOWS}), "
    "pairs as (select sequence, place, bool_or(is_last) as is_last from ended "
    "group by sequence, place)"
)
#: Those that go on from pairs that are frequent themselves.
_TRIPLES = (
    f"frequent as (select sequence from pairs group by sequence having count(*) >= {FEWEST_ANSWERS}"
    "), triples as (select before.sequence || ' → ' || later.kind as sequence, before.place, "
    "bool_or(later.is_last) as is_last from ended as before "
    f"inner join frequent on before.sequence = frequent.sequence {_FOLLOWS} "
    "group by before.sequence || ' → ' || later.kind, before.place)"
)
