"""A full green `dbt build` publishes, without news the same; anything less publishes nothing."""

from __future__ import annotations

import duckdb
import pytest
from companies import required_tables, write_company
from harness import WITHOUT_UNIT_TESTS, Workspace

from csat.generations import generations
from csat.project import UserError
from csat.publishing import publish_again

#: Columns that tell of the run itself.
OF_THE_RUN = {
    "monitoring.publication": "published_at, published_file",
    "monitoring.history_files": "file",
}
PART = "Nothing was published: this run was only a part of the project"


def generation(workspace: Workspace) -> object:
    """Return when the published file was made, or nothing where there is none."""
    file = workspace.folder / "warehouse" / "csat.duckdb"
    if not file.exists():
        return None
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute("select published_at from monitoring.publication").fetchone()


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


def test_only_a_whole_green_build_publishes_and_without_news_the_same(
    company: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """Parts, replays, failed tests and a full disk leave the published file as it was.

    `csat publish` publishes what a green build has left, and nothing else.
    """
    for name in ("CSAT_BUILD_FILE", "CSAT_PUBLISHED_FILE"):
        monkeypatch.setenv(name, company.variables()[name])
    # What the whole build of the company has published.
    first, told = generation(company), published(company)
    assert first is not None

    replay = company.dbt(
        *("build", "--select", "publication", "--vars", "{as_of_date: '2026-02-01'}"),
        manifest=company.parsed(),
    )
    assert replay.succeeded, replay.errors
    assert "Nothing was published: the run shows an earlier day" in replay.output
    for command in ("run", "build"):
        part = company.dbt(command, "--select", "publication")
        assert part.succeeded
        assert PART in part.output
    with pytest.raises(UserError, match="only a part of the project"):
        publish_again(company.folder)
    assert generation(company) == first

    # A run that would put the demo into the company's build file.
    company.environment["CSAT_SOURCE"] = None
    forgotten = company.build()
    assert not forgotten.succeeded
    assert (
        "The build file holds the data of company, and CSAT_SOURCE is not set: set it to company"
    ) in forgotten.output
    del company.environment["CSAT_SOURCE"]

    failing = company.folder / "tests" / "data" / "assert_nothing.sql"
    failing.write_text("select 1 as failure from {{ ref('survey_instruments') }}")
    failed = company.build()
    assert not failed.succeeded
    assert "Nothing was published, because assert_nothing failed." in failed.output
    with pytest.raises(UserError, match="because assert_nothing failed"):
        publish_again(company.folder)
    assert generation(company) == first
    failing.unlink()

    # The exit code tells a scheduler, and one sentence tells the person.
    company.environment["CSAT_PUBLISHED_FILE"] = "dbt_project.yml/csat.duckdb"
    unwritten = company.dbt_process("build", *WITHOUT_UNIT_TESTS)
    assert unwritten.exit_code != 0
    assert "Nothing was published: " in unwritten.output
    assert "set CSAT_PUBLISHED_FILE to another place" in unwritten.output
    assert "Traceback" not in unwritten.output
    assert generation(company) == first

    # Nothing else was wrong with it.
    publish_again(company.folder)
    assert generation(company) > first
    assert published(company) == told
    assert len(generations(company.folder / "warehouse" / "csat.duckdb")) == 2


def test_a_company_that_is_mostly_refused_publishes_nothing(workspace: Workspace):
    """A wrong date format must not put empty marts in the place of good ones."""
    write_company(workspace.source, required_tables(responded_at="31.03.2026"))

    outcome = workspace.build()

    assert not outcome.succeeded
    assert "because assert_no_table_is_mostly_refused failed" in outcome.output
    assert generation(workspace) is None
