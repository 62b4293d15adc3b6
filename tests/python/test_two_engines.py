"""One SQL for two engines: what they would see differently is refused, or a dispatched macro."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import CHECKOUT

from csat.spark.translate import SPARK_FUNCTIONS, UntranslatableError, spark_sql, statements_of

MACROS = sorted((CHECKOUT / "macros").rglob("*.sql"))
#: What says how each engine writes something.
OF_ENGINES = CHECKOUT / "macros" / "engine"
#: SQL that runs on both engines.
SHARED = [
    path
    for folder in ("models", "macros", "tests/data")
    for path in sorted((CHECKOUT / folder).rglob("*.sql"))
    if OF_ENGINES not in path.parents
]
#: What a query may say of both engines and means something else to each, with the mend.
DIFFERENT = {
    r"\blog\s*\(": "log(x) is to the base 10 or e: write ln(x) or ln(x) / ln(10)",
    r"(?<![a-z_])hash\s*\(": "hash() differs: use row_checksum, hash_share or md5",
    r"\b(dayofweek|isodow|weekday)\b": "days of the week begin elsewhere: write a macro",
    r"(?<![.\w])(epoch|strftime|strptime)\s*\(": "write a macro of macros/engine",
    r"\blist_(?!contains|of)[a-z]+\s*\(": "lists differ: write a macro of macros/engine",
    r"\basof\b": "Spark has no asof join: take the latest by max_by or row_number",
    r"::": "write cast(x as type)",
}
#: What casts to integers may be of: others may have decimals, which DuckDB rounds and Spark cuts.
_WHOLE = (
    r"round|floor|ceil|sum|count|coalesce|nullif|row_number|grouping|cast|spark_days|list_position"
)
_CAST = re.compile(r"\bcast\(((?:[^()]|\([^()]*\))*?)\s+as\s+(?:big|small|tiny)?int(?:eger)?\)")


def without_comments(path: Path) -> str:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"--[^\n]*", "", text)


def refused(text: str) -> list[str]:
    """Return what the engines would see differently in SQL."""
    found = [mend for pattern, mend in DIFFERENT.items() if re.search(pattern, text)]
    for value in _CAST.findall(text):
        if re.search(r"/|\de\d|\d[.]\d", value) and not re.match(rf"\s*({_WHOLE})\(", value):
            found.append(f"cast({value} as integer) may have decimals: round() or floor() it")
    return found


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_no_sql_means_something_else_to_each_engine(path: Path) -> None:
    assert refused(without_comments(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "select log(x) from a",
        "select hash(x) from a",
        "select dayofweek(x) from a",
        "select cast(x / 2 as integer) from a",
        "select x::date from a",
        "select list_sort(x) from a",
    ],
)
def test_the_rule_finds_what_it_is_for(text: str) -> None:
    assert refused(text)


def test_whatever_is_dispatched_is_written_for_both_engines() -> None:
    text = "\n".join(path.read_text() for path in MACROS)
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)', 'csat'\)", text))
    assert len(dispatched) > 20
    for engine in ("duckdb", "spark"):
        written = set(re.findall(rf"{{% macro {engine}__(\w+)\(", text))
        assert dispatched - written == set()


def test_macros_say_to_spark_what_translation_knows() -> None:
    said = re.findall(r"\b(spark_(?!_)[a-z_]+)\(", (OF_ENGINES / "spark.sql").read_text())
    assert set(said) == set(SPARK_FUNCTIONS)


@pytest.mark.parametrize(
    ("duckdb_sql", "expected"),
    [
        # DuckDB's nulls are last, whichever way.
        ("select a from t order by a", "SELECT a FROM t ORDER BY a NULLS LAST"),
        # A name is not a text.
        ('select "a b" from t', "SELECT `a b` FROM t"),
        ("select cast(a as hugeint)", "SELECT CAST(a AS DECIMAL(38, 0))"),
        ("select cast(a as timestamp)", "SELECT CAST(a AS TIMESTAMP_NTZ)"),
        ("select round(a)", "SELECT ROUND(a)"),
        ("select spark_date_add(d, 1)", "SELECT DATE_ADD(d, 1)"),
        # What stands within a word of ours is translated too.
        (
            "select spark_days(cast(a as hugeint), b)",
            "SELECT DATEDIFF(CAST(a AS DECIMAL(38, 0)), b)",
        ),
        (
            "select * from (with a as (select 1 as x) select * from a) as b",
            "SELECT * FROM (WITH a AS (SELECT 1 AS x) SELECT * FROM a) AS b",
        ),
        (
            "with a as materialized (select 1 as x) select x from a",
            "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
        ),
        (
            "select cast('0x' || substr(md5(a), 1, 8) as bigint)",
            "SELECT CAST(CONV(SUBSTRING(MD5(a), 1, 8), 16, 10) AS BIGINT)",
        ),
        ("select cast(a || b as bigint)", "SELECT CAST(a || b AS BIGINT)"),
        (
            "select spark_first_values(a, b, 3) filter (where b > 0) from t",
            "SELECT SLICE(TRANSFORM(ARRAY_SORT(COLLECT_LIST(STRUCT(b AS k, a AS v)) "
            "FILTER(WHERE b > 0)), pair -> pair.v), 1, 3) FROM t",
        ),
        ("select * exclude (a) from t", "SELECT * EXCEPT (a) FROM t"),
    ],
)
def test_translation(duckdb_sql: str, expected: str) -> None:
    assert spark_sql(duckdb_sql) == expected


def test_decimals_are_rounded_as_duckdb_rounds_them() -> None:
    said = spark_sql("select round(a, 2)")
    assert "WHEN TYPEOF(a) LIKE 'decimal%' THEN ROUND(a, 2)" in said
    assert "ELSE ROUND(CAST(a AS DOUBLE) * 1e2) / 1e2" in said


def test_statements_are_told_apart() -> None:
    assert len(statements_of("select 1; select ';'")) == 2
    with pytest.raises(UntranslatableError, match="2 statements"):
        spark_sql("select 1; select 2")
    with pytest.raises(UntranslatableError):
        spark_sql("select (from")
