"""One row per theme, per language, and one of all languages: how satisfied its comments are."""

from csat.daily.comments import describe_themes
from csat.engine import engine_of


def model(dbt, session):
    """Count the comments of the latest days by theme and language."""
    engine = engine_of(session)
    return describe_themes(
        engine,
        texts=engine.query_of(dbt.ref("comment_texts")),
        readings=engine.query_of(dbt.ref("comment_readings")),
        answers=engine.query_of(dbt.ref("int_survey_ratings")),
        themes=engine.query_of(dbt.ref("comment_themes")),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
        days=dbt.config.get("comment_days"),
        recent_days=dbt.config.get("survey_days"),
    )
