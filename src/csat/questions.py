"""Questions that people ask of the marts: the files of ``analyses``, run on what is published.

Each file is plain SQL on ``marts``: without a catalog's name, so that it can be pasted into any
tool that has opened the published file. Its comment begins with the question, and says how to read
the answer.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from csat.project import UserError
from csat.publishing import reading

#: Where the questions are.
FOLDER = "analyses"
#: With it the line begins that names for dbt what is read.
_DEPENDENCIES = "depends_on:"


@dataclass(frozen=True)
class Question:
    """A question with the SQL that answers it.

    Parameters
    ----------
    name
        Of the file, without ``.sql``.
    text
        The question.
    reading
        How to read the answer.
    sql
        One select.
    """

    name: str
    text: str
    reading: str
    sql: str

    @classmethod
    def read(cls, file: Path) -> Question:
        """Read a file whose comment has the question, an empty line, and how to read the answer.

        Raises
        ------
        UserError
            If it begins with no such comment.
        """
        sql = file.read_text(encoding="utf-8")
        comment = []
        for line in sql.splitlines():
            if not line.startswith("--"):
                break
            comment.append(line.removeprefix("--").strip())
        parts = "\n".join(comment).split("\n\n")
        told = [" ".join(part.split()) for part in parts if not part.startswith(_DEPENDENCIES)]
        if len(told) < 2:
            raise UserError(
                f"{FOLDER}/{file.name} does not say what it answers: begin it with a comment of "
                "the question, an empty comment line, and how to read the answer."
            )
        return cls(file.stem, told[0], " ".join(told[1:]), sql)


def read_questions(root: Path) -> dict[str, Question]:
    """Return the project's questions by name."""
    files = sorted((root / FOLDER).glob("*.sql"))
    return {file.stem: Question.read(file) for file in files}


def question_of(root: Path, name: str) -> Question:
    """Return the question of a name, or of the name of its file.

    Raises
    ------
    UserError
        If there is none, with the nearest names.
    """
    questions = read_questions(root)
    name = name.removeprefix(f"{FOLDER}/").removesuffix(".sql")
    if name not in questions:
        near = difflib.get_close_matches(name.lower(), questions, n=3, cutoff=0.4)
        did_you_mean = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UserError(
            f"There is no {FOLDER}/{name}.sql.{did_you_mean} `csat ask` lists the questions."
        )
    return questions[name]


def answer(question: Question, file: Path, shown_as: str) -> pa.Table:
    """Return the rows that a question's SQL finds in a file.

    Parameters
    ----------
    question
        What to run.
    file, shown_as
        The published file or the build file, and its name in messages.

    Raises
    ------
    UserError
        If the file cannot be opened, or the SQL does not run on it, as where a mart is missing.
    """
    with reading(file, shown_as) as connection:
        try:
            return connection.execute(question.sql).to_arrow_table()
        except duckdb.Error as error:
            raise UserError(
                f"{FOLDER}/{question.name}.sql does not run on {shown_as} "
                f"({str(error).splitlines()[0]}): mend it, or run `make build` where a mart is "
                "missing."
            ) from error
