"""One row per answer with a comment: the comment without personal data, and its language."""

from csat.daily.comments import read_comments
from csat.engine import DuckDBEngine


def model(dbt, session):
    """Mask all comments, and tell their languages."""
    engine = DuckDBEngine(session)
    return read_comments(
        engine,
        answers=engine.query_of(dbt.ref("int_survey_ratings")),
        function_words=engine.query_of(dbt.ref("function_words")),
    )
