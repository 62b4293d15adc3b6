"""Spark as the engine that Python models speak to, in this process or through Spark Connect.

Functions that Spark is to map batches with are sent to its workers with all of this package that
they use: workers need Python, numpy and pyarrow, but no csat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

import csat
from csat.engine import BatchFunction, EngineError, quote_name
from csat.spark import statements
from csat.spark.errors import told_as
from csat.spark.translate import spark_sql

cloudpickle.register_pickle_by_value(csat)


class SparkEngine:
    """Spark, where a query is divided among processes.

    Parameters
    ----------
    session
        A session of this process, or of a server.
    """

    is_distributed = True

    def __init__(self, session: SparkSession):
        self.session = session

    def collect(self, sql: str) -> pa.Table:
        """Run a query, DuckDB's, and return its rows, with DuckDB's types.

        Raises
        ------
        EngineError
            If Spark refuses the query.
        """
        with told_as(EngineError):
            return _as_duckdb(self._frame(sql).toArrow())

    def stream(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in batches, of which few are held at a time.

        Raises
        ------
        EngineError
            If Spark refuses the query.
        """
        with told_as(EngineError):
            # Rows come one by one, which takes long for numbers: a row is a whole batch.
            packed = self._frame(sql).mapInArrow(_packed, "batch binary")
            for row in packed.toLocalIterator():
                yield from pa.ipc.open_stream(row["batch"])

    def lazily(self, query: str) -> DataFrame:
        """Return the rows of a query as what a Python model may return, run when it is written.

        Raises
        ------
        EngineError
            If Spark refuses the query.
        """
        with told_as(EngineError):
            return self._frame(query)

    def mapped(
        self,
        parts: Iterable[tuple[str, BatchFunction]],
        schema: pa.Schema,
        *,
        together: str | None = None,
        order: Sequence[str] = (),
    ) -> DataFrame:
        """Return what functions make of the rows of queries, on Spark's workers.

        A function is called once for the rows of each partition. Parameters are those of
        ``Engine.mapped``.

        Raises
        ------
        EngineError
            If Spark refuses a query.
        """
        returned = from_arrow_schema(schema, prefer_timestamp_ntz=True)
        frames = []
        with told_as(EngineError):
            for query, function in parts:
                frame = self._frame(query)
                if together:
                    frame = frame.repartition(together)
                if order:
                    frame = frame.sortWithinPartitions(*order)
                frames.append(frame.mapInArrow(_Sent(function), returned))
            if not frames:
                return self.session.createDataFrame([], returned)
            return reduce(lambda first, second: first.unionAll(second), frames)

    def query_of(self, relation: str) -> str:
        """Return what ``dbt.ref`` gave, the name of a relation, to stand after ``from``."""
        return ".".join(quote_name(part) for part in _parts(relation))

    def execute(self, sql: str) -> None:
        """Run a statement that returns no rows.

        Raises
        ------
        EngineError
            If Spark refuses the statement.
        """
        with told_as(EngineError):
            statements.run(self.session, sql)

    def relation_exists(self, relation: str) -> bool:
        """Tell whether ``relation`` (``schema.name``) exists; it may differ in case."""
        return self.session.catalog.tableExists(".".join(f"`{part}`" for part in _parts(relation)))

    def variable(self, name: str) -> str:
        """Return what the model's pre-hook has set under a name.

        Raises
        ------
        EngineError
            If it has set nothing.
        """
        with told_as(EngineError):
            rows = self.session.sql(f"select session.{name} as value").toArrow()
        return rows["value"][0].as_py()

    def project_root(self) -> Path:
        """Return the folder of the project that is being run, as the pre-hook tells it."""
        return Path(self.variable("csat_project_root")).absolute()

    def _frame(self, sql: str) -> DataFrame:
        return self.session.sql(spark_sql(sql))


@dataclass(frozen=True)
class _Sent:
    """A function of batches as Spark calls it: with DuckDB's types."""

    function: BatchFunction

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from self.function(map(_as_duckdb, batches))


def _packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches as they are written to a file, one a row."""
    for batch in map(_as_duckdb, batches):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield pa.record_batch({"batch": pa.array([sink.getvalue().to_pybytes()], pa.binary())})


def _as_duckdb(rows: pa.Table | pa.RecordBatch) -> pa.Table | pa.RecordBatch:
    """Return rows with the types that DuckDB gives: times without zone, and no column without null.

    What stands within a list stays as it is.
    """
    fields = [
        pa.field(
            field.name,
            pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type,
        )
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))


def _parts(relation: str) -> list[str]:
    return [part.strip('"`') for part in relation.split(".")]
