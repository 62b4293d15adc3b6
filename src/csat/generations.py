"""Generations of the published file: what readers saw before, and how to give it back to them.

Every publication also stands, under the time at which it was made, in a folder beside the
published file: as a second name (hard link) of the same file, which takes no room. To roll back is
to put one of them into the place that readers open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from csat.engine import quote
from csat.file_lock import HeldError, held
from csat.history_files import remove_unread
from csat.parquet_files import clear_parquet, has_parquet, prepare_parquet, show_parquet
from csat.project import UserError
from csat.second_names import give_second_name

_TIME = "%Y-%m-%dT%H-%M-%S.%f"
_ENDING = ".duckdb"
#: A publication of a large company writes some gigabytes.
_SECONDS_TO_WAIT = 600


@dataclass(frozen=True)
class Generation:
    """One publication that is kept."""

    file: Path
    published_at: datetime
    as_of: date | None
    tables: int
    rows: int
    source_location: str
    history_files: frozenset[Path]

    @property
    def name(self) -> str:
        """The name to roll back to."""
        return name_of(self.published_at)


def name_of(published_at: datetime) -> str:
    """Return the name of the generation that was published then."""
    # Without colons, which not all file systems take.
    return published_at.strftime(_TIME)


def generations_folder(published_file: Path) -> Path:
    """Return the folder of the generations of a published file."""
    return published_file.with_name(f"{published_file.stem}_generations")


def history_folder(published_file: Path) -> Path:
    """Return the folder of the history that generations of a published file share."""
    return published_file.with_name(f"{published_file.stem}_history")


@contextmanager
def changing(published_file: Path) -> Iterator[None]:
    """Keep others from publishing, rolling back or clearing away meanwhile; readers go on.

    Raises
    ------
    UserError
        If another process does not end its own change.
    """
    try:
        with held(generations_folder(published_file) / ".lock", _SECONDS_TO_WAIT):
            yield
    except HeldError as error:
        raise UserError(
            f"{published_file} is being published or rolled back by {error}: try again when it "
            "has ended."
        ) from error


def read_generation(file: Path) -> Generation:
    """Return what a published file tells of itself.

    Raises
    ------
    UserError
        If it is no published file.
    """
    with duckdb.connect() as connection:
        try:
            connection.execute(f"attach {quote(str(file))} as generation (read_only)")
            ((published_at, tables, rows, source),) = connection.execute(
                "select published_at, tables, rows, source_location "
                "from generation.monitoring.publication"
            ).fetchall()
            return Generation(
                file,
                published_at,
                _as_of(connection),
                tables,
                rows,
                source,
                frozenset(_history_files(connection)),
            )
        except (duckdb.Error, ValueError) as error:
            raise UserError(
                f"{file} is no published file: name one that `csat generations` lists "
                f"({str(error).splitlines()[0]})."
            ) from error


def generations(published_file: Path) -> list[Generation]:
    """Return the generations that are kept, the newest first.

    Raises
    ------
    UserError
        If one of them cannot be read.
    """
    files = generations_folder(published_file).glob(f"*{_ENDING}")
    return [read_generation(file) for file in sorted(files, reverse=True)]


def current(published_file: Path) -> Generation | None:
    """Return what readers see, or nothing where nothing is published."""
    return read_generation(published_file) if published_file.exists() else None


def keep(published_file: Path) -> None:
    """Give the published file its second name among the generations, if it has none yet."""
    if not published_file.exists():
        return
    try:
        seen = read_generation(published_file)
    except UserError:
        # A file of another kind is replaced as it always was.
        return
    give_second_name(published_file, generations_folder(published_file) / f"{seen.name}{_ENDING}")


def clear_away(published_file: Path, keep_generations: int) -> None:
    """Remove all but the newest generations, and history that none of the rest reads.

    What readers see stays in any case, and so many generations besides. Where one cannot be read,
    because someone has opened it to write, nothing is removed until the next publication.
    """
    try:
        seen = current(published_file)
        kept = generations(published_file)
    except UserError:
        return
    others = [one for one in kept if seen is None or one.published_at != seen.published_at]
    for generation in others[keep_generations:]:
        generation.file.unlink()
    kept = [*others[:keep_generations], *([seen] if seen else [])]
    remove_unread(history_folder(published_file), set().union(*(one.history_files for one in kept)))
    clear_parquet(published_file, {one.name for one in kept})


def roll_back(published_file: Path, name: str | None = None) -> Generation:
    """Put a generation into the place that readers open, and return it; Parquet files follow.

    Parameters
    ----------
    published_file
        The file that readers open.
    name
        A name that ``csat generations`` lists; by default the one before what readers see.

    Raises
    ------
    UserError
        If there is no such generation, or its history is gone.
    """
    with changing(published_file):
        keep(published_file)
        chosen = _chosen(published_file, name)
        for file in sorted(chosen.history_files):
            if not file.exists():
                raise UserError(
                    f"{chosen.name} reads {file}, which is not there: if the folder was moved, "
                    "move it back, or publish anew by `csat publish`."
                )
        follows = has_parquet(published_file)
        if follows:
            _prepare_parquet(published_file, chosen)
        show(chosen.file, published_file)
        if follows:
            show_parquet(published_file)
        return chosen


def show(file: Path, published_file: Path) -> None:
    """Have readers see the file of a generation."""
    # Renamed over the published file, so that no reader finds the place empty.
    following = published_file.with_name(published_file.name + ".next")
    following.unlink(missing_ok=True)
    give_second_name(file, following)
    following.replace(published_file)
    # To rename one name of a file over another name of it does nothing.
    following.unlink(missing_ok=True)


def _prepare_parquet(published_file: Path, chosen: Generation) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote(str(chosen.file))} as generation (read_only)")
        prepare_parquet(connection, "generation", published_file, chosen.name)


def _chosen(published_file: Path, name: str | None) -> Generation:
    kept = generations(published_file)
    if name is not None:
        for generation in kept:
            if generation.name == name.removesuffix(_ENDING):
                return generation
        names = ", ".join(generation.name for generation in kept) or "none is kept"
        raise UserError(f"There is no generation {name}: choose one of those kept ({names}).")
    seen = current(published_file)
    earlier = [one for one in kept if seen is None or one.published_at < seen.published_at]
    if not earlier:
        raise UserError(
            f"No generation before the one that readers see is kept of {published_file}: "
            "`csat generations` lists what there is."
        )
    return earlier[0]


def _as_of(connection: duckdb.DuckDBPyConnection) -> date | None:
    try:
        ((as_of,),) = connection.execute(
            "select max(score_date) from generation.marts.fct_base_csat_daily"
        ).fetchall()
    except duckdb.CatalogException:
        return None
    return as_of


def _history_files(connection: duckdb.DuckDBPyConnection) -> list[Path]:
    try:
        rows = connection.execute("select file from generation.monitoring.history_files").fetchall()
    except duckdb.CatalogException:
        # Published before there were such files, or without a mart that has them.
        return []
    return [Path(file) for (file,) in rows]
