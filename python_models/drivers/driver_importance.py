"""One row per version and driver, with how much it moves the scores of today's customers."""

from csat.daily import read_registry
from csat.daily.drivers import follow_drivers
from csat.engine import engine_of


def model(dbt, session):
    """Compare the version in force with those before it on the same customers."""
    engine = engine_of(session)
    return follow_drivers(
        engine,
        read_registry(engine, engine.query_of(dbt.ref("feature_definitions"))),
        features=engine.query_of(dbt.ref("int_current_features")),
        dates=engine.query_of(dbt.ref("int_score_dates")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
    )
