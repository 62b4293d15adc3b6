"""One row per feature of the version in force: customers now against the answers learned from."""

from csat.daily.watching import measure_drift
from csat.engine import engine_of


def model(dbt, session):
    """Compare the customers of the as-of date with the answers behind the model."""
    engine = engine_of(session)
    return measure_drift(
        engine,
        features=engine.query_of(dbt.ref("int_current_features")),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
    )
