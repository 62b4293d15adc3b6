"""A person goes from everything, whatever happens meanwhile, and all others stay as they were."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from hand_made_warehouse import HandMade, rows_with

from csat.cli import main
from csat.file_lock import held
from csat.forgetting import command, publications
from csat.forgetting.suppression_list import SuppressionList, suppression_list_of
from csat.generations import current, generations, history_folder, roll_back
from csat.project import UserError
from csat.publishing import publish_again

PERSON, OTHERS = "C0000001", ("C0000002", "C0000003", "C00000012")


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


def test_a_person_goes_from_every_file_and_others_stay(hand_made: HandMade):
    """Build file, both generations, what readers see, and the history that they share."""
    before = {file: others_in(file) for file in hand_made.databases()}
    assert rows_with(hand_made.build_file, PERSON)
    published = hand_made.query("from marts.fct_customer_csat_daily", hand_made.published_file)

    exit_code, output = csat(PERSON)

    assert exit_code == 0, output
    assert " 0 left" in output
    assert PERSON not in output
    assert_gone(hand_made)
    for file, rows in before.items():
        assert others_in(file) == rows, file
    assert sorted(
        hand_made.query("from marts.fct_customer_csat_daily", hand_made.published_file)
    ) == sorted(row for row in published if row[0] != PERSON)
    # Keys of records and what somebody wrote tell of a person, too, where no id stands beside them.
    assert hand_made.query("select response_id from intermediate.comment_readings order by 1") == [
        (f"R{other}",) for other in sorted(OTHERS)
    ]
    for file in hand_made.databases():
        if file != hand_made.build_file:
            assert hand_made.query("from marts.fct_comment_themes", file) == [
                ("slow", 2, None, "I am C0000002 and it is slow")
            ]
            assert hand_made.query("from marts.fct_coaching_examples", file) == [
                ("RC0000002", "C0000002", "mine", None, None)
            ]
    assert hand_made.query("from intermediate.survey_plan") == [
        ([{"customer_id": "C0000002", "plan_rank": 2}], ["C0000003"])
    ]


def test_what_was_written_anew_is_what_it_was(hand_made: HandMade):
    """Keys, comments, names and counts of the publications stay, and one file has two names."""
    names = [generation.name for generation in generations(hand_made.published_file)]

    hand_made.forget(PERSON)

    kept = generations(hand_made.published_file)
    assert [generation.name for generation in kept] == names
    assert kept[0].file.samefile(hand_made.published_file)
    # A row a day in the history, an answer, and the line that nobody could read.
    assert [generation.rows for generation in kept] == [3 * 10 + 3 + 2, 3 * 8 + 3 + 2]
    file = hand_made.published_file
    assert hand_made.query(
        "select constraint_column_names from duckdb_constraints() "
        "where constraint_type = 'PRIMARY KEY' and database_name = 'db'",
        file,
    ) == [(["response_id"],)]
    assert hand_made.query(
        "select comment from duckdb_columns() where comment is not null and database_name = 'db'",
        file,
    ) == [("What they wrote.",)]
    back = roll_back(file)
    assert back.name == names[1]
    assert current(file).rows == kept[1].rows


def test_the_next_publication_finds_the_history_that_it_would_write(hand_made: HandMade):
    """Somebody who goes costs a writing of the history, not another one with the next run."""
    hand_made.forget(PERSON)
    before = {
        file: file.stat().st_mtime_ns
        for file in history_folder(hand_made.published_file).rglob("*.parquet")
    }

    with duckdb.connect(str(hand_made.build_file)) as connection:
        hand_made.publish(connection)

    after = {
        file: file.stat().st_mtime_ns
        for file in history_folder(hand_made.published_file).rglob("*.parquet")
    }
    assert after == before


def test_a_run_sees_news_on_the_last_day_only(hand_made: HandMade):
    """Checksums of days are those of who is left; the last day is computed again."""
    completed = dict(hand_made.query("from monitoring.completed_dates"))
    scored = {
        day: (rows, checksum)
        for day, rows, checksum in hand_made.query("from intermediate.int_score_checksums")
    }

    hand_made.forget(PERSON)
    hand_made.forget(PERSON)

    last = max(completed)
    left = dict(hand_made.query("from monitoring.completed_dates"))
    news = dict(hand_made.query("from intermediate.int_activity_checksums"))
    assert left.keys() == completed.keys()
    assert any(completed[day] != news[day] for day in news)
    assert {day for day, checksum in left.items() if checksum != news.get(day)} == {last}
    for day, rows, checksum in hand_made.query("from intermediate.int_score_checksums"):
        assert rows == scored[day][0] - 1
        assert checksum != scored[day][1]


def test_received_rows_stay_as_empty_ones(hand_made: HandMade):
    """Rows received still equal what became of them, also of a line that nobody could read."""
    hand_made.forget(PERSON)

    rows = hand_made.query(
        "from staging.base_company__survey_responses where rejection_rule = 'forgotten_customer' "
        "order by loaded_at"
    )
    loaded_at = rows[0][3]
    assert rows == [
        (
            *3 * (None,),
            loaded_at,
            True,
            None,
            True,
            None,
            "forgotten_customer",
            None,
            None,
            "day 1",
            "f1",
        ),
        (*4 * (None,), False, None, True, None, "forgotten_customer", None, None, "day 1", "f1"),
    ]
    assert hand_made.query("select count(*) from staging.base_company__survey_responses") == [(5,)]
    assert hand_made.query("select reader from staging.rows_by_fate") == [("base_company__bills",)]
    assert hand_made.query("select count(*) from staging.read_deliveries") == [(1,)]


def test_a_key_that_two_customers_have_had_is_read_again(hand_made: HandMade):
    """Which version of it counts depends on the one that goes."""
    with duckdb.connect(str(hand_made.build_file)) as connection:
        connection.execute(
            "insert into staging.base_company__survey_responses select * replace ('C0000002' as "
            "customer_id, 'day 2' as delivery) from staging.base_company__survey_responses "
            f"where customer_id = '{PERSON}'"
        )

    hand_made.forget(PERSON)

    assert hand_made.query("select count(*) from staging.read_deliveries") == [(0,)]


def test_exports_and_logs_are_cleared_line_by_line(hand_made: HandMade):
    """What the next run writes again goes as a whole; sources are the company's own."""
    exported = hand_made.warehouse / "list.csv"
    exported.write_text(f'id,note\n{PERSON},"two\nlines"\nC0000002,x\n', encoding="utf-8")
    alarms = hand_made.root / "target" / "alerts" / "alerts.json"
    alarms.parent.mkdir(parents=True)
    alarms.write_text(json.dumps({"message": f"{PERSON} fell"}), encoding="utf-8")
    source = hand_made.root / "data" / "demo" / "customers.csv"
    source.parent.mkdir(parents=True)
    source.write_text(f"customer_id\n{PERSON}\n", encoding="utf-8")
    log = hand_made.warehouse / "csat_build_runs.sqlite"
    with sqlite3.connect(log) as connection:
        connection.execute("create table runs (message text)")
        connection.execute(
            "insert into runs values (?), (?)", (f"for example {PERSON}", "all is well")
        )
    connection.close()

    forgotten = hand_made.forget(PERSON)

    assert forgotten.left == []
    assert exported.read_text(encoding="utf-8") == "id,note\nC0000002,x\n"
    assert not alarms.exists()
    assert PERSON in source.read_text(encoding="utf-8")
    assert PERSON.encode() not in log.read_bytes()
    with sqlite3.connect(log) as connection:
        assert connection.execute("select message from runs").fetchall() == [
            ("for example [forgotten]",),
            ("all is well",),
        ]
    connection.close()


