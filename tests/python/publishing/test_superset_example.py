"""Superset's example: connections see the newest publication and nothing else of the machine."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from test_readers_under_fire import publish_number

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "superset"
sys.path.insert(0, str(EXAMPLE))

import connect  # noqa: E402  (stands beside the example, not in a package)

NUMBERS = "select max(state.number), max(daily.number) from marts.state, marts.daily"


@pytest.fixture
def open_read_only(monkeypatch: pytest.MonkeyPatch):
    """Return how the example opens files; Superset's own packages are not installed here."""
    wrapper = SimpleNamespace(ConnectionWrapper=lambda connection: connection)
    monkeypatch.setitem(sys.modules, "duckdb_engine", wrapper)
    monkeypatch.setenv("SUPERSET_SECRET_KEY", "secret")
    settings = runpy.run_path(str(EXAMPLE / "superset_config.py"))

    def opened(file: Path) -> duckdb.DuckDBPyConnection:
        uri = SimpleNamespace(get_backend_name=lambda: "duckdb", database=str(file))
        _, parameters = settings["DB_CONNECTION_MUTATOR"](uri, {}, None, None, None)
        return parameters["creator"]()

    return opened


@pytest.fixture
def build(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(tmp_path / "build.duckdb"))
    connection.execute("create schema marts")
    return connection


def test_a_connection_sees_what_is_new_while_another_one_holds_what_was(
    open_read_only, build, tmp_path
):
    file = tmp_path / "it's published" / "csat.duckdb"
    publish_number(build, 1, file)
    long_query = open_read_only(file)
    publish_number(build, 2, file)
    assert open_read_only(file).execute(NUMBERS).fetchone() == (2, 2)
    assert long_query.execute(NUMBERS).fetchone() == (1, 1)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{folder}/secret.txt')",
        "attach '{folder}/build.duckdb' as build",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "create table marts.mine as select 1",
        "copy marts.state to '{folder}/mine.csv'",
    ],
)
def test_a_connection_reads_nothing_else_and_writes_nothing(open_read_only, build, tmp_path, sql):
    (tmp_path / "secret.txt").write_text("secret")
    file = tmp_path / "csat.duckdb"
    publish_number(build, 1, file)
    build.close()
    with pytest.raises(duckdb.Error):
        open_read_only(file).execute(sql.format(folder=tmp_path))


class Server(connect.Superset):
    """Superset as far as datasets go: one is there already, the other one is not."""

    def __init__(self):
        self.asked: list[tuple] = []

    def call(self, verb: str, path: str, body: dict | None = None, query: str = "") -> dict:
        if verb != "get" and path != "sqllab/execute/":
            self.asked.append((verb, path, body))
        if path == "sqllab/execute/":
            return {"data": [{"table_name": "dim_agents", "comment": "One row per agent."}]}
        if path == "database/7/tables/":
            return {"result": [{"value": "dim_agents"}, {"value": "dim_dates"}]}
        if path == "dataset/" and verb == "get":
            there = {"id": 3, "table_name": "dim_dates", "schema": "marts", "database": {"id": 7}}
            other = {"id": 4, "table_name": "dim_agents", "schema": "marts", "database": {"id": 8}}
            return {"result": [there, other]}
        return {"id": 9}


def test_datasets_that_are_there_are_brought_up_to_date_and_others_made():
    server = Server()
    assert connect.register_datasets(server, 7) == {"dim_agents": 9, "dim_dates": 3}
    made = {"database": 7, "schema": "marts", "table_name": "dim_agents"}
    assert server.asked == [
        ("post", "dataset/", made),
        ("put", "dataset/9", {"description": "One row per agent."}),
        ("put", "dataset/3/refresh", None),
        ("put", "dataset/3", {"description": None}),
    ]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "Set SUPERSET_PASSWORD"),
        ({"SUPERSET_PASSWORD": "x"}, "Superset cannot be reached at http://127.0.0.1:9: start it"),
    ],
)
def test_mistakes_are_told_in_one_sentence(environment, said):
    ended = subprocess.run(
        [
            *(sys.executable, EXAMPLE / "connect.py", "--file", "csat.duckdb"),
            *("--url", "http://127.0.0.1:9"),
        ],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert ended.returncode != 0
    assert ended.stderr.startswith(said)
    assert "Traceback" not in ended.stderr
