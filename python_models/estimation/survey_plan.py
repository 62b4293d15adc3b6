"""One row per customer to be asked next, in the order of what the answer is worth."""

from csat.daily.survey_plan import SurveyPlanSettings, plan_next_surveys
from csat.engine import engine_of


def model(dbt, session):
    """Plan the next invitations, and keep beside them what they are expected to bring."""
    engine = engine_of(session)
    planned = plan_next_surveys(
        engine,
        SurveyPlanSettings(
            budget=dbt.config.get("survey_budget"),
            min_days_between=dbt.config.get("min_days_between_surveys"),
            random_share=dbt.config.get("survey_random_share"),
            response_days=dbt.config.get("response_days"),
        ),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
        features=engine.query_of(dbt.ref("int_current_features")),
        members=engine.query_of(dbt.ref("fct_segment_members")),
        estimates=engine.query_of(dbt.ref("int_segment_estimates")),
        definitions=engine.query_of(dbt.ref("segment_definitions")),
        invitations=engine.query_of(dbt.ref("stg_company__survey_invitations")),
        responses=engine.query_of(dbt.ref("stg_company__survey_responses")),
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
    )
    return planned.as_table()
