"""`csat model-card` says what the marts say, and is a page of the documentation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from harness import CHECKOUT, Workspace


def card(
    published: Path, build: Path, *arguments: str, working_directory: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    return subprocess.run(
        [Path(sys.executable).with_name("csat"), "model-card", *arguments],
        env={
            **os.environ,
            "CSAT_PROJECT_DIR": str(CHECKOUT),
            "CSAT_PUBLISHED_FILE": str(published),
            "CSAT_BUILD_FILE": str(build),
        },
        cwd=working_directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def published_file(workspace: Workspace) -> Path:
    """Return what the workspace has published."""
    return workspace.folder / "warehouse" / "csat.duckdb"


def test_card_says_what_the_marts_say(built_company: Workspace, tmp_path: Path) -> None:
    published = published_file(built_company)

    process = card(published, tmp_path / "none")

    assert process.returncode == 0, process.stderr
    text = process.stdout
    (version,) = built_company.query("from marts.dim_model_versions where is_in_force")
    assert f"| version | `{version['model_version']}` |" in text
    assert version["decision"] in text
    (judged,) = built_company.query(
        "from marts.fct_model_performance where model_version = 'all' and period_kind = 'in force'"
    )
    assert f"| all versions, in force | {judged['answers']:,} | – |" in text
    assert f"- all versions, in force: {judged['reason']}" in text
    for label in built_company.values(
        "select feature_label from marts.dim_model_features where is_in_model"
    ):
        assert f"| {label} |" in text
    for bin_said in built_company.query("from marts.fct_model_calibration where bin_number = 1"):
        if bin_said["model_version"] == "all":
            assert f"| {bin_said['predicted_csat']:.1f} | {bin_said['observed_csat']:.1f} |" in text
    for section in ("## What it predicts", "## What it must not be taken for", "## How versions"):
        assert section in text
    assert "None" not in text
    assert "nan" not in text


def test_card_of_the_build_file_where_nothing_is_published(
    company: Workspace, tmp_path: Path
) -> None:
    company.execute(
        "update marts.fct_model_performance set answers = 12345, log_loss = 0.61234, reason = null "
        "where model_version = 'all' and period_kind = 'in force'"
    )
    out = tmp_path / "new folder" / "card.md"

    process = card(tmp_path / "none", company.build_file, "--out", str(out))

    assert process.stdout == f"Written: {out}.\n"
    text = out.read_text(encoding="utf-8")
    assert str(company.build_file) in text
    assert "| all versions, in force | 12,345 | 0.6123 |" in text


def test_without_a_build_it_is_one_sentence_and_a_page_that_says_so(tmp_path: Path) -> None:
    nowhere = tmp_path / "none.duckdb"
    process = card(nowhere, tmp_path / "neither.duckdb")
    assert process.returncode == 1
    assert process.stderr.startswith("Error: There is neither ")
    assert "make build" in process.stderr

    with duckdb.connect(str(nowhere)) as connection:
        connection.execute("create table customers (customer_id varchar)")
    assert "none.duckdb holds no model yet: run `make build`" in card(nowhere, nowhere).stderr

    page = card(nowhere, nowhere, "--docs-block")
    assert page.returncode == 0
    assert page.stdout.startswith("{% docs __csat__ %}")
    assert "holds no model yet" in page.stdout


@pytest.mark.parametrize("has_card", [True, False])
def test_card_is_the_page_of_the_project(
    built_company: Workspace, workspace: Workspace, has_card: bool
) -> None:
    if has_card:
        process = card(
            published_file(built_company),
            built_company.build_file,
            *("--docs-block", "--out", str(Path("target", "docs", "model_card.md"))),
            working_directory=workspace.folder,
        )
        assert process.returncode == 0, process.stderr

    outcome = workspace.dbt("docs", "generate")

    assert outcome.succeeded, outcome.errors
    manifest = (workspace.folder / "target" / "manifest.json").read_text(encoding="utf-8")
    pages = [name for name in json.loads(manifest)["docs"] if name.startswith("doc.csat.__")]
    assert ("doc.csat.__csat__" in pages) == has_card
