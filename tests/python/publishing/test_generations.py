"""Generations stay, readers go back to one by one command, and history is shared by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from csat.generations import current, generations, history_folder, roll_back
from csat.history_files import HistoryMart
from csat.project import UserError
from csat.published_file import PublishedFile
from csat.publishing import Publishing, publish

FIRST_DAY = date(2026, 1, 20)
DAILY = HistoryMart(
    "marts",
    "daily",
    ("intermediate", "checksums"),
    key="customer_id",
    days_looked_back=7,
    days_open=4,
)
COMPANY = Publishing([("marts", "daily"), ("marts", "state")], "company", [DAILY], 2)


class Build:
    """A build file with a history of customers, like that of the project."""

    def __init__(self, folder: Path):
        self.connection = duckdb.connect(str(folder / "build.duckdb"))
        self.file = folder / "published" / "csat.duckdb"
        self.days = 0
        self.connection.execute(
            "create schema intermediate; create schema marts; "
            "create table intermediate.history (customer_id varchar, score_date date, logit int);"
            "create view intermediate.scores as select *, cast(logit * 2 as double) + "
            "cast(0 as decimal(9, 6)) as score from "
            "intermediate.history; create view marts.daily as select today.*, today.score - "
            "before.score as change_7_days from intermediate.scores as today left join "
            "intermediate.scores as before on today.customer_id = before.customer_id and "
            "today.score_date = before.score_date + 7; comment on view marts.daily is 'Days.'; "
            "comment on column marts.daily.score is 'Points.'; create table marts.state (days int)"
        )

    def reopen(self) -> None:
        """Close the build file and open it again."""
        self.connection.close()
        self.connection = duckdb.connect(str(self.file.parent.with_name("build.duckdb")))

    def add_days(self, number: int) -> None:
        """Score so many more days of three customers."""
        for _ in range(number):
            day = FIRST_DAY + timedelta(self.days)
            self.connection.execute(
                "insert into intermediate.history select 'c' || i, $1, i + $2 "
                "from range(3) as customers(i)",
                [day, self.days],
            )
            self.days += 1

    def change(self, day: date) -> None:
        """Score a day anew, as late rows do."""
        self.connection.execute(
            "update intermediate.history set logit = logit + 100 where score_date = $1", [day]
        )

    def publish(self, publishing: Publishing = COMPANY) -> None:
        """Publish what is there."""
        self.connection.execute(
            "create or replace table marts.state as select count(distinct score_date) as days "
            "from intermediate.history; create or replace table intermediate.checksums as "
            "select score_date, count(*) as scored_rows, cast(sum(hash(customer_id, logit)) as "
            "varchar) as checksum from intermediate.history group by score_date"
        )
        (row,) = publish(self.connection, publishing, self.file).to_pylist()
        assert row["is_published"], row["refusal"]

    def files(self) -> dict[str, int]:
        """Return the history files with their inodes."""
        return {
            file.name: file.stat().st_ino
            for file in history_folder(self.file).rglob("*")
            if file.is_file()
        }


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def stretches(files: dict[str, int]) -> list[str]:
    return sorted(name.split(".")[0] for name in files)


def test_view_of_history_reads_as_the_mart_does_with_its_comments(build, monkeypatch):
    build.add_days(45)
    build.publish()
    monkeypatch.chdir("/")
    query = "select * from {}.marts.daily order by customer_id, score_date"
    with duckdb.connect() as reader:
        reader.execute(f"attach '{build.file}' as published (read_only)")
        published = reader.execute(query.format("published"))
        columns, rows = [column[0] for column in published.description], published.fetchall()
        comments = reader.execute(
            "select comment from duckdb_columns() where database_name = 'published' "
            "and table_name = 'daily' and comment is not null union all select comment "
            "from duckdb_views() where database_name = 'published' and not internal"
        ).fetchall()
    built = build.connection.execute(query.format("build"))
    assert columns == [column[0] for column in built.description]
    assert rows == built.fetchall()
    assert len(rows) == 3 * 45
    assert comments == [("Points.",), ("Days.",)]
    assert current(build.file).rows == 3 * 45 + 1


def test_history_is_read_through_another_name_of_the_folder_too(build, tmp_path):
    build.add_days(3)
    build.publish()
    (tmp_path / "elsewhere").symlink_to(build.file.parent)
    linked = PublishedFile(tmp_path / "elsewhere" / "csat.duckdb")
    assert linked.query("select * from marts.daily").num_rows == 9


def test_a_day_more_writes_one_file_and_a_month_that_is_over_one(build):
    build.add_days(42)
    build.publish()
    before = build.files()
    # 20 January to 2 March: March and the month of four days ago, still open, are days.
    assert stretches(before) == [
        "2026-01",
        *(str(date(2026, 2, 1) + timedelta(n)) for n in range(30)),
    ]

    build.add_days(1)
    build.publish()
    after = build.files()
    assert set(after) > set(before)
    assert stretches(after)[-1] == "2026-03-03"
    assert len(after) == len(before) + 1
    assert all(after[name] == inode for name, inode in before.items())

    # The 28th of February is no longer among the last four days.
    build.add_days(1)
    build.publish(replace(COMPANY, keep_generations=0))
    assert stretches(build.files()) == [
        "2026-01",
        "2026-02",
        *(f"2026-03-0{day}" for day in range(1, 5)),
    ]


def test_nothing_new_writes_no_file_from_another_session_either(build):
    """The engine tells the SQL of a view otherwise once it has read it from disk."""
    build.add_days(45)
    build.publish()
    before = build.files()
    build.publish()
    assert build.files() == before
    build.reopen()
    build.publish()
    assert build.files() == before


def test_late_rows_write_their_days_and_those_compared_with_them_and_leave_older_readers(build):
    build.add_days(30)
    build.publish()
    first, before = current(build.file), build.files()
    old = PublishedFile(first.file)
    with old.publication() as held:
        build.change(FIRST_DAY + timedelta(29))
        build.change(FIRST_DAY + timedelta(21))
        build.publish()
        assert held.query("select max(score) as score from marts.daily").to_pylist() == [
            {"score": 2 * (2 + 29)}
        ]
    after = build.files()
    assert set(after) > set(before)
    # The 10th of February, changed, stands behind the seven days after it too; the 18th is new.
    assert stretches({name: after[name] for name in set(after) - set(before)}) == [
        f"2026-02-{day}" for day in range(10, 19)
    ]
    assert old.query("select max(score) as score from marts.daily").to_pylist() == [
        {"score": 2 * (2 + 29 + 100)}
    ]


def test_another_definition_writes_all_anew(build):
    build.add_days(30)
    build.publish()
    build.connection.execute(
        "create or replace view intermediate.scores as "
        "select *, logit * 3 as score from intermediate.history"
    )
    before = build.files()
    build.publish(replace(COMPANY, keep_generations=0))
    assert not set(build.files()) & set(before)
    assert PublishedFile(build.file).query(
        "select max(score) as score from marts.daily"
    ).to_pylist() == [{"score": 3 * 31}]


def test_so_many_generations_are_kept_and_the_history_of_no_other(build):
    build.add_days(30)
    for _ in range(5):
        build.change(FIRST_DAY + timedelta(29))
        build.publish()
    kept = generations(build.file)
    assert len(kept) == 3
    assert kept[0].published_at == current(build.file).published_at
    read = {file.name for generation in kept for file in generation.history_files}
    assert set(build.files()) == read
    assert len([name for name in read if name.startswith("2026-02-18")]) == 3


def test_rolling_back_shows_what_was_and_the_next_publication_goes_on(build):
    build.add_days(10)
    build.publish()
    build.add_days(1)
    build.publish()
    reader = PublishedFile(build.file)
    days = (
        "select count(distinct score_date) as days, any_value(days) as told "
        "from marts.daily cross join marts.state"
    )
    assert reader.query(days).to_pylist() == [{"days": 11, "told": 11}]

    assert roll_back(build.file).published_at == reader.published_at
    assert reader.query(days).to_pylist() == [{"days": 10, "told": 10}]
    assert not build.file.with_name("csat.duckdb.next").exists()

    with pytest.raises(UserError, match="No generation before"):
        roll_back(build.file)
    newest = generations(build.file)[0]
    assert roll_back(build.file, newest.name).name == newest.name
    assert roll_back(build.file, newest.name).name == newest.name
    assert reader.query(days).to_pylist() == [{"days": 11, "told": 11}]

    roll_back(build.file)
    build.add_days(1)
    build.publish()
    assert reader.query(days).to_pylist() == [{"days": 12, "told": 12}]
    assert len(generations(build.file)) == 3


def test_generation_that_is_not_there_or_lost_its_history_is_told(build):
    build.add_days(10)
    build.publish()
    with pytest.raises(UserError, match="There is no generation 2020: choose one of those kept"):
        roll_back(build.file, "2020")
    build.publish()
    before = build.file.read_bytes()
    sorted(history_folder(build.file).rglob("*.parquet"))[0].unlink()
    with pytest.raises(UserError, match="which is not there"):
        roll_back(build.file)
    assert build.file.read_bytes() == before


def test_days_whose_rows_are_not_those_counted_are_not_published(build):
    build.add_days(10)
    build.publish()
    before = build.file.read_bytes()
    build.add_days(1)
    build.connection.execute(
        "create or replace table intermediate.checksums as select score_date, "
        "count(*) + 1 as scored_rows, 'x' as checksum from intermediate.history group by 1"
    )
    (row,) = publish(build.connection, COMPANY, build.file).to_pylist()
    assert row["has_failed"]
    assert "has 3 rows from 2026-01-20" in row["refusal"]
    assert build.file.read_bytes() == before


def test_file_of_an_earlier_version_becomes_a_generation(build):
    """It has no history of its own, and no name among the generations."""
    build.add_days(3)
    build.publish(Publishing([("marts", "state")], "company"))
    for file in build.file.parent.glob("csat_*/*.duckdb"):
        file.unlink()
    with duckdb.connect(str(build.file)) as connection:
        connection.execute("drop table monitoring.history_files")
    build.publish()
    assert len(generations(build.file)) == 2
    assert roll_back(build.file).history_files == frozenset()


def test_publication_without_a_scored_day_has_an_empty_mart(build):
    build.publish()
    assert PublishedFile(build.file).query("select * from marts.daily").num_rows == 0


def test_where_files_have_no_second_name_they_are_copied(build, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr("os.link", refuse)
    build.add_days(3)
    build.publish()
    build.add_days(1)
    build.publish()
    assert len(generations(build.file)) == 2
    assert roll_back(build.file).published_at == generations(build.file)[1].published_at
