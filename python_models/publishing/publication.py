"""One row: what this run published for readers, or why it published nothing.

Stands after every model, and so after every test: in `dbt build` it runs only when all of them
went well. Names here every model that readers get; the request from the pre-hook would otherwise
refuse.
"""

import json
from pathlib import Path

from csat.publishing import publication_table, publish


def model(dbt, session):
    """Publish if this is a run of the whole project, and tell what was done."""
    dbt.ref("dim_customers")
    dbt.ref("fct_survey_answers")
    dbt.ref("source_row_counts")
    dbt.ref("stg_rejected_records")

    request = json.loads(session.sql("select getvariable('csat_publication')").fetchone()[0])
    if request["refusal"]:
        return publication_table(refusal=request["refusal"])
    return publish(session, request["relations"], Path(dbt.config.get("published_file")))
