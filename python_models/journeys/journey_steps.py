"""One row per journey that a customer has started, and step of it that was taken."""

from csat.daily.journey_steps import find_steps
from csat.engine import engine_of


def model(dbt, session):
    """Follow the customers through all journeys, lazily."""
    # Waits for all definitions to have been found usable.
    dbt.ref("definition_problems")
    engine = engine_of(session)
    return find_steps(
        engine,
        definitions=engine.query_of(dbt.ref("journey_definitions")),
        kinds=engine.query_of(dbt.ref("int_journey_event_kinds")),
        events=engine.query_of(dbt.ref("int_journey_events")),
        customers=engine.query_of(dbt.ref("int_current_features")),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
        days=dbt.config.get("estimation_days"),
    )
