"""One row per answer predicted in this run, by the version in force when its survey was sent."""

from dbt.adapters.events.logging import AdapterLogger

from csat.daily import predict_answers
from csat.engine import engine_of


def model(dbt, session):
    """Predict the answers that are due."""
    engine = engine_of(session)
    answers = engine.query_of(dbt.ref("int_answers_to_predict"))
    features = engine.query_of(dbt.ref("survey_features"))
    return predict_answers(
        engine,
        f"{answers} as answers inner join {features} as survey_features "
        "using (customer_id, as_of_at, known_before)",
        terms=engine.query_of(dbt.ref("csat_model_terms")),
        versions=engine.query_of(dbt.ref("csat_model_versions")),
        report=AdapterLogger("csat").info,
    )
