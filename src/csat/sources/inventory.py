"""The inventory of what a company handed in, one row per delivery."""

from __future__ import annotations

import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from csat.contract import Table
from csat.engine import DuckDBEngine, Engine, EngineError, quote, quote_name
from csat.project import UserError, name_in_project
from csat.sources.csv_dialect import detect_dialect, write_as_utf_8

SCHEMA_PREFIX = "schema:"
PARQUET_ENDINGS = (".parquet",)
CSV_ENDINGS = (".csv", ".csv.gz")
# Stands in a reader where the quoted names of the deliveries to read go.
DELIVERIES = "{deliveries}"
# Encodings of text that the engine reads; the empty one stands for files that are not text.
ENCODINGS_READ = ("", "utf-8")
# Columns beyond the header that a line may have before the whole file is refused.
SURPLUS_COLUMNS = tuple(f"csat_surplus_{i}" for i in range(1, 17))

_TYPE_FAMILIES = {
    "text": ("VARCHAR", "ENUM", "UUID", "NULL"),
    "integer": (
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    ),
    "fraction": ("FLOAT", "DOUBLE", "DECIMAL"),
    "boolean": ("BOOLEAN",),
    "timestamp": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH"),
    "date": ("DATE",),
}
_ACCEPTED_FAMILIES = {
    "varchar": {"text", "integer", "fraction", "boolean", "timestamp", "date"},
    "bigint": {"text", "integer", "fraction"},
    "double": {"text", "integer", "fraction"},
    "boolean": {"text", "boolean", "integer", "fraction"},
    "timestamp": {"text", "timestamp", "date"},
    "date": {"text", "timestamp", "date"},
}
_EXAMPLES = {
    "varchar": "text",
    "bigint": "whole numbers",
    "double": "numbers such as 12.50",
    "boolean": "true or false",
    "timestamp": "timestamps such as 2026-03-31 14:05:00 in UTC",
    "date": "dates such as 2026-03-31",
}


@dataclass(frozen=True)
class Delivery:
    """One delivery of one contract table, or the note that the table is absent.

    Attributes
    ----------
    source_table
        Name of the contract table.
    delivery
        Path of the file, relative to the project where it is inside, or day of ``loaded_at`` of a
        warehouse table; empty when absent.
    fingerprint
        Changes when the contents, or the contract of the table, change.
    format
        ``parquet``, ``csv``, ``table``, ``empty`` (0 bytes) or ``absent``.
    place
        Where it is read from: the absolute path of the file, else the same as ``delivery``.
    reader
        SQL that reads deliveries of this kind, with ``{deliveries}`` where the quoted
        places of those to be read go; it yields the place as ``csat_delivery`` beside the columns.
    columns_found
        JSON object: contract column to ``[name in the delivery, its type]``.
    encoding
        ``utf-8`` or ``windows-1252`` for CSV, else empty.
    rows_received, size_bytes
        Rows in the delivery, and bytes on disk (0 for a warehouse table).
    problem
        One sentence that names the thing and the mend, or null.
    """

    source_table: str
    delivery: str
    fingerprint: str
    format: str
    place: str = ""
    reader: str = ""
    columns_found: str = "{}"
    encoding: str = ""
    rows_received: int = 0
    size_bytes: int = 0
    problem: str | None = None


INVENTORY_SCHEMA = pa.schema(
    [(field.name, pa.int64() if field.type == "int" else pa.string()) for field in fields(Delivery)]
)


def earlier_inventory(engine: Engine, relation: str) -> list[Delivery]:
    """Return the deliveries of an inventory taken before; none if it has another shape."""
    if not engine.relation_exists(relation):
        return []
    rows = engine.collect(f"select * from {relation}")
    if not rows.schema.equals(INVENTORY_SCHEMA):
        return []
    return [Delivery(**row) for row in rows.to_pylist()]


