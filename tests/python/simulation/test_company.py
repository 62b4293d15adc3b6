"""Determinism, formats, dirt, and what the command line says to mistakes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from csat.cli import main
from csat.project import UserError
from csat.simulation import Parameters, parse_shock, simulate_company, with_settings
from csat.simulation.dirt import FAR_FUTURE, UNKNOWN_CUSTOMER, UNKNOWN_INSTRUMENT
from csat.simulation.schemas import CONTRACT, KEYS, TRUTH

CHUNKED = "output.customers_per_chunk=100"


def digests(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder, by its relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_files_whatever_the_processes(tmp_path):
    parameters = with_settings(Parameters(), [CHUNKED])
    for name, processes in (("one", 1), ("two", 2)):
        simulate_company(
            tmp_path / name, 250, 30, 4, parameters=parameters, dirt_share=0.02, processes=processes
        )
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert one == two
    assert "contacts/part-00002.parquet" in one
    assert "truth/customer_days/part-00002.parquet" in one


def test_another_seed_gives_another_company(tmp_path):
    for seed in (1, 2):
        simulate_company(tmp_path / str(seed), 50, 10, seed, processes=1)
    one, two = digests(tmp_path / "1"), digests(tmp_path / "2")
    assert one["customers.parquet"] != two["customers.parquet"]


def test_a_parameter_of_one_module_leaves_the_others_alone(tmp_path):
    for name, setting in (
        ("a", "surveys.response_digital=0.9"),
        ("b", "surveys.response_digital=3"),
    ):
        simulate_company(
            tmp_path / name,
            300,
            60,
            1,
            parameters=with_settings(Parameters(), [setting]),
            processes=1,
        )
    a, b = digests(tmp_path / "a"), digests(tmp_path / "b")
    assert a["survey_responses.parquet"] != b["survey_responses.parquet"]
    assert a["contacts.parquet"] == b["contacts.parquet"]
    assert a["truth/customer_days.parquet"] == b["truth/customer_days.parquet"]


def test_csv_and_parquet_hold_the_same(tmp_path):
    for file_format in ("csv", "parquet"):
        simulate_company(
            tmp_path / file_format,
            200,
            40,
            9,
            file_format=file_format,
            dirt_share=0.02,
            processes=1,
        )
    connection = duckdb.connect()
    for folder, tables in (("", CONTRACT), ("truth/", TRUTH)):
        for name, schema in tables.items():
            parquet = f"read_parquet('{tmp_path}/parquet/{folder}{name}.parquet')"
            types = {
                column.name: connection.execute(
                    f"select any_value(typeof({column.name})) from {parquet}"
                ).fetchone()[0]
                or "VARCHAR"
                for column in schema
            }
            csv = f"read_csv('{tmp_path}/csv/{folder}{name}.csv', header = true, columns = {types})"
            as_text = ", ".join(f"coalesce({column}::varchar, '')" for column in schema.names)
            difference = f"""
                (select {as_text} from {parquet} except all select {as_text} from {csv})
                union all
                (select {as_text} from {csv} except all select {as_text} from {parquet})
            """
            assert connection.execute(difference).fetchall() == [], name


def test_csv_timestamps_are_written_to_the_second(tmp_path):
    simulate_company(tmp_path, 20, 5, 9, file_format="csv", processes=1)
    header, first = (tmp_path / "bills.csv").read_text(encoding="utf-8").splitlines()[:2]
    issued = dict(zip(header.replace('"', "").split(","), first.split(","), strict=True))[
        "issued_at"
    ]
    assert len(issued) == len("2026-09-30 06:00:00")


def test_parameters_are_written_beside_the_truth(small):
    written = json.loads((small.folder / "truth" / "parameters.json").read_text(encoding="utf-8"))
    assert written["seed"] == 11
    assert written["parameters"]["churn"]["hazard_ratio_per_10_points"] == 1.3
    assert written["parameters"]["programs"]["newsletter"]["effect_points"] == 0


@pytest.fixture(scope="module")
def dirty(build):
    """A company with dirt."""
    return build(1_000, 120, dirt=0.02)


def test_dirt_shows_exact_and_conflicting_duplicates(dirty):
    for name in CONTRACT:
        if dirty.value(f"select count(*) from {name}") < 500:
            continue
        keys = ", ".join(KEYS[name])
        repeated = f"from {name} where {KEYS[name][0]} is not null group by {keys}, loaded_at"
        exact = f"select count(*) from (select 1 from {name} group by all having count(*) > 1)"
        assert dirty.value(exact.replace("select 1", "select *")) > 0, name
        conflict = f"select count(*) from (select 1 {repeated} having count(distinct x) > 1)"
        columns = ", ".join(f"{column}" for column in CONTRACT[name].names)
        assert dirty.value(conflict.replace("x)", f"({columns}))")) > 0, name


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("contacts", "contact_id is null"),
        ("contacts", "customer_id is null"),
        ("contacts", "started_at is null"),
        ("contacts", f"customer_id = '{UNKNOWN_CUSTOMER}'"),
        ("contacts", "wait_seconds < 0"),
        ("contacts", "transfers < 0"),
        ("contacts", "resolved_at < started_at"),
        ("contacts", "first_human_response_at < started_at"),
        ("contacts", f"started_at = '{FAR_FUTURE}'"),
        ("customers", "customer_id is null"),
        ("customers", "customer_since is null"),
        ("customers", "closed_at < customer_since"),
        ("customers", "annual_value < 0"),
        ("bills", "due_at < issued_at"),
        ("bills", "amount is null"),
        ("payments", f"paid_at = '{FAR_FUTURE}'"),
        ("interruptions", "restored_at < started_at"),
        ("survey_responses", "answer in ('maybe', '') or (answer = '11')"),
        ("survey_responses", "answer is null"),
        ("survey_responses", f"instrument_id = '{UNKNOWN_INSTRUMENT}'"),
        ("survey_invitations", f"instrument_id = '{UNKNOWN_INSTRUMENT}'"),
        ("program_enrollments", "ended_at < enrolled_at"),
        ("customer_signals", "value is null"),
        ("engagement_events", "loaded_at > occurred_at + interval 7 days"),
    ],
)
def test_dirt_shows_each_kind(dirty, small, table, condition):
    count = f"select count(*) from {table} where {condition}"
    if dirty.value(f"select count(*) from {table}") >= 500:
        assert dirty.value(count) > 0
    assert small.value(count) == 0


def test_dirt_touches_about_its_share(dirty, build):
    clean = build(1_000, 120)
    for name in ("contacts", "engagement_events", "bills"):
        untouched = dirty.value(f"""
            select count(*) from (
                select * from {name} intersect all
                select * from read_parquet('{clean.folder}/{name}.parquet'))
        """)
        rows = clean.value(f"select count(*) from {name}")
        assert 0.003 < 1 - untouched / rows < 0.025, name


BASE = ["simulate", "--customers", "20", "--days", "5", "--seed", "1"]

MISTAKES = [
    (["--customers", "-5"], "-5 customers"),
    (["--days", "0"], "0 days"),
    (["--seed", "-1"], "Seed -1"),
    (["--format", "xlsx"], "'xlsx'"),
    (["--dirt", "0.9"], "0.9"),
    (["--processes", "0"], "0 processes"),
    (["--end-date", "30.9.2026"], "30.9.2026"),
    (["--shock", "storm:all"], "2 parts"),
    (["--shock", "flood:all:2026-09-28:2026-09-29:-3"], "flood"),
    (["--shock", "storm:atlantis:2026-09-28:2026-09-29:-3"], "atlantis"),
    (["--shock", "storm:all:2026-09-29:2026-09-28:-3"], "ends before"),
    (["--shock", "storm:all:2026-09-29:soon:-3"], "date"),
    (["--shock", "storm:all:2026-09-28:2026-09-29:many"], "many"),
    (["--shock", "storm:all:2020-09-28:2020-09-29:-3"], "outside"),
    (["--set", "churn.leaving=1"], "leaving"),
    (["--set", "churn.leaving_per_year=lots"], "lots"),
    (["--set", "churn.leaving_per_year"], "no value"),
    (["--set", "churn=1"], "churn"),
    (["--set", "customers.type_shares=1,2"], "1,2"),
    (["--set", "output.customers_per_chunk=0"], "customers_per_chunk"),
    (["--set", "surveys.after_contact_share=1.5"], "after_contact_share"),
    (["--set", "agents.skill_spread=-1"], "skill_spread"),
    (["--set", "satisfaction.intercept=nan"], "intercept"),
    (["--set", "surveys.reference_instrument=gut_feeling"], "gut_feeling"),
    (["--end-date", "1066-10-14"], "1066-10-14"),
]


@pytest.mark.parametrize(("arguments", "named"), MISTAKES)
def test_a_mistake_is_told_in_one_sentence(tmp_path, arguments, named):
    result = CliRunner().invoke(main, [*BASE, "--out", str(tmp_path / "out"), *arguments])
    assert result.exit_code == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    assert named in lines[0]
    assert not (tmp_path / "out").exists()


def test_files_are_only_replaced_when_asked(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    arguments = [*BASE, "--out", str(tmp_path), "--processes", "1"]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1
    assert "--overwrite" in refused.stderr
    assert CliRunner().invoke(main, [*arguments, "--overwrite"]).exit_code == 0
    assert CliRunner().invoke(main, [*arguments, "--overwrite", "--format", "csv"]).exit_code == 0
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "customers.csv").is_file()
    assert not (tmp_path / "customers.parquet").exists()


def test_an_output_path_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="is a file"):
        simulate_company(tmp_path / "file", 5, 5, 1)


@pytest.mark.parametrize(("customers", "days"), [(1, 1), (1, 40), (40, 1), (3, 400)])
def test_the_smallest_companies_work(tmp_path, customers, days):
    simulate_company(tmp_path, customers, days, 1, processes=1)
    assert (tmp_path / "customers.parquet").is_file()


def test_a_shock_is_read():
    shock = parse_shock("storm:harbour:2026-01-02:2026-01-05:-4.5")
    assert (shock.kind, shock.area, shock.points) == ("storm", "harbour", -4.5)


def test_settings_reach_nested_parameters():
    changed = with_settings(
        Parameters(), ["programs.call_back.effect_points=3", "surveys.self_selected=false"]
    )
    assert changed.programs.call_back.effect_points == 3
    assert changed.surveys.self_selected is False
    assert changed.programs.newsletter == Parameters().programs.newsletter
