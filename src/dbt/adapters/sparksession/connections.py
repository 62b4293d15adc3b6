"""Connections of the adapter: all of them are the one session of this process."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from dbt.adapters.spark.connections import (
    SparkConnectionManager,
    SparkConnectionMethod,
    SparkCredentials,
)
from dbt.adapters.spark.session import Connection as SparkConnection
from dbt.adapters.spark.session import Cursor, SessionConnectionWrapper
from dbt_common.exceptions import DbtRuntimeError

from csat.spark.errors import told_as
from csat.spark.session import open_session
from csat.spark.statements import run

#: Makes the session, which threads share.
_OPENING = Lock()


@dataclass
class SparkSessionCredentials(SparkCredentials):
    """What the profile says: the schema, and settings of the session."""

    method: SparkConnectionMethod = SparkConnectionMethod.SESSION
    host: str | None = "session"
    schema: str | None = "default"

    def __post_init__(self) -> None:
        """Keep the settings as the profile gives them, where dbt-spark turns one off."""
        settings = dict(self.server_side_parameters)
        super().__post_init__()
        self.server_side_parameters = {name: str(value) for name, value in settings.items()}

    @property
    def type(self) -> str:
        """Return the name of the adapter."""
        return "sparksession"

    def _connection_keys(self) -> tuple[str, ...]:
        return ("schema", "database")


class SessionCursor(Cursor):
    """Runs statements, DuckDB's or Spark's own, in the session."""

    def execute(self, sql: str, *parameters: Any) -> None:
        """Run one statement or more; the rows are those of the last."""
        with _OPENING:
            session = open_session(self.server_side_parameters)
        self._rows = None
        with told_as(DbtRuntimeError):
            self._df = run(session, sql)


class SessionConnection(SparkConnection):
    """Hands out cursors."""

    def cursor(self) -> SessionCursor:
        """Return a new cursor."""
        return SessionCursor(server_side_parameters=self.server_side_parameters)


class SparkSessionConnectionManager(SparkConnectionManager):
    """Opens connections, which costs nothing: the session is made by the first statement."""

    TYPE = "sparksession"

    @classmethod
    def open(cls, connection: Any) -> Any:
        """Return the connection with a handle to the session."""
        settings = connection.credentials.server_side_parameters
        connection.handle = SessionConnectionWrapper(
            SessionConnection(server_side_parameters=settings)
        )
        connection.state = "open"
        return connection
