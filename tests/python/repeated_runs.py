"""Runs of some models one after the other, beside one full refresh of the same files."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness import WITHOUT_TESTS, Workspace


@dataclass(frozen=True)
class RepeatedRuns:
    """What is selected, and the tables that it must end in."""

    selected: tuple[str, ...]
    tables: tuple[str, ...]

    def run(self, workspace: Workspace, *arguments: str) -> None:
        """Build what is selected."""
        outcome = workspace.dbt("build", "--select", *self.selected, *WITHOUT_TESTS, *arguments)
        assert outcome.succeeded, outcome.errors

    def rows(self, workspace: Workspace) -> dict[str, list[str]]:
        """Return every row of the tables as sorted text, without the place of the workspace."""
        return {
            table: sorted(
                json.dumps(row, sort_keys=True, default=str).replace(str(workspace.folder), "")
                for row in workspace.query(f"from {table}")
            )
            for table in self.tables
        }

    def assert_equal_full_refresh(self, workspace: Workspace) -> None:
        """Compare what is there with what one full refresh of the same files gives."""
        found = self.rows(workspace)
        self.run(workspace, "--full-refresh")
        expected = self.rows(workspace)
        for table in self.tables:
            surplus = sorted(set(found[table]) - set(expected[table]))
            missing = sorted(set(expected[table]) - set(found[table]))
            difference = ["only found:", *surplus, "only expected:", *missing]
            assert len(difference) == 2, "\n".join([table, *difference])
            assert len(found[table]) == len(expected[table]), table
