"""One row per entity and time in which it raises an alarm, of all days so far."""

from csat.daily.alarms import AlarmSettings, Relations, raise_alarms
from csat.engine import engine_of


def model(dbt, session):
    """Go on from what the run before has left."""
    engine = engine_of(session)
    return raise_alarms(
        engine,
        AlarmSettings(
            max_rate=dbt.config.get("alarm_max_rate"),
            false_share=dbt.config.get("alarm_false_share"),
            below_band=dbt.config.get("alarm_below_band"),
            smallest_fall=dbt.config.get("alarm_smallest_fall"),
            industry=dbt.config.get("company_industry"),
        ),
        Relations(
            score_dates=engine.query_of(dbt.ref("int_score_dates")),
            answers=engine.query_of(dbt.ref("int_watched_answers")),
            ledger=engine.query_of(dbt.ref("int_segment_ledger_daily")),
            scores=engine.query_of(dbt.ref("int_segment_scores")),
            estimates=engine.query_of(dbt.ref("int_segment_estimates")),
            bands=engine.query_of(dbt.ref("csat_bands")),
            source_days=engine.query_of(dbt.ref("int_source_days")),
            drift_days=engine.query_of(dbt.ref("int_drift_days")),
            drivers=engine.query_of(dbt.ref("int_drivers")),
        ),
        kept=f"{dbt.this.schema}.{dbt.this.identifier}",
    )
