"""One row per comment: its themes and its sentiment."""

from csat.daily.comments import understand_comments
from csat.engine import engine_of


def model(dbt, session):
    """Place each comment in the themes of its language, and read its sentiment."""
    engine = engine_of(session)
    return understand_comments(
        engine,
        texts=engine.query_of(dbt.ref("comment_texts")),
        answers=engine.query_of(dbt.ref("int_survey_ratings")),
        themes=engine.query_of(dbt.ref("comment_themes")),
        function_words=engine.query_of(dbt.ref("function_words")),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
    )
