"""One row per customer, segment and day of this run from which on its value is another."""

from csat.daily.segments import Placements
from csat.engine import engine_of


def model(dbt, session):
    """Find who came into which segment, in the engine."""
    engine = engine_of(session)
    placements = Placements.read(
        engine,
        engine.query_of(dbt.ref("segment_placements")),
        engine.query_of(dbt.ref("segment_definitions")),
    )
    kept = f"{dbt.this.schema}.int_recent_placements"
    first_day = placements.first_day_after(engine, kept)
    if first_day is not None:
        placements = placements.since_day_before(first_day, kept)
    return engine.lazily(placements.changes(first_day))
