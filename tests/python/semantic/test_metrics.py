"""What `mf query` says is what the marts say, also while a run holds the build file."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from harness import CHECKOUT, Workspace

MF = Path(sys.executable).with_name("mf")
PROJECT = yaml.safe_load((CHECKOUT / "dbt_project.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def published(
    built_company: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    """A copy of the simulated company whose build file is held by a run, as far as one can tell."""
    copy = built_company.copy(tmp_path_factory.mktemp("metrics") / "company")
    with duckdb.connect(str(copy.build_file)):
        yield copy


@pytest.fixture(scope="module")
def query(published: Workspace) -> Callable[..., list[dict]]:
    """Return a function that asks `mf query`, and returns its rows with numbers for figures."""
    if not MF.exists() and not os.environ.get("CSAT_CI"):
        pytest.skip("dbt-metricflow is not installed: it is the extra `metrics`")

    def ask(*arguments: str) -> list[dict]:
        answer = published.folder / "answer.csv"
        process = subprocess.run(
            [str(MF), "query", *arguments, "--csv", str(answer), "--limit", "100000"],
            cwd=published.folder,
            # It would ask the package index for a newer version of itself.
            env={
                **os.environ,
                **published.variables(),
                "CSAT_TARGET": "published",
                "HTTPS_PROXY": "http://127.0.0.1:9",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        with answer.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return ask


@pytest.fixture(scope="module")
def marts(published: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the published file."""
    file = published.folder / "warehouse" / "csat.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


def number(text: str) -> float | None:
    return float(text) if text not in ("", "None", "nan", "NULL") else None


def by_month(rows: list[dict], name: str) -> dict[str, float]:
    """Return a metric by the first day of its month, where it is told."""
    return {
        row["metric_time__month"][:10]: value
        for row in rows
        if (value := number(row[name])) is not None
    }


def expected(marts: duckdb.DuckDBPyConnection, sql: str) -> dict[str, float]:
    found = {str(month): float(value) for month, value in marts.execute(sql).fetchall()}
    assert found, f"nothing to compare with: {sql}"
    return found


@pytest.fixture(scope="module")
def months(query: Callable[..., list[dict]]) -> list[dict]:
    surveys = "csat,nps,ces,ces_mean,response_rate"
    days = "estimated_csat,estimated_csat_lower,customers_at_risk,customers,mean_score"
    return query("--metrics", f"{surveys},{days}", "--group-by", "metric_time__month")


@pytest.mark.parametrize("measure", ["csat", "nps", "ces", "ces_mean"])
def test_survey_metrics_are_those_of_the_mart(
    months: list[dict], marts: duckdb.DuckDBPyConnection, measure: str
) -> None:
    assert by_month(months, measure) == pytest.approx(
        expected(
            marts,
            "select period_start, figure from marts.fct_survey_measures "
            "where period_kind = 'month' and dimension = 'all' "
            f"and measure = '{measure}' and figure is not null",
        )
    )


def test_response_rate_is_that_of_the_mart(
    months: list[dict], marts: duckdb.DuckDBPyConnection
) -> None:
    assert by_month(months, "response_rate") == pytest.approx(
        expected(
            marts,
            "select period_start, 100e0 * sum(invitations_answered) / sum(invitations_due) "
            "from marts.fct_survey_measures where period_kind = 'month' and dimension = 'all' "
            "and measure in ('csat', 'nps', 'ces') group by period_start "
            "having sum(invitations_due) > 0",
        )
    )


@pytest.mark.parametrize(
    ("metric", "column"),
    [("estimated_csat", "csat_estimate"), ("estimated_csat_lower", "csat_estimate_lower")],
)
def test_estimate_of_a_month_is_that_of_its_last_day(
    months: list[dict], marts: duckdb.DuckDBPyConnection, metric: str, column: str
) -> None:
    assert by_month(months, metric) == pytest.approx(
        expected(
            marts,
            f"select date_trunc('month', score_date)::date, arg_max({column}, score_date) "
            "from marts.fct_base_csat_daily group by all",
        )
    )


