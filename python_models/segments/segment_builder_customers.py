"""One row per active customer, with its score and all that segments can be defined by."""

from csat.daily.segment_facts import facts_of_customers
from csat.engine import engine_of


def model(dbt, session):
    """Put facts and scores of the as-of date together, in the engine."""
    engine = engine_of(session)
    return engine.lazily(
        facts_of_customers(
            engine,
            attributes=engine.query_of(dbt.ref("int_current_attributes")),
            features=engine.query_of(dbt.ref("int_current_features")),
            scores=engine.query_of(dbt.ref("customer_current_scores")),
        )
    )
