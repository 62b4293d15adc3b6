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
    dbt.ref("fct_customer_csat_current")
    dbt.ref("fct_customer_csat_drivers")
    dbt.ref("fct_base_csat_daily")
    dbt.ref("completed_dates")
    dbt.ref("source_row_counts")
    dbt.ref("stg_rejected_records")
    return publish_on_request(DuckDBEngine(session), dbt.config.get("published_file"))
