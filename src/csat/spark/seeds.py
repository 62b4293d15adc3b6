"""Seeds as Arrow tables, with the types that the project names in DuckDB's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from csat.engine import quote_name

if TYPE_CHECKING:
    import agate


def typed(table: agate.Table, column_types: Mapping[str, str]) -> pa.Table:
    """Return a seed that dbt has read, each column of its type; VARCHAR where none is named."""
    as_text = pa.table(
        {
            name: pa.array([None if value is None else str(value) for value in column], pa.string())
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )
    casts = ", ".join(
        f"cast({quote_name(name)} as {column_types.get(name, 'varchar')}) as {quote_name(name)}"
        for name in table.column_names
    )
    with duckdb.connect() as connection:
        connection.register("seed", as_text)
        return connection.execute(f"select {casts} from seed").to_arrow_table()
