"""What a company defines in a seed: how rows are read, and how a mistake in one is told."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csat.engine import Engine
from csat.project import UserError


@dataclass(frozen=True)
class DefinitionsSeed:
    """A seed of definitions.

    Parameters
    ----------
    path
        Where it is, from the project's folder.
    thing
        What a row defines, as a mistake names it.
    key
        Columns that tell the rows apart; the first one is the name of the thing.
    """

    path: str
    thing: str
    key: tuple[str, ...]

    def rows(self, engine: Engine, relation: str, columns: Sequence[str]) -> list[dict[str, str]]:
        """Return the rows in the order of their names, as text without blanks around it.

        Parameters
        ----------
        engine
            Where the seed was loaded.
        relation
            Relation of the seed's rows.
        columns
            What is wanted of each; empty where it is null.
        """
        wanted = ", ".join(
            f"trim(coalesce(cast(definitions.{name} as varchar), '')) as {name}" for name in columns
        )
        order = ", ".join(f"definitions.{name}" for name in self.key)
        return engine.collect(
            f"select {wanted} from {relation} as definitions order by {order}"
        ).to_pylist()

    def refusal(self, engine: Engine, row: Mapping[str, str], mistake: object) -> UserError:
        """Return a mistake as one sentence that names the thing, and its last line in the seed.

        Parameters
        ----------
        row
            At least the columns of the key.
        mistake
            What follows after "has", with what to mend, and without a full stop.
        """
        name = row[self.key[0]] or "without a name"
        line = self._line(engine, row)
        place = f"The {self.thing} {name}" + (f" (line {line})" if line else "")
        return UserError(f"{place} in {self.path} has {mistake}.")

    def _line(self, engine: Engine, row: Mapping[str, str]) -> int | None:
        file_path = engine.project_root() / self.path
        if not file_path.exists():
            return None
        with file_path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            lines = [
                rows.line_num
                for found in rows
                if all((found.get(name) or "").strip() == row[name] for name in self.key)
            ]
        return lines[-1] if lines else None
