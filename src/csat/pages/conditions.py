"""Conditions that are clicked together, as the SQL of a segment's definition and in words.

A segment is a row of ``seeds/segment_definitions.csv``. Whatever the user chose goes into the SQL
as a quoted name or a literal made here, so that nothing typed is ever run.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from csat.engine import quote, quote_name
from csat.project import UserError

#: Where a company's segments are defined, from the project's folder.
DEFINITIONS = Path("seeds", "segment_definitions.csv")
#: Comparisons of numbers and dates, in words and as SQL.
COMPARISONS = {
    "at least": ">=",
    "at most": "<=",
    "more than": ">",
    "less than": "<",
    "exactly": "=",
}
IS_ONE_OF, IS_NONE_OF, IS_UNKNOWN, IS_KNOWN = "is one of", "is none of", "is not known", "is known"
#: A name that SQL takes as it stands; others are quoted.
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_MARKS = re.compile(r"([;()])")
_USABLE_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Fact:
    """Something known of every customer that a condition can be about.

    Parameters
    ----------
    name
        Its name in a definition.
    label
        In words.
    kind
        ``number``, ``text`` or ``date``.
    unit
        Of a number, as in ``feature_definitions``; empty where there is none.
    """

    name: str
    label: str
    kind: str
    unit: str = ""

    @property
    def title(self) -> str:
        """The label, with the unit where there is one that it does not say itself."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True)
class Condition:
    """One line of the builder: a fact, a comparison and what it is compared with."""

    fact: Fact
    comparison: str
    value: object = None
    values: tuple[str, ...] = field(default=())

    @property
    def is_complete(self) -> bool:
        """Whether there is something to compare with."""
        if self.comparison in (IS_UNKNOWN, IS_KNOWN):
            return True
        if self.comparison in (IS_ONE_OF, IS_NONE_OF):
            return bool(self.values)
        return self.value is not None

    @property
    def sql(self) -> str:
        """SQL that is true for whom the condition holds."""
        name = self.fact.name if _PLAIN_NAME.fullmatch(self.fact.name) else None
        name = name or quote_name(self.fact.name)
        if self.comparison == IS_UNKNOWN:
            return f"{name} is null"
        if self.comparison == IS_KNOWN:
            return f"{name} is not null"
        if self.comparison in (IS_ONE_OF, IS_NONE_OF):
            listed = ", ".join(_literal(value) for value in self.values)
            # "None of" holds for whom it is not known, too: people read it so.
            return (
                f"{name} in ({listed})"
                if self.comparison == IS_ONE_OF
                else f"coalesce({name} not in ({listed}), true)"
            )
        return f"{name} {COMPARISONS[self.comparison]} {_literal(self.value)}"

    @property
    def words(self) -> str:
        """The condition as people read it."""
        if self.comparison in (IS_UNKNOWN, IS_KNOWN):
            return f"{self.fact.label} {self.comparison}"
        if self.comparison in (IS_ONE_OF, IS_NONE_OF):
            return f"{self.fact.label} {self.comparison} {', '.join(self.values)}"
        unit = f" {self.fact.unit}" if self.fact.unit else ""
        value = f"{self.value:g}" if isinstance(self.value, float) else self.value
        return f"{self.fact.label} {self.comparison} {value}{unit}"


def condition_sql(conditions: Sequence[Condition], *, all_of_them: bool = True) -> str:
    """Return the definition of who meets all conditions, or at least one of them."""
    parts = [condition.sql for condition in conditions if condition.is_complete]
    return (" and " if all_of_them else " or ").join(parts)


def condition_words(conditions: Sequence[Condition], *, all_of_them: bool = True) -> str:
    """Return the same in words; empty where nothing is chosen."""
    parts = [condition.words for condition in conditions if condition.is_complete]
    return ("; and " if all_of_them else "; or ").join(parts)


def proposed_id(name: str) -> str:
    """Return a ``segment_id`` made of a segment's name: lower case, words joined by ``_``.

    Examples
    --------
    >>> proposed_id("Waited long, 2 contacts")
    'waited_long_2_contacts'
    """
    words = re.findall(r"[a-z0-9]+", name.lower())
    joined = "_".join(words)
    return joined if not joined or joined[0].isalpha() else f"segment_{joined}"


