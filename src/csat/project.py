"""Where the project's files are, from wherever a command is called."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

PROJECT_FILE = "dbt_project.yml"
#: What dbt writes of a project.
MANIFEST = Path("target", "manifest.json")


class UserError(Exception):
    """A mistake of the user: one sentence that names the thing and the mend."""

    #: What the command line ends with.
    exit_code = 1


def project_root() -> Path:
    """Return the folder that holds ``dbt_project.yml``.

    Looks at the environment variable ``CSAT_PROJECT_DIR``, then at the working
    directory and the folders above it, then at the checkout that this package
    is installed from.

    Raises
    ------
    UserError
        If none of these holds the project.
    """
    named = os.environ.get("CSAT_PROJECT_DIR")
    if named:
        candidates = [Path(named)]
    else:
        here = Path.cwd()
        candidates = [here, *here.parents, Path(__file__).resolve().parents[2]]
    for folder in candidates:
        if (folder / PROJECT_FILE).is_file() and (folder / "src" / "csat").is_dir():
            return folder.resolve()
    raise UserError(
        f"No csat project in {candidates[0]}: call csat from inside the project, "
        "or set CSAT_PROJECT_DIR to its folder."
    )


def project_vars(root: Path) -> dict:
    """Return the vars of the project file."""
    return read_yaml(root / PROJECT_FILE)["vars"]


def read_yaml(file: Path) -> dict:
    """Return what a YAML file of the project says."""
    # The loader in C is ten times as fast, and not there on every machine.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)


def name_in_project(root: Path, path: Path) -> str:
    """Return a path as people see it: inside the project without the way to it."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def read_manifest(root: Path, command: str) -> dict:
    """Return dbt's manifest of the project, as last written.

    Raises
    ------
    UserError
        If it is not there, or unreadable; ``command`` is what writes it.
    """
    try:
        return json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{MANIFEST} is not there or unreadable: run `{command}`.") from error


@contextmanager
def writing(path: Path, option: str) -> Iterator[None]:
    """Say in one sentence that a file or folder named by an option cannot be written."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}): name another place by {option}."
        ) from error


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Say in one sentence that packages of an extra are not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "csat":
            raise
        raise UserError(
            f"{error.name} is not installed: run `make {extra}`, or install this project with its "
            f"extra: pip install '.[{extra}]'."
        ) from error