def take_inventory(
    engine: Engine,
    location: str,
    contract: Mapping[str, Table],
    previous: Iterable[Delivery] = (),
    root: Path | None = None,
    copies: Path | None = None,
) -> pa.Table:
    """Return the inventory of ``location``: at least one row per table of the contract.

    ``location`` is a folder, or ``schema:NAME`` for a schema of the warehouse
    (``schema:DATABASE.NAME`` for one of an attached database). A relative folder starts at
    ``root``, by default the working directory. Deliveries whose fingerprint stands in
    ``previous`` are not opened again, so that the cost follows what is new.

    Text files that the engine cannot decode are read from copies in UTF-8, which are written to
    the folder ``copies`` (by default one for temporary files).

    Mistakes of the company do not raise: they become the ``problem`` of a row, so that all of
    them can be shown at once.
    """
    known = {
        (item.source_table, item.delivery, item.fingerprint): item
        for item in previous
        if item.problem is None
    }
    copies = copies or Path(tempfile.gettempdir()) / "csat_copies"
    if location.startswith(SCHEMA_PREFIX):
        schema = location.removeprefix(SCHEMA_PREFIX)
        found = [
            item for table in contract.values() for item in _warehouse_table(engine, schema, table)
        ]
    else:
        root = (root or Path()).absolute()
        folder = root / Path(location).expanduser()
        # Files are looked at from this process, whatever engine reads their rows.
        files = engine if isinstance(engine, DuckDBEngine) else DuckDBEngine(duckdb.connect())
        found = [
            item
            for table in contract.values()
            for item in _folder(files, root, folder, table, known, copies)
        ]
    return pa.Table.from_pylist([asdict(item) for item in found], schema=INVENTORY_SCHEMA)


def _absent(table: Table, mend: str) -> Delivery:
    problem = f"The table {table.name} is missing: {mend}." if table.is_required else None
    return Delivery(table.name, "", "", "absent", problem=problem)


# --- folders ---------------------------------------------------------------------------


def _folder(
    engine: Engine,
    root: Path,
    folder: Path,
    table: Table,
    known: Mapping[tuple[str, str, str], Delivery],
    copies: Path,
) -> Iterator[Delivery]:
    if not folder.is_dir():
        yield _absent(
            table,
            f"the folder {name_in_project(root, folder)} does not exist; "
            "set CSAT_SOURCE to the folder, or to schema:NAME, that holds your tables",
        )
        return
    places = [folder / f"{table.name}{ending}" for ending in (*PARQUET_ENDINGS, *CSV_ENDINGS)]
    places = [place for place in [*places, folder / table.name] if place.exists()]
    if len(places) > 1:
        names = " and ".join(place.name for place in places)
        problem = (
            f"The table {table.name} is there twice in {name_in_project(root, folder)} "
            f"({names}): keep one of them."
        )
        yield Delivery(table.name, "", "", "absent", problem=problem)
        return
    files = _files(places[0]) if places else []
    if not files:
        yield _absent(
            table,
            f"put {table.name}.parquet, {table.name}.csv or a folder {table.name}/ "
            f"of such files into {name_in_project(root, folder)}",
        )
    for path in files:
        size = path.stat().st_size
        fingerprint = f"{size}-{path.stat().st_mtime_ns}-{table.digest}"
        name = name_in_project(root, path)
        delivery = Delivery(table.name, name, fingerprint, "", place=str(path), size_bytes=size)
        same = known.get((table.name, name, fingerprint))
        if same and same.encoding not in ENCODINGS_READ:
            copy = write_as_utf_8(path, fingerprint, same.encoding, copies)
            same = same if str(copy.absolute()) in same.reader else None
        if same:
            yield replace(same, place=str(path))
        else:
            yield _inspect_file(engine, delivery, path, table, copies)


def _files(place: Path) -> list[Path]:
    """Return the data files of a folder, without those that writers keep for themselves."""
    if place.is_file():
        return [place]
    return sorted(
        path
        for path in place.rglob("*")
        if path.name.endswith((*PARQUET_ENDINGS, *CSV_ENDINGS))
        and not any(part.startswith((".", "_")) for part in path.relative_to(place).parts)
        and path.is_file()
    )


