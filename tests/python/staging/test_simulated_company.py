"""What the simulator writes, dirt included, is staged and built whole."""

from __future__ import annotations

import duckdb
import pytest
from companies import CONTRACT
from harness import Workspace

#: Columns that tell of the run itself.
OF_THE_RUN = {
    "monitoring.publication": "published_at, published_file",
    "monitoring.history_files": "file",
}


@pytest.mark.parametrize("table", CONTRACT)
def test_every_row_of_the_simulated_company_is_accounted_for(
    built_company: Workspace, table: str
) -> None:
    place = built_company.source / table
    files = f"{place}/**/*.parquet" if place.is_dir() else f"{place}.parquet"
    (received,) = duckdb.sql(f"select count(*) from '{files}'").fetchone() or (0,)
    (counts,) = built_company.query(
        f"from monitoring.source_row_counts where source_table = '{table}'"
    )
    assert received > 0
    assert counts["rows_received"] == received
    fates = [counts[f"rows_{fate}"] for fate in ("accepted", "superseded", "rejected")]
    assert sum(fates) == received


def test_dirt_is_refused_for_several_reasons(built_company: Workspace) -> None:
    rules = built_company.values("select distinct rule from staging.stg_rejected_records")
    assert len(rules) >= 4


def published(company: Workspace) -> dict[str, tuple[int, int]]:
    """Return the number of rows of each published table, and a digest of them in any order."""
    digests = {}
    with duckdb.connect(str(company.folder / "warehouse" / "csat.duckdb"), read_only=True) as file:
        tables = file.execute(
            "select table_schema || '.' || table_name from information_schema.tables order by 1"
        ).fetchall()
        for (table,) in tables:
            columns = f"* exclude ({OF_THE_RUN[table]})" if table in OF_THE_RUN else "*"
            digests[table] = file.execute(
                f"select count(*), bit_xor(hash(r)) from (select {columns} from {table}) as r"
            ).fetchone()
    return digests


def test_run_without_news_leaves_the_company_as_it_was(company: Workspace) -> None:
    before = published(company)
    outcome = company.build()
    assert outcome.succeeded, outcome.errors
    assert published(company) == before
