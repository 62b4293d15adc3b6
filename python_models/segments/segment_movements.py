"""One row per day scored in this run, segment and value: what it is made of, and what moved it."""

from csat.daily import read_registry
from csat.daily.movements import Sources, move_due_dates
from csat.daily.segments import Placements
from csat.engine import engine_of


def model(dbt, session):
    """Add up each customer's two days by segment, lazily."""
    engine = engine_of(session)
    registry = read_registry(engine, engine.query_of(dbt.ref("feature_definitions")))
    placements = Placements.read(
        engine,
        engine.query_of(dbt.ref("segment_placements")),
        engine.query_of(dbt.ref("segment_definitions")),
    )
    return move_due_dates(
        engine,
        registry.all_drivers,
        placements,
        of_run=Sources(engine.query_of(dbt.ref("customer_scores")), placements.relation),
        earlier=Sources.kept(
            engine,
            f"{dbt.this.schema}.int_recent_scores",
            f"{dbt.this.schema}.int_recent_placements",
            placements,
        ),
        by_version_before=engine.query_of(dbt.ref("customer_scores_before")),
        bases=engine.query_of(dbt.ref("int_base_scores")),
        last_days=dbt.config.get("segment_backfill_days"),
    )
