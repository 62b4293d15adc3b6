"""One row per version trained in this run: the model, its answers, and what came of it."""

from dbt.adapters.events.logging import AdapterLogger

from csat.daily import Training, train_due_versions
from csat.engine import engine_of


def model(dbt, session):
    """Train the versions that are due."""
    # Waits for all definitions to have been found usable.
    dbt.ref("definition_problems")
    engine = engine_of(session)
    rows = engine.query_of(dbt.ref("int_training_rows"))
    features = engine.query_of(dbt.ref("survey_features"))
    training = Training.read(
        engine,
        registry=engine.query_of(dbt.ref("feature_definitions")),
        instruments=engine.query_of(dbt.ref("survey_instruments")),
        settings={"min_training_answers": dbt.config.get("min_training_answers")},
        seed=dbt.config.get("seed"),
        reference_instrument=dbt.config.get("reference_instrument"),
    )
    return train_due_versions(
        engine,
        training,
        cutoffs=engine.query_of(dbt.ref("int_training_cutoffs")),
        rows=f"{rows} as training_rows inner join {features} as survey_features "
        "using (customer_id, as_of_at, known_before)",
        terms=f"{dbt.this.schema}.csat_model_terms",
        versions=f"{dbt.this.schema}.csat_model_versions",
        answers=f"{dbt.this.schema}.csat_model_answers",
        report=AdapterLogger("csat").info,
    )
