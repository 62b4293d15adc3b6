"""One row per customer, moment of a survey and knowledge, with every feature as it was then."""

from csat.daily.parts import MOMENTS_AT_ONCE, rows_by_parts
from csat.engine import engine_of


def model(dbt, session):
    """Compute features at the moments of surveys, in the engine, some of them at a time."""
    engine = engine_of(session)
    return rows_by_parts(
        engine,
        f"select * from {engine.query_of(dbt.ref('int_survey_features'))} as features",
        customers=engine.query_of(dbt.ref("int_survey_moments")),
        most=MOMENTS_AT_ONCE,
    )