@pytest.mark.parametrize(
    ("metric", "of_a_day"),
    [
        (
            "customers_at_risk",
            f"count(*) filter (where csat_score_upper < {PROJECT['vars']['at_risk_score']})",
        ),
        ("customers", "count(*)"),
        ("mean_score", "avg(csat_score)"),
    ],
)
def test_customers_of_a_month_are_those_of_its_last_day(
    months: list[dict], marts: duckdb.DuckDBPyConnection, metric: str, of_a_day: str
) -> None:
    found = by_month(months, metric)
    assert found == pytest.approx(
        expected(
            marts,
            f"with days as (select score_date, {of_a_day} as figure "
            "from marts.fct_customer_csat_daily group by score_date) "
            "select date_trunc('month', score_date)::date, arg_max(figure, score_date) "
            "from days group by all",
        )
    )
    assert any(found.values())


def test_segments_are_those_of_the_mart_on_the_last_day(
    query: Callable[..., list[dict]], marts: duckdb.DuckDBPyConnection
) -> None:
    rows = query(
        *("--metrics", "segment_estimated_csat"),
        *("--group-by", "segment_day__segment,segment_day__value"),
    )
    found = {
        f"{row['segment_day__segment']}:{row['segment_day__value']}": value
        for row in rows
        if (value := number(row["segment_estimated_csat"])) is not None
    }
    assert found == pytest.approx(
        expected(
            marts,
            "select entity_id, csat_estimate from marts.fct_segment_csat_daily where score_date = "
            "(select max(score_date) from marts.fct_segment_csat_daily) and not is_suppressed",
        )
    )


def test_response_rate_of_a_channel_is_that_of_the_mart(
    query: Callable[..., list[dict]], marts: duckdb.DuckDBPyConnection
) -> None:
    rows = query(
        *("--metrics", "response_rate"),
        *("--group-by", "metric_time__month,survey_invitation__channel"),
        *("--where", "{{ Dimension('survey_invitation__metric') }} = 'csat'"),
    )
    found = {
        f"{row['metric_time__month'][:10]} {row['survey_invitation__channel'] or '(none)'}": value
        for row in rows
        if (value := number(row["response_rate"])) is not None
    }
    assert found == pytest.approx(
        expected(
            marts,
            "select period_start || ' ' || dimension_value, response_rate "
            "from marts.fct_survey_measures where period_kind = 'month' and dimension = 'channel' "
            "and measure = 'csat' and response_rate is not null",
        )
    )


# --- Without mf ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def manifest(published: Workspace) -> dict:
    file = published.folder / "target" / "semantic_manifest.json"
    return json.loads(file.read_text(encoding="utf-8"))


def test_everything_that_can_be_asked_for_is_in_the_published_file(
    manifest: dict, marts: duckdb.DuckDBPyConnection
) -> None:
    spines = [spine["node_relation"] for spine in manifest["project_configuration"]["time_spines"]]
    assert [spine["alias"] for spine in spines] == ["dim_dates"]
    for model in manifest["semantic_models"]:
        parts = [*model["entities"], *model["dimensions"], *model["measures"]]
        columns = ", ".join(part["expr"] or part["name"] for part in parts)
        relation = model["node_relation"]
        marts.execute(
            f"select {columns} from {relation['schema_name']}.{relation['alias']} limit 0"
        )


def test_metrics_say_what_they_are(manifest: dict) -> None:
    assert len(manifest["metrics"]) > 20
    for metric in manifest["metrics"]:
        assert metric["label"], metric["name"]
        assert metric["description"], metric["name"]


def test_what_is_of_a_day_is_never_added_up_over_days(manifest: dict) -> None:
    """Also of measures that somebody adds: scores and estimates have one row per day."""
    for model in manifest["semantic_models"]:
        if "score_date" in {dimension["name"] for dimension in model["dimensions"]}:
            for measure in model["measures"]:
                over = measure["non_additive_dimension"]
                assert over, measure["name"]
                assert (over["name"], over["window_choice"]) == ("score_date", "max")
