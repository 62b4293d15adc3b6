"""Register the published file in Apache Superset: the database, a dataset per mart, and a chart.

    python connect.py --file /srv/csat/warehouse/csat.duckdb --url http://localhost:8088

logs in as SUPERSET_USER (admin) with SUPERSET_PASSWORD, and does all of it through Superset's API.
What is there already is brought up to date, so it can run again after each change of the marts:
datasets get their columns and descriptions anew. Ends with a list of what there is, and the rows of
the chart.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import requests

DATABASE = "csat"
SCHEMA = "marts"
#: Read-only, since a reader that could write would lock the file and the next one out.
EXTRA = {
    "engine_params": {"connect_args": {"config": {"access_mode": "READ_ONLY"}}},
}
DESCRIPTIONS = (
    "select table_name, comment from duckdb_tables() where schema_name = '{schema}' union all "
    "select view_name, comment from duckdb_views() where schema_name = '{schema}'"
)
CHART = "CSAT of all customers, by day"
CHART_TABLE = "fct_base_csat_daily"
CHART_MEASURES = ("csat_estimate_lower", "csat_estimate", "csat_estimate_upper")


class RefusedError(Exception):
    """What Superset did not do, in one sentence."""


class Superset:
    """Superset's API, for one user who has logged in."""

    def __init__(self, url: str, user: str, password: str):
        self.url = url.rstrip("/")
        self.session = requests.Session()
        # One that the server closes at the moment it is used again would look like a dead server.
        self.session.headers["Connection"] = "close"
        answer = self.call(
            "post",
            "security/login",
            {"username": user, "password": password, "provider": "db", "refresh": True},
        )
        self.session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        token = self.call("get", "security/csrf_token/")["result"]
        self.session.headers.update({"X-CSRFToken": token, "Referer": self.url})

    def call(self, verb: str, path: str, body: dict | None = None, query: str = "") -> dict:
        """Ask the API, and return its answer.

        Raises
        ------
        RefusedError
            If it cannot be reached, or refuses.
        """
        try:
            response = self.session.request(
                verb,
                f"{self.url}/api/v1/{path}",
                json=body,
                params={"q": query} if query else None,
                timeout=300,
            )
        except requests.RequestException as error:
            raise RefusedError(
                f"Superset cannot be reached at {self.url}: start it, or name another --url "
                f"({type(error).__name__})."
            ) from error
        if not response.ok:
            raise RefusedError(f"Superset refused {path} ({response.status_code}): {response.text}")
        return response.json()

    def all_of(self, kind: str) -> list[dict]:
        """Return all databases, datasets or charts that the user sees."""
        found: list[dict] = []
        while True:
            page = self.call("get", f"{kind}/", query=f"(page:{len(found) // 100},page_size:100)")
            found += page["result"]
            if len(page["result"]) < 100:
                return found

    def put(self, kind: str, found: list[dict], body: dict) -> int:
        """Change what was found, or make it; return its number."""
        if found:
            self.call("put", f"{kind}/{found[0]['id']}", body)
            return found[0]["id"]
        return self.call("post", f"{kind}/", body)["id"]

    def rows(self, database: int, sql: str) -> list[dict]:
        """Run a query as its users do in SQL Lab."""
        return self.call(
            "post", "sqllab/execute/", {"database_id": database, "schema": SCHEMA, "sql": sql}
        )["data"]


def register_database(superset: Superset, file: Path) -> int:
    """Register the published file; Superset tries it, and refuses what it cannot open."""
    found = [one for one in superset.all_of("database") if one["database_name"] == DATABASE]
    return superset.put(
        "database",
        found,
        {
            "database_name": DATABASE,
            "sqlalchemy_uri": f"duckdb:///{file}",
            "expose_in_sqllab": True,
            "allow_dml": False,
            "extra": json.dumps(EXTRA),
        },
    )


