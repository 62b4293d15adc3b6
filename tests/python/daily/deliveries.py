"""A simulated company whose tables arrive day by day, and what came of them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
from harness import WITHOUT_TESTS, Workspace

from csat.contract import load_contract
from csat.simulation import simulate_company
from csat.simulation.parameters import Parameters, SurveyParameters

DAYS = 56
END = date(2026, 9, 30)
#: So that a company of 60 days has models, and more than one of them.
VARS = (
    "{min_training_answers: 150, retrain_every_days: 14, evaluation_days: 10, "
    "late_arrival_days: 3, backfill_days: 20}"
)
#: All that is made of scores day by day; what reads them only on the last day has tests of its own.
SELECTED = (
    "--select",
    *(f"+path:models/marts/{name}" for name in ("base", "customer", "driver", "journey", "model")),
    *("+path:models/marts/segment", "+path:models/monitoring"),
    *("+fct_survey_answers", "+stg_rejected_records"),
)
#: The scores of customers and of all of them, with what makes a day a completed one.
SCORES_ALONE = ("--select", "+path:models/monitoring")
#: Claims of tests/data about what is built so, which mistakes are planted against.
CLAIMS = (
    "assert_contributions_add_up",
    "assert_correlates_add_up",
    "assert_customer_changes_add_up",
    "assert_customers_segments_and_base_agree",
    "assert_journeys_add_up",
    "assert_ledgers_add_up",
    "assert_levers_start_from_the_score",
    "assert_reasons_tell_of_their_driver_alone",
    "assert_segment_drivers_add_up",
    "assert_shapes_average_to_nothing",
)
REGISTRY = Path("seeds") / "feature_definitions.csv"
MONTHS_BEFORE_AND_AFTER = (date(2020, 1, 1), date(2030, 1, 1))
#: What runs keep from day to day.
HISTORIES = {
    "intermediate.int_customer_csat_history": "customer_id, score_date",
    "intermediate.int_base_scores": "score_date",
    "intermediate.csat_model_versions": "model_version",
    "intermediate.csat_model_terms": "model_version, term, cell_number",
    "intermediate.csat_model_answers": "model_version, response_id",
    "intermediate.int_answer_predictions": "response_id",
    "intermediate.int_answer_segments": "response_id, segment_id",
    "intermediate.int_segment_changes": "customer_id, segment_id, from_date",
    "intermediate.int_segment_scores": "score_date, segment_id, segment_value",
    "intermediate.int_segment_estimates": "score_date, segment_id, segment_value",
    "intermediate.int_segment_movements": "score_date, segment_id, segment_value",
    "intermediate.int_segment_drivers": "score_date, segment_id, segment_value, driver",
    "intermediate.int_segment_ledger": (
        "score_date, span_days, segment_id, segment_value, component, part"
    ),
    # Made anew each time, of what is known: in the end the same, too.
    "marts.fct_customer_journeys": "journey_id, customer_id, started_at",
    "marts.fct_journey_funnel": "journey_id, step",
    "marts.fct_journey_impact": "journey_id, step",
    "marts.fct_found_journeys": "sequence",
}


def simulate(folder: Path) -> None:
    """Write a small company that asks a lot, where some rows are late, corrected, or broken."""
    surveys = SurveyParameters(follow_up_share=0.2, response_logits=(0.5,) * 7)
    simulate_company(
        folder,
        customers=1000,
        days=DAYS,
        seed=5,
        parameters=Parameters(surveys=surveys),
        dirt_share=0.03,
        processes=1,
    )


def deliver(company: Path, workspace: Workspace, since: date, until: date) -> None:
    """Hand a workspace what was loaded from ``since`` to before ``until``, as files of that day."""
    connection = duckdb.connect()
    for table in load_contract(workspace.folder):
        source = company / f"{table}.parquet"
        if not source.exists():
            continue
        folder = workspace.source / table
        folder.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"copy (from '{source}' where coalesce(loaded_at, timestamp '2026-01-01') "
            f">= timestamp '{since}' and coalesce(loaded_at, timestamp '2026-01-01') "
            f"< timestamp '{until}') to '{folder / f'{until}.parquet'}' (format parquet)"
        )


def build(
    workspace: Workspace,
    selected: tuple[str, ...] = SELECTED,
    variables: str = VARS,
    manifest: object | None = None,
) -> None:
    """Build what comes of scores, without its tests, and fail where that fails."""
    outcome = workspace.dbt(
        *("build", *selected, "--vars", variables, *WITHOUT_TESTS), manifest=manifest
    )
    assert outcome.succeeded, outcome.errors


def day(number: int) -> date:
    """Return the day so many days before the last one."""
    return END - timedelta(days=number)


def history(workspace: Workspace, relation: str, until: date | None = None) -> list[dict]:
    """Return the rows of a history in the order of its key, up to a score date if given."""
    condition = f"where score_date <= date '{until}'" if until else ""
    return workspace.query(f"from {relation} {condition} order by {HISTORIES[relation]}")


def assert_same_histories(found: Workspace, expected: Workspace) -> None:
    """Compare everything that runs keep, to the last bit."""
    for relation, key in HISTORIES.items():
        ours, theirs = history(found, relation), history(expected, relation)
        assert len(ours) == len(theirs), f"{relation}: {len(ours)} rows, not {len(theirs)}"
        different = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
        assert not different, f"{relation} by {key}, {len(different)} rows: {different[0]}"


def add_contact(workspace: Workspace, customer: str, started: str, loaded: str, name: str) -> None:
    """Deliver one bad call."""
    folder = workspace.source / "contacts"
    (other, *_) = sorted(folder.glob("*.parquet"))
    duckdb.connect().execute(
        f"copy (select * replace ('{name}' as contact_id, '{customer}' as customer_id, "
        f"timestamp '{started}' as started_at, null as first_response_at, "
        "null as first_human_response_at, null as resolved_at, 7000 as wait_seconds, "
        f"null as parent_contact_id, null as program_id, timestamp '{loaded}' as loaded_at) "
        f"from '{other}' limit 1) to '{folder / f'{name}.parquet'}' (format parquet)"
    )


def add_contact_of_today(workspace: Workspace) -> None:
    """Deliver a call on the day after the last one."""
    current = "marts.fct_customer_csat_current"
    (customer, *_) = workspace.values(f"select max(customer_id) from {current}")
    add_contact(workspace, customer, f"{day(-1)} 10:00:00", f"{day(-1)} 10:30:00", "today")


def change_registry(workspace: Workspace, change: Callable[[list[dict]], list[dict]]) -> None:
    """Rewrite the workspace's registry by a function of its rows."""
    path = workspace.folder / REGISTRY
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))
