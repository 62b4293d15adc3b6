"""Pages read the published file through one helper, which notices a swap and says what is wrong."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import duckdb
import pytest

from csat.project import UserError
from csat.published_file import PublishedFile
from csat.publishing import Publishing, publish

COMPANY = Publishing([("marts", "customers")], "company")


@pytest.fixture
def build(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(tmp_path / "build.duckdb"))
    connection.execute(
        "create schema marts; create table marts.customers (id varchar primary key, points double);"
        "insert into marts.customers values ('a', 1), ('b', 2)"
    )
    return connection


def test_query_takes_parameters_and_gives_arrow(build, tmp_path):
    file = tmp_path / "csat.duckdb"
    publish(build, COMPANY, file)
    published = PublishedFile(file)

    by_place = published.query("select points from marts.customers where id = ?", ["b"])
    by_name = published.query("select points from marts.customers where id = $id", {"id": "b"})

    assert by_place.to_pylist() == by_name.to_pylist() == [{"points": 2.0}]
    hostile = "b'; drop table marts.customers; --"
    assert published.query("select * from marts.customers where id = ?", [hostile]).num_rows == 0
    assert published.query("select count(*) as rows from marts.customers").to_pylist() == [
        {"rows": 2}
    ]


def test_swap_is_noticed_while_what_is_held_stays_one_publication(build, tmp_path):
    file = tmp_path / "csat.duckdb"
    publish(build, COMPANY, file)
    published = PublishedFile(file)
    count = "select count(*) as rows from marts.customers"
    first = published.published_at
    with published.publication() as held:
        build.execute("insert into marts.customers values ('c', 3)")
        publish(build, COMPANY, file)

        assert published.query(count).to_pylist() == [{"rows": 3}]
        assert held.query(count).to_pylist() == [{"rows": 2}]
        assert held.published_at == first < published.published_at


def test_file_that_comes_later_is_found(build, tmp_path):
    published = PublishedFile(tmp_path / "csat.duckdb")
    with pytest.raises(UserError, match="is not there: run `make build`"):
        published.query("select 1")

    publish(build, COMPANY, tmp_path / "csat.duckdb")

    assert published.query("select 1 as one").to_pylist() == [{"one": 1}]


def test_unusable_files_are_told_in_one_sentence(tmp_path):
    (tmp_path / "empty.duckdb").touch()
    (tmp_path / "text.duckdb").write_text("no database " * 1000)
    (tmp_path / "folder.duckdb").mkdir()
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    for name, message in (
        ("empty", "holds no publication|cannot be read"),
        ("text", "cannot be read"),
        ("folder", "cannot be read"),
        ("other", "holds no publication"),
    ):
        with pytest.raises(UserError, match=message) as told:
            PublishedFile(tmp_path / f"{name}.duckdb", shown_as=f"{name}.duckdb").query("select 1")
        assert "\n" not in str(told.value)
        assert str(told.value).startswith(f"{name}.duckdb ")


def test_mart_that_is_not_there_is_told(build, tmp_path):
    publish(build, COMPANY, tmp_path / "csat.duckdb")
    with pytest.raises(UserError, match="does not hold what is asked for"):
        PublishedFile(tmp_path / "csat.duckdb").query("select * from marts.of_tomorrow")


def test_queries_change_nothing_and_reach_no_other_file(build, tmp_path):
    folder = tmp_path / "published"
    publish(build, COMPANY, folder / "csat.duckdb")
    (tmp_path / "secret.csv").write_text("word\nhidden\n")
    published = PublishedFile(folder / "csat.duckdb")

    for sql in (
        f"select * from read_csv('{tmp_path / 'secret.csv'}')",
        "delete from marts.customers",
        f"attach '{tmp_path / 'other.duckdb'}' as other",
        "set enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            published.query(sql)


def test_working_directory_does_not_matter(build, tmp_path, monkeypatch):
    publish(build, COMPANY, tmp_path / "csat.duckdb")
    monkeypatch.chdir(tmp_path)
    published = PublishedFile("csat.duckdb")
    monkeypatch.chdir("/")
    assert published.path.is_absolute()
    assert published.query("select 1 as one").num_rows == 1


def test_threads_share_one_file_through_swaps(build, tmp_path):
    file = tmp_path / "csat.duckdb"
    build.execute("create table marts.generation as select 0 as number")
    company = Publishing([*COMPANY.relations, ("marts", "generation")], "company")
    publish(build, company, file)
    published = PublishedFile(file)
    done = threading.Event()
    failures: list[object] = []
    seen: list[set[int]] = [set() for _ in range(2)]

    def read(numbers: set[int]) -> None:
        while not done.is_set():
            try:
                (row,) = published.query(
                    "select min(number) as low, max(number) as high from marts.generation"
                ).to_pylist()
                numbers.add(row["low"])
                if row["low"] != row["high"]:
                    failures.append(row)
            except Exception as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=read, args=[numbers]) for numbers in seen]
    for thread in threads:
        thread.start()
    for _ in range(5):
        build.execute("update marts.generation set number = number + 1")
        publish(build, company, file)
    done.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(set.union(*seen)) > 1
    assert published.query("select number from marts.generation").to_pylist() == [{"number": 5}]


def test_file_with_the_number_of_the_old_one_is_noticed(build, tmp_path):
    file = tmp_path / "csat.duckdb"
    publish(build, COMPANY, file)
    published = PublishedFile(file)
    first = published.published_at
    publish(build, COMPANY, tmp_path / "next.duckdb")
    # In place, as a file that is copied over the old one would be: same inode, another time.
    file.write_bytes((tmp_path / "next.duckdb").read_bytes())
    os.utime(file, ns=(1, 1))
    assert published.published_at > first
