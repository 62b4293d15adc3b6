"""The peer of staging: DuckDB alone, reading and aggregating the same files.

``scan`` takes the maximum of every column: the least that reading can cost. ``deduplicate`` takes
the newest row of every key and stores it: what staging does, without types, rules or reasons.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from csat.contract import load_contract
from csat.project import project_root


def main() -> None:
    """Run one of the two over a folder of tables."""
    kind, folder, database = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    connection = duckdb.connect(database)
    connection.execute("set preserve_insertion_order = false")
    for table in load_contract(project_root()).values():
        files = f"read_parquet('{folder / table.name}/*.parquet')"
        names = [column.name for column in table.columns]
        if kind == "scan":
            columns = ", ".join(f"max({name})" for name in names)
            connection.execute(f"select {columns} from {files}").fetchall()
        else:
            keys = [column.name for column in table.columns if column.is_key]
            newest = ", ".join(
                f"max_by({name}, loaded_at) as {name}" for name in names if name not in keys
            )
            connection.execute(
                f"create table {table.name} as select {', '.join(keys)}, {newest} "
                f"from {files} group by {', '.join(keys)}"
            )


if __name__ == "__main__":
    main()
