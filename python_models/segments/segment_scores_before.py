"""One row per first day of a version in this run, segment and value: sums by the version before."""

from csat.daily.scoring import BAG_CONTRASTS
from csat.daily.segments import Placements
from csat.engine import engine_of


def model(dbt, session):
    """Add up the scores of each segment by the version before, in the engine."""
    engine = engine_of(session)
    placements = Placements.read(
        engine,
        engine.query_of(dbt.ref("segment_placements")),
        engine.query_of(dbt.ref("segment_definitions")),
    )
    scores = engine.query_of(dbt.ref("customer_scores_before"))
    return engine.lazily(placements.sums(scores, ("probability", *BAG_CONTRASTS)))
