"""One row per frequent sequence of events before surveys, with what its answers are like."""

from csat.daily.found_journeys import find_journeys
from csat.engine import engine_of


def model(dbt, session):
    """Compare the answers after each sequence with those after its beginning alone."""
    engine = engine_of(session)
    return find_journeys(
        engine,
        answers=engine.query_of(dbt.ref("int_answers_to_compare")),
        events=engine.query_of(dbt.ref("int_journey_events")),
        scores=engine.query_of(dbt.ref("int_customer_csat_scores")),
    )