def save_definition(
    root: Path, *, segment_id: str, segment_name: str, owner: str, condition: str
) -> Path:
    """Append a segment to the definitions; the next build has it in the marts.

    Parameters
    ----------
    root
        Folder of the project.
    segment_id, segment_name, owner, condition
        Columns of the seed; the others stay empty.

    Returns
    -------
    pathlib.Path
        The file that was changed, as people see it.

    Raises
    ------
    UserError
        If the definition cannot be used or the file not be written. Nothing is changed then.
    """
    if not condition:
        raise UserError("The segment has no condition: choose one first.")
    if not segment_name.strip():
        raise UserError("The segment has no name: give it one.")
    if segment_id == "all" or not _USABLE_ID.fullmatch(segment_id):
        raise UserError(
            f"The identifier {segment_id or 'of the segment'} cannot be used: begin with a letter, "
            "and use small letters, digits and underscores only."
        )
    file = root / DEFINITIONS
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{DEFINITIONS} cannot be read ({error}): mend it.") from error
    rows = csv.DictReader(io.StringIO(text))
    columns = rows.fieldnames or []
    lacking = {"segment_id", "segment_name", "owner", "condition"} - set(columns)
    if lacking:
        raise UserError(
            f"{DEFINITIONS} has no column {sorted(lacking)[0]}: restore its first line."
        )
    if segment_id in {(row["segment_id"] or "").strip() for row in rows}:
        raise UserError(
            f"There is a segment {segment_id} in {DEFINITIONS} already: choose another identifier."
        )
    row = {
        "segment_id": segment_id,
        "segment_name": segment_name.strip(),
        "owner": owner.strip(),
        "condition": condition,
    }
    _replace(file, text, [row.get(column, "") for column in columns])
    return DEFINITIONS


def _replace(file: Path, text: str, row: Sequence[str]) -> None:
    """Write the text with one more row, so that a build never reads half of it."""
    newline = "\r\n" if "\r\n" in text else "\n"
    line = io.StringIO()
    csv.writer(line, lineterminator=newline).writerow(row)
    whole = text if text.endswith("\n") else text + newline
    beside = file.with_name(file.name + ".next")
    try:
        beside.write_bytes((whole + line.getvalue()).encode("utf-8"))
        beside.replace(file)
    except OSError as error:
        raise UserError(
            f"{DEFINITIONS} cannot be written ({error.strerror}): make it writable, or put the "
            "definition that is shown into it by hand."
        ) from error


def facts_of(columns: Mapping[str, str], features: Sequence[Mapping]) -> list[Fact]:
    """Return what conditions can be about.

    Parameters
    ----------
    columns
        Name and engine type of each column that can be named.
    features
        Rows of ``dim_model_features``, for labels and units.
    """
    described = {row["feature"]: row for row in features}
    found = []
    for name, engine_type in columns.items():
        row = described.get(name, {})
        label = row.get("feature_label") or name.replace("_", " ")
        unit = row.get("unit") or ""
        found.append(
            Fact(name, label[:1].upper() + label[1:], _kind(engine_type), _unit_beside(label, unit))
        )
    return sorted(found, key=lambda fact: fact.label)


def _unit_beside(label: str, unit: str) -> str:
    # "Contacts in 30 days (contacts)" says it twice.
    return "" if unit.lower() in label.lower() else unit


def _kind(engine_type: str) -> str:
    if engine_type in ("VARCHAR", "BOOLEAN"):
        return "text"
    return "date" if engine_type == "DATE" or engine_type.startswith("TIMESTAMP") else "number"


def _literal(value: object) -> str:
    """Return a value as an SQL literal."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.10g}"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    # The check of definitions takes a semicolon, or a bracket too many, for an attempt to say
    # something else than is shown, wherever it stands; so values have them by their number.
    parts = (part for part in _MARKS.split(str(value)) if part)
    literals = [f"chr({ord(part)})" if _MARKS.fullmatch(part) else quote(part) for part in parts]
    return " || ".join(literals) or "''"
