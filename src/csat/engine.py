"""The small interface through which Python models speak to the engine.

Every engine offers the same methods, so that a model is written once. DuckDB is
the first engine, Spark the second, in ``csat.spark.engine``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

#: Rows that a stream hands over at once: few enough that their columns stay in a core's cache.
ROWS_OF_A_BATCH = 30_000


#: Makes batches of the batches of a query; where it runs elsewhere, it is sent there with all that
#: it holds.
BatchFunction = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class EngineError(Exception):
    """The engine refused a statement; the message is the engine's first line."""


class Engine(Protocol):
    """What the library asks of an engine.

    Attributes
    ----------
    is_distributed
        Whether it divides a query among processes by itself. Where it does not, what would not fit
        into memory at once is asked for some customers at a time.
    """

    is_distributed: bool

    def collect(self, sql: str) -> pa.Table:
        """Run a query and return its rows."""
        ...

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in batches, of which few are held at a time."""
        ...

    def lazily(self, query: str) -> object:
        """Return the rows of a query as what a Python model may return, run when it is written."""
        ...

    def mapped(
        self,
        parts: Iterable[tuple[str, BatchFunction]],
        schema: pa.Schema,
        *,
        together: str | None = None,
        order: Sequence[str] = (),
    ) -> object:
        """Return what functions make of the rows of queries, run when it is written.

        Parameters
        ----------
        parts
            Queries, each with its function. A function is called with an iterator over batches of
            its query, once or for some of the rows each time.
        schema
            Of the batches that the functions return.
        together
            Column whose rows of one value come to the same call of a function.
        order
            Columns by which the rows of a call come in order.

        Returns
        -------
        object
            What a Python model may return.
        """
        ...

    def query_of(self, relation: object) -> str:
        """Return what ``dbt.ref`` gave as a relation, to stand after ``from``."""
        ...

    def execute(self, sql: str) -> None:
        """Run a statement that returns no rows."""
        ...

    def relation_exists(self, relation: str) -> bool:
        """Tell whether a table or view can be read."""
        ...

    def variable(self, name: str) -> str:
        """Return what the model's pre-hook has set under a name."""
        ...

    def project_root(self) -> Path:
        """Return the folder of the project that is being run, as the pre-hook tells it."""
        ...


class DuckDBEngine:
    """DuckDB, in the process that dbt runs in."""

    is_distributed = False

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection

    def collect(self, sql: str) -> pa.Table:
        """Run a query and return its rows.

        Raises
        ------
        EngineError
            If DuckDB refuses the query.
        """
        try:
            return self.connection.execute(sql).to_arrow_table()
        except duckdb.Error as error:
            raise EngineError(str(error).splitlines()[0]) from error

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in batches, of which few are held at a time.

        Runs beside whatever reads the batches, and so sees what was committed before.

        Raises
        ------
        EngineError
            If DuckDB refuses the query.
        """
        try:
            with self.connection.cursor() as cursor:
                yield from cursor.execute(sql).to_arrow_reader(ROWS_OF_A_BATCH)
        except duckdb.Error as error:
            raise EngineError(str(error).splitlines()[0]) from error

    def lazily(self, query: str) -> duckdb.DuckDBPyRelation:
        """Return the rows of a query as what a Python model may return, run when it is written.

        Raises
        ------
        EngineError
            If DuckDB refuses the query.
        """
        try:
            return self.connection.sql(query)
        except duckdb.Error as error:
            raise EngineError(str(error).splitlines()[0]) from error

    def mapped(
        self,
        parts: Iterable[tuple[str, BatchFunction]],
        schema: pa.Schema,
        *,
        together: str | None = None,
        order: Sequence[str] = (),
    ) -> pa.RecordBatchReader:
        """Return what functions make of the rows of queries, one query after the other.

        A function is called once for each query. Parameters are those of ``Engine.mapped``.
        """
        ordered = f" order by {', '.join(order)}" if order else ""
        return pa.RecordBatchReader.from_batches(
            schema,
            (
                batch
                for query, function in parts
                for batch in function(self.stream(f"{query}{ordered}"))
            ),
        )

    def query_of(self, relation: duckdb.DuckDBPyRelation) -> str:
        """Return what ``dbt.ref`` gave as a subquery, to stand after ``from``."""
        return f"({relation.sql_query()})"

    def execute(self, sql: str) -> None:
        """Run a statement that returns no rows.

        Raises
        ------
        EngineError
            If DuckDB refuses the statement.
        """
        try:
            self.connection.execute(sql)
        except duckdb.Error as error:
            raise EngineError(str(error).splitlines()[0]) from error

    def relation_exists(self, relation: str) -> bool:
        """Tell whether ``relation`` (``schema.name`` or ``database.schema.name``) exists.

        Like the engine's own names, it may differ in case.
        """
        name = [part.strip('"') for part in relation.split(".")]
        conditions = " and ".join(
            f"lower({column}) = lower({quote(part)})"
            for column, part in zip(
                ("table_name", "table_schema", "table_catalog"), reversed(name), strict=False
            )
        )
        found = self.connection.execute(
            f"select count(*) from information_schema.tables where {conditions}"
        ).fetchone()
        return bool(found and found[0])

    def variable(self, name: str) -> str:
        """Return what the model's pre-hook has set under a name."""
        (row,) = self.connection.execute(f"select getvariable({quote(name)})").fetchall()
        return row[0]

    def project_root(self) -> Path:
        """Return the folder of the project that is being run, as the pre-hook tells it."""
        return Path(self.variable("csat_project_root")).absolute()


def engine_of(session: object) -> Engine:
    """Return the engine of the session that dbt gives a Python model.

    Parameters
    ----------
    session
        A Spark session, or what dbt-duckdb gives, which passes everything on to its connection.
    """
    if type(session).__module__.partition(".")[0] == "pyspark":
        # Only where it is used must Spark be there.
        from csat.spark.engine import SparkEngine

        return SparkEngine(session)
    return DuckDBEngine(session)


def columns_of(engine: Engine, relation: str) -> list[str]:
    """Return the names of a relation's columns, in their order."""
    return engine.collect(f"select * from {relation} limit 0").column_names


def exact_sum(value: str) -> str:
    """Return SQL of a sum of doubles that does not depend on the order of rows, to 12 decimals.

    What the macro ``exact_sum`` is in models.
    """
    return f"(cast(sum(cast(round(({value}) * 1e12) as hugeint)) as double) / 1e12)"


def quote(text: str) -> str:
    """Return ``text`` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """Return ``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
