"""What the company has set in the project, as far as pages need it."""

from __future__ import annotations

from pathlib import Path

import yaml

from csat.project import PROJECT_FILE, UserError, read_yaml


def project_vars(root: Path) -> dict:
    """Return the vars of the project, as they are set in its file.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    try:
        return read_yaml(root / PROJECT_FILE)["vars"]
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise UserError(f"The vars of {PROJECT_FILE} cannot be read ({error}): mend it.") from error


def project_var(root: Path, name: str) -> object:
    """Return one var of the project.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    found = project_vars(root)
    if name not in found:
        raise UserError(f"There is no var {name} in {PROJECT_FILE}: set it.")
    return found[name]
