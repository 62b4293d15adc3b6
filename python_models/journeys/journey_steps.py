"""One row per journey that a customer has started, and step of it that was taken."""

from csat.daily.journey_steps import steps_taken
from csat.daily.journeys import read_journeys
from csat.engine import DuckDBEngine


def model(dbt, session):
    """Find the steps in the engine."""
    engine = DuckDBEngine(session)
    events = engine.query_of(dbt.ref("int_journey_events"))
    journeys = read_journeys(engine, engine.query_of(dbt.ref("journey_definitions")), events)
    as_of = engine.query_of(dbt.ref("int_as_of_date"))
    days = dbt.config.get("estimation_days")
    return session.sql(
        steps_taken(
            journeys,
            events,
            f"(select min(as_of_date) - interval {days - 1} day from {as_of} as as_of)",
        )
    )
