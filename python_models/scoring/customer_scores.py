"""One row per customer and day scored in this run, with contributions by family of features."""

from dbt.adapters.events.logging import AdapterLogger

from csat.daily import read_registry, score_due_dates
from csat.engine import engine_of


def model(dbt, session):
    """Score the days that are due, lazily."""
    engine = engine_of(session)
    return score_due_dates(
        engine,
        read_registry(engine, engine.query_of(dbt.ref("feature_definitions"))),
        features=engine.query_of(dbt.ref("int_scoring_features")),
        lasting_features=engine.query_of(dbt.ref("int_batch_features")),
        window_starts=engine.query_of(dbt.ref("int_window_starts")),
        moments=engine.query_of(dbt.ref("int_scoring_moments")),
        batches=engine.query_of(dbt.ref("scoring_batches")),
        customers=engine.query_of(dbt.ref("int_current_features")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
        report=AdapterLogger("csat").info,
    )
