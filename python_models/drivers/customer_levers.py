"""One row per customer and lever that would raise the score, on the as-of date."""

from dbt.adapters.events.logging import AdapterLogger

from csat.daily.levers import find_levers, read_changes
from csat.engine import engine_of


def model(dbt, session):
    """Score each customer with each lever, lazily."""
    engine = engine_of(session)
    features = engine.query_of(dbt.ref("int_current_features"))
    levers = read_changes(
        engine,
        definitions=engine.query_of(dbt.ref("lever_definitions")),
        changes=engine.query_of(dbt.ref("lever_changes")),
        registry=engine.query_of(dbt.ref("feature_definitions")),
        features=features,
        report=AdapterLogger("csat").info,
    )
    return find_levers(
        engine,
        levers,
        features=features,
        dates=engine.query_of(dbt.ref("int_score_dates")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
    )
