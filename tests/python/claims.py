"""Claims of tests/data, asked of a database in which a test plants what they must not let through.

dbt takes seconds to start for each question. What it would ask is compiled once, and asked as it
would ask it: a claim holds where its query finds no row. That dbt asks the same, and fails over
such a row, `test_a_claim_that_does_not_hold_fails_the_run` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from harness import Workspace

COMPILED = Path("target", "compiled", "csat", "tests", "data")


@dataclass(frozen=True)
class Claims:
    """A workspace whose marts are built and whose claims are compiled."""

    workspace: Workspace

    def rows_against(self, claim: str, after: str = "") -> int:
        """Return how many rows a claim finds fault with, after statements that are then undone."""
        path = self.workspace.folder / COMPILED / f"{claim}.sql"
        query = path.read_text(encoding="utf-8")
        with duckdb.connect(str(self.workspace.build_file)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.begin()
            if after:
                connection.execute(after)
            (rows,) = connection.execute(f"select count(*) from (\n{query}\n)").fetchone() or (0,)
            connection.rollback()
        return rows

    def broken(self, claims: Sequence[str], after: str = "") -> list[str]:
        """Return which claims do not hold after statements that are then undone."""
        return [claim for claim in claims if self.rows_against(claim, after)]


def compile_claims(workspace: Workspace, claims: Sequence[str], *arguments: str) -> None:
    """Have dbt compile claims, with the arguments that their tables were built with."""
    outcome = workspace.dbt("compile", "--select", *claims, *arguments)
    assert outcome.succeeded, outcome.errors
