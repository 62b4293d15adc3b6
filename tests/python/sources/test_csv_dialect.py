"""The dialect of a CSV file is settled by what its first line names and by all of its bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from csat.project import UserError
from csat.sources.csv_dialect import CsvDialect, detect_dialect, write_as_utf_8

EXPECTED = ("customer_id", "customer_since", "region")
HEADER = "customer_id,customer_since,region\n"


def dialect_of(folder: Path, contents: bytes, name: str = "customers.csv") -> CsvDialect:
    path = folder / name
    path.write_bytes(contents)
    return detect_dialect(path, EXPECTED)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_the_one_under_which_the_header_names_the_contract(
    tmp_path: Path, delimiter: str
) -> None:
    # The values hold more commas than the header holds delimiters.
    contents = HEADER.replace(",", delimiter) + delimiter.join(["1", "2026-01-01", '"a,b,c,d,e"'])
    found = dialect_of(tmp_path, contents.encode())
    assert found == CsvDialect("utf-8", delimiter, EXPECTED)


def test_header_of_one_contract_column_is_enough(tmp_path: Path) -> None:
    assert dialect_of(tmp_path, b"region\nnorth\n").header == ("region",)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ('"customer_id","REGION "', ("customer_id", "region")),
        ("customer_id,,region,", ("customer_id", "column_2", "region", "column_4")),
        ('customer_id,"a, ""b""",region', ("customer_id", 'a, "b"', "region")),
        ('customer_id,"two\nlines",region', ("customer_id", "two\nlines", "region")),
    ],
)
def test_header_is_cleaned(tmp_path: Path, header: str, names: tuple[str, ...]) -> None:
    assert dialect_of(tmp_path, f"{header}\n1\n".encode()).header == names


@pytest.mark.parametrize(
    ("contents", "encoding"),
    [
        (HEADER + "1,2026-01-01,Süd €", "utf-8"),
        (HEADER + "1,2026-01-01,Nord", "utf-8"),
    ],
)
def test_utf_8_is_recognised_with_and_without_a_mark(
    tmp_path: Path, contents: str, encoding: str
) -> None:
    assert dialect_of(tmp_path, contents.encode()).encoding == encoding
    marked = dialect_of(tmp_path, contents.encode("utf-8-sig"))
    assert (marked.encoding, marked.header) == (encoding, EXPECTED)


def test_windows_1252_is_recognised_however_far_into_the_file(tmp_path: Path) -> None:
    contents = HEADER + "1,2026-01-01,Nord\n" * 100_000 + "1,2026-01-01,Süd €\n"
    assert dialect_of(tmp_path, contents.encode("cp1252")).encoding == "windows-1252"


def test_utf_8_character_across_two_blocks_is_no_damage(tmp_path: Path) -> None:
    text = HEADER + "1,2026-01-01," + "ü€😀" * 300_000
    for shift in range(4):
        assert dialect_of(tmp_path, (text + "x" * shift).encode()).encoding == "utf-8"


def test_damaged_utf_8_is_refused(tmp_path: Path) -> None:
    contents = (HEADER + "1,2026-01-01,Süd\n" * 20).encode() + b"2,2026-01-01,S\xff\xfed\n"
    with pytest.raises(UserError, match=r"customers\.csv is damaged: 2 of its bytes .* UTF-8"):
        dialect_of(tmp_path, contents)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(tmp_path: Path, encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    with pytest.raises(UserError, match=r"customers\.csv is written in UTF-16: save it as UTF-8"):
        dialect_of(tmp_path, (mark + HEADER).encode(encoding))


@pytest.mark.parametrize(
    "contents", [b"id,since\n1,2026-01-01\n", b"\n\n", b"\xef\xbb\xbf", b"1,2"]
)
def test_file_without_a_usable_header_is_refused(tmp_path: Path, contents: bytes) -> None:
    with pytest.raises(UserError, match=r"has no header .* first line customer_id,customer_since"):
        dialect_of(tmp_path, contents)


def test_column_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has the column region twice: rename or remove"):
        dialect_of(tmp_path, b"customer_id,region,Region\n")


def test_compressed_file_is_looked_into(tmp_path: Path) -> None:
    contents = gzip.compress((HEADER.replace(",", ";") + "1;2;Süd €").encode("cp1252"))
    found = dialect_of(tmp_path, contents, "customers.csv.gz")
    assert found == CsvDialect("windows-1252", ";", EXPECTED)


def test_copy_in_utf_8_holds_the_same_text_and_replaces_the_older_one(tmp_path: Path) -> None:
    path, copies = tmp_path / "customers.csv", tmp_path / "copies"
    text = HEADER + "1,2026-01-01,„Süd“ – 5 €\r\n"
    path.write_bytes(text.encode("cp1252"))
    first = write_as_utf_8(path, "one", "windows-1252", copies)
    assert first.read_bytes().decode() == text
    path.write_bytes(text.replace("5", "6").encode("cp1252"))
    assert write_as_utf_8(path, "one", "windows-1252", copies) == first
    second = write_as_utf_8(path, "two", "windows-1252", copies)
    assert "6 €" in second.read_text(encoding="utf-8")
    assert list(copies.iterdir()) == [second]


@pytest.mark.parametrize(
    "line",
    [
        '"a ""quoted"" word",b,c',
        '"""","",""""""',
        'a 5" pipe,b,c',
        'a 5 " pipe,b,c',
        'a,  "two, spaces ""before""",c',
        '"two\nlines, ""and more""",b,"c"',
        'a "b" c,d"",e',
    ],
)
def test_closed_and_inner_quotes_are_no_problem(tmp_path: Path, line: str) -> None:
    for padding in range(3):
        text = f'"customer_id",customer_since,"region"\n{"x" * padding}\n' + f"{line}\n" * 40_000
        for mark in ("", "\ufeff"):
            dialect_of(tmp_path, (mark + text).encode())


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_unclosed_quote_is_refused_with_its_line(tmp_path: Path, delimiter: str) -> None:
    text = HEADER + '"a ""b"" c",x,y\n' * 100_000 + '1,"open ""and never closed,x\n' + "1,2,3\n" * 9
    with pytest.raises(UserError, match="double quote in line 100002 that is never closed"):
        dialect_of(tmp_path, text.replace(",", delimiter).encode())
