"""One row per horizon, fifth of the scores and day on which somebody left: the survival curve."""

from csat.daily.retention import draw_curves
from csat.engine import engine_of


def model(dbt, session):
    """Draw the curves from counts."""
    engine = engine_of(session)
    return draw_curves(engine, engine.query_of(dbt.ref("int_retention_counts")))
