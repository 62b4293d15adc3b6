"""What the segment builder of the pages needs: customers and answers with all that can be named.

A condition that somebody clicks together is counted over these two tables at once, and estimated
by the code and the numbers of the next run (``csat.pages.builder``). Their columns are the
features and attributes of the company, so that they have no fixed list; columns of our own are
named in ``OWN_OF_CUSTOMERS`` and ``OWN_OF_ANSWERS``, and go before a fact of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable

from csat.daily.scoring import BAG_CONTRASTS
from csat.daily.segments import Placing
from csat.engine import Engine, columns_of, quote_name

#: What a moment is known by, which is no fact of a customer.
MOMENT = ("customer_id", "response_id", "score_date", "as_of_at", "known_before")
#: Columns of ``segment_builder_customers`` that are no facts.
OWN_OF_CUSTOMERS = ("customer_id", "score_date", "probability", *BAG_CONTRASTS)
#: Columns of ``segment_builder_answers`` that are no facts.
OWN_OF_ANSWERS = (
    "response_id",
    "customer_id",
    "model_version",
    "probability",
    "weight",
    "is_gold",
    "is_satisfied",
    "is_from_sending",
    "bag",
    "sent_date",
    "known_date",
)


def facts_among(columns: Iterable[str]) -> list[str]:
    """Return the columns that a condition may name."""
    own = {name.lower() for name in (*MOMENT, *OWN_OF_CUSTOMERS, *OWN_OF_ANSWERS)}
    return [name for name in columns if name.lower() not in own]


def facts_of_customers(engine: Engine, *, attributes: str, features: str, scores: str) -> str:
    """Return a query of active customers on the as-of date: ``OWN_OF_CUSTOMERS`` and all facts.

    Parameters
    ----------
    engine
        Where the relations are.
    attributes, features
        Relations of the customers on that day, by ``customer_id`` and ``as_of_at``.
    scores
        Relation of ``customer_id`` and the other columns of our own, of that day.
    """
    placing = Placing.read(engine, attributes, features)
    names = facts_among((*placing.attribute_columns, *placing.feature_columns))
    return (
        f"select {_listed('scores', OWN_OF_CUSTOMERS)}, {_listed('facts', names)} "
        f"from {placing.with_features()} as facts "
        f"inner join {scores} as scores on facts.customer_id = scores.customer_id "
        "order by scores.customer_id"
    )


def facts_of_answers(
    engine: Engine, *, facts: str, residuals: str, versions: str, as_of: str, window_days: int
) -> str:
    """Return a query of the answers that today's estimates are made from, with all facts.

    Parameters
    ----------
    engine
        Where the relations are.
    facts
        Relation of ``response_id`` and what was known of its customer when the survey was sent.
    residuals
        Relation of ``OWN_OF_ANSWERS``, by version.
    versions
        Relation of ``model_version``, ``is_champion`` and ``in_force_from``: the last champion is
        in force.
    as_of
        Relation of ``as_of_date``, the day of the estimates.
    window_days
        So many days before it answers count; older ones are kept by some histories of runs only.
    """
    names = facts_among(columns_of(engine, facts))
    in_force = (
        f"(select model_version from {versions} where is_champion "
        "order by in_force_from desc limit 1)"
    )
    return (
        f"with own as (select * from {residuals} where model_version = {in_force}), "
        # As in the estimates: what the version in force cannot say, that of its day says.
        f"others as (select * from {residuals} where is_from_sending and response_id not in "
        "(select response_id from own)), "
        "answers as (select * from own union all select * from others) "
        f"select {_listed('answers', OWN_OF_ANSWERS)}, {_listed('facts', names)} from answers "
        f"inner join {facts} as facts on answers.response_id = facts.response_id "
        f"where answers.sent_date >= (select max(as_of_date) from {as_of}) - {int(window_days)} "
        "order by answers.response_id"
    )


def _listed(relation: str, names: Iterable[str]) -> str:
    return ", ".join(f"{relation}.{quote_name(name)}" for name in names)
