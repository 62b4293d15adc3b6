"""One row per level (agent or team) and entity: what its answers say against the group's."""

from csat.daily.agents import compare_agents
from csat.engine import engine_of


def model(dbt, session):
    """Compare agents and teams with the group, at like contacts."""
    engine = engine_of(session)
    return compare_agents(
        engine,
        answers=engine.query_of(dbt.ref("int_agent_answers")),
        fewest_answers=dbt.config.get("min_agent_answers"),
        margin=dbt.config.get("agent_margin_points"),
    )
