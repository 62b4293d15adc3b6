"""One row per answer with a comment: the comment without personal data, and its language."""

from csat.daily.comments import read_comments
from csat.engine import engine_of


def model(dbt, session):
    """Mask the comments of the latest days, and tell their languages."""
    engine = engine_of(session)
    return read_comments(
        engine,
        answers=engine.query_of(dbt.ref("int_survey_ratings")),
        function_words=engine.query_of(dbt.ref("function_words")),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
        days=dbt.config.get("comment_reading_days"),
    )
