"""One row: what this run published for readers, or why it published nothing.

Stands after every model, and so after every test: in `dbt build` it runs only when all of them
went well. Names here every model that readers get; the request from the pre-hook would otherwise
refuse.
"""

from csat.engine import DuckDBEngine
from csat.publishing import publish_on_request


def model(dbt, session):
    """Publish if this is a run of the whole project, and tell what was done."""
    dbt.ref("dim_customers")
    dbt.ref("fct_survey_answers")
    dbt.ref("dim_model_features")
    dbt.ref("dim_model_versions")
    dbt.ref("fct_customer_data_coverage")
    dbt.ref("fct_feature_drift")
    dbt.ref("fct_model_calibration")
    dbt.ref("fct_model_performance")
    dbt.ref("fct_customer_csat_daily")
    dbt.ref("fct_customer_csat_changes")
    dbt.ref("fct_customer_csat_current")
    dbt.ref("fct_customer_csat_drivers")
    dbt.ref("fct_customer_levers")
    dbt.ref("fct_base_csat_daily")
    dbt.ref("dim_agents")
    dbt.ref("fct_agent_csat")
    dbt.ref("fct_csat_mix_adjusted")
    dbt.ref("fct_csat_mix_change")
    dbt.ref("fct_kpi_falls")
    dbt.ref("fct_kpi_trends")
    dbt.ref("fct_kpis_together")
    dbt.ref("fct_reference_figures")
    dbt.ref("fct_survey_measures")
    dbt.ref("fct_team_csat")
    dbt.ref("dim_segments")
    dbt.ref("fct_segment_csat_daily")
    dbt.ref("fct_segment_members")
    dbt.ref("fct_csat_change_ledger")
    dbt.ref("fct_csat_correlates")
    dbt.ref("fct_csat_driver_importance")
    dbt.ref("fct_csat_driver_shapes")
    dbt.ref("fct_segment_csat_drivers")
    dbt.ref("fct_customer_journeys")
    dbt.ref("fct_found_journeys")
    dbt.ref("fct_journey_funnel")
    dbt.ref("fct_journey_impact")
    dbt.ref("fct_survey_plan")
    dbt.ref("fct_survey_plan_segments")
    dbt.ref("fct_program_impact")
    dbt.ref("fct_program_impact_by_group")
    dbt.ref("fct_program_impact_by_week")
    dbt.ref("fct_program_impact_checks")
    dbt.ref("fct_program_priorities")
    dbt.ref("completed_dates")
    dbt.ref("source_row_counts")
    dbt.ref("stg_rejected_records")
    return publish_on_request(DuckDBEngine(session), dbt.config.get("published_file"))