def test_what_is_left_is_told_and_fails(hand_made: HandMade):
    """A copy that somebody made is not the project's to change."""
    hand_made.run(11)
    copy = hand_made.warehouse / "copy_of_october.duckdb"
    copy.write_bytes(hand_made.build_file.read_bytes())
    note = hand_made.warehouse / "note.odt"
    note.write_bytes(f"about {PERSON}.".encode())

    exit_code, output = csat(PERSON)

    assert exit_code == 1
    assert "copy_of_october.duckdb" in output
    assert "note.odt" in output
    copy.unlink()
    note.unlink()
    exit_code, output = csat(PERSON)
    assert exit_code == 0, output
    assert " 0 left" in output


def test_the_list_and_the_log_name_nobody(hand_made: HandMade):
    """A hash with a salt, the same for the same person, and how much there was."""
    hand_made.forget(PERSON)

    file = suppression_list_of(hand_made.root)
    listed = SuppressionList.read(file)
    (entry,) = listed.entries
    assert entry.customer_hash == listed.hash_of(PERSON)
    assert entry.removed_at
    ((hashed,),) = duckdb.execute("select sha256($1)", [listed.salt + PERSON]).fetchall()
    assert hashed == entry.customer_hash
    assert SuppressionList.read(file.with_name("other.csv")).salt != listed.salt
    log = file.with_name("csat_suppression_list_log.jsonl").read_text(encoding="utf-8")
    told = json.loads(log)
    assert told["customer_hashes"] == [entry.customer_hash]
    assert told["left"] == 0
    assert {
        "place": "warehouse/csat_build.duckdb",
        "table": "intermediate.history",
        "rows": 10,
        "values": 0,
    } in told["removed"]
    assert PERSON not in log + file.read_text(encoding="utf-8")


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


