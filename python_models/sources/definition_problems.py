"""One row per seed or var by which the company defines what cannot be used, with the mend."""

from functools import partial

from csat.daily import Training
from csat.daily.definition_problems import definition_problems
from csat.daily.interventions import read_interventions
from csat.daily.journeys import read_journeys, read_kinds
from csat.daily.segments import Segmentation
from csat.engine import engine_of


def model(dbt, session):
    """Read all definitions as the models that use them will."""
    engine = engine_of(session)
    features = engine.query_of(dbt.ref("int_scoring_features"))
    return definition_problems(
        partial(
            Training.read,
            engine,
            registry=engine.query_of(dbt.ref("feature_definitions")),
            instruments=engine.query_of(dbt.ref("survey_instruments")),
            settings={},
            seed=0,
            reference_instrument=dbt.config.get("reference_instrument"),
        ),
        partial(
            Segmentation.read,
            engine,
            engine.query_of(dbt.ref("segment_definitions")),
            attributes=engine.query_of(dbt.ref("int_customer_attributes")),
            features=features,
        ),
        partial(
            read_journeys,
            engine,
            engine.query_of(dbt.ref("journey_definitions")),
            read_kinds(engine, engine.query_of(dbt.ref("int_journey_event_kinds"))),
        ),
        partial(
            read_interventions,
            engine,
            definitions=engine.query_of(dbt.ref("intervention_definitions")),
            levers=engine.query_of(dbt.ref("lever_definitions")),
            # Their columns are enough.
            features=f"(select * from {features} as features limit 0)",
        ),
    )