def register_datasets(superset: Superset, database: int) -> dict[str, int]:
    """Make a dataset of each mart, with descriptions from the comments in the file."""
    described = {
        row["table_name"]: row["comment"]
        for row in superset.rows(database, DESCRIPTIONS.format(schema=SCHEMA))
    }
    listed = superset.call("get", f"database/{database}/tables/", query=f"(schema_name:{SCHEMA})")
    known = {
        one["table_name"]: one["id"]
        for one in superset.all_of("dataset")
        if one["database"]["id"] == database and one["schema"] == SCHEMA
    }
    for name in sorted(table["value"] for table in listed["result"]):
        if name in known:
            superset.call("put", f"dataset/{known[name]}/refresh")
        else:
            # Superset reads columns, with their comments, from the file.
            known[name] = superset.call(
                "post",
                "dataset/",
                {"database": database, "schema": SCHEMA, "table_name": name},
            )["id"]
        superset.call("put", f"dataset/{known[name]}", {"description": described.get(name)})
    return known


def register_chart(superset: Superset, dataset: int) -> int:
    """Make a line chart of the estimate with its interval."""
    measures = [
        {
            "expressionType": "SIMPLE",
            "column": {"column_name": name},
            "aggregate": "AVG",
            "label": name,
        }
        for name in CHART_MEASURES
    ]
    form = {
        "datasource": f"{dataset}__table",
        "viz_type": "echarts_timeseries_line",
        "x_axis": "score_date",
        "time_grain_sqla": "P1D",
        "metrics": measures,
        "groupby": [],
        "row_limit": 10000,
        "y_axis_title": "CSAT, 0 to 100",
        "truncateYAxis": True,
    }
    query = {
        "columns": [
            {
                "columnType": "BASE_AXIS",
                "sqlExpression": "score_date",
                "label": "score_date",
                "expressionType": "SQL",
                "timeGrain": "P1D",
            }
        ],
        "metrics": measures,
        "orderby": [],
        "row_limit": 10000,
    }
    body = {
        "slice_name": CHART,
        "description": "The estimate and its interval (95 %).",
        "viz_type": form["viz_type"],
        "datasource_id": dataset,
        "datasource_type": "table",
        "params": json.dumps(form),
        "query_context": json.dumps(
            {
                "datasource": {"id": dataset, "type": "table"},
                "queries": [query],
                "form_data": form,
                "result_format": "json",
                "result_type": "full",
                "force": False,
            }
        ),
    }
    found = [one for one in superset.all_of("chart") if one["slice_name"] == CHART]
    return superset.put("chart", found, body)


def chart_rows(superset: Superset, chart: int) -> list[dict]:
    """Run the query of a chart, past every cache."""
    (result,) = superset.call("get", f"chart/{chart}/data/?force=true")["result"]
    return result["data"]


def in_words(row: dict) -> str:
    """Return what the chart shows of a day."""
    day = datetime.fromtimestamp(row["score_date"] / 1000, tz=UTC).date()
    lower, estimate, upper = (row[name] for name in CHART_MEASURES)
    return f"{day}: {lower:.1f} to {upper:.1f}, estimate {estimate:.1f}"


def show_datasets(superset: Superset, datasets: dict[str, int]) -> None:
    """List the datasets, with how many columns each has and how many of them are described."""
    for name, number in datasets.items():
        dataset = superset.call("get", f"dataset/{number}")["result"]
        columns = dataset["columns"]
        described = sum(bool(column["description"]) for column in columns)
        lines = (dataset["description"] or "").splitlines() or ["(not described)"]
        print(f"{name}: {described} of {len(columns)} columns described. {lines[0]}")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, required=True, help="the published file")
    parser.add_argument("--url", default="http://localhost:8088", help="where Superset answers")
    arguments = parser.parse_args()
    password = os.environ.get("SUPERSET_PASSWORD")
    if not password:
        sys.exit("Set SUPERSET_PASSWORD (and SUPERSET_USER, if it is not admin).")
    try:
        superset = Superset(arguments.url, os.environ.get("SUPERSET_USER", "admin"), password)
        database = register_database(superset, arguments.file.absolute())
        datasets = register_datasets(superset, database)
        show_datasets(superset, datasets)
        if CHART_TABLE in datasets:
            rows = chart_rows(superset, register_chart(superset, datasets[CHART_TABLE]))
            print(f"Chart “{CHART}”: {len(rows)} days, the last one {in_words(rows[-1])}.")
    except RefusedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
