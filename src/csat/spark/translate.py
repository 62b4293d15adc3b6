"""The project's SQL, which is written in DuckDB's dialect, as Spark reads it.

sqlglot knows both dialects. What stands here is what it leaves as it is and the engines see
differently; what cannot be told from a query alone is a dispatched macro in ``macros/engine``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import sqlglot
from sqlglot import exp, parse_one
from sqlglot.dialects.spark import Spark


class _Spark(Spark):
    """Spark as it is since 3: queries within queries have common table expressions of their own."""

    class Generator(Spark.Generator):
        EXPRESSIONS_WITHOUT_NESTED_CTES: ClassVar[set] = set()


#: Wide integers: DuckDB's sums of integers; Spark has no integer beyond 64 bits.
_WIDE_INTEGERS = (
    exp.DataType.Type.INT128,
    exp.DataType.Type.UINT128,
    exp.DataType.Type.UBIGINT,
)


#: Words of the macros in ``macros/engine/spark.sql`` for what DuckDB's dialect cannot say.
SPARK_FUNCTIONS = {
    # A text with an offset as the time in UTC, null where it is none.
    "spark_utc": "try_cast(try_cast({0} as timestamp_ltz) as timestamp_ntz)",
    # Whole days and seconds from the second date or time back to the first.
    "spark_days": "datediff({0}, {1})",
    "spark_seconds": "timestampdiff(SECOND, {0}, {1})",
    "spark_date_add": "date_add({0}, {1})",
    # A row per item of an array.
    "spark_each": "explode({0})",
    # A struct as JSON, with its nulls, and times as DuckDB writes them.
    "spark_json": (
        "to_json({0}, map('ignoreNullFields', 'false', 'timestampNTZFormat', "
        "'yyyy-MM-dd HH:mm:ss'))"
    ),
    # The first values in the order of another, as an array; of the rows of a filter behind it.
    "spark_first_values": (
        "slice(transform(array_sort(collect_list(named_struct('k', {1}, 'v', {0})) "
        "filter (where {3})), pair -> pair.v), 1, {2})"
    ),
}


class UntranslatableError(Exception):
    """A statement cannot be read as SQL; the message says where."""


def statements_of(sql: str) -> list[exp.Expression]:
    """Return the statements of ``sql`` as DuckDB's dialect reads them.

    Raises
    ------
    UntranslatableError
        If sqlglot cannot read a statement.
    """
    try:
        parsed = sqlglot.parse(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise UntranslatableError(str(error).splitlines()[0]) from error
    return [statement for statement in parsed if statement is not None]


@lru_cache(maxsize=1024)
def spark_sql(sql: str) -> str:
    """Return ``sql``, one statement of DuckDB's, as Spark SQL.

    Raises
    ------
    UntranslatableError
        If it is none, or more than one.
    """
    statements = statements_of(sql)
    if len(statements) != 1:
        raise UntranslatableError(f"{len(statements)} statements where one is expected: {sql[:80]}")
    return as_spark(statements[0])


def as_spark(statement: exp.Expression) -> str:
    """Return a statement, or a part of one, that was read in DuckDB's dialect as Spark SQL."""
    return _translated(statement).sql(dialect=_Spark, comments=False)


def _translated(tree: exp.Expression) -> exp.Expression:
    return tree.transform(_node)


def _node(node: exp.Expression) -> exp.Expression:
    """Return what stands for a node; what is replaced has been translated below as well."""
    if isinstance(node, exp.CTE) and node.args.get("materialized"):
        # Spark decides by itself what it computes once.
        node.set("materialized", None)
    if isinstance(node, exp.DataType) and node.this in _WIDE_INTEGERS:
        return exp.DataType.build("decimal(38, 0)")
    if isinstance(node, exp.Round) and node.args.get("decimals") is not None:
        return _rounded(node)
    if isinstance(node, exp.Filter) and _is_ours(node.this):
        return _spark_function(node.this, node.expression.this)
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.DPipe):
        return _from_hexadecimal(node)
    if _is_ours(node):
        return _spark_function(node, exp.true())
    return node


def _is_ours(node: exp.Expression) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in SPARK_FUNCTIONS


def _spark_function(call: exp.Anonymous, condition: exp.Expression) -> exp.Expression:
    """Return what a word of ours says; an aggregate's condition comes after its arguments."""
    arguments = [as_spark(each.copy()) for each in (*call.expressions, condition)]
    return parse_one(SPARK_FUNCTIONS[call.name.lower()].format(*arguments), read="spark")


def _from_hexadecimal(node: exp.Cast) -> exp.Expression:
    """Return a cast of ``'0x' || digits``, which Spark reads as a number by ``conv`` alone."""
    prefix, digits = node.this.this, node.this.expression
    if not (isinstance(prefix, exp.Literal) and prefix.name == "0x"):
        return node
    kind = node.to.sql(dialect=_Spark)
    return parse_one(f"cast(conv({as_spark(digits.copy())}, 16, 10) as {kind})", read="spark")


def _rounded(node: exp.Round) -> exp.Expression:
    """Return a rounding to decimals as DuckDB rounds.

    DuckDB multiplies doubles, rounds to an integer and divides; Spark rounds the shortest decimal
    that reads as the double, so that 0.285 to two decimals is 0.28 and 0.29. Decimals round alike.
    """
    decimals = node.args["decimals"]
    if not isinstance(decimals, exp.Literal) or int(decimals.name) == 0:
        return exp.Round(this=_translated(node.this.copy()), decimals=decimals.copy())
    value, places = as_spark(node.this.copy()), int(decimals.name)
    return parse_one(
        f"case when typeof({value}) like 'decimal%' then round({value}, {places}) "
        f"else round(cast({value} as double) * 1e{places}) / 1e{places} end",
        read="spark",
    )
