"""One row per satisfaction answer of the window, with all that segments can be defined by."""

from csat.daily.segment_facts import facts_of_answers
from csat.engine import engine_of


def model(dbt, session):
    """Put facts and residuals of the model in force together, in the engine."""
    engine = engine_of(session)
    return engine.lazily(
        facts_of_answers(
            engine,
            facts=engine.query_of(dbt.ref("int_answer_facts")),
            residuals=engine.query_of(dbt.ref("int_answer_residuals")),
            versions=engine.query_of(dbt.ref("csat_model_versions")),
            as_of=engine.query_of(dbt.ref("int_as_of_date")),
            window_days=dbt.config.get("estimation_days"),
        )
    )
