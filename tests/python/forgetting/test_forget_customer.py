"""A person goes from everything, whatever happens meanwhile, and all others stay as they were."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from hand_made_warehouse import HandMade, rows_with

from csat.cli import main
from csat.file_lock import held
from csat.forgetting import command, publications
from csat.forgetting.suppression_list import SuppressionList, suppression_list_of
from csat.generations import generations, history_folder, roll_back
from csat.parquet_files import CURRENT, parquet_folder, prepare_parquet, show_parquet
from csat.project import UserError
from csat.publishing import publish_again

PERSON, OTHERS = "C0000001", ("C0000002", "C0000003", "C00000012")


SCORED = "from intermediate.int_score_checksums"


def csat(*arguments: str) -> tuple[int, str]:
    """Run the command, and return its exit code and all that it says."""
    result = CliRunner().invoke(main, ["forget-customer", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def others_in(file: Path) -> dict[str, int]:
    """Return how many rows of others a database holds, by table and customer."""
    return {
        f"{table} {other}": rows
        for other in OTHERS
        for table, rows in rows_with(file, other).items()
    }


def assert_gone(project: HandMade, person: str = PERSON) -> None:
    """Search all that lies in the warehouse, without the means of the command."""
    databases = project.databases()
    assert len(databases) == 4
    for file in databases:
        assert rows_with(file, person) == {}, file
    for file in project.root.rglob("*"):
        if file.is_file() and "src" not in file.parts and not file.is_symlink():
            text = file.read_bytes()
            for end in (b" ", b"\n", b",", b'"'):
                assert person.encode() + end not in text, file
    for file in history_folder(project.published_file).rglob("*.parquet"):
        ((rows,),) = duckdb.sql(
            f"select count(*) from read_parquet('{file}') where customer_id = '{person}'"
        ).fetchall()
        assert rows == 0, file


def history_times(project: HandMade) -> dict[Path, int]:
    """Return when each history file was written."""
    files = history_folder(project.published_file).rglob("*.parquet")
    return {file: file.stat().st_mtime_ns for file in files}


@dataclass
class Before:
    """A warehouse that a person has gone from, and how it was before."""

    project: HandMade
    others: dict
    history: list[tuple]
    names: list[str]
    completed: dict
    scored: dict
    reader: duckdb.DuckDBPyConnection
    output: str


@pytest.fixture(scope="module")
def forgotten(of_module: HandMade) -> Iterator[Before]:
    """Forget a person while a reader has the published file open."""
    project = of_module
    assert rows_with(project.build_file, PERSON)
    with duckdb.connect() as reader:
        reader.execute(f"attach '{project.published_file}' as csat (read_only)")
        before = Before(
            project,
            {file: others_in(file) for file in project.databases()},
            project.query("from marts.fct_customer_csat_daily", project.published_file),
            [generation.name for generation in generations(project.published_file)],
            dict(project.query("from monitoring.completed_dates")),
            {row[0]: row[1:] for row in project.query(SCORED)},
            reader,
            "",
        )
        exit_code, before.output = csat(PERSON)
        assert exit_code == 0, before.output
        yield before


def test_a_person_goes_from_every_file_and_others_stay(forgotten: Before):
    """Build file, both generations, what readers see, and the history that they share."""
    project = forgotten.project
    assert " 0 left" in forgotten.output
    assert PERSON not in forgotten.output
    assert_gone(project)
    assert {file: others_in(file) for file in project.databases()} == forgotten.others
    assert sorted(
        project.query("from marts.fct_customer_csat_daily", project.published_file)
    ) == sorted(row for row in forgotten.history if row[0] != PERSON)


def test_keys_and_texts_of_a_person_go_where_no_id_stands_beside_them(forgotten: Before):
    project = forgotten.project
    assert project.query("select response_id from intermediate.comment_readings order by 1") == [
        (f"R{other}",) for other in sorted(OTHERS)
    ]
    for file in project.databases():
        if file != project.build_file:
            assert project.query("from marts.fct_comment_themes", file) == [
                ("slow", 2, None, "I am C0000002 and it is slow")
            ]
            assert project.query("from marts.fct_coaching_examples", file) == [
                ("RC0000002", "C0000002", "mine", None, None)
            ]
    assert project.query("from intermediate.survey_plan") == [
        ([{"customer_id": "C0000002", "plan_rank": 2}], ["C0000003"])
    ]


def test_received_rows_stay_as_empty_ones(forgotten: Before):
    """Rows received still equal what became of them, also of a line that nobody could read."""
    project = forgotten.project
    rows = project.query(
        "select * exclude (loaded_at) from staging.base_company__survey_responses "
        "where rejection_rule = 'forgotten_customer' order by loaded_at"
    )
    empty = (None, True, None, "forgotten_customer", None, None, "day 1", "f1")
    assert rows == [(None, None, None, True, *empty), (None, None, None, False, *empty)]
    assert project.query("select count(*) from staging.base_company__survey_responses") == [(5,)]
    assert project.query("select reader from staging.rows_by_fate") == [("base_company__bills",)]
    assert project.query("select count(*) from staging.read_deliveries") == [(1,)]


def test_the_list_and_the_log_name_nobody(forgotten: Before):
    """A hash with a salt, the same for the same person, and how much there was."""
    file = suppression_list_of(forgotten.project.root)
    listed = SuppressionList.read(file)
    (entry,) = listed.entries
    ((hashed,),) = duckdb.execute("select sha256($1)", [listed.salt + PERSON]).fetchall()
    assert hashed == entry.customer_hash == listed.hash_of(PERSON)
    assert entry.removed_at
    assert SuppressionList.read(file.with_name("other.csv")).salt != listed.salt
    log = file.with_name("csat_suppression_list_log.jsonl").read_text(encoding="utf-8")
    told = json.loads(log)
    assert told["customer_hashes"] == [entry.customer_hash]
    assert told["left"] == 0
    of_history = {"table": "intermediate.history", "rows": 10, "values": 0}
    assert {"place": "warehouse/csat_build.duckdb", **of_history} in told["removed"]
    assert PERSON not in log + file.read_text(encoding="utf-8")


def test_a_reader_who_has_the_file_open_is_not_disturbed(forgotten: Before):
    """It keeps what it has opened, and sees the other one when it connects again."""
    ((there,),) = forgotten.reader.execute(
        f"select count(*) from csat.marts.fct_survey_answers where customer_id = '{PERSON}'"
    ).fetchall()
    assert there == 1


def test_a_run_sees_news_on_the_last_day_only(forgotten: Before):
    """Checksums of days are those of who is left; the last day is computed again.

    Also where the command is called again before the next run.
    """
    project = forgotten.project
    project.forget(PERSON)
    left = dict(project.query("from monitoring.completed_dates"))
    news = dict(project.query("from intermediate.int_activity_checksums"))
    assert left.keys() == forgotten.completed.keys()
    assert any(forgotten.completed[day] != news[day] for day in news)
    assert {day for day, found in left.items() if found != news.get(day)} == {max(left)}
    for day, rows, checksum in project.query(SCORED):
        assert rows == forgotten.scored[day][0] - 1
        assert checksum != forgotten.scored[day][1]


def test_what_was_written_anew_is_what_it_was(forgotten: Before):
    """Keys, comments, names and counts of the publications stay, and one file has two names."""
    project = forgotten.project
    file = project.published_file
    kept = generations(file)
    assert [generation.name for generation in kept] == forgotten.names
    assert kept[0].file.samefile(file)
    # A row a day in the history, an answer; examples; and no line that nobody could read.
    assert [generation.rows for generation in kept] == [3 * 10 + 3 + 2, 3 * 8 + 3 + 2]
    assert project.query(
        "select constraint_column_names from duckdb_constraints() "
        "where constraint_type = 'PRIMARY KEY' and database_name = 'db'",
        file,
    ) == [(["response_id"],)]
    assert project.query(
        "select comment from duckdb_columns() where comment is not null and database_name = 'db'",
        file,
    ) == [("What they wrote.",)]


def test_the_next_publication_finds_the_history_that_it_would_write(forgotten: Before):
    """Somebody who goes costs a writing of the history, not another one with the next run."""
    project = forgotten.project
    before = history_times(project)
    with duckdb.connect(str(project.build_file)) as connection:
        project.publish(connection)
    assert history_times(project) == before
    assert roll_back(project.published_file).name == forgotten.names[0]


def test_who_comes_back_with_a_copy_is_removed_without_being_named(hand_made: HandMade):
    """A build file that was restored holds everybody again. A shared key is read again, too."""
    with duckdb.connect(str(hand_made.build_file)) as connection:
        connection.execute(
            "insert into staging.base_company__survey_responses select * replace ('C0000002' as "
            "customer_id, 'day 2' as delivery) from staging.base_company__survey_responses "
            f"where customer_id = '{PERSON}'"
        )
    listed = SuppressionList.read(suppression_list_of(hand_made.root))
    listed.with_customers([PERSON]).all_removed().write()

    assert hand_made.forget().customers == 1

    assert hand_made.query(
        "select customer_id, comment from staging.base_company__survey_responses "
        f"where customer_id = '{PERSON}' or contains(comment, '[forgotten]')"
    ) == [("C0000002", "I am [forgotten] and it is slow")]
    # Which version of a key counts that two customers have had depends on the one that goes.
    assert hand_made.query("select count(*) from staging.read_deliveries") == [(0,)]
    assert csat() == (0, "Nobody who was forgotten is in any table.\n")


def test_other_files_are_cleared_or_told(hand_made: HandMade):
    """Lines go from exports, what is written again goes as a whole, the rest is told and fails.

    Sources are the company's own.
    """
    exported = hand_made.warehouse / "list.csv"
    exported.write_text(f'id,note\n{PERSON},"two\nlines"\nC0000002,x\n', encoding="utf-8")
    alarms = hand_made.root / "target" / "alerts" / "alerts.json"
    alarms.parent.mkdir(parents=True)
    alarms.write_text(json.dumps({"message": f"{PERSON} fell"}), encoding="utf-8")
    source = hand_made.root / "data" / "demo" / "customers.csv"
    source.parent.mkdir(parents=True)
    source.write_text(f"customer_id\n{PERSON}\n", encoding="utf-8")
    log = hand_made.warehouse / "csat_build_runs.sqlite"
    with closing(sqlite3.connect(log)) as connection, connection:
        connection.execute("create table runs (message text)")
        connection.execute(
            "insert into runs values (?), (?)", (f"for example {PERSON}", "all is well")
        )
    copy = hand_made.warehouse / "copy_of_october.duckdb"
    copy.write_bytes(hand_made.build_file.read_bytes())
    note = hand_made.warehouse / "note.odt"
    note.write_bytes(f"about {PERSON}.".encode())

    exit_code, output = csat(PERSON)

    assert exit_code == 1
    assert "copy_of_october.duckdb" in output
    assert "note.odt" in output
    assert exported.read_text(encoding="utf-8") == "id,note\nC0000002,x\n"
    assert not alarms.exists()
    assert PERSON in source.read_text(encoding="utf-8")
    assert PERSON.encode() not in log.read_bytes()
    with closing(sqlite3.connect(log)) as connection:
        assert connection.execute("select message from runs").fetchall() == [
            ("for example [forgotten]",),
            ("all is well",),
        ]
    # What is left of this kind keeps no run from starting.
    assert not SuppressionList.read(suppression_list_of(hand_made.root)).pending


def test_parquet_files_are_written_anew(hand_made: HandMade):
    with duckdb.connect() as connection:
        for one in reversed(generations(hand_made.published_file)):
            connection.execute(f"attach '{one.file}' as generation (read_only)")
            prepare_parquet(connection, "generation", hand_made.published_file, one.name)
            connection.execute("detach generation")
            show_parquet(hand_made.published_file)
    folder = parquet_folder(hand_made.published_file)
    before = persons_in(folder)
    assert PERSON in before
    for person in (PERSON, "C0000002"):
        code, _ = csat(person)
        assert code == 0
        assert len([place for place in folder.iterdir() if place.is_dir()]) == 2, "and a link to it"
        before -= {person}
        assert persons_in(folder) == persons_in(folder / CURRENT) == before
    roll_back(hand_made.published_file, None)
    assert persons_in(folder) <= before


def persons_in(folder: Path) -> set[str]:
    """Return whom Parquet files of a folder name."""
    rows = duckdb.sql(
        f"select distinct customer_id from read_parquet('{folder}/**/*.parquet', "
        "union_by_name = true) where customer_id is not null"
    ).fetchall()
    return {person for (person,) in rows}


def test_a_dry_run_tells_and_changes_nothing(hand_made: HandMade):
    before = {file: file.read_bytes() for file in hand_made.databases()}

    exit_code, output = csat(PERSON, "--dry-run")

    assert exit_code == 0, output
    assert "intermediate.history" in output
    assert "Nothing was changed." in output
    assert {file: file.read_bytes() for file in hand_made.databases()} == before
    assert not suppression_list_of(hand_made.root).exists()


def test_an_unknown_customer_is_a_mistake_unless_told_otherwise(
    hand_made: HandMade, tmp_path: Path
):
    exit_code, output = csat(PERSON, "C9999999")
    assert exit_code == 1
    assert output.startswith("Error: No table knows C9999999, so nothing was done")
    assert rows_with(hand_made.build_file, PERSON)

    ids = tmp_path / "ids.txt"
    ids.write_text("C9999999\n\n", encoding="utf-8")
    exit_code, output = csat("--file", str(ids), "--even-if-unknown")
    assert exit_code == 0, output
    listed = SuppressionList.read(suppression_list_of(hand_made.root))
    assert listed.entries[0].customer_hash == listed.hash_of("C9999999")
    # Nothing of the last day has to be computed again.
    assert hand_made.query(
        "select count(*) from monitoring.completed_dates where activity_checksum is not null"
    ) == [(1,)]
    # Whoever is on the list already is known.
    assert csat("C9999999")[0] == 0


def test_mistakes_are_one_sentence(hand_made: HandMade, tmp_path: Path):
    exit_code, output = csat("--file", str(tmp_path / "none.txt"))
    assert (exit_code, output.count("\n")) == (1, 1)
    assert "name a text file in UTF-8" in output

    with held(hand_made.warehouse / "csat_build_run.lock"):
        exit_code, output = csat(PERSON)
    assert (exit_code, output.count("\n")) == (3, 1)

    suppression_list_of(hand_made.root).write_text("what is this\n", encoding="utf-8")
    exit_code, output = csat(PERSON)
    assert (exit_code, output.count("\n")) == (1, 1)
    assert "is not a suppression list" in output


def test_what_was_broken_off_ends_with_the_next_call(
    hand_made: HandMade, monkeypatch: pytest.MonkeyPatch
):
    """Wherever it stops, again and again: nothing is published, and the last call removes the rest.

    So it does when another person is named then.
    """
    others = {
        file: {place: rows for place, rows in others_in(file).items() if "C0000003" not in place}
        for file in hand_made.databases()
    }
    # As where a file system has no second names.
    copy = hand_made.published_file.with_name("copy")
    copy.write_bytes(hand_made.published_file.read_bytes())
    copy.replace(hand_made.published_file)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for module, name in (
        (command, "write_histories_without"),
        (publications, "show"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, stop)
            with pytest.raises(KeyboardInterrupt):
                hand_made.forget(PERSON)
        with pytest.raises(UserError, match="was broken off"):
            publish_again(hand_made.root)

    forgotten = hand_made.forget("C0000003")

    assert forgotten.customers == 2
    assert list(forgotten.left) == []
    assert_gone(hand_made)
    assert_gone(hand_made, "C0000003")
    left = {
        file: {place: rows for place, rows in others_in(file).items() if "C0000003" not in place}
        for file in hand_made.databases()
    }
    assert left == others
    assert not SuppressionList.read(suppression_list_of(hand_made.root)).pending
