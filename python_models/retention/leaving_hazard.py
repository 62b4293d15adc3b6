"""One row: how the hazard of leaving goes with the score beforehand."""

from csat.daily.retention import tell_worth
from csat.engine import engine_of


def model(dbt, session):
    """Estimate the hazard ratio from cells of customers alike."""
    engine = engine_of(session)
    return tell_worth(engine, engine.query_of(dbt.ref("int_retention_cells")))
