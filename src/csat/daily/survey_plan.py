"""Whom to ask next: invitations that make the segments that matter known better."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from csat.daily.segments import BASE
from csat.daily.versions import read_versions
from csat.engine import Engine, columns_of, quote, quote_name
from csat.estimation.plan import SurveyPlan, plan_survey

#: How many times as likely, or unlikely, as others somebody may be taken to be to answer.
MOST_UNLIKE = 5.0
#: Standard error in points of a segment that has too few answers to be shown.
UNKNOWN_STD_ERROR = 20.0
#: Answers and invitations added to the response rate, before any are known.
PRIOR_ANSWERS, PRIOR_INVITATIONS = 2.0, 20.0
#: Half of a 95 % interval, in standard errors.
Z = 1.959963984540054

INVITATIONS_SCHEMA = pa.schema(
    [
        ("plan_date", pa.date32()),
        ("customer_id", pa.string()),
        ("plan_rank", pa.int64()),
        ("is_random", pa.bool_()),
        ("entity_id", pa.string()),
        ("response_propensity", pa.float64()),
        ("random_probability", pa.float64()),
        ("worth", pa.float64()),
    ]
)
SEGMENTS_SCHEMA = pa.schema(
    [
        ("plan_date", pa.date32()),
        ("entity_id", pa.string()),
        ("priority", pa.float64()),
        ("margin_now", pa.float64()),
        ("margin_after_plan", pa.float64()),
        ("margin_if_all_random", pa.float64()),
    ]
)


@dataclass(frozen=True)
class SurveyPlanSettings:
    """How many may be asked: ``budget`` invitations, of which ``random_share`` are drawn by lot.

    Nobody is asked who was within ``min_days_between`` days. A rate of answers counts invitations
    that are at least ``response_days`` old.
    """

    budget: int
    min_days_between: int
    random_share: float
    response_days: int


@dataclass(frozen=True, eq=False)
class PlannedDay:
    """The plan of a day, with the names of what it numbers."""

    day: date
    customers: np.ndarray
    entities: list[str]
    priority: np.ndarray
    segments: np.ndarray
    propensity: np.ndarray
    plan: SurveyPlan

    def invitations(self) -> pa.Table:
        """Return ``INVITATIONS_SCHEMA``: one row per customer to be asked."""
        plan = self.plan
        asked = plan.customer
        now = np.append(self.priority * plan.variance_before**2, -1.0)
        # The segment of the customer that the answer is worth most for.
        own = np.where(self.segments[asked] < 0, len(self.entities), self.segments[asked])
        best = own[np.arange(len(asked)), now[own].argmax(axis=1)] if len(asked) else asked
        names = np.array([*self.entities, None], dtype=object)
        return pa.table(
            [
                pa.repeat(pa.scalar(self.day, pa.date32()), len(asked)),
                pa.array(self.customers[asked], pa.string()),
                pa.array(np.arange(1, len(asked) + 1)),
                pa.array(plan.is_random),
                pa.array(np.where(plan.is_random, None, names[best]), pa.string()),
                pa.array(self.propensity[asked]),
                pa.repeat(pa.scalar(plan.random_probability, pa.float64()), len(asked)),
                pa.array(plan.worth, from_pandas=True),
            ],
            schema=INVITATIONS_SCHEMA,
        )

    def margins(self) -> pa.Table:
        """Return ``SEGMENTS_SCHEMA``: half of each segment's interval, now and then."""
        plan = self.plan
        return pa.table(
            [
                pa.repeat(pa.scalar(self.day, pa.date32()), len(self.entities)),
                pa.array(self.entities, pa.string()),
                pa.array(self.priority),
                *(
                    pa.array(Z * np.sqrt(variance))
                    for variance in (
                        plan.variance_before,
                        plan.variance_after,
                        plan.variance_if_random,
                    )
                ),
            ],
            schema=SEGMENTS_SCHEMA,
        )

    def as_table(self) -> pa.Table:
        """Return both in one row, as lists, for the two marts that are made of them."""
        return pa.table(
            {
                "invitations": pa.array(
                    [self.invitations().to_pylist()],
                    pa.list_(pa.struct(list(INVITATIONS_SCHEMA))),
                ),
                "margins": pa.array(
                    [self.margins().to_pylist()], pa.list_(pa.struct(list(SEGMENTS_SCHEMA)))
                ),
            }
        )


