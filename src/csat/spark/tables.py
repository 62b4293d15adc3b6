"""Writing tables on Spark so that readers, and a run after a crash, find the old or the new whole.

Tables are files in a folder each, which cannot be changed in place. A table is written anew beside
the old one, under its name with ``PART`` behind it, is called ``NEW`` once it is whole, and then
takes the old one's place. A run that is broken off between the two leaves a new one to `settle`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import SparkSession, functions
from pyspark.sql.connect.dataframe import DataFrame as ConnectDataFrame
from pyspark.sql.dataframe import DataFrame

#: Ends the name of a table that is being written, and of one that has not taken its place yet.
PART, NEW = "__part", "__new"
#: Rows of a stream that are sent to Spark at once.
ROWS_SENT_AT_ONCE = 500_000


def settle(session: SparkSession, schema: str) -> None:
    """Finish what a run broken off has left of a schema's tables; to be called before any write."""
    if not session.catalog.databaseExists(schema):
        return
    for left in session.catalog.listTables(schema):
        if left.name.endswith(NEW):
            _take_place(session, f"{schema}.{left.name.removesuffix(NEW)}")


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
    part = table + PART
    session.sql(f"drop table if exists {part}")
    mode = "overwrite"
    for frame in _frames(session, rows):
        if partitioned_by:
            writer = frame.repartition(partitioned_by).write.partitionBy(partitioned_by)
        else:
            writer = frame.write
        writer.mode(mode).format("parquet").saveAsTable(part)
        mode = "append"
    session.sql(f"drop table if exists {table}{NEW}")
    session.sql(f"alter table {part} rename to {table}{NEW}")
    _take_place(session, table)


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


def _take_place(session: SparkSession, table: str) -> None:
    """Put a whole new table into the place of the old one."""
    session.sql(f"drop table if exists {table}")
    session.sql(f"alter table {table}{NEW} rename to {table}")


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
