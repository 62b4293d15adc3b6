"""One row per active customer and intervention whose cause is on record now."""

from csat.daily.interventions import causes_of, read_interventions
from csat.engine import engine_of


def model(dbt, session):
    """Find whom each intervention could help, lazily."""
    # Waits for all definitions to have been found usable.
    dbt.ref("definition_problems")
    engine = engine_of(session)
    features = engine.query_of(dbt.ref("int_current_features"))
    interventions = read_interventions(
        engine,
        definitions=engine.query_of(dbt.ref("intervention_definitions")),
        levers=engine.query_of(dbt.ref("lever_definitions")),
        features=features,
    )
    return engine.lazily(
        causes_of(interventions, keys=["customer_id"], rows=features, only_with_cause=True)
    )
