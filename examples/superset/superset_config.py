"""Settings of a Superset that reads the published file; SUPERSET_CONFIG_PATH names this file."""

import os
from pathlib import Path

import duckdb
import duckdb_engine

# Signs sessions and encrypts what it keeps: `openssl rand -base64 42`, once, and keep it.
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
# Users, charts and dashboards. Enough for a trial; for a team, PostgreSQL.
SQLALCHEMY_DATABASE_URI = os.environ.get(
    "SUPERSET_METADATA", f"sqlite:///{Path.home()}/.superset/superset.db"
)


def open_read_only(file: str) -> duckdb_engine.ConnectionWrapper:
    """Open a DuckDB file to read it, and nothing else of this machine but its history.

    A second `duckdb.connect` to a path gives the file that the first one has open, also after
    another one was published in its place: one long query would keep old data in front of all
    users. So the file is attached to a database in memory, a new one for each connection.
    """
    path = Path(file)
    history = path.with_name(f"{path.stem}_history")
    connection = duckdb.connect()
    attached, folder = (str(place).replace("'", "''") for place in (path, history))
    connection.execute(f"attach '{attached}' as published (read_only); use published")
    connection.execute(f"set allowed_directories = ['{folder}/']")
    connection.execute("set enable_external_access = false; set lock_configuration = true")
    return duckdb_engine.ConnectionWrapper(connection)


def DB_CONNECTION_MUTATOR(uri, params, username, security_manager, source):  # noqa: N802
    """Open DuckDB files in that way; Superset asks here before each connection."""
    if uri.get_backend_name() == "duckdb":
        params["creator"] = lambda: open_read_only(uri.database)
    return uri, params
