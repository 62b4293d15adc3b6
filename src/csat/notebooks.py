"""What the notebooks share: the published file, as tables, and the look of charts."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from csat import theme
from csat.model_card import file_to_read
from csat.project import name_in_project, project_root
from csat.publishing import reading


def query(sql: str, *values: object) -> pa.Table:
    """Return what a query finds in the published file; `?` stands for values.

    The file is opened for this query alone, so that each one reads the newest, and none keeps a
    build waiting.
    """
    root = project_root()
    file = file_to_read(root)
    with reading(file, name_in_project(root, file)) as connection:
        return connection.execute(sql, values).to_arrow_table()


def use_theme() -> None:
    """Draw charts as the pages and the report do."""
    alt.theme.register("csat", enable=True)(_theme)


def _theme() -> alt.theme.ThemeConfig:
    return {"config": theme.chart_config()}


def values(table: pa.Table) -> alt.Data:
    """Return the rows of a table for a chart, with days as text that says no time zone."""
    return alt.Data(
        values=[
            {
                name: value.isoformat() if hasattr(value, "isoformat") else value
                for name, value in row.items()
            }
            for row in table.to_pylist()
        ]
    )
