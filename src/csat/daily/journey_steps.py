"""Who took which step of which journey when, in one query that the engine runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from csat.daily.journeys import Journey, Step
from csat.engine import quote

#: Steps that nobody has taken: what there is without journeys.
_NOTHING = (
    "select cast(null as varchar) as journey_id, cast(null as varchar) as customer_id, "
    "cast(null as timestamp) as started_at, cast(null as bigint) as step, "
    "cast(null as timestamp) as reached_at where false"
)


def steps_taken(journeys: Sequence[Journey], events: str, first_moment: str) -> str:
    """Return a query of the steps that customers have taken.

    A customer's journeys of one kind are told apart by their anchors. Several events of the same
    moment are one. The first event after the step before is the step: with gaps d_k,

        t_k = min {t of an event of step k: t_(k-1) < t <= t_(k-1) + d_k}.

    Parameters
    ----------
    journeys
        What to look for.
    events
        Relation of ``customer_id``, ``event``, ``detail``, ``channel``, ``occurred_at``; read once.
    first_moment
        SQL of the moment; journeys that started earlier are left out.

    Returns
    -------
    str
        SELECT of ``journey_id``, ``customer_id``, ``started_at``, ``step`` (1 for the anchor) and
        ``reached_at``: a row per step that was taken.
    """
    if not journeys:
        return _NOTHING
    columns = _columns(step for journey in journeys for step in journey.steps)
    # Every step of every journey asks for a few of the same kinds: they are told apart once, and
    # what follows reads truth values instead of texts.
    marks = ", ".join(f"{condition} as {column}" for condition, column in columns.items())
    any_of_them = " or ".join(f"({condition})" for condition in columns)
    tables = [
        f"marked as materialized (select customer_id, occurred_at, {marks} from {events} as events "
        f"where {any_of_them})"
    ]
    parts = []
    for number, journey in enumerate(journeys):
        for place, step in enumerate(journey.steps, start=1):
            column = columns[step.condition]
            query = (
                _anchors(column, step.days, first_moment)
                if place == 1
                else _reached(f"journey_{number}_step_{place - 1}", column, step.days)
            )
            name = f"journey_{number}_step_{place}"
            tables.append(f"{name} as materialized ({query})")
            parts.append(
                f"select {quote(journey.journey_id)} as journey_id, customer_id, started_at, "
                f"cast({place} as bigint) as step, reached_at from {name}"
            )
    return f"with {', '.join(tables)} {' union all '.join(parts)}"


def _columns(steps: Iterable[Step]) -> dict[str, str]:
    """Return the conditions of the steps, each once, with a column for each."""
    conditions = dict.fromkeys(step.condition for step in steps)
    return {condition: f"is_kind_{number}" for number, condition in enumerate(conditions)}


def _anchors(column: str, quiet_days: int, first_moment: str) -> str:
    # No other one within the days before, in which it would have started the journey already.
    quiet = (
        f" and (before_at is null or before_at < occurred_at - interval {quiet_days} day)"
        if quiet_days
        else ""
    )
    return (
        "select customer_id, occurred_at as started_at, occurred_at as reached_at from ("
        "select customer_id, occurred_at, "
        "lag(occurred_at) over (partition by customer_id order by occurred_at) as before_at from "
        f"(select distinct customer_id, occurred_at from marked where {column}) as moments"
        f") as anchors where occurred_at >= {first_moment}{quiet}"
    )


def _reached(before: str, column: str, within_days: int) -> str:
    # Behind the moments of those who have come so far stand those of the events that are next.
    both = (
        "select customer_id, started_at, reached_at as moment_at, "
        f"cast(null as timestamp) as event_at from {before} union all "
        "select customer_id, cast(null as timestamp), occurred_at, occurred_at "
        f"from marked where {column}"
    )
    return (
        "select customer_id, started_at, next_at as reached_at from ("
        "select customer_id, started_at, min(event_at) over ("
        "partition by customer_id order by moment_at "
        f"range between interval 1 microsecond following and interval {within_days} day following"
        f") as next_at from ({both}) as moments"
        ") as followed where started_at is not null and next_at is not null"
    )
