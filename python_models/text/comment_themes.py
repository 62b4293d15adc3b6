"""One row per version and theme of a language's comments: the words that make it, kept for good."""

from csat.daily.comments import find_due_themes
from csat.engine import engine_of


def model(dbt, session):
    """Find the themes that are due, from those of earlier runs on."""
    engine = engine_of(session)
    return find_due_themes(
        engine,
        texts=engine.query_of(dbt.ref("comment_texts")),
        answers=engine.query_of(dbt.ref("int_survey_ratings")),
        function_words=engine.query_of(dbt.ref("function_words")),
        as_of=engine.query_of(dbt.ref("int_as_of_date")),
        earlier=str(dbt.this) if dbt.is_incremental else None,
        most_themes=dbt.config.get("max_comment_themes"),
        fit_every_days=dbt.config.get("retrain_every_days"),
        learning_days=dbt.config.get("training_days"),
        most_comments=dbt.config.get("max_training_answers"),
    )
