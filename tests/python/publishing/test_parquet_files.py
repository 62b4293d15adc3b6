"""Parquet files of a publication: whole or the ones before, kept and dropped with generations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from csat import parquet_files
from csat.generations import current, generations, roll_back
from csat.history_files import HistoryMart
from csat.parquet_files import CURRENT, has_parquet, parquet_folder
from csat.publishing import Publishing, publish

DAILY = HistoryMart("marts", "daily", ("intermediate", "checksums"), "customer_id", 0, 4)
COMPANY = Publishing(
    [("marts", "daily"), ("marts", "state")], "company", [DAILY], 1, with_parquet=True
)


class Build:
    """A build file with a mart that has a history, and one that has none."""

    def __init__(self, folder: Path):
        self.connection = duckdb.connect(str(folder / "build.duckdb"))
        self.file = folder / "published" / "csat.duckdb"
        self.folder = parquet_folder(self.file)
        self.number = 0
        self.connection.execute(
            "create schema marts; create schema intermediate; "
            "create table marts.daily (customer_id varchar, score_date date, points double); "
            "create table marts.state (number integer primary key, is_known boolean); "
            "comment on column marts.state.number is 'Number of the publication.'"
        )

    def publish(self, publishing: Publishing = COMPANY) -> dict:
        """Score one more day, publish, and return what the publication tells of itself."""
        self.number += 1
        self.connection.execute(
            "insert into marts.daily select 'c' || i, date '2026-02-20' + $1::int, i / 4 "
            "from range(3) as customers(i)",
            [self.number],
        )
        self.connection.execute(
            f"delete from marts.state; insert into marts.state values ({self.number}, null); "
            "create or replace table intermediate.checksums as select score_date, count(*) as "
            "scored_rows, 'same' as checksum from marts.daily group by score_date"
        )
        (row,) = publish(self.connection, publishing, self.file).to_pylist()
        return row

    def seen(self) -> tuple[int, int]:
        """Return the number and the days that readers of the Parquet files see."""
        marts = self.folder / CURRENT / "marts"
        return duckdb.sql(
            f"select (select number from '{marts}/state/*.parquet'), "
            f"(select count(distinct score_date) from '{marts}/daily/*.parquet')"
        ).fetchone()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_every_table_is_there_with_the_rows_and_types_of_the_published_file(build):
    publication = build.publish()
    assert publication["is_published"], publication["refusal"]
    assert publication["parquet_folder"] == str(build.folder / CURRENT)
    with duckdb.connect(str(build.file), read_only=True) as published:
        tables = published.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()
        assert len(tables) == 4
        for schema, name in tables:
            files = f"read_parquet('{build.folder}/current/{schema}/{name}/*.parquet')"
            relation = f"{schema}.{name}"
            described = "select column_name, column_type from (describe from {})"
            assert (
                published.execute(described.format(files)).fetchall()
                == published.execute(described.format(relation)).fetchall()
            )
            both_ways = (
                f"((from {files} except all from {relation}) union all "
                f"(from {relation} except all from {files}))"
            )
            assert published.execute(f"select count(*) from {both_ways}").fetchone() == (0,)
    assert duckdb.sql(
        f"select comment from '{build.folder}/current/columns.parquet' "
        "where table_name = 'state' and column_name = 'number'"
    ).fetchall() == [("Number of the publication.",)]


def test_history_takes_no_room_a_second_time(build):
    build.publish()
    files = sorted((build.folder / CURRENT / "marts" / "daily").iterdir())
    history = {file.name: file.stat().st_ino for file in current(build.file).history_files}
    assert {file.name: file.stat().st_ino for file in files} == history


def test_each_generation_has_its_own_and_goes_with_it(build):
    for _ in range(4):
        build.publish()
    folders = {place.name for place in build.folder.iterdir() if not place.is_symlink()}
    assert folders == {generation.name for generation in generations(build.file)}
    assert len(folders) == 2
    assert (build.folder / CURRENT).readlink() == Path(current(build.file).name)


def test_who_looked_up_the_link_keeps_that_publication(build):
    build.publish()
    mine = (build.folder / CURRENT).resolve()
    build.publish()
    assert build.seen() == (2, 2)
    assert duckdb.sql(f"from '{mine}/marts/state/*.parquet'").fetchall() == [(1, None)]


def test_rolling_back_takes_readers_of_files_along(build):
    build.publish()
    build.publish()
    roll_back(build.file)
    assert build.seen() == (1, 1)
    build.publish()
    assert build.seen() == (3, 3)


def test_rolling_back_writes_the_files_of_a_generation_that_has_none(build):
    build.publish(replace(COMPANY, with_parquet=False))
    build.publish()
    roll_back(build.file)
    assert build.seen() == (1, 1)


def test_without_the_setting_there_are_none_and_older_ones_go(build):
    build.publish(replace(COMPANY, with_parquet=False))
    assert not build.folder.exists()
    build.publish()
    (build.folder / "notes.txt").write_text("of somebody else")
    build.publish(replace(COMPANY, with_parquet=False))
    assert [place.name for place in build.folder.iterdir()] == ["notes.txt"]
    assert not has_parquet(build.file)


def test_moved_folder_reads_as_before(build, tmp_path):
    build.publish()
    build.folder = build.file.parent.rename(tmp_path / "moved") / "csat_parquet"
    assert build.seen() == (1, 1)


def test_publication_that_breaks_off_leaves_readers_what_they_had(build, monkeypatch):
    build.publish()
    copy = parquet_files._copy

    def broken(connection, query, file):
        if "state" in query:
            raise OSError("No space left on device")
        copy(connection, query, file)

    monkeypatch.setattr(parquet_files, "_copy", broken)
    before = build.file.read_bytes()
    publication = build.publish()
    assert publication["has_failed"]
    assert "No space left on device" in publication["refusal"]
    assert "set the var publish_parquet to false" in publication["refusal"]
    assert build.file.read_bytes() == before
    assert build.seen() == (1, 1)
    assert not list(build.folder.glob("*.next"))

    # A run that is killed has no time to clear away.
    (build.folder / "2026-01-01T00-00-00.000000.next").mkdir()
    monkeypatch.undo()
    assert build.publish()["is_published"]
    assert build.seen() == (3, 3)
    assert not list(build.folder.glob("*.next"))


def test_killed_between_the_file_and_the_link_is_made_good_by_the_next(build, monkeypatch):
    build.publish()
    monkeypatch.setattr("csat.publishing.show_parquet", lambda file: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build.publish()
    assert build.seen() == (1, 1)
    monkeypatch.undo()
    build.publish()
    assert build.seen() == (3, 3)
    assert len(list(build.folder.iterdir())) == 3


@pytest.mark.parametrize("what", ["csat_parquet", "csat_parquet/current"])
def test_a_place_that_cannot_be_written_is_told_in_one_sentence(build, what):
    place = build.file.parent / what
    place.parent.mkdir(parents=True)
    if what == "csat_parquet":
        place.write_text("not a folder")
    else:
        place.mkdir()
    publication = build.publish()
    assert publication["has_failed"]
    assert f"{build.folder} cannot be written" in publication["refusal"]
    assert "publish_parquet" in publication["refusal"]
    assert not build.file.exists()
