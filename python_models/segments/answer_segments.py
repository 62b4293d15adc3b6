"""One row per answer placed in this run, and segment of its customer when the survey was sent."""

from csat.daily.segments import Segmentation
from csat.engine import engine_of


def model(dbt, session):
    """Place answers into segments, in the engine."""
    # Waits for all definitions to have been found usable.
    dbt.ref("definition_problems")
    engine = engine_of(session)
    segments = Segmentation.read(
        engine,
        engine.query_of(dbt.ref("segment_definitions")),
        attributes=engine.query_of(dbt.ref("int_answer_attributes")),
        features=engine.query_of(dbt.ref("survey_features")),
        keys=("customer_id", "as_of_at", "known_before"),
    )
    return engine.lazily(segments.members("response_id"))
