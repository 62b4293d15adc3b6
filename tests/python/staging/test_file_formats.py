"""A delivery is read the same way however it was written."""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from companies import as_columns, valid_row, write_company, write_csv
from companies import write_parquet as write
from harness import Workspace

UMLAUTS = "Grüße für 5 € – „schön“"


def answer(file: str, **changes: str) -> dict:
    """Return a survey answer whose key is the name of its file."""
    return valid_row("survey_responses", response_id=file, **{"comment": "fine", **changes})


def contact(file: str, **changes: str) -> dict:
    """Return a contact whose key is the name of its file."""
    return valid_row("contacts", contact_id=file, **changes)


def write_text_files(folder: Path) -> dict[str, str]:
    """Write one survey answer per way to write text; return the comment to expect of each."""
    rows = {name: [answer(name)] for name in TEXT_FILES}
    expected = dict.fromkeys(TEXT_FILES, "fine")

    def say(name: str, comment: str) -> list[dict]:
        expected[name] = comment
        return [answer(name, comment=comment)]

    write_csv(folder / "plain.csv", rows["plain"])
    write_csv(folder / "byte_order_mark.csv", rows["byte_order_mark"], encoding="utf-8-sig")
    write_csv(folder / "semicolons.csv", say("semicolons", "a, b; c"), delimiter=";")
    write_csv(folder / "tabs.csv", say("tabs", "a, b"), delimiter="\t")
    write_csv(folder / "bars.csv", say("bars", "a, b"), delimiter="|")
    write_csv(folder / "crlf.csv", say("crlf", "fine"), lineterminator="\r\n")
    write_csv(folder / "quoted_newlines.csv", say("quoted_newlines", 'one\n\n"two",\nthree'))
    write_csv(folder / "quoted_crlf.csv", say("quoted_crlf", "one\r\ntwo"), lineterminator="\r\n")
    write_csv(
        folder / "byte_order_mark_crlf_semicolons.csv",
        say("byte_order_mark_crlf_semicolons", UMLAUTS),
        encoding="utf-8-sig",
        delimiter=";",
        lineterminator="\r\n",
    )
    write_csv(folder / "utf_8.csv", say("utf_8", f"{UMLAUTS} 😀"))
    write_csv(folder / "windows_1252.csv", say("windows_1252", UMLAUTS), encoding="cp1252")
    write_csv(folder / "all_quoted.csv", rows["all_quoted"], quoting=1)
    columns = [*reversed(rows["other_order"][0])]
    write_csv(folder / "other_order.csv", rows["other_order"], columns)
    upper = [{f" {name.upper()} ": value for name, value in rows["upper_case"][0].items()}]
    write_csv(folder / "upper_case.csv", upper)
    extra = {
        "delivery": "x",
        "filename": "y",
        "a column": "z",
        "it's": "1",
        'the "best"': "2",
        "broken_rule": "4",
        "ünlaut": "5",
        "": "6",
        "select": "7",
        "{deliveries}": "8",
    }
    write_csv(folder / "extra_columns.csv", [{**extra, **rows["extra_columns"][0]}])
    few = ["response_id", "customer_id", "responded_at", "instrument_id", "answer", "comment"]
    write_csv(
        folder / "few_columns.csv",
        [{name: rows["few_columns"][0][name] for name in few}],
    )
    plain = (folder / "plain.csv").read_bytes()
    (folder / "no_newline_at_end.csv").write_bytes(
        plain.replace(b"plain", b"no_newline_at_end").rstrip()
    )
    (folder / "blank_lines_at_end.csv").write_bytes(
        plain.replace(b"plain", b"blank_lines_at_end") + b"\n\n"
    )
    (folder / "compressed.csv.gz").write_bytes(
        gzip.compress(plain.replace(b"plain", b"compressed"))
    )
    header, line = plain.decode().split("\n")[:2]
    short = line.replace("plain", "short_line").rsplit(",", 1)[0]
    (folder / "short_line.csv").write_text(f"{header}\n{short}\n")
    (folder / "name with spaces, (brackets) and 'quotes'.csv").write_bytes(
        plain.replace(b"plain", b"odd_name")
    )
    odd = folder / "month=2026-03" / "day [1]"
    odd.mkdir(parents=True)
    (odd / "what*.csv").write_bytes(plain.replace(b"plain", b"odd_folder"))
    write(odd / "what?.parquet", as_columns([answer("odd_parquet")]))
    write(folder / "parquet.parquet", as_columns(rows["parquet"]))
    more = as_columns(rows["parquet_more_columns"])
    write(
        folder / "parquet_more_columns.parquet",
        {"filename": ["x"], "delivery": [[1, 2]], 'it\'s "odd"': [1.5], "z": [b"\0"], **more},
    )
    write(
        folder / "parquet_upper_case.parquet",
        {name.upper(): values for name, values in as_columns(rows["parquet_upper_case"]).items()},
    )
    write(
        folder / "parquet_other_order.parquet",
        dict(reversed(as_columns(rows["parquet_other_order"]).items())),
    )
    (folder / "_SUCCESS").touch()
    (folder / "notes.txt").write_text("not a delivery")
    write_csv(folder / "header_only.csv", [], columns)
    return expected


