"""The lock files agree with pyproject.toml, and set-up says what it cannot do."""

from __future__ import annotations

import importlib.metadata
import itertools
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CHECKOUT = Path(__file__).resolve().parents[2]
REQUIREMENTS = CHECKOUT / "requirements"
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES = PYPROJECT["project"]["dependencies"]
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
DIRECT = {
    "project": [*DEPENDENCIES, *EXTRAS["build"]],
    "dashboard": [*DEPENDENCIES, *EXTRAS["build"], *EXTRAS["dashboard"]],
    "test": [*DEPENDENCIES, *EXTRAS["build"], *EXTRAS["dashboard"], *EXTRAS["test"]],
}
# What set_up.sh calls besides the interpreter.
USED_COMMANDS = ("sh", "cat", "chmod", "cksum", "dirname", "mkdir", "rm")


def locked(name: str) -> dict[str, str]:
    """Return the text of each entry of a lock file by its first line."""
    text = (REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    return {entry.partition(" \\")[0]: entry for entry in entries}


def locked_versions(name: str) -> dict[str, list[Version]]:
    """Return the locked versions of each package; several where they depend on the platform."""
    versions: dict[str, list[Version]] = {}
    for line in locked(name):
        requirement = Requirement(line)
        (pin,) = requirement.specifier
        versions.setdefault(canonicalize_name(requirement.name), []).append(Version(pin.version))
    return versions


@pytest.mark.parametrize("name", DIRECT)
def test_lock_satisfies_every_direct_dependency(name: str) -> None:
    versions = locked_versions(name)
    for text in DIRECT[name]:
        requirement = Requirement(text)
        found = versions.get(canonicalize_name(requirement.name), [])
        assert found, f"{name}.lock lacks {text}: run `make lock`"
        for version in found:
            assert requirement.specifier.contains(version), (
                f"{name}.lock has {version} of {text}: run `make lock`"
            )


def test_lock_is_complete() -> None:
    """Set-up installs with --no-deps, so what a locked package needs must be locked too."""
    versions = locked_versions("test")
    for name in versions:
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform or Python
        for text in needs:
            need = Requirement(text)
            if need.marker and not need.marker.evaluate({"extra": ""}):
                continue
            found = versions.get(canonicalize_name(need.name), [])
            assert any(need.specifier.contains(version, prereleases=True) for version in found), (
                f"{name} needs {text}, which test.lock lacks: run `make lock`"
            )


@pytest.mark.parametrize(
    ("smaller", "larger"), [("project", "dashboard"), ("dashboard", "test"), ("project", "test")]
)
def test_larger_lock_holds_the_smaller_one(smaller: str, larger: str) -> None:
    held, holding = locked(smaller), locked(larger)
    assert {line: holding.get(line) for line in held} == held, "run `make lock`"


@pytest.mark.parametrize("name", DIRECT)
def test_lock_has_hashes_and_no_addresses(name: str) -> None:
    for line, entry in locked(name).items():
        assert "--hash=sha256:" in entry, f"{line} has no hash"
        assert "://" not in entry
        assert not line.startswith("-")


def test_every_dependency_has_its_reason() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    lines = [line.strip() for line in section.splitlines()]
    for before, line in itertools.pairwise(lines):
        if line.startswith('"'):
            assert before.startswith("#"), f"{line} has no comment that gives its reason"


# --- set-up ------------------------------------------------------------------------------


@pytest.fixture
def bare_machine(tmp_path: Path) -> tuple[Path, Path]:
    """Return a project without an environment, and a PATH with no Python on it."""
    project, commands = tmp_path / "a project", tmp_path / "bin"
    project.mkdir()
    commands.mkdir()
    shutil.copytree(REQUIREMENTS, project / "requirements")
    shutil.copy2(CHECKOUT / "pyproject.toml", project)
    for command in USED_COMMANDS:
        found = shutil.which(command)
        assert found
        (commands / command).symlink_to(found)
    return project, commands


def set_up(
    machine: tuple[Path, Path], name: str = "project", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the set-up on the bare machine."""
    project, commands = machine
    return subprocess.run(
        ["sh", "requirements/set_up.sh", name],
        cwd=project,
        env={"PATH": str(commands), **variables},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def put_command(machine: tuple[Path, Path], name: str, script: str) -> Path:
    """Put a command on the bare machine's PATH."""
    command = machine[1] / name
    command.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    command.chmod(0o755)
    return command


def test_set_up_without_python_says_what_to_do(bare_machine: tuple[Path, Path]) -> None:
    outcome = set_up(bare_machine)
    assert outcome.returncode != 0
    assert outcome.stderr == (
        "Set-up stopped: no Python 3.11 or newer is on the PATH; install one, "
        "or name it: make build PYTHON=/path/to/python3.\n"
    )


def test_set_up_refuses_a_named_python_that_is_too_old(bare_machine: tuple[Path, Path]) -> None:
    old = put_command(bare_machine, "old", "exit 1")
    outcome = set_up(bare_machine, PYTHON=str(old))
    assert outcome.stderr.splitlines() == [
        f"Set-up stopped: PYTHON={old} is not Python 3.11 or newer; name one that is."
    ]


def test_set_up_passes_over_an_old_python3(bare_machine: tuple[Path, Path]) -> None:
    put_command(bare_machine, "python3", "exit 1")
    put_command(bare_machine, "python3.12", 'case "$*" in *venv*) echo chosen; exit 1 ;; esac')
    outcome = set_up(bare_machine)
    assert outcome.stdout.splitlines() == ["chosen"]
    assert outcome.stderr == (
        "Set-up stopped: python3.12 cannot make an environment (its message is above); "
        "on Debian and Ubuntu, install python3-venv.\n"
    )


# An interpreter that notes what pip is asked, and whose environments hold itself.
NOTING_PYTHON = """
case "$*" in
    *"-m venv"*) mkdir -p .venv/bin && cat "$0" >.venv/bin/python && chmod +x .venv/bin/python ;;
    *"pip install"*) echo "$*" >>installed ;;
esac
"""


@pytest.fixture
def installed(bare_machine: tuple[Path, Path]) -> Callable[..., list[str]]:
    """Return a function that sets up, and returns what was installed from or of."""
    put_command(bare_machine, "python3", NOTING_PYTHON)
    notes = bare_machine[0] / "installed"

    def run(name: str) -> list[str]:
        notes.write_text("", encoding="utf-8")
        outcome = set_up(bare_machine, name)
        assert outcome.returncode == 0, outcome.stderr
        return [line.split()[-1] for line in notes.read_text(encoding="utf-8").splitlines()]

    return run


def test_set_up_installs_once(installed: Callable[..., list[str]]) -> None:
    assert installed("project") == ["requirements/project.lock", "."]
    assert installed("project") == []


@pytest.mark.parametrize(
    ("name", "served"), [("test", "dashboard"), ("test", "project"), ("dashboard", "project")]
)
def test_set_up_of_more_serves_less_too(
    installed: Callable[..., list[str]], name: str, served: str
) -> None:
    assert installed(name) == [f"requirements/{name}.lock", "."]
    assert installed(served) == []


@pytest.mark.parametrize("changed", ["requirements/project.lock", "pyproject.toml"])
def test_set_up_installs_again_after_a_change(
    installed: Callable[..., list[str]], bare_machine: tuple[Path, Path], changed: str
) -> None:
    installed("project")
    with (bare_machine[0] / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert installed("project") == ["requirements/project.lock", "."]


def test_set_up_starts_afresh_where_the_project_was_moved(
    installed: Callable[..., list[str]], bare_machine: tuple[Path, Path]
) -> None:
    installed("project")
    place = bare_machine[0] / ".venv" / "csat" / "place"
    place.write_text("/elsewhere\n", encoding="utf-8")
    assert installed("project") == ["requirements/project.lock", "."]


# --- make and continuous integration -----------------------------------------------------


def test_make_without_a_target_lists_every_documented_target() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    documented = re.findall(r"^([a-z-]+):.*##", makefile, flags=re.MULTILINE)
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"^make ([a-z-]+) ", listed, flags=re.MULTILINE) == documented
    assert {"build", "test", "check-data", "lint", "demo"} <= set(documented)


def test_actions_are_pinned_by_commit_and_cover_the_supported_pythons() -> None:
    text = (CHECKOUT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
    assert job["strategy"]["matrix"]["python"][0] == PYPROJECT["project"]["requires-python"][2:]
