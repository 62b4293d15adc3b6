"""How long pages take over a large published file: `python benchmarks/pages.py PUBLISHED 10000000`.

Makes the published file larger by repeating its customers under new keys, until the daily mart has
so many rows, in files of a history as a publication has them; then draws each page without a
browser, with nothing kept and once more. With OPENBLAS_NUM_THREADS=1, as `make dashboard` has it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import streamlit as st
from streamlit.testing.v1 import AppTest

from csat.engine import quote
from csat.history_files import HistoryFile, view_of, write_parquet

ROOT = Path(__file__).resolve().parents[1]
DAILY = "fct_customer_csat_daily"
#: Marts of customers, which grow with them.
OF_CUSTOMERS = (
    "fct_customer_csat_current",
    "fct_customer_csat_drivers",
    "fct_customer_levers",
    "segment_builder_customers",
    "dim_customers",
)
#: A test of a page looks for components of Streamlit in all installed packages before its first
#: run, which a server does once, at its start: so a run that draws nothing comes before the clock.
SCRIPT = """
import streamlit as st

if "is_asked_for" in st.session_state:
    import frame
    from views import {view}

    frame.draw({view}.show)
"""


def enlarge(published: Path, folder: Path, rows: int) -> tuple[Path, int]:
    """Write a copy whose daily mart has so many rows; return its file and its customers."""
    target = folder / "large.duckdb"
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"attach '{published}' as origin (read_only)")
        (own,) = connection.execute(f"select count(*) from origin.marts.{DAILY}").fetchone()
        times = -(-rows // own)
        for schema, table in connection.execute(
            "select table_schema, table_name from information_schema.tables "
            f"where table_catalog = 'origin' and table_name not in ('{DAILY}', 'history_files')"
        ).fetchall():
            connection.execute(f"create schema if not exists {schema}")
            relation = f"origin.{schema}.{table}"
            copied = repeated(relation, times) if table in OF_CUSTOMERS else f"from {relation}"
            connection.execute(f"create table {schema}.{table} as {copied}")
        enlarge_history(connection, folder, times)
        (customers,) = connection.execute(
            "select count(*) from marts.fct_customer_csat_current"
        ).fetchone()
        return target, customers


def repeated(relation: str, times: int) -> str:
    """Return the query of rows of customers, so many times under new keys.

    The copy comes first in the key: sorted files would pack copies of one customer too well.
    """
    return (
        "select * exclude (copy) replace (copy || '-' || customer_id as customer_id) "
        f"from {relation} cross join range({times}) as _ (copy)"
    )


def enlarge_history(connection: duckdb.DuckDBPyConnection, folder: Path, times: int) -> None:
    """Write the files of the daily mart, sorted as a publication sorts them, and its view."""
    own = connection.execute(
        "select file, first_date, last_date from origin.monitoring.history_files "
        f"where mart = 'marts.{DAILY}' order by first_date"
    ).fetchall()
    files = []
    for file, first_date, last_date in own:
        large = folder / Path(file).name
        query = (
            f"{repeated(f'read_parquet({quote(file)})', times)} order by customer_id, score_date"
        )
        files.append(
            HistoryFile(large, first_date, last_date, write_parquet(connection, query, large))
        )
    connection.execute(
        "create table monitoring.history_files as select * replace "
        f"({quote(str(folder))} || '/' || parse_filename(file) as file) "
        f"from origin.monitoring.history_files where mart = 'marts.{DAILY}'"
    )
    columns = connection.execute(f"describe origin.marts.{DAILY}").fetchall()
    view = view_of(files, [column for column, *_ in columns])
    connection.execute(f"create view marts.{DAILY} as {view}")


def drawn(view: str) -> tuple[AppTest, float, float]:
    """Draw a page with nothing kept; return it with seconds of the clock and of the processor."""
    page = AppTest.from_string(SCRIPT.format(view=view), default_timeout=120).run()
    page.session_state["is_asked_for"] = True
    # The open file and all answers, as after a publication: other pages may have asked the same.
    st.cache_resource.clear()
    st.cache_data.clear()
    return (page, *timed(page))


def timed(page: AppTest) -> tuple[float, float]:
    """Run a page; return seconds of the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    page.run()
    assert not page.exception, page.exception
    return time.perf_counter() - clock, time.process_time() - processor


def main() -> None:
    """Measure and tell."""
    published, rows = Path(sys.argv[1]), int(sys.argv[2])
    sys.path.insert(0, str(ROOT / "dashboards"))
    with tempfile.TemporaryDirectory() as folder:
        file, customers = enlarge(published, Path(folder), rows)
        os.environ |= {"CSAT_PUBLISHED_FILE": str(file), "CSAT_PROJECT_DIR": str(ROOT)}
        print(f"{rows:,} rows of the daily mart, {customers:,} customers.\n")
        print("| page | first time, s | of the processor | again, s | of the processor |")
        print("| --- | --- | --- | --- | --- |")
        views = sorted(view.stem for view in (ROOT / "dashboards" / "views").glob("[a-z]*.py"))
        _, *loading = drawn("overview")
        for view in views:
            page, *first = drawn(view)
            again = timed(page)
            print(f"| {view} | " + " | ".join(f"{x:.2f}" for x in (*first, *again)) + " |")
        print("overview, loading libraries: {:.2f} s, {:.2f} s".format(*loading))
        page, *_ = drawn("segment_builder")
        for value in (1.0, 2.0, 3.0):
            page.number_input[0].set_value(value)
            clock, processor = timed(page)
            print(f"segment_builder, at least {value:g}: {clock:.2f} s, {processor:.2f} s")


if __name__ == "__main__":
    main()
