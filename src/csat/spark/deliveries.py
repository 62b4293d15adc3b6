"""What a company hands in as files, as Spark reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession, functions

#: Where the places of files go in a reader, as ``csat.sources.inventory`` writes it.
PLACES = "{deliveries}"
#: How readers of files begin.
_PARQUET, _TEXT = "read_parquet(", "read_csv("


def view_of(session: SparkSession, reader: str, places: Sequence[str], copies: Path) -> str:
    """Return what stands after ``from`` to read deliveries, with their place as ``csat_delivery``.

    Parameters
    ----------
    session
        Reads Parquet files, and tables.
    reader
        DuckDB's SQL as the inventory has it: of Parquet files, of text files or of a table.
    places
        SQL literals of the places to be read.
    copies
        Folder in which texts are written as Parquet, which Spark reads.
    """
    own = reader.replace(PLACES, ", ".join(places), 1)
    if _PARQUET not in reader and _TEXT not in reader:
        return own
    name = "csat_deliveries_" + hashlib.sha256(own.encode()).hexdigest()[:16]
    if reader.startswith(_PARQUET):
        files = [place[1:-1].replace("''", "'") for place in places]
        # Spark tells files as addresses: encoded, with their scheme.
        place = functions.regexp_replace(
            functions.url_decode(
                functions.regexp_replace(functions.col("_metadata.file_path"), r"\+", "%2B")
            ),
            "^file:/+",
            "/",
        )
        frame = session.read.parquet(*files).withColumn("csat_delivery", place)
    else:
        copies.mkdir(parents=True, exist_ok=True)
        copy = (copies / f"{name}.parquet").absolute()
        with duckdb.connect() as connection:
            connection.execute(f"copy (select * from {own}) to '{copy}' (format parquet)")
        frame = session.read.parquet(str(copy))
    frame.createOrReplaceTempView(name)
    return name
