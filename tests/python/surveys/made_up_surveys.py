"""Survey marts built from counts or records that a test makes up, without a company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from harness import Outcome, Workspace

#: What columns of int_survey_counts are that a test does not give.
COUNTS = {
    "scale": "null::varchar",
    "invitations": "0::bigint",
    "invitations_due": "0::bigint",
    "invitations_answered": "0::bigint",
    "answers": "0::bigint",
    "answers_without_invitation": "0::bigint",
    "favourable": "0::bigint",
    "unfavourable": "0::bigint",
    "rating_sum": "null::double",
    "value_sum": "null::double",
    "value_square_sum": "null::double",
    "lowest_value": "null::double",
    "highest_value": "null::double",
    "is_complete": "true",
    "period_end": "period_start",
}


@dataclass(frozen=True)
class MadeUpSurveys:
    """A workspace without a company, whose marts are built from tables that a test writes."""

    workspace: Workspace

    def write(self, name: str, table: pa.Table) -> None:
        """Write a table of the schema intermediate."""
        with duckdb.connect(str(self.workspace.build_file)) as connection:
            connection.register("given", table)
            connection.execute(f"create or replace table intermediate.{name} as from given")

    def write_counts(self, table: pa.Table) -> None:
        """Write int_survey_counts; columns that are not given count nothing."""
        absent = [
            f"{value} as {name}" for name, value in COUNTS.items() if name not in table.schema.names
        ]
        with duckdb.connect() as connection:
            connection.register("given", table)
            filled = connection.execute(
                f"select *, {', '.join(absent)} from given"
            ).to_arrow_table()
        self.write("int_survey_counts", filled)

    def build(self, *models: str, variables: str = "{}") -> None:
        """Build models, and fail where that fails."""
        outcome = self.run(*models, variables=variables)
        assert outcome.succeeded, outcome.errors

    def run(self, *models: str, variables: str) -> Outcome:
        """Build models, with vars for which nothing is parsed anew: SQL alone reads them."""
        return self.workspace.dbt(
            *("run", "--select", *models, "--vars", variables), manifest=self.workspace.parsed()
        )

    def rows(self, sql: str) -> pa.Table:
        """Run a query and return its rows."""
        with duckdb.connect(str(self.workspace.build_file), read_only=True) as connection:
            return connection.execute(sql).to_arrow_table()

    def values_of(self, expressions: Sequence[str], variables: str = "{}") -> list:
        """Return what expressions of SQL and Jinja are worth, as a model sees them."""
        model = self.workspace.folder / "models" / "marts" / "worth.sql"
        columns = ", ".join(f"{text} as c{place}" for place, text in enumerate(expressions))
        # Without a reference in the text dbt would not know what the macros read.
        model.write_text(
            "{{ config(contract={'enforced': false}) }} -- depends_on: {{ ref('csat_bands') }}\n"
            f"select {columns}"
        )
        try:
            self.build("worth", variables=variables)
        finally:
            model.unlink()
        (row,) = self.rows("from marts.worth").to_pylist()
        return list(row.values())
