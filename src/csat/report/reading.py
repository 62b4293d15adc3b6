"""What the report tells, read from the published file in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from csat.bands import CUSTOMER, read_bands
from csat.project import UserError
from csat.publishing import reading

Rows = Callable[..., list[dict]]

#: Days of the chart of all customers.
DAYS_SHOWN = 182
#: Days back of the ledger, and of what is compared with before.
WEEK, MONTH = 7, 28
#: Drivers that are shown.
MOST_DRIVERS = 10


@dataclass(frozen=True)
class ReportData:
    """Rows of marts, as dictionaries by column.

    Attributes
    ----------
    as_of
        Last day that has an estimate.
    source_location, published_at
        What the published file tells of itself; None for a build file.
    base
        `fct_base_csat_daily` of the last half year, by day.
    kpis
        `fct_survey_measures` of the last 28 days, by measure; and of the last 28 days whose
        invitations are all due, the response rate.
    ledger
        Parts of the change of the week, the largest first.
    bands
        Customers by band, the lowest band first, now and 28 days before.
    segments
        Segments of the last day that are shown, the lowest first.
    hidden_segments
        How many are too small to be shown.
    alarms
        Open alarms that name no employee, the newest first.
    agent_alarms
        How many open alarms are left out, because they name one.
    programs
        Programs, those that something can be told of first.
    drivers, calibration, performance, version, drift
        What scores go by, and how far to trust them.
    answers_told_alike
        How many of the answers predicted were so by versions that say the same of everyone.
    """

    as_of: date
    source_location: str | None
    published_at: datetime | None
    base: list[dict]
    kpis: dict[str, dict]
    ledger: list[dict]
    bands: list[dict]
    segments: list[dict]
    hidden_segments: int
    alarms: list[dict]
    agent_alarms: int
    programs: list[dict]
    drivers: list[dict]
    calibration: list[dict]
    performance: dict | None
    answers_told_alike: int
    version: dict | None
    drift: dict[str, int]

    @property
    def today(self) -> dict:
        """The estimate of the last day."""
        return self.base[-1]


def read_report(file: Path, shown_as: str, root: Path) -> ReportData:
    """Read a published file or build file; the project at `root` names the bands.

    Raises
    ------
    UserError
        If the file cannot be opened, lacks a mart, or has no estimate.
    """
    try:
        with reading(file, shown_as) as connection:
            return _read(connection, shown_as, list(read_bands(root, CUSTOMER)))
    except duckdb.CatalogException as error:
        raise UserError(
            f"{shown_as} lacks what the report tells: run `make build` "
            f"({str(error).splitlines()[0]})."
        ) from error
    except duckdb.Error as error:
        raise UserError(
            f"{shown_as} cannot be read: run `make build` anew, or name another file by --file "
            f"({str(error).splitlines()[0]})."
        ) from error


def _read(connection: duckdb.DuckDBPyConnection, shown_as: str, bands: Sequence[str]) -> ReportData:
    def rows(sql: str, *values: object) -> list[dict]:
        return connection.execute(sql, values).to_arrow_table().to_pylist()

    def first(sql: str, *values: object) -> dict | None:
        return next(iter(rows(sql, *values)), None)

    base = rows(
        "select * from marts.fct_base_csat_daily where csat_estimate is not null "
        "order by score_date desc limit ?",
        DAYS_SHOWN,
    )[::-1]
    if not base:
        raise UserError(f"{shown_as} has no estimates yet: run `make build` on data with answers.")
    as_of = base[-1]["score_date"]
    publication = _publication(rows)
    alarms = rows(
        "select * from marts.fct_csat_alerts where closed_date is null "
        "order by opened_date desc, alert_id"
    )
    nameless = [row for row in alarms if row["level"] != "agent"]
    return ReportData(
        as_of=as_of,
        source_location=publication.get("source_location"),
        published_at=publication.get("published_at"),
        base=base,
        kpis=_kpis(rows),
        ledger=rows(
            "select component, part, part_label, points from marts.fct_csat_change_ledger "
            "where entity_id = 'all' and score_date = ? and span_days = ? "
            "order by abs(points) desc, part",
            as_of,
            WEEK,
        ),
        bands=_bands(rows, as_of, bands),
        segments=rows(
            "select * from marts.fct_segment_csat_daily where score_date = ? "
            "and csat_estimate is not null order by csat_estimate, entity_id",
            as_of,
        ),
        hidden_segments=rows(
            "select count(*) as hidden from marts.fct_segment_csat_daily "
            "where score_date = ? and is_suppressed",
            as_of,
        )[0]["hidden"],
        alarms=nameless,
        agent_alarms=len(alarms) - len(nameless),
        programs=rows(
            "select * from marts.fct_program_impact "
            "order by verdict = 'cannot be told', effect_points desc nulls last, program_id"
        ),
        drivers=rows(
            "select * from marts.fct_csat_driver_importance order by importance_rank limit ?",
            MOST_DRIVERS,
        ),
        calibration=rows(
            "select * from marts.fct_model_calibration where model_version = 'all' "
            "order by bin_number"
        ),
        performance=first(
            "select * from marts.fct_model_performance where model_version = 'all' "
            "and period_kind = 'in force'"
        ),
        answers_told_alike=rows(
            "select coalesce(sum(told.answers), 0)::bigint as answers "
            "from marts.fct_model_performance as told inner join marts.dim_model_versions "
            "using (model_version) where told.period_kind = 'in force' and is_fallback"
        )[0]["answers"],
        version=first("select * from marts.dim_model_versions where is_in_force"),
        drift={
            row["status"]: row["features"]
            for row in rows(
                "select status, count(*) as features from marts.fct_feature_drift "
                "where status is not null and score_date = "
                "(select max(score_date) from marts.fct_feature_drift) group by status"
            )
        },
    )


def _bands(rows: Rows, as_of: date, names: Sequence[str]) -> list[dict]:
    """Return customers by band, also of those in which nobody is."""
    found = rows(
        "select csat_band as band, "
        "count(*) filter (where score_date = $1) as customers, "
        "count(*) filter (where score_date = $2) as customers_before "
        "from marts.fct_customer_csat_daily where score_date in ($1, $2) "
        "and csat_band is not null group by csat_band order by min(csat_score)",
        as_of,
        as_of - timedelta(days=MONTH),
    )
    by_name = {row["band"]: row for row in found}
    # A run may have had other bands than the project has by now.
    if not by_name.keys() <= set(names):
        names = list(by_name)
    nobody = {"customers": 0, "customers_before": 0}
    return [by_name.get(name, {"band": name, **nobody}) for name in names] if found else []


def _publication(rows: Rows) -> dict:
    """Return what a published file tells of itself; a build file may tell of no publication."""
    try:
        found = rows("select source_location, published_at from monitoring.publication")
    except duckdb.CatalogException:
        return {}
    return found[0] if found else {}


def _kpis(rows: Rows) -> dict[str, dict]:
    figures = rows(
        "select * from marts.fct_survey_measures where period_kind = '28 days' "
        "and dimension = 'all' and is_complete order by period_start desc, measure"
    )
    latest = max((row["period_start"] for row in figures), default=None)
    kpis = {row["measure"]: row for row in figures if row["period_start"] == latest}
    # Rates of the latest days are of the few invitations whose time to answer is over.
    rate = next(
        (
            row
            for row in figures
            if row["measure"] == "csat"
            and row["response_rate"] is not None
            and row["invitations_due"] == row["invitations"]
        ),
        None,
    )
    return {**kpis, "response_rate": rate} if rate else kpis
