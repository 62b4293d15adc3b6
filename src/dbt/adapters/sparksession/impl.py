"""The adapter: dbt-spark's, with DuckDB's SQL translated and Python models run in the session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dbt.adapters.base.impl import available
from dbt.adapters.spark.impl import SparkAdapter
from dbt.adapters.sparksession.connections import SparkSessionConnectionManager
from dbt_common.exceptions import DbtRuntimeError

from csat.spark import deliveries, seeds, tables
from csat.spark.errors import told_as
from csat.spark.session import open_session
from csat.spark.translate import spark_sql

if TYPE_CHECKING:
    import agate
    from pyspark.sql import SparkSession


class RelationName(str):
    """Name of a relation, which is what Python models are given by ``dbt.ref``."""


class SparkSessionAdapter(SparkAdapter):
    """Spark, in the session of this process."""

    ConnectionManager = SparkSessionConnectionManager
    #: Schemas that hold nothing of earlier runs that is not whole.
    _settled: ClassVar[set[str]] = set()

    @property
    def session(self) -> SparkSession:
        """Return the session."""
        return open_session(self.config.credentials.server_side_parameters)

    def valid_incremental_strategies(self) -> list[str]:
        """Return what the incremental materialization knows."""
        return ["append", "delete+insert"]

    def quote(self, identifier: str) -> str:
        """Return a name in DuckDB's quotes, which translation makes into Spark's."""
        return '"' + identifier.replace('"', '""') + '"'

    @available
    def translated(self, sql: str) -> str:
        """Return DuckDB's SQL as Spark's."""
        return spark_sql(sql)

    def list_relations_without_caching(self, schema_relation: Any) -> list:
        """Return a schema's relations, once what a run broken off has left of them is settled."""
        if schema_relation.schema not in self._settled:
            self._settled.add(schema_relation.schema)
            tables.settle(self.session, schema_relation.schema)
        return super().list_relations_without_caching(schema_relation)

    @available
    def write_query(self, relation: Any, sql: str, partitioned_by: str | None) -> None:
        """Write the rows of a query, DuckDB's, as a table."""
        with told_as(DbtRuntimeError):
            frame = self.session.sql(spark_sql(sql))
            tables.write(self.session, frame, str(relation), partitioned_by)

    @available
    def append_rows(self, rows: Any, relation: Any) -> None:
        """Add the rows of one table to another."""
        with told_as(DbtRuntimeError):
            tables.append(self.session, self.session.table(str(rows)), str(relation))

    @available
    def replace_rows(
        self, rows: Any, relation: Any, key: list[str], partitioned_by: str | None
    ) -> None:
        """Put the rows of one table into the place of those of another with the same keys."""
        with told_as(DbtRuntimeError):
            frame = self.session.table(str(rows))
            tables.replace(self.session, frame, str(relation), key, partitioned_by)

    @available
    def load_seed(self, relation: Any, table: agate.Table, column_types: dict[str, str]) -> None:
        """Write a seed as a table, with types as the project names them."""
        with told_as(DbtRuntimeError):
            tables.write(self.session, seeds.typed(table, column_types), str(relation))

    @available
    def has_file(self, path: str) -> bool:
        """Tell whether there is a file where dbt runs."""
        return Path(path).is_file()

    @available
    def view_of_deliveries(self, reader: str, places: list[str]) -> str:
        """Return what reads deliveries of a company, whose reader the inventory tells."""
        copies = Path(self.config.project_root) / "warehouse" / "copies"
        return deliveries.view_of(self.session, reader, places, copies)

    @available
    def write_python_model(
        self, relation: Any, compiled_code: str, partitioned_by: str | None
    ) -> None:
        """Run a compiled Python model with the session, and write what it returns as a table."""
        names: dict[str, Any] = {"__name__": relation.identifier}
        exec(compile(compiled_code, relation.identifier, "exec"), names)
        with told_as(DbtRuntimeError):
            rows = names["model"](names["dbtObj"](RelationName), self.session)
            tables.write(self.session, rows, str(relation), partitioned_by)
