"""Writing tables on Spark so that readers, and a run after a crash, find the old or the new whole.

Tables are files in a folder each, which cannot be changed in place. A table is written anew beside
the old one, under its name with ``NEW`` behind it, and then takes its place: where only the new one
is there, it is whole, and `settle` gives it its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import SparkSession, functions
from pyspark.sql.connect.dataframe import DataFrame as ConnectDataFrame
from pyspark.sql.dataframe import DataFrame

#: Ends the name of a table that has not taken its place yet.
NEW = "__new"
#: Rows of a stream that are sent to Spark at once.
ROWS_SENT_AT_ONCE = 500_000


def settle(session: SparkSession, table: str) -> None:
    """Give a table its name that a run broken off has written whole and not renamed."""
    if not session.catalog.tableExists(table) and session.catalog.tableExists(table + NEW):
        session.sql(f"alter table {table}{NEW} rename to {table}")


def write(
    session: SparkSession, rows: object, table: str, partitioned_by: str | None = None
) -> None:
    """Put a table into the place of what has its name.

    Parameters
    ----------
    session
        Writes it.
    rows
        A DataFrame, an Arrow table, or a reader or other iterable of record batches, of which few
        are held at a time.
    table
        Its name, with the schema before it.
    partitioned_by
        A column whose values have a folder each, if any.
    """
    new = table + NEW
    session.sql(f"drop table if exists {new}")
    mode = "overwrite"
    for frame in _frames(session, rows):
        if partitioned_by:
            writer = frame.repartition(partitioned_by).write.partitionBy(partitioned_by)
        else:
            writer = frame.write
        writer.mode(mode).format("parquet").saveAsTable(new)
        mode = "append"
    if session.catalog.tableExists(table):
        session.sql(f"drop table {table}")
    session.sql(f"alter table {new} rename to {table}")


def append(session: SparkSession, rows: DataFrame, table: str) -> None:
    """Add rows to a table, whose columns stand in any order."""
    there = session.table(table)
    if set(there.columns) == set(rows.columns):
        rows.select(*there.columns).write.insertInto(table)
    else:
        write(session, _with_columns_of(there, rows), table)


def replace(
    session: SparkSession,
    rows: DataFrame,
    table: str,
    key: Sequence[str],
    partitioned_by: str | None = None,
) -> None:
    """Put rows into the place of all rows of a table that have one of their keys.

    Where the key is what the table is partitioned by, only those partitions are written; otherwise
    the table is written anew.
    """
    there = session.table(table)
    if [partitioned_by] == list(key) and set(there.columns) == set(rows.columns):
        own = rows.select(*there.columns).repartition(partitioned_by)
        own.write.mode("overwrite").insertInto(table)
        return
    kept = there.join(rows.select(*key).distinct(), on=list(key), how="left_anti")
    write(session, _with_columns_of(kept, rows), table, partitioned_by)


def _frames(session: SparkSession, rows: object) -> Iterator[DataFrame]:
    if isinstance(rows, DataFrame | ConnectDataFrame):
        yield rows
    elif isinstance(rows, pa.Table):
        yield session.createDataFrame(rows)
    else:
        schema = rows.schema
        for table in _gathered(rows, schema):
            yield session.createDataFrame(table)


def _gathered(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    was_sent = False
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= ROWS_SENT_AT_ONCE:
            yield pa.Table.from_batches(waiting, schema)
            waiting, was_sent = [], True
    if waiting or not was_sent:
        yield pa.Table.from_batches(waiting, schema)


def _with_columns_of(old: DataFrame, rows: DataFrame) -> DataFrame:
    """Return old rows and new ones with the columns of the new, empty where the old had none."""
    kept = old.select(
        *(
            functions.col(name) if name in old.columns else functions.lit(None).alias(name)
            for name in rows.columns
        )
    )
    return kept.unionByName(rows)