TEXT_FILES = (
    *("plain", "byte_order_mark", "semicolons", "tabs", "bars", "crlf", "quoted_newlines"),
    *("quoted_crlf", "byte_order_mark_crlf_semicolons", "utf_8", "windows_1252", "all_quoted"),
    *("other_order", "upper_case", "extra_columns", "few_columns", "no_newline_at_end"),
    *("blank_lines_at_end", "compressed", "short_line", "odd_name", "odd_folder", "odd_parquet"),
    *("parquet", "parquet_more_columns", "parquet_upper_case", "parquet_other_order"),
)
UTC = datetime.UTC
NINE = datetime.datetime(2026, 3, 1, 9, 0, 0)


def typed(name: str, column: str, values: pa.Array) -> dict[str, pa.Array]:
    """Return the columns of one contact, with one of them typed."""
    return {**as_columns([contact(name)]), column: values}


# How resolved_at, 9 o'clock UTC on 1 March 2026, may be typed in Parquet; the end of the day for
# dates.
TYPED_TIMES: dict[str, tuple[pa.Array, datetime.datetime]] = {
    "seconds": (pa.array([NINE], pa.timestamp("s")), NINE),
    "milliseconds": (pa.array([NINE], pa.timestamp("ms")), NINE),
    "nanoseconds": (pa.array([NINE], pa.timestamp("ns")), NINE),
    "zoned": (
        pa.array([NINE.replace(tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin")),
        NINE,
    ),
    "nanoseconds_zoned": (
        pa.array([NINE.replace(tzinfo=UTC)], pa.timestamp("ns", "America/New_York")),
        NINE,
    ),
    "date": (
        pa.array([datetime.date(2026, 3, 1)], pa.date32()),
        datetime.datetime(2026, 3, 1, 23, 59, 59),
    ),
    "date_64": (
        pa.array([datetime.date(2026, 3, 1)], pa.date64()),
        datetime.datetime(2026, 3, 1, 23, 59, 59),
    ),
    "null_type": (pa.nulls(1), None),
    "all_null_integer": (pa.array([None], pa.int32()), None),
    "all_null_list": (pa.array([None], pa.list_(pa.int32())), None),
    "dictionary": (pa.array(["2026-03-01 09:00:00"]).dictionary_encode(), NINE),
}
WRITTEN_TIMES: dict[str, datetime.datetime] = {
    "2026-03-01 09:00:00": NINE,
    "2026-03-01T09:00:00": NINE,
    "2026-03-01 09:00": NINE,
    " 2026-03-01 09:00:00 ": NINE,
    "2026-03-01 09:00:00.250": NINE.replace(microsecond=250_000),
    "2026-03-01 09:00:00.123456789": NINE.replace(microsecond=123_456),
    "2026-03-01T09:00:00Z": NINE,
    "2026-03-01 09:00:00 UTC": NINE,
    "2026-03-01 11:00:00+02:00": NINE,
    "2026-03-01T11:00:00+0200": NINE,
    "2026-03-01 11:00:00+02": NINE,
    "2026-03-01T04:00:00.000-05:00": NINE,
    "2026-03-01": datetime.datetime(2026, 3, 1, 23, 59, 59),
    " 2026-03-01 ": datetime.datetime(2026, 3, 1, 23, 59, 59),
}
TYPED_NUMBERS: dict[str, tuple[pa.Array, int]] = {
    "int8": (pa.array([12], pa.int8()), 12),
    "uint64": (pa.array([12], pa.uint64()), 12),
    "double": (pa.array([12.0]), 12),
    "float": (pa.array([12.0], pa.float32()), 12),
    "not_a_number": (pa.array([float("nan")]), None),
    "decimal": (pa.array([Decimal("12.00")]), 12),
    "text": (pa.array(["12"]), 12),
    "text_of_fraction": (pa.array(["12.0"]), 12),
    "large_text": (pa.array(["12"], pa.large_string()), 12),
    "all_null_boolean": (pa.array([None], pa.bool_()), None),
}
TYPED_BOOLEANS: dict[str, tuple[pa.Array, bool]] = {
    "boolean": (pa.array([True]), True),
    "integer": (pa.array([0]), False),
    "fraction": (pa.array([1.0]), True),
    "not_a_number": (pa.array([float("nan")]), None),
    "Yes": (pa.array(["Yes"]), True),
    "N": (pa.array(["N"]), False),
    "FALSE": (pa.array(["FALSE"]), False),
    "1": (pa.array(["1"]), True),
    "0.0": (pa.array(["0.0"]), False),
}
TYPED_NAMES: dict[str, tuple[pa.Array, str]] = {
    "integer": (pa.array([1234]), "1234"),
    "large_integer": (pa.array([9_007_199_254_740_993]), "9007199254740993"),
    "fraction": (pa.array([1234.0]), "1234"),
    "with_gap": (pa.array([float("nan")]), None),
    "decimal": (pa.array([Decimal("1234.00")]), "1234"),
    "half": (pa.array([0.5]), "0.5"),
    "larger_than_an_integer": (pa.array([1e25]), "10000000000000000905969664"),
    "text_with_zeros": (pa.array(["00123"]), "00123"),
    "text_of_fraction": (pa.array(["12.0"]), "12.0"),
    "date": (pa.array([datetime.date(2026, 3, 1)]), "2026-03-01"),
    "boolean": (pa.array([True]), "true"),
}


@pytest.fixture(scope="module")
def files(new_workspace: Callable[[], Workspace]) -> tuple[Workspace, dict[str, str]]:
    """One company with a file for each way to write one, staged once."""
    workspace = new_workspace()
    folder = workspace.source
    write_company(folder, {"customers": [valid_row("customers")]})
    expected = write_text_files(folder / "survey_responses")
    contacts = folder / "contacts"
    for name, (values, _) in TYPED_TIMES.items():
        write(contacts / f"time_{name}.parquet", typed(f"time {name}", "resolved_at", values))
    write_csv(
        contacts / "written_times.csv",
        [contact(f"written <{time}>", resolved_at=time) for time in WRITTEN_TIMES],
    )
    for name, (values, _) in TYPED_NUMBERS.items():
        write(contacts / f"number_{name}.parquet", typed(f"number {name}", "transfers", values))
    for name, (values, _) in TYPED_BOOLEANS.items():
        write(contacts / f"boolean_{name}.parquet", typed(f"bool {name}", "is_resolved", values))
    for name, (values, _) in TYPED_NAMES.items():
        write(contacts / f"name_{name}.parquet", typed(f"name {name}", "agent_id", values))
    workspace.stage()
    return workspace, expected


@pytest.fixture(scope="module")
def contacts(files: tuple[Workspace, dict[str, str]]) -> dict[str, dict]:
    """The accepted contacts by key."""
    workspace, _ = files
    return {row["contact_id"]: row for row in workspace.query("from staging.stg_company__contacts")}


@pytest.fixture(scope="module")
def answers(files: tuple[Workspace, dict[str, str]]) -> dict[str, dict]:
    """The accepted survey answers by key."""
    workspace, _ = files
    rows = workspace.query("from staging.stg_company__survey_responses")
    return {row["response_id"]: row for row in rows}


@pytest.mark.parametrize("file", TEXT_FILES)
def test_answer_is_read_whatever_the_file_looks_like(
    files: tuple[Workspace, dict[str, str]], answers: dict[str, dict], file: str
) -> None:
    _, expected = files
    row = answers[file]
    assert row["comment"].replace("\r\n", "\n") == expected[file].replace("\r\n", "\n")
    assert row["answer"] == "9"
    assert row["responded_at"] == datetime.datetime(2026, 3, 1, 13)
    assert row["product"] == (None if file == "few_columns" else "power")


def test_no_row_comes_from_nowhere(
    files: tuple[Workspace, dict[str, str]], answers: dict[str, dict]
) -> None:
    workspace, _ = files
    assert set(answers) == set(TEXT_FILES)
    assert workspace.query("from staging.stg_rejected_records") == []


@pytest.mark.parametrize("name", TYPED_TIMES)
def test_typed_time_is_read_as_utc(contacts: dict[str, dict], name: str) -> None:
    assert contacts[f"time {name}"]["resolved_at"] == TYPED_TIMES[name][1]


@pytest.mark.parametrize("time", WRITTEN_TIMES)
def test_written_time_is_read_as_utc(contacts: dict[str, dict], time: str) -> None:
    assert contacts[f"written <{time}>"]["resolved_at"] == WRITTEN_TIMES[time]


@pytest.mark.parametrize("name", TYPED_NUMBERS)
def test_number_is_read_from_any_type(contacts: dict[str, dict], name: str) -> None:
    assert contacts[f"number {name}"]["transfers"] == TYPED_NUMBERS[name][1]


@pytest.mark.parametrize("name", TYPED_BOOLEANS)
def test_boolean_is_read_from_any_type(contacts: dict[str, dict], name: str) -> None:
    assert contacts[f"bool {name}"]["is_resolved"] is TYPED_BOOLEANS[name][1]


@pytest.mark.parametrize("name", TYPED_NAMES)
def test_identifier_is_read_from_any_type(contacts: dict[str, dict], name: str) -> None:
    assert contacts[f"name {name}"]["agent_id"] == TYPED_NAMES[name][1]


def test_a_value_is_read_alike_whatever_stands_in_the_rows_around_it(
    workspace: Workspace,
) -> None:
    """Zones once stuck to the rows after them, and numbers once hid the gap between them."""
    write_company(workspace.source, {"customers": [valid_row("customers")]})
    write_csv(workspace.source / "survey_responses.csv", [valid_row("survey_responses")])
    written = [
        "2026-03-01 13:00:00 America/New_York",
        "2026-03-01 9:00:00",
        "2026-03-01 11:00:00 +02:00",
        "2026-3-1 09:00",
        "2026-03-01 10:00:00 CEST",
        "2026-03-01 09:00",
    ]
    rows = [contact(f"{i} <{time}>", resolved_at=time) for i, time in enumerate(written)]
    write_csv(workspace.source / "contacts" / "times.csv", rows)
    numbers = [contact(f"number {i}") for i in range(3)]
    columns = as_columns(numbers)
    columns["transfers"] = pa.array([12.0, float("nan"), 3.0])
    columns["agent_id"] = pa.array([1234.0, float("nan"), 99.0])
    write(workspace.source / "contacts" / "numbers.parquet", columns)

    workspace.stage()

    accepted = {
        row["contact_id"]: row for row in workspace.query("from staging.stg_company__contacts")
    }
    readable = [row["contact_id"] for i, row in enumerate(rows) if i not in (0, 4)]
    assert {accepted[name]["resolved_at"] for name in readable} == {NINE}
    assert [accepted[f"number {i}"]["transfers"] for i in range(3)] == [12, None, 3]
    assert [accepted[f"number {i}"]["agent_id"] for i in range(3)] == ["1234", None, "99"]
    assert workspace.query(
        "select record_key, rule, rejected_column as col "
        "from staging.stg_rejected_records order by 1"
    ) == [
        {"record_key": rows[i]["contact_id"], "rule": "unparseable_value", "col": "resolved_at"}
        for i in (0, 4)
    ]
