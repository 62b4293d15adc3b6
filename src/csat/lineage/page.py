"""The lineage of columns as one page that loads nothing, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import duckdb

from csat import theme
from csat.lineage.columns import Column, Lineage, read_lineage
from csat.project import UserError, read_manifest
from csat.publishing import reading


def lineage_of(root: Path, build_file: Path, shown_as: str) -> tuple[Lineage, Mapping]:
    """Return the lineage of the project as it was last compiled and built, and its manifest.

    Raises
    ------
    UserError
        If it was not compiled, or not built.
    """
    manifest = read_manifest(root, "make docs")
    relations: dict[tuple[str, str], dict[str, str]] = {}
    try:
        with reading(build_file, shown_as) as connection:
            for schema, table, column, data_type in connection.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns() "
                "where not internal and database_name = current_database() "
                "order by schema_name, table_name, column_index"
            ).fetchall():
                relations.setdefault((schema, table), {})[column] = data_type
    except duckdb.Error as error:
        raise UserError(f"{shown_as} cannot be read: run `make build` anew.") from error
    return read_lineage(manifest, relations), manifest


def as_dict(lineage: Lineage, manifest: Mapping) -> dict:
    """Return tables and their columns, with descriptions and what they are made from."""
    tables: dict[str, dict] = {}
    described = {
        node["name"]: node
        for node in (*manifest["nodes"].values(), *manifest["sources"].values())
        if node["resource_type"] in ("model", "seed", "source")
    }
    for column, parents in lineage.parents.items():
        node = described[column.table]
        table = tables.setdefault(
            column.table,
            {
                "kind": _kind(node),
                "description": " ".join(node["description"].split()),
                "columns": {},
            },
        )
        said = node["columns"].get(column.name, {}).get("description", "")
        table["columns"][column.name] = {
            "description": " ".join(said.split()),
            "from": [str(parent) for parent in parents],
        }
    return {"tables": dict(sorted(tables.items()))}


def as_page(lineage: Lineage, manifest: Mapping) -> str:
    """Return the page: marts at the left, and what a column is made from and used for."""
    template = files("csat.lineage").joinpath("page.html").read_text(encoding="utf-8")
    # Text must not end the script that it stands in.
    data = json.dumps(as_dict(lineage, manifest), ensure_ascii=False).replace("</", "<\\/")
    for name in ("INK", "MUTED", "GRID", "PAPER", "PANEL", "ESTIMATE", "FONT"):
        template = template.replace(f"$theme.{name}", getattr(theme, name))
    return template.replace("$data", data)


def _kind(node: Mapping) -> str:
    if node["resource_type"] != "model":
        return node["resource_type"]
    if node["config"]["meta"].get("is_published"):
        return "published"
    return "python model" if node["language"] == "python" else "model"


__all__ = ["Column", "as_dict", "as_page", "lineage_of"]
