"""One row per answer of this run and intervention: whether the cause was there at the sending."""

from csat.daily.interventions import causes_of, read_interventions
from csat.engine import engine_of


def model(dbt, session):
    """Tell the causes of the answers that are predicted in this run, lazily."""
    # Waits for all definitions to have been found usable.
    dbt.ref("definition_problems")
    engine = engine_of(session)
    answers = engine.query_of(dbt.ref("int_answers_to_predict"))
    features = engine.query_of(dbt.ref("survey_features"))
    interventions = read_interventions(
        engine,
        definitions=engine.query_of(dbt.ref("intervention_definitions")),
        levers=engine.query_of(dbt.ref("lever_definitions")),
        features=features,
    )
    rows = (
        f"(select * from {answers} as answers inner join {features} as survey_features "
        "using (customer_id, as_of_at, known_before))"
    )
    return engine.lazily(
        causes_of(interventions, keys=["response_id"], rows=rows, only_with_cause=False)
    )
