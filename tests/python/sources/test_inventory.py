"""The inventory finds every delivery, and every mistake becomes one sentence."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from companies import (
    CONTRACT,
    as_columns,
    change_contents_only,
    required_tables,
    valid_row,
    write_company,
    write_csv,
    write_parquet,
)

from csat.engine import DuckDBEngine
from csat.sources import Delivery, take_inventory


@pytest.fixture
def engine() -> DuckDBEngine:
    """An engine in memory, set like the project's."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return DuckDBEngine(connection)


def inventory(
    engine: DuckDBEngine, location: Path | str, previous: list[Delivery] | None = None
) -> list[Delivery]:
    """Return the inventory as deliveries."""
    table = take_inventory(engine, str(location), CONTRACT, previous or [])
    return [Delivery(**row) for row in table.to_pylist()]


def of_table(deliveries: list[Delivery], table: str) -> list[Delivery]:
    return [delivery for delivery in deliveries if delivery.source_table == table]


def problem_of(deliveries: list[Delivery], table: str) -> str:
    (delivery,) = of_table(deliveries, table)
    assert delivery.problem is not None
    return delivery.problem


def write_required(folder: Path) -> None:
    write_company(folder, required_tables())


def test_every_table_has_a_row(engine: DuckDBEngine, tmp_path: Path) -> None:
    write_required(tmp_path)
    found = inventory(engine, tmp_path)
    assert [item.source_table for item in found] == list(CONTRACT)
    assert {item.source_table for item in found if item.format == "csv"} == set(required_tables())
    assert {item.format for item in found} == {"csv", "absent"}
    assert not any(item.problem for item in found)


def test_missing_folder_is_one_sentence(engine: DuckDBEngine, tmp_path: Path) -> None:
    problem = problem_of(inventory(engine, tmp_path / "nowhere"), "customers")
    assert "nowhere does not exist" in problem
    assert "set CSAT_SOURCE" in problem


@pytest.mark.parametrize("table", ["customers", "survey_responses"])
def test_missing_required_table_is_one_sentence(
    engine: DuckDBEngine, tmp_path: Path, table: str
) -> None:
    write_required(tmp_path)
    (tmp_path / f"{table}.csv").unlink()
    problem = problem_of(inventory(engine, tmp_path), table)
    assert problem.startswith(f"The table {table} is missing: put {table}.parquet, {table}.csv")


def test_missing_columns_are_all_named(engine: DuckDBEngine, tmp_path: Path) -> None:
    write_csv(tmp_path / "bills.csv", [{"bill_id": "b1", "amount": "1"}])
    problem = problem_of(inventory(engine, tmp_path), "bills")
    for column in ("customer_id", "issued_at", "due_at"):
        assert f"no column {column}" in problem
    assert "bills.csv" in problem
    assert "amount" not in problem


def test_empty_files_are_empty_where_the_table_is_optional(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    for table in ("customers", "contacts"):
        (tmp_path / f"{table}.csv").touch()
    found = inventory(engine, tmp_path)
    assert "customers.csv is empty (0 bytes)" in problem_of(found, "customers")
    (contacts,) = of_table(found, "contacts")
    assert (contacts.format, contacts.rows_received, contacts.problem) == ("empty", 0, None)


def test_header_without_rows_is_a_delivery_of_no_rows(engine: DuckDBEngine, tmp_path: Path) -> None:
    write_csv(tmp_path / "contacts.csv", [], list(valid_row("contacts")))
    (contacts,) = of_table(inventory(engine, tmp_path), "contacts")
    assert (contacts.format, contacts.rows_received, contacts.problem) == ("csv", 0, None)


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"PAR1 this is not Parquet PAR1", "cannot be read as Parquet: write it again"),
        (b"PAR1", "cannot be read as Parquet: write it again"),
        (b"contact_id,customer_id\n", "cannot be read as Parquet: write it again"),
    ],
)
def test_corrupted_parquet_is_one_sentence(
    engine: DuckDBEngine, tmp_path: Path, contents: bytes, says: str
) -> None:
    (tmp_path / "contacts.parquet").write_bytes(contents)
    problem = problem_of(inventory(engine, tmp_path), "contacts")
    assert says in problem
    assert "contacts.parquet" in problem
    assert "\n" not in problem


def test_truncated_parquet_is_one_sentence(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "contacts.parquet", as_columns([valid_row("contacts")]))
    path.write_bytes(path.read_bytes()[:-20])
    assert "write it again" in problem_of(inventory(engine, tmp_path), "contacts")


def test_truncated_compressed_file_is_one_sentence(engine: DuckDBEngine, tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "plain", [valid_row("contacts")] * 1_000).read_bytes()
    (tmp_path / "contacts.csv.gz").write_bytes(gzip.compress(plain)[:-40])
    (tmp_path / "bills.csv.gz").write_bytes(plain)
    found = inventory(engine, tmp_path)
    assert "contacts.csv.gz" in problem_of(found, "contacts")
    assert "bills.csv.gz" in problem_of(found, "bills")


