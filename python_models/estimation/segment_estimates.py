"""One row per day estimated in this run, segment and value: CSAT with its interval and changes."""

from dbt.adapters.events.logging import AdapterLogger

from csat.daily.estimation import EstimationSettings, estimate_due_dates
from csat.engine import engine_of


def model(dbt, session):
    """Estimate the base and all segments on the days that are due."""
    engine = engine_of(session)
    earlier = f"{dbt.this.schema}.int_segment_estimates"
    return estimate_due_dates(
        engine,
        EstimationSettings.read(
            engine,
            bands=engine.query_of(dbt.ref("csat_bands")),
            industry=dbt.config.get("company_industry"),
            window_days=dbt.config.get("estimation_days"),
            min_customers=dbt.config.get("min_segment_customers"),
            min_answers=dbt.config.get("min_segment_answers"),
            survey_days=dbt.config.get("survey_days"),
            gamma=dbt.config.get("sensitivity_gamma"),
            segment_days=dbt.config.get("segment_backfill_days"),
        ),
        definitions=engine.query_of(dbt.ref("segment_definitions")),
        scores=engine.query_of(dbt.ref("segment_scores")),
        scores_before=engine.query_of(dbt.ref("segment_scores_before")),
        residuals=engine.query_of(dbt.ref("int_answer_residuals")),
        answer_segments=engine.query_of(dbt.ref("int_answer_segments")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
        earlier=earlier if engine.relation_exists(earlier) else None,
        report=AdapterLogger("csat").info,
    )
