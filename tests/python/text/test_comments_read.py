"""Comments of the days that are read, and of no others."""

from __future__ import annotations

import duckdb
import pytest

from csat.daily.comments import read_comments
from csat.engine import DuckDBEngine


@pytest.mark.parametrize(
    ("is_built", "read"),
    [("true", ["first", "last"]), ("false", [])],
)
def test_comments_of_the_days_asked_for_are_read(is_built: str, read: list[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table answers as select * from (values "
            "('last', timestamp '2026-06-30 23:59:59'), "
            "('first', timestamp '2026-06-21 00:00:00'), "
            "('before', timestamp '2026-06-20 23:59:59')) as answers (response_id, responded_at)"
        )
        connection.execute("create table words (language varchar, word varchar, is_negation bool)")
        texts = read_comments(
            DuckDBEngine(connection),
            answers="(select *, 'c' as customer_id, 'Quickly mended' as comment from answers)",
            function_words="words",
            as_of=f"(select date '2026-06-30' as as_of_date where {is_built})",
            days=10,
        )
    assert texts["response_id"].to_pylist() == read