@pytest.mark.parametrize(
    ("column", "values", "mend"),
    [
        ("started_at", pa.array([True]), "deliver timestamps such as"),
        ("started_at", pa.array([1.5]), "deliver timestamps such as"),
        ("transfers", pa.array([True]), "deliver whole numbers"),
        ("is_resolved", pa.array([[1]]), "deliver true or false"),
        ("topic", pa.array([{"a": 1}]), "deliver text"),
    ],
)
def test_wrong_type_is_one_sentence(
    engine: DuckDBEngine, tmp_path: Path, column: str, values: pa.Array, mend: str
) -> None:
    columns = {**as_columns([valid_row("contacts")]), column: values}
    write_parquet(tmp_path / "contacts.parquet", columns)
    problem = problem_of(inventory(engine, tmp_path), "contacts")
    assert problem.startswith(f"The column {column} of {tmp_path}/contacts.parquet has the type")
    assert mend in problem


def test_odd_type_without_any_value_is_no_problem(engine: DuckDBEngine, tmp_path: Path) -> None:
    columns = {
        **as_columns([valid_row("contacts")]),
        "started_at": pa.array([None], pa.bool_()),
        "topic": pa.array([None], pa.list_(pa.int8())),
        "queue": pa.nulls(1),
    }
    write_parquet(tmp_path / "contacts.parquet", columns)
    (contacts,) = of_table(inventory(engine, tmp_path), "contacts")
    assert contacts.problem is None


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ('c9,"unterminated', "in line 5 that is never closed: close it"),
        ('c9,"unterminated\n' + "c8,x\n" * 9, "in line 5 that is never closed: close it"),
        ('c9,"quoted" and not,x', "mend that line"),
    ],
)
def test_broken_quotes_name_the_file(
    engine: DuckDBEngine, tmp_path: Path, line: str, mend: str
) -> None:
    path = write_csv(tmp_path / "contacts.csv", [valid_row("contacts")] * 3)
    with path.open("a") as file:
        file.write(line + "\n")
    problem = problem_of(inventory(engine, tmp_path), "contacts")
    assert "contacts.csv" in problem
    assert mend in problem
    assert "\n" not in problem


def test_file_and_folder_of_one_table_are_refused(engine: DuckDBEngine, tmp_path: Path) -> None:
    write_csv(tmp_path / "contacts.csv", [valid_row("contacts")])
    write_csv(tmp_path / "contacts" / "one.csv", [valid_row("contacts")])
    problem = problem_of(inventory(engine, tmp_path), "contacts")
    assert "contacts.csv and contacts" in problem
    assert "keep one of them" in problem


def test_parquet_and_csv_of_one_table_are_refused(engine: DuckDBEngine, tmp_path: Path) -> None:
    write_csv(tmp_path / "contacts.csv", [valid_row("contacts")])
    write_parquet(tmp_path / "contacts.parquet", as_columns([valid_row("contacts")]))
    assert "keep one of them" in problem_of(inventory(engine, tmp_path), "contacts")


