"""Stand-ins for what only dbt has, so that sqlfluff can render a model without dbt.

Every public name here is a name in Jinja. Parsing is stood in for, not running: ``execute`` is
false, as it is while dbt parses. A model that is one macro call which needs the warehouse or the
graph (``models/staging/company/base``) then renders as that macro's ``select 1`` for parsing, and
is linted as no more than that. The SQL that such a macro writes is never seen by sqlfluff; it is
run, as every model is, by the tests.
"""

import datetime
from pathlib import Path

import yaml
from jinja2 import pass_context

execute = False
_PROJECT = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "dbt_project.yml").read_text(encoding="utf-8")
)
run_started_at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class _Adapter:
    """dbt's ``adapter``, on DuckDB."""

    @staticmethod
    @pass_context
    def dispatch(context, macro_name, macro_namespace=None):
        """Return DuckDB's version of a macro, or else the default one."""
        return context.get(f"duckdb__{macro_name}") or context[f"default__{macro_name}"]

    @staticmethod
    def quote(identifier):
        """Return a quoted identifier."""
        return f'"{identifier}"'


adapter = _Adapter()


def var(name, default=None):
    """Return a var as the project file has it."""
    return _PROJECT["vars"].get(name, default)
