"""Publishing swaps a whole file: readers keep what they have or get what is new."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from csat.publishing import Publishing
from csat.publishing import publish as publish_all


@pytest.fixture
def build(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(tmp_path / "build.duckdb"))
    connection.execute(
        "create schema marts; create table marts.customers (id varchar primary key, points double);"
        "insert into marts.customers values ('a', 1), ('b', 2);"
        "comment on table marts.customers is 'One row per customer.';"
        "comment on column marts.customers.points is 'It''s points.';"
        "create view marts.few as select id from marts.customers where points > 1"
    )
    return connection


RELATIONS = [("marts", "customers"), ("marts", "few")]


def publish(build: duckdb.DuckDBPyConnection, relations: list, file: Path, source: str) -> pa.Table:
    """Publish tables alone."""
    return publish_all(build, Publishing(relations, source), file)


def read(file: Path, sql: str) -> list:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_published_file_holds_rows_keys_comments_and_its_own_time(build, tmp_path):
    file = tmp_path / "new folder" / "published.duckdb"

    (publication,) = publish(build, RELATIONS, file, "company").to_pylist()

    assert publication["is_published"]
    assert publication["rows"] == 3
    assert publication["tables"] == 2
    assert read(file, "select id, points from marts.customers order by id") == [("a", 1), ("b", 2)]
    assert read(file, "select id from marts.few") == [("b",)]
    assert read(
        file,
        "select comment from duckdb_tables() where table_name = 'customers' union all "
        "select comment from duckdb_columns() where column_name = 'points'",
    ) == [("One row per customer.",), ("It's points.",)]
    assert read(
        file,
        "select constraint_column_names from duckdb_constraints() "
        "where constraint_type = 'PRIMARY KEY'",
    ) == [(["id"],)]
    assert read(file, "select published_at, rows from monitoring.publication") == [
        (publication["published_at"], 3)
    ]


def test_a_reader_keeps_the_old_file_and_the_next_one_gets_the_new(build, tmp_path):
    file = tmp_path / "published.duckdb"
    publish(build, RELATIONS, file, "company")
    # A reader in a process of its own would do; a symbolic second path keeps this one apart.
    old = duckdb.connect(str(file), read_only=True)
    inode = file.stat().st_ino
    build.execute("insert into marts.customers values ('c', 3)")

    publish(build, RELATIONS, file, "company")

    assert file.stat().st_ino != inode
    assert old.execute("select count(*) from marts.customers").fetchone() == (2,)
    old.close()
    assert read(file, "select count(*) from marts.customers") == [(3,)]


def test_what_fails_on_the_way_leaves_the_published_file_as_it_was(build, tmp_path):
    file = tmp_path / "published.duckdb"
    publish(build, RELATIONS, file, "company")
    before = file.read_bytes()

    with pytest.raises(duckdb.Error):
        publish(build, [*RELATIONS, ("marts", "missing")], file, "company")

    assert file.read_bytes() == before
    assert publish(build, RELATIONS, file, "company").to_pylist()[0]["is_published"]


def test_the_build_file_is_never_the_published_file(build, tmp_path):
    (publication,) = publish(build, RELATIONS, tmp_path / "build.duckdb", "company").to_pylist()

    assert not publication["is_published"]
    assert "is both the build file and the published file" in publication["refusal"]
    assert build.execute("select count(*) from marts.customers").fetchone() == (2,)


def test_a_place_that_cannot_be_written_is_told_in_one_sentence(build, tmp_path):
    (tmp_path / "file").write_text("not a folder")

    (publication,) = publish(
        build, RELATIONS, tmp_path / "file" / "csat.duckdb", "company"
    ).to_pylist()

    assert not publication["is_published"]
    assert "cannot be written" in publication["refusal"]
    assert "CSAT_PUBLISHED_FILE" in publication["refusal"]


def test_another_company_is_not_published_over_the_one_that_is_there(build, tmp_path):
    """A forgotten setting would put the demo in the company's place."""
    file = tmp_path / "published.duckdb"
    assert publish(build, RELATIONS, file, "data/demo").to_pylist()[0]["is_published"]
    assert publish(build, RELATIONS, file, "/company").to_pylist()[0]["is_published"]

    (refused,) = publish(build, RELATIONS, file, "data/demo").to_pylist()

    assert refused["has_failed"]
    assert (
        "holds the data of /company, and this run read data/demo: set CSAT_SOURCE"
        in (refused["refusal"])
    )
    assert read(file, "select source_location from monitoring.publication") == [("/company",)]
    assert publish(build, RELATIONS, file, "/company").to_pylist()[0]["is_published"]
