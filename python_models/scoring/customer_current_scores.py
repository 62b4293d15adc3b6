"""One row per customer on the as-of date, scored by today's drivers."""

from csat.daily import read_registry, score_last_day
from csat.engine import engine_of


def model(dbt, session):
    """Score the as-of date, lazily."""
    engine = engine_of(session)
    return score_last_day(
        engine,
        read_registry(engine, engine.query_of(dbt.ref("feature_definitions"))),
        features=engine.query_of(dbt.ref("int_current_features")),
        dates=engine.query_of(dbt.ref("int_score_dates")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
        earlier=f"{dbt.this.schema}.customer_current_scores",
    )
