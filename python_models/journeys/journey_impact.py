"""One row per journey and step: CSAT after it against others at the same point without it."""

from csat.daily.journey_impact import compare_steps
from csat.engine import engine_of


def model(dbt, session):
    """Compare those who took each step with those who had not."""
    engine = engine_of(session)
    return compare_steps(
        engine,
        risk_sets=engine.query_of(dbt.ref("int_journey_risk_sets")),
        outcomes=engine.query_of(dbt.ref("int_journey_outcomes")),
        answers=engine.query_of(dbt.ref("int_journey_answers")),
    )
