"""`csat ask`: questions of analyses/ run on what is published."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from harness import CHECKOUT, Workspace

from csat.cli import main
from csat.project import UserError
from csat.questions import Question, answer, question_of, read_questions

QUESTIONS = read_questions(CHECKOUT)
#: The company of the tests has too few answers for a model that tells customers apart.
WITHOUT_ROWS = {
    "how_does_waiting_matter",
    "what_costs_most_points",
    "what_would_help_most",
    "which_valuable_customers_are_unhappy",
    "who_fell_most",
}
COMMENTS = re.compile(r"^--.*$", re.MULTILINE)


@pytest.fixture(scope="module")
def published(built_company: Workspace) -> Path:
    return built_company.folder / "warehouse" / "csat.duckdb"


def test_there_are_questions_enough() -> None:
    assert len(QUESTIONS) >= 12


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_question_is_answered_by_the_published_file(question: Question, published: Path) -> None:
    """It ends with a question mark, says how to read it, and finds rows."""
    assert question.text.endswith("?")
    assert len(question.reading.split()) > 15
    found = answer(question, published, "csat.duckdb")
    assert found.num_columns > 3
    assert (found.num_rows > 0) == (question.name not in WITHOUT_ROWS)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_question_names_for_dbt_the_marts_that_it_reads(question: Question) -> None:
    sql = COMMENTS.sub("", question.sql)
    assert "{" not in sql, "plain SQL, to be pasted anywhere"
    read = set(re.findall(r"\bmarts\.(\w+)", sql))
    assert read == set(re.findall(r"ref\('(\w+)'\)", question.sql))
    assert read == set(re.findall(r"\b(?:from|join)\s+(?:\w+\.)?((?:fct|dim)_\w+)", sql))


def test_compiled_question_names_no_catalog(built_company: Workspace, tmp_path: Path) -> None:
    """What dbt compiles runs on the published file, too."""
    workspace = built_company.copy(tmp_path / "company")
    outcome = workspace.dbt("compile", "--select", "where_does_it_hurt", "which_programs_pay")
    assert outcome.succeeded, outcome.errors
    with duckdb.connect(
        str(workspace.folder / "warehouse" / "csat.duckdb"), read_only=True
    ) as mart:
        for name in ("where_does_it_hurt", "which_programs_pay"):
            (file,) = (workspace.folder / "target" / "compiled").rglob(f"{name}.sql")
            assert (
                mart.execute(file.read_text()).fetchall()
                == mart.execute(QUESTIONS[name].sql).fetchall()
            )


def test_command_lists_shows_and_writes(published: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    listed = run(main, ["ask"])
    assert all(question.text in listed.output for question in QUESTIONS.values())
    shown = run(main, ["ask", "where_does_it_hurt", "--file", str(published)])
    assert shown.exit_code == 0
    assert QUESTIONS["where_does_it_hurt"].reading in " ".join(shown.output.split())
    file = tmp_path / "answer.csv"
    written = run(main, ["ask", "where_does_it_hurt", "--file", str(published), "--csv", str(file)])
    assert written.exit_code == 0, written.output
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "-0.0," not in file.read_text(encoding="utf-8")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = answer(QUESTIONS["where_does_it_hurt"], published, "csat.duckdb")
    assert [row["segment_value"] for row in rows] == found["segment_value"].to_pylist()


@pytest.mark.parametrize("name", ["where_does_it_hurt.sql", "analyses/where_does_it_hurt.sql"])
def test_question_is_known_by_its_file_too(name: str) -> None:
    assert question_of(CHECKOUT, name).name == "where_does_it_hurt"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["where_does_it_hurt", "--rows", "-3"], 2, "--rows"),
        (["where_does_it_hurt", "--csv", "/nope/x.csv"], 1, "/nope/x.csv cannot be written"),
        (["where_does_it_hurt", "--csv", "/tmp"], 1, "/tmp cannot be written"),
        (["WHERE_DOES_IT_HURT"], 1, "Did you mean where_does_it_hurt"),
        (["--csv", "x.csv"], 1, "give the NAME of a question"),
    ],
)
def test_misuse_of_the_command_is_told(
    published: Path, arguments: list[str], code: int, said: str
) -> None:
    run = CliRunner().invoke(main, ["ask", "--file", str(published), *arguments])
    assert run.exit_code == code
    assert isinstance(run.exception, SystemExit)
    assert said in run.output


def test_narrow_screen_hides_nothing(published: Path) -> None:
    run = CliRunner(env={"COLUMNS": "80"}).invoke(
        main, ["ask", "which_programs_pay", "--file", str(published)]
    )
    assert run.exit_code == 0
    found = answer(QUESTIONS["which_programs_pay"], published, "csat.duckdb")
    assert all(name in run.output for name in found.column_names)
    assert max(map(len, run.output.splitlines())) <= 80


def test_mistakes_are_one_sentence(published: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean where_does_it_hurt"):
        question_of(CHECKOUT, "where_does_it_hurts")
    run = CliRunner().invoke(main, ["ask", "where_does_it_hurt", "--file", str(tmp_path / "no")])
    assert run.exit_code == 1
    assert "is not there: run `make build`" in run.output
    (tmp_path / "text").write_text("no database")
    run = CliRunner().invoke(main, ["ask", "where_does_it_hurt", "--file", str(tmp_path / "text")])
    assert run.exit_code == 1
    assert "cannot be read: name a file that a build has written" in run.output
    broken = Question("broken", "What?", "So.", "select * from marts.fct_nothing")
    with pytest.raises(UserError, match=r"analyses/broken\.sql does not run on csat\.duckdb"):
        answer(broken, published, "csat.duckdb")
    (tmp_path / "analyses").mkdir()
    (tmp_path / "analyses" / "mute.sql").write_text("select 1")
    with pytest.raises(UserError, match=r"analyses/mute\.sql does not say what it answers"):
        read_questions(tmp_path)


def test_steps_of_nearly_equal_points_are_one(tmp_path: Path) -> None:
    """Minutes are told, steps that nobody is in are not, and customers are counted once."""
    file = tmp_path / "csat.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create schema marts; create table marts.fct_csat_driver_shapes as "
            "select 'worst_wait_30_days' as feature, 'longest wait' as feature_label, "
            "date '2026-09-30' as score_date, is_missing, bin_number, from_value, to_value, "
            "customers, points, points - 1 as points_lower, points + 1 as points_upper "
            "from (values "
            "(true, 0, null, null, 0, 0e0), (false, 1, null, 30e0, 90, 0.1e0), "
            "(false, 2, 30e0, 60e0, 0, 0.2e0), (false, 3, 60e0, 120e0, 2, -0.9e0), "
            "(false, 4, 120e0, null, 3, -1.1e0)) as rows"
            "(is_missing, bin_number, from_value, to_value, customers, points)"
        )
    found = answer(QUESTIONS["how_does_waiting_matter"], file, "csat.duckdb").to_pylist()
    names = ("from_minutes", "to_minutes", "customers", "points")
    assert [tuple(row[name] for name in names) for row in found] == [
        (0.0, 1.0, 90, 0.1),
        (1.0, None, 5, -1.0),
    ]