def plan_next_surveys(
    engine: Engine,
    settings: SurveyPlanSettings,
    *,
    as_of: str,
    features: str,
    members: str,
    estimates: str,
    definitions: str,
    invitations: str,
    responses: str,
    terms: str,
    versions: str,
) -> PlannedDay:
    """Plan the invitations that follow the as-of date.

    A customer is taken to answer with the share of invitations that were answered, times how much
    likelier than others such customers are by the propensities of the version in force.

    Parameters
    ----------
    engine
        Where the relations are.
    settings
        Of the company.
    as_of
        Relation of one ``as_of_date``.
    features
        Active customers with every feature.
    members
        Relation of ``customer_id``, ``segment_id``, ``segment_value``, ``valid_from`` and
        ``valid_until``.
    estimates
        Relation of ``score_date``, ``segment_id``, ``segment_value``, ``std_error`` and
        ``suppression_reason``.
    definitions
        Relation of ``segment_id`` and ``survey_priority``.
    invitations, responses
        Relations of ``invitation_id``, the former with ``customer_id`` and ``sent_at``.
    terms, versions
        Where the version in force is read.
    """
    (day,) = engine.collect(f"select as_of_date from {as_of}")["as_of_date"].to_pylist()
    entities, priority, variance = _entities(engine, estimates, definitions, day)
    customers, segments, since = _customers(engine, features, members, invitations, entities, day)
    propensity = _propensity(
        engine, features, invitations, responses, terms, versions, day, settings.response_days
    )
    draw = engine.collect(
        "select cast('0x' || substr(md5(customer_id || ' ' || cast("
        f"{_date(day)} as varchar)), 1, 8) as bigint) / 4294967296e0 as draw "
        f"from {features} order by customer_id"
    )["draw"].to_numpy()
    plan = plan_survey(
        segments,
        propensity,
        since,
        draw,
        variance=variance,
        priority=priority,
        budget=settings.budget,
        min_days_between=settings.min_days_between,
        random_share=settings.random_share,
    )
    return PlannedDay(day, customers, entities, priority, segments, propensity, plan)


def _entities(
    engine: Engine, estimates: str, definitions: str, day: date
) -> tuple[list[str], np.ndarray, np.ndarray]:
    rows = engine.collect(
        "select estimates.segment_id || ':' || estimates.segment_value as entity_id, "
        "coalesce(definitions.survey_priority, 1) as priority, "
        f"coalesce(estimates.std_error, {UNKNOWN_STD_ERROR}) as std_error "
        f"from {estimates} as estimates inner join {definitions} as definitions "
        f"on estimates.segment_id = definitions.segment_id "
        f"where estimates.score_date = {_date(day)} "
        # Who is hidden for being few is not to be known better; who is for few answers, is.
        "and (estimates.suppression_reason is null "
        "or estimates.suppression_reason like '%answers.') "
        "order by entity_id"
    )
    return (
        rows["entity_id"].to_pylist(),
        rows["priority"].cast(pa.float64()).to_numpy(),
        rows["std_error"].to_numpy() ** 2,
    )


def _customers(
    engine: Engine,
    features: str,
    members: str,
    invitations: str,
    entities: list[str],
    day: date,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return customers in order, the number of each one's segment by family, and days since."""
    families = sorted({entity.partition(":")[0] for entity in entities})
    columns = "".join(
        f", max(segment_id || ':' || segment_value) filter (where segment_id = {quote(family)}) "
        f"as {quote_name(family)}"
        for family in families
    )
    found = engine.collect(
        f"with current as (select customer_id{columns} from {members} "
        f"where segment_id <> {quote(BASE)} and valid_from <= {_date(day)} "
        f"and coalesce(valid_until, {_date(day)}) >= {_date(day)} group by customer_id), "
        f"invited as (select customer_id, max(cast(sent_at as date)) as sent_date "
        f"from {invitations} group by customer_id) "
        "select customers.customer_id, "
        f"cast(date_diff('day', invited.sent_date, {_date(day)}) as double) as days_since, "
        "current.* "
        f"exclude (customer_id) from {features} as customers "
        "left join current on customers.customer_id = current.customer_id "
        "left join invited on customers.customer_id = invited.customer_id "
        "order by customers.customer_id"
    )
    numbers = {entity: number for number, entity in enumerate(entities)}
    segments = np.full((len(found), max(len(families), 1)), -1)
    for place, family in enumerate(families):
        column = found[family].to_pylist()
        segments[:, place] = [numbers.get(value, -1) for value in column]
    return (
        np.array(found["customer_id"].to_pylist(), dtype=object),
        segments,
        found["days_since"].to_numpy(),
    )


def _propensity(
    engine: Engine,
    features: str,
    invitations: str,
    responses: str,
    terms: str,
    versions: str,
    day: date,
    response_days: int,
) -> np.ndarray:
    counts = engine.collect(
        "select count(*) as invitations, count(responses.invitation_id) as answers "
        f"from {invitations} as invitations left join (select distinct invitation_id "
        f"from {responses} where invitation_id is not null) as responses "
        "on invitations.invitation_id = responses.invitation_id "
        f"where cast(invitations.sent_at as date) <= {_date(day)} - {response_days}"
    ).to_pylist()[0]
    rate = (counts["answers"] + PRIOR_ANSWERS) / (counts["invitations"] + PRIOR_INVITATIONS)
    in_force = read_versions(engine, terms, versions, day, day)
    response = in_force[-1].response if in_force else None
    columns = columns_of(engine, features)
    # A version may read a feature that the registry no longer has, until the next one.
    if response is None or not {term.feature for term in response.terms} <= set(columns):
        (count,) = engine.collect(f"select count(*) as n from {features}")["n"].to_pylist()
        return np.full(count, rate)
    needed = ", ".join(quote_name(term.feature) for term in response.terms)
    relative = response.relative_propensity(
        engine.collect(f"select {needed} from {features} order by customer_id")
    )
    relative = np.clip(relative, 1 / MOST_UNLIKE, MOST_UNLIKE)
    return np.clip(rate * relative / max(relative.mean(), 1e-9), 0.0, 1.0)


def _date(day: date) -> str:
    return f"date '{day}'"
