"""One row per day scored in this run, segment and value: customers and their probabilities."""

from csat.daily.segments import Segmentation
from csat.engine import DuckDBEngine


def model(dbt, session):
    """Add up the scores of each segment, in the engine."""
    engine = DuckDBEngine(session)
    segments = Segmentation.read(
        engine,
        engine.query_of(dbt.ref("segment_definitions")),
        attributes=engine.query_of(dbt.ref("int_customer_attributes")),
        features=engine.query_of(dbt.ref("int_scoring_features")),
    )
    return session.sql(segments.sums(engine.query_of(dbt.ref("customer_scores"))))
