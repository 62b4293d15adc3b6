"""What a company's data are like, told before anything is built from them.

The data are staged in a scratch database by the very models that the build uses, so that what
this says is what the build will do.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from csat.contract import Table, load_contract
from csat.dbt_process import run_dbt
from csat.project import UserError, project_vars
from csat.publishing import build_file_of
from csat.sources.inventory import CSV_ENDINGS, PARQUET_ENDINGS, SCHEMA_PREFIX

#: The scratch database, and one without tables; named as dbt sees them, from the scratch folder, so
#: that every check has the same connection, and dbt parses the project anew only where it changed.
CHECK_FILE, EMPTY_FILE = "check.duckdb", "empty.duckdb"
#: dbt's parse in its target folder, and where a check leaves its own for the next one.
_PARSE = "partial_parse.msgpack"
_KEPT_PARSE = Path("target", "check", _PARSE)
_EXAMPLE_LENGTH = 120
#: What helps where data are in no shape to be built from.
MAPPING = (
    "Where your tables or columns have other names, one SQL file maps them by `csat map`: see "
    "examples/own_exports."
)


@dataclass(frozen=True)
class DataCheck:
    """The report of a check, one line of it, and whether the build can run on the data."""

    report: str
    is_usable: bool
    summary: str = ""


def check_data(project_root: Path, source: str | None = None) -> DataCheck:
    """Stage the data in a scratch database and report on them.

    ``source`` is a folder, seen from the working directory or else from the project, or
    ``schema:NAME``; where it is absent, CSAT_SOURCE or the var ``source_location`` says it.

    Raises
    ------
    UserError
        If dbt cannot run at all.
    """
    if source and Path(source).is_dir():
        source = str(Path(source).absolute())
    settings = project_vars(project_root)
    location = source or os.environ.get("CSAT_SOURCE") or settings["source_location"]
    with tempfile.TemporaryDirectory(prefix="csat_check_") as folder:
        scratch = Path(folder)
        attached = _attached_file(project_root, location, scratch)
        _adopt_parse(project_root, scratch)
        process = run_dbt(
            project_root,
            [
                *("build", "--select", "+source_row_counts", "+stg_rejected_records"),
                "+definition_problems",
                *("--exclude-resource-type", "test", "unit_test"),
                *("--target", "check"),
            ],
            {
                "CSAT_SOURCE": _in_attached_build_file(location),
                "CSAT_CHECK_FILE": CHECK_FILE,
                "CSAT_CHECK_ATTACH": str(attached),
                "DBT_TARGET_PATH": str(scratch / "target"),
                "DBT_LOG_PATH": str(scratch / "logs"),
            },
            working_folder=scratch,
        )
        if attached == Path(EMPTY_FILE):
            _keep_parse(project_root, scratch)
        with _open(scratch / CHECK_FILE) as connection:
            problems = _problems(connection, "staging.source_inventory")
            wrong_definitions = _problems(connection, "staging.definition_problems")
            summary = ""
            if not problems and process.returncode != 0:
                raise UserError(f"dbt could not stage the data:\n{process.stdout.strip()}")
            contract = load_contract(project_root)
            lines = [f"Source: {location}"]
            if not problems:
                lines += ["", *_tables(connection)]
                summary = _summary(connection)
                lines += _absences(connection, contract)
                lines += _rejections(connection)
                problems = _mostly_refused(connection, settings["max_rejected_share"])
            stops = [*problems, *wrong_definitions]
            if stops:
                lines += ["", "The build would stop:", *(f"  - {problem}" for problem in stops)]
            lines += _strangers(project_root, location, contract)
            if problems:
                lines += ["", MAPPING]
    return DataCheck("\n".join(lines), is_usable=not stops, summary=summary)


def _in_attached_build_file(location: str) -> str:
    """Name a schema of the build file as the scratch database sees it."""
    schema = location.removeprefix(SCHEMA_PREFIX)
    if location.startswith(SCHEMA_PREFIX) and "." not in schema:
        return f"{SCHEMA_PREFIX}csat_build_file.{schema}"
    return location


def _adopt_parse(project_root: Path, scratch: Path) -> None:
    """Start from the parse of an earlier check, if there is one; dbt sees what has changed."""
    with suppress(OSError):
        (scratch / "target").mkdir()
        shutil.copyfile(project_root / _KEPT_PARSE, scratch / "target" / _PARSE)


def _keep_parse(project_root: Path, scratch: Path) -> None:
    """Leave the parse to the next check, where the project's folder lets us."""
    with suppress(OSError):
        kept = project_root / _KEPT_PARSE
        kept.parent.mkdir(parents=True, exist_ok=True)
        own = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(scratch / "target" / _PARSE, own)
        own.replace(kept)


