"""One row per customer and day scored in this run, with the value of each segment."""

from csat.daily.segments import Segmentation
from csat.engine import engine_of


def model(dbt, session):
    """Place customers into segments, in the engine, some of them at a time."""
    # Waits for all definitions to have been found usable.
    dbt.ref("definition_problems")
    engine = engine_of(session)
    segments = Segmentation.read(
        engine,
        engine.query_of(dbt.ref("segment_definitions")),
        attributes=engine.query_of(dbt.ref("int_customer_attributes")),
        features=engine.query_of(dbt.ref("int_segment_features")),
    )
    return segments.placed_by_parts(
        engine,
        dates=engine.query_of(dbt.ref("int_score_dates")),
        customers=engine.query_of(dbt.ref("int_current_features")),
    )
