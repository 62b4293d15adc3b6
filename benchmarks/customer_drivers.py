"""What the drivers of each customer cost, beside the bare writing of the same rows.

    make build
    python benchmarks/customer_drivers.py 200000

makes so many copies of the demo's customers in a temporary folder (TMPDIR says where), runs the SQL
of ``fct_customer_csat_drivers`` as the last build compiled it, and writes its rows once more
without computing anything, on one thread. Prints Markdown.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from csat.project import project_root

MART = "fct_customer_csat_drivers"
#: Tables that grow with the customers, and those that do not.
OF_CUSTOMERS = ("customer_current_scores", "int_current_features")
OTHERS = ("int_base_scores", "int_drivers")
REPEATS = 3


def made_company(connection: duckdb.DuckDBPyConnection, built: Path, customers: int) -> int:
    """Copy the demo's customers until they are so many; return how many they are."""
    connection.execute(f"attach '{built}' as built (read_only)")
    connection.execute("create schema intermediate")
    (demo,) = (
        connection.sql("from built.intermediate.customer_current_scores").count("*").fetchone()
    )
    copies = -(-customers // demo)
    for name in OF_CUSTOMERS:
        connection.execute(
            f"create table intermediate.{name} as select one.* replace "
            f"(one.customer_id || '_' || copies.number as customer_id) "
            f"from built.intermediate.{name} as one cross join range({copies}) as copies (number)"
        )
    for name in OTHERS:
        connection.execute(f"create table intermediate.{name} as from built.intermediate.{name}")
    return copies * demo


def seconds(connection: duckdb.DuckDBPyConnection, query: str, table: str) -> tuple[float, float]:
    """Return the least seconds by the clock, and of CPU, of writing a query's rows to a table."""
    found = []
    for _ in range(REPEATS):
        connection.execute(f"drop table if exists {table}")
        wall, cpu = time.monotonic(), _cpu()
        connection.execute(f"create table {table} as {query}")
        found.append((time.monotonic() - wall, _cpu() - cpu))
    return min(one for one, _ in found), min(one for _, one in found)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print what the mart costs."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    root = project_root()
    (compiled,) = (root / "target" / "compiled").glob(f"*/models/marts/*/{MART}.sql")
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        # Under the name of the build file, which the compiled SQL names.
        connection = duckdb.connect(
            str(Path(folder) / "csat_build.duckdb"),
            config={"threads": 1, "preserve_insertion_order": False, "memory_limit": "5GB"},
        )
        count = made_company(connection, root / "warehouse" / "csat_build.duckdb", customers)
        mart = seconds(connection, compiled.read_text(encoding="utf-8"), "mart")
        (rows,) = connection.sql("from mart").count("*").fetchone()
        bare = seconds(connection, "from mart", "copy")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{count:,} customers, {rows:,} rows, {peak:.1f} GB at most\n")
    print("| what | wall s | CPU s |\n| --- | ---: | ---: |")
    print(f"| {MART} | {mart[0]:.1f} | {mart[1]:.1f} |")
    print(f"| bare writing of its rows | {bare[0]:.1f} | {bare[1]:.1f} |")
    print(f"\n{mart[1] / bare[1]:.2f} times by CPU.")


if __name__ == "__main__":
    main()
