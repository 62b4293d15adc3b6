"""One row per day scored in this run, with the number of the batch that it is scored in."""

from dbt.adapters.events.logging import AdapterLogger

from csat.daily import batches_of_due_dates
from csat.engine import engine_of


def model(dbt, session):
    """Tell which days are scored together."""
    engine = engine_of(session)
    return batches_of_due_dates(
        engine,
        features=engine.query_of(dbt.ref("int_scoring_features")),
        dates=engine.query_of(dbt.ref("int_score_dates")),
        customers=engine.query_of(dbt.ref("int_current_features")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
        history=f"{dbt.this.schema}.int_customer_csat_history",
        report=AdapterLogger("csat").info,
    )
