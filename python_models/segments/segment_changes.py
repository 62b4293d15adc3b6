"""One row per customer, segment and day of this run from which on its value is another."""

from csat.daily.segments import Segmentation
from csat.engine import DuckDBEngine


def model(dbt, session):
    """Find who came into which segment, in the engine."""
    engine = DuckDBEngine(session)
    segments = Segmentation.read(
        engine,
        engine.query_of(dbt.ref("segment_definitions")),
        attributes=engine.query_of(dbt.ref("int_customer_attributes")),
        features=engine.query_of(dbt.ref("int_scoring_features")),
    )
    return session.sql(segments.changes())
