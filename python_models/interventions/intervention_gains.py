"""One row per intervention: what it can be expected to bring, and how likely it helps."""

from csat.daily.interventions import expect_gains, read_interventions
from csat.engine import engine_of


def model(dbt, session):
    """Set what answers, levers and measured programs say of each intervention side by side."""
    # Waits for all definitions to have been found usable.
    dbt.ref("definition_problems")
    engine = engine_of(session)
    lever_definitions = engine.query_of(dbt.ref("lever_definitions"))
    return expect_gains(
        engine,
        interventions=read_interventions(
            engine,
            definitions=engine.query_of(dbt.ref("intervention_definitions")),
            levers=lever_definitions,
            features=engine.query_of(dbt.ref("int_current_features")),
        ),
        causes=engine.query_of(dbt.ref("int_answer_interventions")),
        residuals=engine.query_of(dbt.ref("int_intervention_residuals")),
        customers=engine.query_of(dbt.ref("customer_interventions")),
        levers=engine.query_of(dbt.ref("int_single_levers")),
        lever_definitions=lever_definitions,
        effects=engine.query_of(dbt.ref("program_effects")),
        programs=engine.query_of(dbt.ref("int_programs")),
    )
