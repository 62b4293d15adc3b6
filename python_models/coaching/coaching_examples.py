"""One row per agent or team, kind of example and rank: contacts to learn from."""

from csat.daily.coaching import CoachingRules, choose_examples
from csat.engine import engine_of


def model(dbt, session):
    """Choose surprisingly good and bad contacts, and what is like them and went well."""
    engine = engine_of(session)
    return choose_examples(
        engine,
        answers=engine.query_of(dbt.ref("int_coaching_contacts")),
        comments=engine.query_of(dbt.ref("comment_texts")),
        rules=CoachingRules(
            recent_days=dbt.config.get("coaching_days"),
            fewest_answers=dbt.config.get("min_agent_answers"),
            least_expected=dbt.config.get("coaching_least_expected"),
            largest_chance=dbt.config.get("coaching_largest_chance"),
        ),
    )
