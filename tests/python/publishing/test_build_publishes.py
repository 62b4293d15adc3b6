"""A full green `dbt build` publishes; anything less publishes nothing and says so."""

from __future__ import annotations

import duckdb
import pytest
from companies import required_tables, write_company
from harness import Workspace

from csat.generations import generations
from csat.project import UserError
from csat.publishing import publish_again

PART = "Nothing was published: this run was only a part of the project"


def generation(workspace: Workspace) -> object:
    """Return when the published file was made, or nothing where there is none."""
    file = workspace.folder / "warehouse" / "csat.duckdb"
    if not file.exists():
        return None
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute("select published_at from monitoring.publication").fetchone()


def test_only_a_whole_green_build_publishes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    """Parts, runs without tests and failed tests leave the published file as it was.

    `csat publish` publishes what a green build has left, and nothing else.
    """
    write_company(workspace.source, required_tables())
    for name in ("CSAT_BUILD_FILE", "CSAT_PUBLISHED_FILE"):
        monkeypatch.setenv(name, workspace.variables()[name])

    whole = workspace.dbt("build")
    assert whole.succeeded, whole.output
    assert "Published " in whole.output
    first = generation(workspace)
    assert first is not None

    part = workspace.dbt("build", "--select", "dim_customers+")
    assert part.succeeded
    assert PART in part.output
    with pytest.raises(UserError, match="only a part of the project"):
        publish_again(workspace.folder)
    assert PART in workspace.dbt("run").output
    assert generation(workspace) == first

    earlier = Workspace(workspace.folder, {"CSAT_BUILD_FILE": "warehouse/replay.duckdb"})
    replay = earlier.build("--vars", "{as_of_date: '2026-02-01'}")
    assert replay.succeeded, replay.errors
    assert "Nothing was published: the run shows an earlier day" in replay.output
    assert generation(workspace) == first

    failing = workspace.folder / "tests" / "data" / "assert_nothing.sql"
    failing.write_text("select 1 as failure from {{ ref('survey_instruments') }}")
    failed = workspace.build()
    assert not failed.succeeded
    assert "Nothing was published, because assert_nothing failed." in failed.output
    with pytest.raises(UserError, match="because assert_nothing failed"):
        publish_again(workspace.folder)
    assert generation(workspace) == first

    failing.unlink()
    assert workspace.build().succeeded
    built = generation(workspace)
    assert built != first
    publish_again(workspace.folder)
    assert generation(workspace) > built
    assert len(generations(workspace.folder / "warehouse" / "csat.duckdb")) == 3


def test_a_published_file_that_cannot_be_written_fails_the_build(workspace: Workspace):
    """The exit code tells a scheduler, and one sentence tells the person."""
    write_company(workspace.source, required_tables())
    workspace.environment["CSAT_PUBLISHED_FILE"] = "dbt_project.yml/csat.duckdb"

    outcome = workspace.dbt_process("build")

    assert outcome.exit_code != 0
    assert "Nothing was published: " in outcome.output
    assert "set CSAT_PUBLISHED_FILE to another place" in outcome.output
    assert "Traceback" not in outcome.output


def test_a_company_that_is_mostly_refused_publishes_nothing(workspace: Workspace):
    """A wrong date format must not put empty marts in the place of good ones."""
    write_company(workspace.source, required_tables(responded_at="31.03.2026"))

    outcome = workspace.build()

    assert not outcome.succeeded
    assert "because assert_no_table_is_mostly_refused failed" in outcome.output
    assert generation(workspace) is None