def _inspect_file(
    engine: Engine, delivery: Delivery, path: Path, table: Table, copies: Path
) -> Delivery:
    if delivery.size_bytes == 0:
        problem = (
            f"{delivery.delivery} is empty (0 bytes): export it again."
            if table.is_required
            else None
        )
        return replace(delivery, format="empty", problem=problem)
    try:
        if path.name.endswith(PARQUET_ENDINGS):
            return _inspect_parquet(engine, delivery, path, table)
        return _inspect_csv(engine, delivery, path, table, copies)
    except UserError as error:
        problem = str(error).replace(str(path), delivery.delivery)
        return replace(delivery, format="unreadable", problem=problem)
    except (OSError, EOFError, zlib.error) as error:
        problem = (
            f"{delivery.delivery} cannot be read: export it again, or permit reading it ({error})."
        )
        return replace(delivery, format="unreadable", problem=problem)


def _inspect_parquet(engine: Engine, delivery: Delivery, path: Path, table: Table) -> Delivery:
    reader = f"read_parquet([{DELIVERIES}], filename = 'csat_delivery')"
    name = quote(str(path))
    from_file = reader.replace(DELIVERIES, name, 1)
    try:
        columns = _describe(engine, from_file)
        rows = engine.collect(
            f"select sum(num_rows)::bigint as n from parquet_file_metadata({name})"
        )["n"][0].as_py()
    except EngineError as error:
        raise UserError(f"{path} cannot be read as Parquet: write it again ({error}).") from error
    try:
        columns_found = _check_columns(engine, str(path), from_file, columns, table)
    except EngineError as error:
        raise UserError(f"{path} cannot be read as Parquet: write it again ({error}).") from error
    return replace(
        delivery,
        format="parquet",
        reader=reader,
        columns_found=columns_found,
        rows_received=rows,
    )


def _inspect_csv(
    engine: Engine, delivery: Delivery, path: Path, table: Table, copies: Path
) -> Delivery:
    dialect = detect_dialect(path, [column.name for column in table.columns])
    names = (*dialect.header, *SURPLUS_COLUMNS)
    columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in names)
    # A short line has nulls at its end, and a long one shows in the surplus columns. Quoted
    # line breaks need the sequential reader.
    options = (
        f"auto_detect = false, header = true, delim = {quote(dialect.delimiter)}, quote = '\"', "
        f"escape = '\"', columns = {{{columns}}}, null_padding = true, parallel = false"
    )
    if dialect.encoding in ENCODINGS_READ:
        reader = f"read_csv([{DELIVERIES}], filename = 'csat_delivery', {options})"
    else:
        copy = write_as_utf_8(path, delivery.fingerprint, dialect.encoding, copies)
        reader = (
            f"(select *, {DELIVERIES} as csat_delivery "
            f"from read_csv({quote(str(copy.absolute()))}, {options}))"
        )
    from_file = reader.replace(DELIVERIES, quote(str(path)), 1)
    try:
        rows = engine.collect(f"select count(csat_delivery) as n from {from_file}")["n"][0].as_py()
    except EngineError as error:
        raise UserError(
            f"{path} cannot be read as CSV with the delimiter {dialect.delimiter!r}: "
            f"mend that line, or export the file again ({error})."
        ) from error
    columns_found = _check_columns(
        engine, str(path), from_file, dict.fromkeys(dialect.header, "VARCHAR"), table
    )
    return replace(
        delivery,
        format="csv",
        reader=reader,
        columns_found=columns_found,
        encoding=dialect.encoding,
        rows_received=rows,
    )


# --- tables of the warehouse -----------------------------------------------------------


