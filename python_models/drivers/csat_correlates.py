"""One row per program, channel, topic and so on, with how its answers differ from everyone's."""

from csat.daily.correlates import correlate
from csat.engine import engine_of


def model(dbt, session):
    """Compare the answers of each value with those of everyone."""
    engine = engine_of(session)
    return correlate(
        engine,
        answers=engine.query_of(dbt.ref("int_answers_to_compare")),
        circumstances=engine.query_of(dbt.ref("int_answer_circumstances")),
    )
