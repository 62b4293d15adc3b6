"""What tests run in their process is what a user runs in one of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
import quicker_dbt
from companies import required_tables, write_company
from harness import STAGING, WITHOUT_TESTS, Workspace

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")
INTERNAL_PACKAGES = ["dbt_duckdb", "dbt"]


def statements(workspace: Workspace) -> dict[str, str]:
    """Return what was compiled and run, by file, without where and when."""
    target = workspace.folder / "target"
    return {
        path.relative_to(target).as_posix(): MOMENT.sub(
            "", path.read_text(encoding="utf-8").replace(str(workspace.folder), "")
        )
        for folder in ("compiled", "run")
        for path in (target / folder).rglob("*.*")
        if path.is_file()
    }


def test_the_same_statements_are_run_as_without_what_is_spared(
    new_workspace: Callable[[], Workspace],
):
    spared, whole = new_workspace(), new_workspace()
    write_company(spared.source, required_tables())
    # With the times of the files, by which they are known again.
    shutil.copytree(spared.source, whole.source, dirs_exist_ok=True)

    command = ("build", "--select", *STAGING, *WITHOUT_TESTS)
    ours, theirs = spared.dbt(*command), whole.dbt_process(*command)

    assert ours.succeeded, ours.errors
    assert theirs.succeeded, theirs.output
    found, expected = statements(spared), statements(whole)
    assert len(expected) > 80
    assert sorted(found) == sorted(expected)
    different = [file for file in expected if found[file] != expected[file]]
    assert not different, (found[different[0]], expected[different[0]])


@pytest.mark.parametrize("package", ["csat", "dbt_duckdb", "dbt"])
def test_a_node_can_call_the_same_macros(workspace: Workspace, package: str):
    macros = workspace.parsed().get_macros_by_package()
    context: dict = {}

    def places(build: Callable) -> list[dict]:
        builder = quicker_dbt.MacroNamespaceBuilder("csat", package, None, INTERNAL_PACKAGES)
        namespace = build(builder, macros, context)
        found = dict(namespace)
        assert all(macro.context is context for macro in namespace.local_namespace.values())
        return [
            {name: macro.macro.unique_id for name, macro in place.items()}
            for place in (
                {name: macro for name, macro in found.items() if not isinstance(macro, dict)},
                *(macro for macro in found.values() if isinstance(macro, dict)),
                namespace.local_namespace,
                namespace.global_namespace,
            )
        ]

    found = places(quicker_dbt.build_namespace)
    assert len(found[0]) > 300
    assert found == places(quicker_dbt.build_any_namespace)


def test_a_log_still_holds_every_statement(workspace: Workspace):
    outcome = workspace.dbt("seed", "--select", "survey_instruments", log_level="debug")

    assert outcome.succeeded, outcome.errors
    log = (workspace.folder / "logs" / "dbt.log").read_text(encoding="utf-8")
    assert "On seed.csat.survey_instruments: BEGIN" in log
    assert 'create table "csat_build"."staging"."survey_instruments"' in log
