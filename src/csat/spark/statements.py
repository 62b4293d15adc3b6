"""Statements as dbt sends them: DuckDB's are translated, Spark's own are run as they are."""

from __future__ import annotations

import re
from threading import RLock

from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from csat.spark import tables
from csat.spark.translate import as_spark, spark_sql, statements_of

#: How the project's statements begin; all others are the adapter's own.
_DUCKDB = re.compile(
    r"\s*(select|with|\(|values|insert\s+into\s+(?!table)|update|delete|create\s+(or\s+replace\s+)?table|"
    r"create\s+schema|set\s+variable)\b",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\s*set\s+variable\s+(\w+)\s*=(.*)", re.IGNORECASE | re.DOTALL)
#: What Spark has none of; dbt says it around hooks.
_TRANSACTION = ("begin", "commit")
_NOTHING = "select 1 where false"
_COMMENT = re.compile(r"\A\s*(/\*.*?\*/\s*)+", re.DOTALL)
#: One statement at a time changes a table: changing one is reading it and writing it anew.
_CHANGING = RLock()


def run(session: SparkSession, sql: str) -> DataFrame:
    """Run statements in order, and return the rows of the last one.

    ``update`` and ``delete`` of the project's SQL write their table anew, since tables of files
    know neither.
    """
    sql = _COMMENT.sub("", sql)
    if sql.strip().rstrip(";").lower() in _TRANSACTION:
        return session.sql(_NOTHING)
    if not _DUCKDB.match(sql):
        return session.sql(sql)
    variable = _VARIABLE.match(sql)
    if variable:
        name, value = variable[1], spark_sql(f"select {variable[2]}").removeprefix("SELECT ")
        return session.sql(f"declare or replace variable {name} string default {value}")
    rows = session.sql(_NOTHING)
    for statement in statements_of(sql):
        rows = _run(session, statement)
    return rows


def _run(session: SparkSession, statement: exp.Expression) -> DataFrame:
    if isinstance(statement, exp.Delete | exp.Update | exp.Insert):
        with _CHANGING:
            return _changed(session, statement)
    if isinstance(statement, exp.Create) and statement.args.get("replace"):
        tables.write(session, session.sql(as_spark(statement.expression)), _name(statement.this))
        return session.sql(_NOTHING)
    return session.sql(as_spark(statement))


def _name(table: exp.Table) -> str:
    return exp.table_(table.name, db=table.db).sql(dialect="duckdb")


def _changed(session: SparkSession, statement: exp.Delete | exp.Update | exp.Insert) -> DataFrame:
    if isinstance(statement, exp.Insert):
        return session.sql(as_spark(statement))
    table = statement.this
    named = table.sql(dialect="duckdb")
    name = _name(table)
    condition = statement.args.get("where")
    met = condition.this.sql(dialect="duckdb") if condition else "true"
    if isinstance(statement, exp.Delete):
        query = f"select * from {named} where not coalesce({met}, false)"
    else:
        query = _updated(session, statement, named, name, met)
    tables.write(session, session.sql(spark_sql(query)), name)
    return session.sql(_NOTHING)


def _updated(session: SparkSession, statement: exp.Update, named: str, name: str, met: str) -> str:
    """Return a query of a table's rows as an update leaves them."""
    values = {each.this.name: each.expression.sql("duckdb") for each in statement.expressions}
    alias = statement.this.alias or name
    columns = (
        f"case when {met} then {values[column]} else {alias}.{column} end as {column}"
        if column in values
        else f"{alias}.{column}"
        for column in session.table(name).columns
    )
    others = statement.args.get("from_") or statement.args.get("from")
    joined = f" left join {others.this.sql('duckdb')} on {met}" if others else ""
    return f"select {', '.join(columns)} from {named}{joined}"