def _attached_file(project_root: Path, location: str, scratch: Path) -> Path:
    """Return the file to attach: the build file if the source is in it, else an empty one.

    Both are named as dbt sees them from the scratch folder.

    Raises
    ------
    UserError
        If the source is in the build file and that cannot be opened.
    """
    if location.startswith(SCHEMA_PREFIX):
        build_file = build_file_of(project_root)
        try:
            duckdb.connect(str(build_file), read_only=True).close()
        except duckdb.Error as error:
            raise UserError(
                f"{build_file}, which is to hold {location}, cannot be read: load your tables into "
                "it, set CSAT_SOURCE to a folder, or wait until the run that uses it has ended "
                f"({str(error).splitlines()[0]})."
            ) from error
        return build_file
    duckdb.connect(str(scratch / EMPTY_FILE)).close()
    return Path(EMPTY_FILE)


@contextmanager
def _open(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(path))
    try:
        yield connection
    finally:
        connection.close()


def _problems(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """Return the sentences of a relation of problems; none where it has not been made."""
    try:
        rows = connection.execute(
            f"select distinct problem from {relation} where problem is not null order by problem"
        ).fetchall()
    except duckdb.CatalogException:
        return []
    return [problem for (problem,) in rows]


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select source_table, deliveries, rows_received, rows_accepted, rows_superseded, "
        "rows_rejected, rows_forgotten, first_event_at::date, last_event_at::date "
        "from monitoring.source_row_counts where is_present order by source_table"
    ).fetchall()
    header = ("table", "files", "rows", "accepted", "superseded", "rejected")
    header = (*header, "forgotten", "from", "to")
    return _aligned([header, *rows])


def _summary(connection: duckdb.DuckDBPyConnection) -> str:
    ((received, rejected, tables),) = connection.execute(
        "select coalesce(sum(rows_received), 0)::bigint, coalesce(sum(rows_rejected), 0)::bigint, "
        "count(*) from monitoring.source_row_counts where is_present"
    ).fetchall()
    return f"{received:,} rows in {tables} tables, of which {rejected:,} would be refused."


def _rejections(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select rule, meaning, mend, source_table, rejected_column, count(*), min(raw_record) "
        "from staging.stg_rejected_records "
        "group by all order by rule, count(*) desc, source_table, rejected_column"
    ).fetchall()
    if not rows:
        return ["", "No row would be refused."]
    lines = ["", "Rows that would be refused, by rule:"]
    for (rule, meaning, mend), places in groupby(rows, key=lambda row: row[:3]):
        lines += ["", f"  {rule}: {meaning} {mend}"]
        for *_, table, column, count, example in places:
            place = f"{table}.{column}" if column else table
            rows_refused = "1 row" if count == 1 else f"{count:,} rows"
            lines.append(f"    {place}, {rows_refused}, for example {_shown(example, column)}")
    return lines


def _mostly_refused(connection: duckdb.DuckDBPyConnection, max_rejected_share: float) -> list[str]:
    """Return a sentence for each table of which too much would be refused for the build to pass."""
    rows = connection.execute(
        "select source_table, rows_rejected, rows_received from monitoring.source_row_counts "
        "where rows_rejected > $1 * rows_received order by source_table",
        [max_rejected_share],
    ).fetchall()
    return [
        f"Of {received:,} rows of {table} {refused:,} would be refused, more than the share of "
        f"{max_rejected_share} that the var max_rejected_share allows."
        for table, refused, received in rows
    ]


def _shown(raw_record: str, column: str | None) -> str:
    """Return a refused row in one line: what is filled, the column that is wrong in any case."""
    record = json.loads(raw_record)
    text = ", ".join(
        f"{name}: {value}" for name, value in record.items() if value is not None or name == column
    )
    return text if len(text) <= _EXAMPLE_LENGTH else text[:_EXAMPLE_LENGTH] + " …"


def _absences(connection: duckdb.DuckDBPyConnection, contract: dict[str, Table]) -> list[str]:
    rows = connection.execute(
        "select source_table from monitoring.source_row_counts where not is_present "
        "or rows_received = 0 order by source_table"
    ).fetchall()
    if not rows:
        return ["", "Every table of the contract is there."]
    absent = [(f"  {table}:", contract[table].absent_means) for (table,) in rows]
    return ["", "Absent or empty tables, and what that costs:", *_aligned(absent)]


def _strangers(project_root: Path, location: str, contract: dict[str, Table]) -> list[str]:
    """Return lines on what lies in the folder under a name that is no table's."""
    folder = project_root / Path(location).expanduser()
    if location.startswith(SCHEMA_PREFIX) or not folder.is_dir():
        return []
    names = sorted(
        path.name
        for path in folder.iterdir()
        if path.is_dir() or path.name.lower().endswith((*PARQUET_ENDINGS, *CSV_ENDINGS))
    )
    known = {name + ending for name in contract for ending in ("", *PARQUET_ENDINGS, *CSV_ENDINGS)}
    strangers = [name for name in names if name not in known]
    if not strangers:
        return []
    return ["", f"Not read, because no table has these names: {', '.join(strangers)}."]


def _aligned(rows: list[tuple]) -> list[str]:
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if isinstance(value, int) else text.ljust(width)
            for value, text, width in zip(row, line, widths, strict=True)
        ).rstrip()
        for row, line in zip(rows, cells, strict=True)
    ]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)
