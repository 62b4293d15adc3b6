"""A change that would break readers of a public table is found; one that would not is free."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from csat.cli import main
from csat.contracts import (
    PROMISES,
    Contract,
    as_text,
    broken,
    contracts_of,
    read_promises,
)
from csat.project import UserError

PLANS = Contract("dim_plans", 1, "marts.dim_plans", (("plan", "varchar"), ("price", "double")))
PLANS_2 = Contract("dim_plans", 2, "marts.dim_plans_v2", (("plan", "varchar"), ("cents", "bigint")))
OTHER = Contract("fct_visits", 1, "marts.fct_visits", (("visit_date", "date"),))


def node(**changes: object) -> dict:
    """Return a node of dbt's manifest as a public mart has it."""
    return {
        "resource_type": "model",
        "name": "dim_plans",
        "schema": "marts",
        "alias": "dim_plans",
        "access": "public",
        "version": None,
        "contract": {"enforced": True},
        "config": {"meta": {"is_published": True}},
        "columns": {"plan": {"data_type": "varchar"}, "price": {"data_type": "double"}},
        **changes,
    }


def test_contracts_are_those_of_public_published_models() -> None:
    nodes = [
        node(),
        node(name="a", access="private"),
        node(name="b", contract={"enforced": False}),
        node(name="c", config={"meta": {}}),
        node(name="d", resource_type="seed"),
        node(
            alias="dim_plans_v2",
            version=2,
            columns={"plan": {"data_type": "varchar"}, "cents": {"data_type": "bigint"}},
        ),
    ]
    assert contracts_of({"nodes": dict(enumerate(nodes))}) == [PLANS, PLANS_2]


def test_new_columns_and_tables_and_another_order_break_nothing() -> None:
    wider = replace(PLANS, columns=(("new", "date"), *reversed(PLANS.columns)))
    assert broken([PLANS], [wider, OTHER]) == []


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ([], "marts.dim_plans was promised (version 1), and is not published any more."),
        (
            [replace(PLANS, columns=PLANS.columns[:1])],
            "marts.dim_plans promised the column price, and it is gone.",
        ),
        (
            [replace(PLANS, columns=(("plan", "varchar"), ("price", "bigint")))],
            "marts.dim_plans promised the column price as double, and it is bigint now.",
        ),
        (
            [replace(PLANS, relation="marts.plans")],
            "marts.dim_plans was promised, and is marts.plans now.",
        ),
        (
            [replace(PLANS_2, relation="marts.dim_plans")],
            "marts.dim_plans was promised (version 1), and is not published any more.",
        ),
    ],
    ids=["table gone", "column gone", "other type", "other name", "new version in its place"],
)
def test_what_readers_would_miss_is_named(offered: list[Contract], said: str) -> None:
    assert broken([PLANS], offered) == [said]


def test_a_version_goes_only_after_a_later_one_was_promised_beside_it() -> None:
    assert broken([PLANS], [PLANS, PLANS_2]) == []
    assert broken([PLANS, PLANS_2], [PLANS_2]) == []
    assert broken([PLANS, PLANS_2], [PLANS]) != []
    # As long as it stands, it stays what it was.
    assert broken([PLANS, PLANS_2], [replace(PLANS, columns=()), PLANS_2]) != []


def test_file_of_promises_reads_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / PROMISES
    file.parent.mkdir()
    file.write_text(as_text([OTHER, PLANS_2, PLANS]), encoding="utf-8")
    assert read_promises(tmp_path) == [PLANS, PLANS_2, OTHER]
    file.write_text("relation,column\nmarts.dim_plans,plan\n", encoding="utf-8")
    with pytest.raises(UserError, match="restore it from git"):
        read_promises(tmp_path)


def test_command_refuses_what_breaks_and_accepts_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSAT_PROJECT_DIR", str(tmp_path))
    (tmp_path / "dbt_project.yml").touch()
    (tmp_path / "src" / "csat").mkdir(parents=True)
    (tmp_path / "lint").mkdir()
    promises = tmp_path / PROMISES
    promises.write_text(as_text([replace(PLANS, columns=PLANS.columns[:1])]), encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        outcome = CliRunner().invoke(main, ["contracts", *arguments])
        return outcome.exit_code, outcome.output

    code, said = run()
    assert code != 0
    assert "run `dbt parse`" in said
    (tmp_path / "target").mkdir()
    manifest = {"nodes": {"model.csat.dim_plans": node()}}
    monkeypatch.setattr("csat.project.read_manifest", lambda root, command: manifest)
    code, said = run()
    assert code != 0
    assert "csat contracts --accept" in said
    assert run("--accept") == (0, "1 public tables keep what they have promised.\n")
    assert read_promises(tmp_path) == [PLANS]
    assert run()[0] == 0

    manifest["nodes"]["model.csat.dim_plans"]["columns"].pop("plan")
    code, said = run("--accept")
    assert code != 0
    assert "promised the column plan, and it is gone" in said
    assert "governance.md" in said
    assert read_promises(tmp_path) == [PLANS]
