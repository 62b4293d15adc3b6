"""What the simulator writes, dirt included, is staged and built whole."""

from __future__ import annotations

import duckdb
import pytest
from companies import CONTRACT
from harness import Workspace


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