def _warehouse_table(engine: Engine, schema: str, table: Table) -> Iterator[Delivery]:
    place = f"{schema}.{table.name}"
    relation = ".".join(quote_name(part.strip('"')) for part in place.split("."))
    if not engine.relation_exists(relation):
        yield _absent(table, f"create {place}, or set CSAT_SOURCE to the schema that holds it")
        return
    whole = Delivery(table.name, place, "", "table")
    try:
        columns = _describe(engine, relation)
        columns_found = _check_columns(engine, place, relation, columns, table)
        yield from _days_of_loading(engine, relation, columns, table, columns_found, whole)
    except UserError as error:
        yield replace(whole, format="unreadable", problem=str(error))
    except EngineError as error:
        problem = f"{place} cannot be read: mend the table or view ({error})."
        yield replace(whole, format="unreadable", problem=problem)


def _days_of_loading(
    engine: Engine,
    relation: str,
    columns: Mapping[str, str],
    table: Table,
    columns_found: str,
    whole: Delivery,
) -> Iterator[Delivery]:
    columns_by_name = {name.strip().lower(): name for name in columns}
    loaded_at = columns_by_name.get("loaded_at")
    if loaded_at:
        # A row that changes without a new loaded_at is not seen: the contract asks for a new one
        # with each delivery. One that comes or goes is.
        day = (
            f"coalesce(cast(try_cast({quote_name(loaded_at)} as date) as varchar), 'without date')"
        )
        keys = [quote_name(columns_by_name[c.name]) for c in table.columns if c.is_key]
        mark = f"cast(bit_xor(hash({', '.join([*keys, quote_name(loaded_at)])})) as varchar)"
    else:
        day, mark = "'whole table'", "cast(bit_xor(hash(received)) as varchar)"
    reader = (
        f"(select *, {day} as csat_delivery from {relation} "
        f"where {day} in ({DELIVERIES})) as received"
    )
    counted = engine.collect(
        f"select {day} as day, count(*) as row_count, {mark} as mark "
        f"from {relation} as received group by 1 order by 1"
    ).to_pylist()
    for row in counted:
        yield replace(
            whole,
            delivery=row["day"],
            place=row["day"],
            fingerprint=f"{row['row_count']}-{row['mark']}-{table.digest}",
            reader=reader,
            columns_found=columns_found,
            rows_received=row["row_count"],
        )
    if not counted:
        yield replace(whole, format="empty")


# --- columns ---------------------------------------------------------------------------


def _describe(engine: Engine, relation: str) -> dict[str, str]:
    rows = engine.collect(f"describe select * from {relation}").to_pylist()
    return {row["column_name"]: row["column_type"] for row in rows}


def _family(data_type: str) -> str:
    for family, names in _TYPE_FAMILIES.items():
        if any(
            data_type == name or data_type.startswith((f"{name}(", name + " ")) for name in names
        ):
            return family
    return "other"


def _check_columns(
    engine: Engine, place: str, relation: str, columns: Mapping[str, str], table: Table
) -> str:
    """Return the contract's columns found in a delivery as JSON.

    Raises
    ------
    UserError
        If a required column is missing or a column has a type that cannot be read.
    """
    by_name = {name.strip().lower(): name for name in columns}
    missing = [name for name in table.required_columns if name not in by_name]
    if missing:
        raise UserError(
            f"{place} has no column {' and no column '.join(missing)}: "
            f"the table {table.name} needs {'it' if len(missing) == 1 else 'them'}."
        )
    found = {}
    for column in table.columns:
        name = by_name.get(column.name)
        if name is None:
            continue
        if _family(columns[name]) not in _ACCEPTED_FAMILIES[column.data_type]:
            # A column without any value has whatever type its writer chose.
            filled = engine.collect(f"select count({quote_name(name)}) as n from {relation}")
            if filled["n"][0].as_py() == 0:
                continue
            raise UserError(
                f"The column {column.name} of {place} has the type {columns[name]}: "
                f"deliver {_EXAMPLES[column.data_type]}."
            )
        found[column.name] = [name, columns[name]]
    return json.dumps(found)
