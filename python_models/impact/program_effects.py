"""One row per program: what it does to satisfaction, with weeks, checks and groups as lists."""

from csat.daily.program_groups import segments_in_force
from csat.daily.programs import ProgramsSettings, as_first_known, measure_programs
from csat.engine import engine_of


def model(dbt, session):
    """Estimate every program, and rank them under the budget."""
    engine = engine_of(session)
    return measure_programs(
        engine,
        ProgramsSettings(
            days=dbt.config.get("program_days"),
            smallest_that_matters=dbt.config.get("smallest_effect_that_matters"),
            budget=dbt.config.get("program_budget"),
        ),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
        programs=engine.query_of(dbt.ref("int_programs")),
        enrollments=engine.query_of(dbt.ref("int_program_enrollments")),
        holdouts=engine.query_of(dbt.ref("int_program_holdouts")),
        customers=as_first_known(
            engine.query_of(dbt.ref("dim_customers")),
            engine.query_of(dbt.ref("int_first_attributes")),
        ),
        scores=engine.query_of(dbt.ref("int_customer_csat_scores")),
        scored_days=engine.query_of(dbt.ref("int_base_scores")),
        answers=engine.query_of(dbt.ref("int_answer_residuals")),
        contacts=engine.query_of(dbt.ref("int_contact_activity")),
        interruptions=engine.query_of(dbt.ref("int_interruption_activity")),
        segments=segments_in_force(
            engine.query_of(dbt.ref("int_segment_definitions")),
            engine.query_of(dbt.ref("segment_definitions")),
        ),
        memberships=engine.query_of(dbt.ref("int_segment_changes")),
    )
