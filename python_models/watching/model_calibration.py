"""One row per version and bin of predictions: what was predicted and what was answered."""

from csat.daily.watching import measure_calibration
from csat.engine import engine_of


def model(dbt, session):
    """Compare predictions with answers, bin by bin."""
    engine = engine_of(session)
    return measure_calibration(
        engine,
        predictions=engine.query_of(dbt.ref("int_answer_predictions")),
        ratings=engine.query_of(dbt.ref("int_earlier_ratings")),
    )
