"""One row per answer placed in this run, with what segments can be defined by."""

from csat.daily.segments import Placing
from csat.engine import engine_of


def model(dbt, session):
    """Put attributes and features of answers together, in the engine."""
    engine = engine_of(session)
    facts = Placing.read(
        engine,
        attributes=engine.query_of(dbt.ref("int_answer_attributes")),
        features=engine.query_of(dbt.ref("survey_features")),
        keys=("customer_id", "as_of_at", "known_before"),
    )
    return engine.lazily(f"select * from {facts.with_features()} as facts")
