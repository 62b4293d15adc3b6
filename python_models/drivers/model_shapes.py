"""One row per term and cell of the version in force, with its points and today's customers."""

from csat.daily.drivers import shape_terms
from csat.engine import engine_of


def model(dbt, session):
    """Tell what each cell is worth to the customers who are in it."""
    engine = engine_of(session)
    return shape_terms(
        engine,
        features=engine.query_of(dbt.ref("int_current_features")),
        dates=engine.query_of(dbt.ref("int_score_dates")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
    )
