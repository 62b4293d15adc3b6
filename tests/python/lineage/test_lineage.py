"""Each column is told what it is made from: exactly in SQL, by table in Python."""

from __future__ import annotations

import json

import duckdb
import pytest
from harness import Workspace

from csat.lineage.columns import ANY, Column, Lineage, read_lineage
from csat.lineage.page import as_dict, as_page

RELATIONS = {
    ("staging", "base_visits"): {"visit_id": "VARCHAR", "wait": "BIGINT", "read_at": "TIMESTAMP"},
    ("intermediate", "scores"): {"visit_id": "VARCHAR", "score": "DOUBLE"},
    ("marts", "fct_visits"): {"visit_id": "VARCHAR", "late": "BOOLEAN", "score": "DOUBLE"},
}


def model(name: str, schema: str, inputs: list[str], sql: str | None) -> dict:
    return {
        "resource_type": "model",
        "name": name,
        "schema": schema,
        "alias": name,
        "language": "python" if sql is None else "sql",
        "compiled_code": sql,
        "description": f"One row per </script> of {name}.",
        "columns": {"score": {"description": "The score."}},
        "config": {"meta": {"is_published": schema == "marts"}},
        "depends_on": {"nodes": inputs},
    }


MANIFEST = {
    "sources": {
        "visits": {
            "resource_type": "source",
            "name": "visits",
            "schema": "company",
            "identifier": "visits",
            "description": "Visits.",
            "columns": {"visit_id": {"description": ""}, "wait": {"description": "Seconds."}},
        }
    },
    "nodes": {
        "base": model(
            *("base_visits", "staging", ["visits"]),
            "select visit_id, wait, now() as read_at from read_parquet('visits.parquet')",
        ),
        "scores": model("scores", "intermediate", ["base"], None),
        "fct": model(
            *("fct_visits", "marts", ["base", "scores"]),
            'with visits as (select * from "build"."staging"."base_visits"), late as ('
            "select visit_id, wait > 600 and wait is not null as late from visits) "
            'select late.visit_id, late.late, s.score from late left join "build"."intermediate".'
            '"scores" as s on late.visit_id = s.visit_id',
        ),
    },
}


@pytest.fixture(scope="module")
def lineage() -> Lineage:
    return read_lineage(MANIFEST, RELATIONS)


@pytest.mark.parametrize(
    ("column", "parents"),
    [
        ("fct_visits.late", ["base_visits.wait"]),
        ("fct_visits.visit_id", ["base_visits.visit_id"]),
        ("fct_visits.score", ["scores.score"]),
        ("scores.score", ["base_visits.*"]),
        ("base_visits.wait", ["visits.wait"]),
        ("visits.wait", []),
    ],
)
def test_columns_come_from_those_that_their_expressions_name(
    lineage: Lineage, column: str, parents: list[str]
) -> None:
    table, name = column.split(".")
    assert [str(parent) for parent in lineage.parents[Column(table, name)]] == parents


def test_a_column_goes_back_to_what_was_handed_in(lineage: Lineage) -> None:
    assert lineage.origins(Column("fct_visits", "late")) == {Column("visits", "wait")}
    through_python = lineage.origins(Column("fct_visits", "score"))
    assert {Column("visits", "wait"), Column("visits", "visit_id")} <= through_python


def test_the_page_holds_all_and_loads_nothing(lineage: Lineage) -> None:
    found = as_dict(lineage, MANIFEST)["tables"]
    assert found["fct_visits"]["kind"] == "published"
    assert found["fct_visits"]["columns"]["score"] == {
        "description": "The score.",
        "from": ["scores.score"],
    }
    page = as_page(lineage, MANIFEST)
    assert "$theme" not in page
    assert "http" not in page
    # A description cannot end the script.
    assert page.count("</script>") == 1


def test_marts_of_the_project_are_followed(built_company: Workspace) -> None:
    manifest = json.loads((built_company.folder / "target" / "manifest.json").read_text("utf-8"))
    relations: dict = {}
    with duckdb.connect(str(built_company.build_file), read_only=True) as connection:
        for schema, table, column, data_type in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where database_name = current_database() and not internal"
        ).fetchall():
            relations.setdefault((schema, table), {})[column] = data_type
    chosen = ("dim_customers", "fct_base_csat_daily", "fct_survey_measures", "fct_survey_answers")
    for node in manifest["nodes"].values():
        if node["name"] not in chosen:
            node["compiled_code"] = None
    lineage = read_lineage(manifest, relations)
    followed = [column for column in lineage.parents if column.table in chosen]
    assert len(followed) > 100
    assert not set(followed) & set(lineage.not_followed)
    assert lineage.parents[Column("dim_customers", "region")] == (
        Column("stg_company__customers_versions", "region"),
    )
    assert lineage.parents[Column("fct_survey_measures", "response_rate")] == (
        Column("int_survey_counts", "invitations_answered"),
        Column("int_survey_counts", "invitations_due"),
    )
    assert all(parent.name != ANY for column in followed for parent in lineage.parents[column])