def test_files_that_writers_leave_beside_the_data_are_not_deliveries(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "contacts"
    one = write_csv(folder / "day=1" / "part-0.csv", [valid_row("contacts")])
    for name in ("._part-0.csv", "_temporary/part-1.csv", ".part-0.csv.crc", "_SUCCESS", "a.txt"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\0\1 not data")
    assert [item.delivery for item in of_table(inventory(engine, tmp_path), "contacts")] == [
        str(one)
    ]


def test_only_changed_files_are_opened_again(engine: DuckDBEngine, tmp_path: Path) -> None:
    write_required(tmp_path)
    one = write_csv(tmp_path / "contacts" / "one.csv", [valid_row("contacts")])
    two = write_csv(tmp_path / "contacts" / "two.csv", [valid_row("contacts", contact_id="t2")])
    first = inventory(engine, tmp_path)
    change_contents_only(one, b"\xff")
    assert inventory(engine, tmp_path, first) == first

    status = two.stat()
    os.utime(two, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    write_csv(tmp_path / "contacts" / "three.csv", [valid_row("contacts", contact_id="t3")])
    second = inventory(engine, tmp_path, first)
    names = [Path(item.delivery).name for item in of_table(second, "contacts")]
    assert names == ["one.csv", "three.csv", "two.csv"]
    old = {item.delivery: item.fingerprint for item in first}
    changed = [Path(d.delivery).name for d in second if old.get(d.delivery) != d.fingerprint]
    assert changed == ["three.csv", "two.csv"]


def test_problem_is_looked_at_again_without_a_change(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "contacts.csv", [valid_row("contacts")])
    contents = path.read_bytes()
    change_contents_only(path, b"x" * len(contents))
    first = inventory(engine, tmp_path)
    assert problem_of(first, "contacts")
    change_contents_only(path, contents)
    assert of_table(inventory(engine, tmp_path, first), "contacts")[0].problem is None


def test_rows_are_counted(engine: DuckDBEngine, tmp_path: Path) -> None:
    write_csv(tmp_path / "contacts.csv", [valid_row("contacts", topic='a\n"b",\nc')] * 3)
    write_parquet(tmp_path / "bills.parquet", as_columns([valid_row("bills")] * 5))
    found = {item.source_table: item.rows_received for item in inventory(engine, tmp_path)}
    assert (found["contacts"], found["bills"], found["agents"]) == (3, 5, 0)


# --- tables of the warehouse -----------------------------------------------------------


@pytest.fixture
def warehouse(engine: DuckDBEngine) -> Callable[[str, str], None]:
    """Return a function that makes a table of the schema ``raw`` from a query."""
    engine.execute("create schema raw")

    def create(table: str, query: str) -> None:
        engine.execute(f"create or replace table raw.{table} as {query}")

    return create


RESPONSE = (
    "select 'r1' as response_id, 1 as customer_id, "
    "timestamp '2026-03-01 13:00:00' as responded_at, "
    "'relationship_nps' as instrument_id, 9 as answer"
)


def test_days_of_loading_are_deliveries(
    engine: DuckDBEngine, warehouse: Callable[[str, str], None]
) -> None:
    times = ["2026-03-01 00:00:00", "2026-03-01 23:59:59", "2026-03-02 00:00:00", None]
    values = ", ".join(f"('c{i}', {f'{t!r}' if t else 'null'})" for i, t in enumerate(times))
    warehouse(
        "customers",
        "select customer_id, date '2025-01-01' as customer_since, t::timestamp as loaded_at "
        f"from (values {values}) as received(customer_id, t)",
    )
    warehouse("survey_responses", RESPONSE)
    found = inventory(engine, "schema:raw")
    assert [(d.delivery, d.rows_received) for d in of_table(found, "customers")] == [
        ("2026-03-01", 2),
        ("2026-03-02", 1),
        ("without date", 1),
    ]
    (responses,) = of_table(found, "survey_responses")
    assert (responses.rows_received, responses.problem) == (1, None)

    engine.execute(
        "insert into raw.customers values ('c9', date '2025-01-01', timestamp '2026-03-02 12:00')"
    )
    before = {(d.source_table, d.delivery): d.fingerprint for d in found}
    after = inventory(engine, "schema:raw")
    changed = [
        d.delivery for d in after if before.get((d.source_table, d.delivery)) != d.fingerprint
    ]
    assert changed == ["2026-03-02"]


def test_table_without_loaded_at_is_one_delivery_that_changes_with_its_rows(
    engine: DuckDBEngine, warehouse: Callable[[str, str], None]
) -> None:
    warehouse("survey_responses", RESPONSE)
    first = of_table(inventory(engine, "schema:raw"), "survey_responses")
    assert of_table(inventory(engine, "schema:raw"), "survey_responses") == first
    engine.execute("update raw.survey_responses set answer = 8")
    second = of_table(inventory(engine, "schema:raw"), "survey_responses")
    assert second[0].fingerprint != first[0].fingerprint


def test_missing_table_or_schema_of_the_warehouse_is_one_sentence(engine: DuckDBEngine) -> None:
    problem = problem_of(inventory(engine, "schema:nowhere"), "customers")
    assert problem.startswith("The table customers is missing: create nowhere.customers")


def test_empty_table_of_the_warehouse_is_empty(
    engine: DuckDBEngine, warehouse: Callable[[str, str], None]
) -> None:
    warehouse("survey_responses", f"{RESPONSE} limit 0")
    (found,) = of_table(inventory(engine, "schema:raw"), "survey_responses")
    assert (found.format, found.rows_received) == ("empty", 0)


def test_view_that_no_longer_works_is_one_sentence(
    engine: DuckDBEngine, warehouse: Callable[[str, str], None]
) -> None:
    warehouse("origin", RESPONSE)
    engine.execute("create view raw.survey_responses as select * from raw.origin")
    engine.execute("drop table raw.origin")
    problem = problem_of(inventory(engine, "schema:raw"), "survey_responses")
    assert "raw.survey_responses cannot be read" in problem


def test_wrong_type_in_the_warehouse_is_one_sentence(
    engine: DuckDBEngine, warehouse: Callable[[str, str], None]
) -> None:
    warehouse("survey_responses", RESPONSE.replace("timestamp '2026-03-01 13:00:00'", "true"))
    problem = problem_of(inventory(engine, "schema:raw"), "survey_responses")
    assert problem.startswith(
        "The column responded_at of raw.survey_responses has the type BOOLEAN: deliver timestamps"
    )


def test_schema_with_an_odd_name_is_found(engine: DuckDBEngine) -> None:
    engine.execute('create schema "Raw data"')
    engine.execute(f'create table "Raw data".survey_responses as {RESPONSE}')
    (found,) = of_table(inventory(engine, "schema:Raw data"), "survey_responses")
    assert (found.rows_received, found.problem) == (1, None)
