"""One row per version, kind of period and period: predictions and baselines against answers."""

from csat.daily.watching import measure_performance
from csat.engine import engine_of


def model(dbt, session):
    """Judge the versions on what was answered later, and on what they learned from."""
    engine = engine_of(session)
    return measure_performance(
        engine,
        predictions=engine.query_of(dbt.ref("int_answer_predictions")),
        ratings=engine.query_of(dbt.ref("int_earlier_ratings")),
        answers=engine.query_of(dbt.ref("csat_model_answers")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
    )
