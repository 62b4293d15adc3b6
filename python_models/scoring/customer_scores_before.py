"""One row per customer and first day of a version in this run, scored by the version before."""

from csat.daily import read_registry, score_by_versions_before
from csat.engine import engine_of


def model(dbt, session):
    """Score the first days of versions by the versions before them, lazily."""
    engine = engine_of(session)
    return score_by_versions_before(
        engine,
        read_registry(engine, engine.query_of(dbt.ref("feature_definitions"))),
        features=engine.query_of(dbt.ref("int_scoring_features")),
        dates=engine.query_of(dbt.ref("int_score_dates")),
        customers=engine.query_of(dbt.ref("int_current_features")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
    )