@pytest.mark.parametrize(
    "place",
    [
        (command, "_write_build_file"),
        (command, "write_histories_without"),
        (command, "write_publications_without"),
        (publications, "show"),
        (command, "remove_forerunners"),
        (command, "raw_traces"),
    ],
    ids=lambda place: place[1],
)
def test_what_was_broken_off_ends_with_the_next_call(
    hand_made: HandMade, monkeypatch: pytest.MonkeyPatch, place: tuple
):
    """Wherever it stops: no run starts meanwhile, and the next call removes the rest."""
    module, name = place
    others = {file: others_in(file) for file in hand_made.databases()}
    if name == "show":
        # As where a file system has no second names.
        copy = hand_made.published_file.with_name("copy")
        copy.write_bytes(hand_made.published_file.read_bytes())
        copy.replace(hand_made.published_file)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, name, stop)
        with pytest.raises(KeyboardInterrupt):
            hand_made.forget(PERSON)
    with pytest.raises(UserError, match="was broken off"):
        publish_again(hand_made.root)

    # Without ids, who is on the list is found by the hash, or is gone already.
    forgotten = hand_made.forget()

    assert list(forgotten.left) == []
    assert_gone(hand_made)
    assert {file: others_in(file) for file in hand_made.databases()} == others
    assert not SuppressionList.read(suppression_list_of(hand_made.root)).pending


def test_whose_removal_was_broken_off_goes_with_the_next_person(
    hand_made: HandMade, monkeypatch: pytest.MonkeyPatch
):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(command, "_write_build_file", stop)
        with pytest.raises(KeyboardInterrupt):
            hand_made.forget(PERSON)

    assert hand_made.forget("C0000003").customers == 2

    assert_gone(hand_made)
    assert_gone(hand_made, "C0000003")


def test_who_comes_back_with_a_copy_is_removed_without_naming_them(hand_made: HandMade):
    """A build file that was restored holds everybody again."""
    saved = hand_made.build_file.read_bytes()
    hand_made.forget(PERSON)
    hand_made.build_file.write_bytes(saved)

    assert hand_made.forget().customers == 1

    assert_gone(hand_made)
    assert csat() == (0, "Nobody who was forgotten is in any table.\n")


def test_a_reader_who_has_the_file_open_is_not_disturbed(hand_made: HandMade):
    """It keeps what it has opened, and sees the other one when it connects again."""
    with duckdb.connect(str(hand_made.published_file), read_only=True) as reader:
        hand_made.forget(PERSON)
        ((there,),) = reader.execute(
            f"select count(*) from marts.fct_survey_answers where customer_id = '{PERSON}'"
        ).fetchall()
    assert there == 1
    assert rows_with(hand_made.published_file, PERSON) == {}
