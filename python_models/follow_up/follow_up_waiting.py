"""One row per dimension and value: how soon a person answers those who ask for it."""

from csat.daily.follow_up import tell_waiting
from csat.engine import engine_of


def model(dbt, session):
    """Tell the waiting from counts."""
    engine = engine_of(session)
    return tell_waiting(
        engine,
        engine.query_of(dbt.ref("int_follow_up_counts")),
        days=dbt.config.get("follow_up_days"),
    )
