"""dbt's own commands work from anywhere, and before anything was built."""

from __future__ import annotations

from pathlib import Path

from companies import required_tables, write_company
from harness import Workspace


def test_build_works_from_another_folder(workspace: Workspace, tmp_path: Path) -> None:
    write_company(workspace.source, required_tables())
    outcome = workspace.dbt_process(
        "build",
        "--select",
        "source_inventory",
        "+stg_company__survey_responses",
        "--exclude-resource-type",
        "test",
        working_directory=tmp_path,
    )
    assert outcome.exit_code == 0, outcome.errors
    assert workspace.values("select answer from staging.stg_company__survey_responses") == ["9"]
    assert list(tmp_path.iterdir()) == []


def test_build_and_test_work_with_absolute_paths(workspace: Workspace, tmp_path: Path) -> None:
    company, build_file = tmp_path / "my company's data", tmp_path / "csat_build.duckdb"
    write_company(company, required_tables())
    workspace.environment |= {"CSAT_SOURCE": str(company), "CSAT_BUILD_FILE": str(build_file)}
    workspace.stage()
    assert build_file.exists()
    assert not workspace.build_file.exists()
    outcome = workspace.dbt("test", "--select", "stg_company__customers", "stg_company__contacts")
    assert outcome.succeeded, outcome.errors
    assert "PASS=0 " not in outcome.output


def test_docs_are_generated_before_anything_is_built(workspace: Workspace) -> None:
    outcome = workspace.dbt("docs", "generate")
    assert outcome.succeeded, outcome.errors
    assert (workspace.folder / "target" / "catalog.json").exists()


def test_source_of_a_schema_of_the_warehouse(workspace: Workspace) -> None:
    workspace.environment["CSAT_SOURCE"] = "schema:raw"
    workspace.execute(
        """
        create schema raw;
        create table raw.customers as
        select i as customer_id, date '2025-01-01' as customer_since, i % 2 = 0 as vip
        from range(3) as numbers(i);
        create table raw.SURVEY_RESPONSES as
        select
            i as "Response_ID", i % 3 as customer_id, 'relationship_nps' as instrument_id,
            timestamptz '2026-03-01 10:00:00+02' + i * interval 1 hour as responded_at, i as answer,
            (date '2026-03-02' + i::int)::timestamp as loaded_at
        from range(8) as numbers(i);
        """
    )
    workspace.stage()
    answers = "select answer from staging.stg_company__survey_responses order by 1"
    assert workspace.values(answers) == [str(i) for i in range(8)]
    assert workspace.values(
        "select responded_at::varchar from staging.stg_company__survey_responses "
        "where response_id = '0'"
    ) == ["2026-03-01 08:00:00"]
    workspace.execute(
        """
        update raw.customers set customer_since = date '2025-02-01';
        update raw.survey_responses set answer = 10, loaded_at = '2026-03-20' where answer = 3;
        insert into raw.survey_responses
        select 100, 1, 'relationship_nps', timestamptz '2026-03-02 10:00:00+00', 9, '2026-03-20';
        """
    )
    workspace.stage()
    assert sorted(workspace.values(answers), key=int) == [
        "0",
        "1",
        "2",
        "4",
        "5",
        "6",
        "7",
        "9",
        "10",
    ]
    assert set(
        workspace.values("select customer_since::varchar from staging.stg_company__customers")
    ) == {"2025-02-01"}
    deliveries = workspace.values(
        "select delivery from staging.source_inventory where source_table = 'survey_responses'"
    )
    assert "2026-03-20" in deliveries
    assert "2026-03-05" not in deliveries
    assert workspace.query("from staging.stg_rejected_records") == []
