"""One row per view of staffing and cell: how busy it is, and how satisfied its customers are."""

from csat.daily.staffing import describe_staffing
from csat.engine import engine_of


def model(dbt, session):
    """Compare cells of contacts with each other."""
    engine = engine_of(session)
    return describe_staffing(
        engine,
        contacts=engine.query_of(dbt.ref("int_contact_load")),
        answers=engine.query_of(dbt.ref("int_staffing_answers")),
        fewest_answers=dbt.config.get("min_segment_answers"),
    )
