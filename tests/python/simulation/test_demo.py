"""The bundled demo is what its documented command writes."""

from __future__ import annotations

import re
import shlex

import duckdb
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from csat.cli import main
from csat.project import project_root
from csat.simulation.schemas import CONTRACT, TRUTH

DEMO = project_root() / "data" / "demo"
LARGEST_BYTES = 6 * 1024 * 1024
TABLES = [*CONTRACT, *(f"truth/{name}" for name in TRUTH)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The output of the documented command."""
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^csat (simulate .*)$", readme, flags=re.MULTILINE)
    arguments = shlex.split(command.group(1))
    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert arguments[arguments.index("--out") + 1] == "data/demo"
    arguments[arguments.index("--out") + 1] = str(folder)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return folder


@pytest.mark.parametrize("table", TABLES)
def test_the_documented_command_writes_the_demo(written, table):
    bundled = pyarrow.parquet.read_table(DEMO / f"{table}.parquet")
    assert pyarrow.parquet.read_table(written / f"{table}.parquet").equals(bundled)


def test_the_parameters_of_the_demo_are_those_of_the_code(written):
    name = "truth/parameters.json"
    assert (written / name).read_text("utf-8") == (DEMO / name).read_text("utf-8")


def test_the_demo_stays_small():
    size = sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file())
    assert size <= LARGEST_BYTES


def test_the_demo_brings_enough_answers():
    answers = f"read_parquet('{DEMO}/survey_responses.parquet')"
    count = f"select count(distinct response_id) from {answers} where instrument_id like '%csat%'"
    assert 900 <= duckdb.sql(count).fetchone()[0] <= 1_500
