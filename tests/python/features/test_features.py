"""Features are what the registry says, and know nothing of what came after their moment."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from harness import WITHOUT_TESTS, Outcome, Workspace

from csat.contract import load_contract
from csat.daily import (
    LastingFeatures,
    read_lasting_features,
    read_registry,
    read_window_starts,
)
from csat.engine import DuckDBEngine, quote

REGISTRY = Path("seeds") / "feature_definitions.csv"
FEATURES = "intermediate.survey_features"
MOMENTS = Path("models") / "intermediate" / "training" / "int_survey_moments.sql"
MOMENT = "timestamp '2026-09-12 12:00:00'"
#: Of an answer of the last days, whose windows lie within the company's records.
LATEST_MOMENT = (
    f"from {FEATURES} where year(known_before) = 9999 order by as_of_at desc, customer_id limit 1"
)
OF_DAYS = "intermediate.int_scoring_features"
NOT_FEATURES = {"customer_id", "as_of_at", "known_before"}


def build_features(workspace: Workspace, *arguments: str) -> None:
    """Build the features of surveyed customers and what they need, without tests."""
    # All answers, those of earlier runs too.
    outcome = workspace.dbt(
        "build", "--full-refresh", "--select", "+survey_features", *WITHOUT_TESTS, *arguments
    )
    assert outcome.succeeded, outcome.errors


def registry(workspace: Workspace) -> list[dict[str, str]]:
    """Return the rows of the workspace's registry."""
    with (workspace.folder / REGISTRY).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add_feature(workspace: Workspace, **changes: str) -> None:
    """Add a row to the workspace's registry, like its first one but for the changes."""
    rows = registry(workspace)
    rows.append({**rows[0], **changes})
    with (workspace.folder / REGISTRY).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def forget_after_the_moment(workspace: Workspace) -> int:
    """Rewrite the tables as they would be had the world stopped at the moment.

    Rows of events before it that were merely late stay; later events and later versions of earlier
    rows go. Returns the number of rows that went. Answers stay: they say which moments there are.
    """
    gone = 0
    contract = load_contract(workspace.folder)
    for table in contract.values():
        if table.name == "survey_responses":
            continue
        path = workspace.source / f"{table.name}.parquet"
        keys = ", ".join(column.name for column in table.columns if column.is_key)
        connection = duckdb.connect()
        connection.execute(f"create table received as from '{path}'")
        first = f"loaded_at = min(loaded_at) over (partition by {keys})"
        (before,) = connection.execute("select count(*) from received").fetchone()
        kept = (
            f"select * exclude (is_first) from (select *, {first} as is_first from received) "
            f"where coalesce(loaded_at, {MOMENT}) <= {MOMENT} or (is_first "
            f"and cast({table.event_time} as timestamp) < {MOMENT} "
            f"and loaded_at <= cast({table.event_time} as timestamp) + interval 3 day)"
        )
        (after,) = connection.execute(f"copy ({kept}) to '{path}' (format parquet)").fetchone()
        gone += before - after
    return gone


def features_of_all(workspace: Workspace) -> dict[str, dict]:
    """Return the features of every customer at the moment, by customer."""
    (workspace.folder / MOMENTS).write_text(
        f"select customer_id, {MOMENT} as as_of_at, timestamp '9999-12-31' as known_before "
        "from {{ ref('stg_company__customers') }} -- {{ ref('int_training_rows') }} "
        "{{ ref('int_answers_to_predict') }}"
    )
    build_features(workspace)
    return {row["customer_id"]: row for row in workspace.query(f"from {FEATURES}")}


def test_registry_and_feature_table_name_the_same_features(built_company: Workspace):
    columns = set(built_company.values(f"select column_name from (describe {FEATURES})"))
    assert columns - NOT_FEATURES == {row["feature"] for row in registry(built_company)}
    assert len(columns - NOT_FEATURES) >= 45
    assert {row["window_days"] for row in registry(built_company)} >= {"7", "30", "90", "365"}


def test_nothing_after_the_moment_changes_a_feature(company: Workspace):
    before = features_of_all(company)

    assert forget_after_the_moment(company) > 1_000

    after = features_of_all(company)
    assert len(after) > 250
    assert after == {customer: before[customer] for customer in after}


def test_what_happened_before_the_moment_does_change_features(company: Workspace):
    """The test above could not fail if features were blind; a call the day before shows."""
    (first, *_) = company.query(LATEST_MOMENT)
    path = company.source / "contacts.parquet"
    connection = duckdb.connect()
    connection.execute(f"create table received as from '{path}'")
    connection.execute(
        "insert into received by name select 'added' as contact_id, $1 as customer_id, "
        "$2 - interval 1 day as started_at, 'phone' as channel, 'outage' as topic, "
        "77777 as wait_seconds, $2 - interval 1 day as loaded_at",
        [first["customer_id"], first["as_of_at"]],
    )
    connection.execute(f"copy received to '{path}' (format parquet)")

    build_features(company)

    (after, *_) = company.query(LATEST_MOMENT)
    assert after["contacts_7_days"] == first["contacts_7_days"] + 1
    assert after["worst_wait_30_days"] == 77777
    assert after["unresolved_contacts_30_days"] == first["unresolved_contacts_30_days"] + 1
    assert after["latest_contact_topic"] == "outage"
    assert after["days_since_contact"] <= 1


def test_a_row_of_the_registry_is_a_feature_without_code(company: Workspace):
    add_feature(company, feature="contacts_14_days", window_days="14")
    add_feature(
        company,
        feature="outage_alerts_20_days",
        family="signal",
        source="int_signal_activity",
        measure="signal = 'smart_meter_outage_alerts'",
        window_days="20",
    )

    build_features(company)

    rows = company.query(
        f"select min(contacts_30_days - contacts_14_days) as wider, "
        f"min(contacts_14_days - contacts_7_days) as narrower, "
        f"max(outage_alerts_20_days) as alerts from {FEATURES}"
    )
    assert rows[0]["wider"] >= 0
    assert rows[0]["narrower"] >= 0
    assert rows[0]["alerts"] > 0


def test_a_batch_of_days_has_the_features_of_each_of_them(
    built_company: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Events are met only where they change something, by a registry with all there may be."""
    monkeypatch.setattr("csat.daily.scoring.CUSTOMER_DAYS_AT_ONCE", 10_000)
    company = built_company.copy(tmp_path / "company")
    for changes in (
        {
            "feature": "waits_2_days",
            "aggregate": "sum",
            "measure": "wait_seconds",
            "window_days": "2",
        },
        {"feature": "contacts_ever", "window_days": ""},
        {"feature": "contact_trend", "aggregate": "trend", "window_days": "11"},
        {
            "feature": "topics_again",
            "aggregate": "repeats",
            "measure": "topic",
            "window_days": "20",
        },
        {"feature": "settled", "measure": "resolved_at < as_of_at", "window_days": "13"},
        {
            "feature": "bill_shocks_5_days",
            "source": "int_bill_shock_activity",
            "measure": "times_usual > 1.1",
            "window_days": "5",
        },
        # When these change cannot be told, and they are met on every day.
        {
            "feature": "bills_of_a_week",
            "source": "int_bill_activity",
            "measure": "amount_cents > 0 and occurred_at + interval 7 day > as_of_at",
            "window_days": "30",
        },
    ):
        columns = ", ".join(
            f"{quote(value) if value else 'null'} as {name}" for name, value in changes.items()
        )
        company.execute(
            "insert into staging.feature_definitions select * replace "
            f"({columns}) from staging.feature_definitions where feature = 'contacts_7_days'"
        )
    outcome = company.dbt(
        *("run", "--select", "int_scoring_moments", "int_scoring_features"),
        *("int_window_starts", "scoring_batches", "int_batch_features", "int_segment_features"),
    )
    assert outcome.succeeded, outcome.errors

    (columns,) = company.values(
        "select string_agg(column_name, ', ' order by ordinal_position) "
        "from information_schema.columns where table_name = 'int_segment_features'"
    )
    with duckdb.connect(str(company.build_file), read_only=True) as connection:
        lasting = {
            batch: features_as_they_last(DuckDBEngine(connection), batch)
            for batch in company.values("select distinct batch from intermediate.scoring_batches")
        }
        of_batches = pa.concat_tables(lasting.values(), promote_options="permissive")
        connection.register("of_batches", of_batches)
        of_days = f"select {', '.join(of_batches.column_names)} from {OF_DAYS}"
        assert same_rows(connection, "select * from of_batches", of_days)
        assert same_rows(
            connection,
            "select * from intermediate.int_segment_features",
            f"select {columns} from {OF_DAYS}",
        )
        (found,) = connection.sql(
            "select count(*) as days, max(settled) as settled, "
            "max(bill_shocks_5_days) as bill_shocks, max(bills_of_a_week) as bills, "
            "max(abs(contact_trend)) as trend, max(waits_2_days) as waits, "
            "max(topics_again) as again, max(contacts_ever) as contacts, "
            "count(distinct days_since_contact) as days_since, max(latest_contact_topic) as topic "
            "from of_batches"
        ).fetchall()
    assert len(lasting) > 1
    assert of_batches.num_columns > 65
    assert all(found), found
    assert found[0] > 10_000
    (changed,) = company.values(
        "select count(*) from intermediate.int_contact_activity where known_until is not null"
    )
    assert changed > 50


def features_as_they_last(engine: DuckDBEngine, batch: int) -> pa.Table:
    """Return all features of all customers on the days of a batch, as scoring reads them."""
    registry = read_registry(engine, "staging.feature_definitions")
    names = [feature.name for feature in registry.features]
    relation = f"(select * from intermediate.int_batch_features where batch = {batch})"
    at = engine.collect(
        "select customer_id, region, as_of_at from intermediate.int_scoring_moments where "
        "cast(as_of_at as date) - 1 in (select score_date from intermediate.scoring_batches "
        f"where batch = {batch}) order by customer_id, as_of_at"
    )
    told = read_lasting_features(engine, registry, names, relation, "true")
    starts = read_window_starts(engine, "intermediate.int_window_starts")
    lasting = LastingFeatures(at, told, registry, starts)
    columns = {name: lasting.column(name) for name in names}
    return pa.table({"customer_id": at["customer_id"], "as_of_at": at["as_of_at"], **columns})


def same_rows(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    """Tell whether two queries have the same rows, to the last digit."""
    return not any(
        connection.sql(f"({first}) except all ({second}) limit 1").fetchall()
        for first, second in ((one, other), (other, one))
    )


@pytest.fixture(scope="module")
def run_with_feature(
    built_company: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Outcome]:
    """Return a function that computes features with one more of them, as its seed would load it."""
    company = built_company.copy(tmp_path_factory.mktemp("registry") / "company")
    company.execute("create table first_feature as from staging.feature_definitions limit 1")
    manifest = company.parsed()

    def run(**changes: str) -> Outcome:
        row = ", ".join(f"nullif('{value}', '') as {name}" for name, value in changes.items())
        company.execute(
            f"insert into staging.feature_definitions select * replace ({row}) from first_feature"
        )
        outcome = company.dbt(
            "run", "--select", "int_survey_features", "survey_features", manifest=manifest
        )
        company.execute(
            f"delete from staging.feature_definitions where feature = '{changes['feature']}'"
        )
        return outcome

    return run


def test_the_registry_with_one_more_feature_is_none_to_complain_of(
    run_with_feature: Callable[..., Outcome],
):
    """The test below would hold of any row if none were accepted."""
    outcome = run_with_feature(feature="contacts_14_days", window_days="14")
    assert outcome.succeeded, outcome.errors


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"aggregate": "mean"}, "has the aggregate mean: use one of count, sum"),
        ({"source": "int_bills"}, "has the source int_bills: use one of int_contact_activity"),
        ({"aggregate": "sum"}, "has the aggregate sum and no measure: name a column of"),
        (
            {"aggregate": "repeats", "measure": "topic", "window_days": ""},
            "has the aggregate repeats and no window: fill window_days",
        ),
        (
            {"aggregate": "days_since", "missing_rule": "zero"},
            "has the aggregate days_since and the missing_rule zero: make it missing",
        ),
    ],
)
def test_a_mistake_in_the_registry_is_one_sentence_that_names_the_row(
    run_with_feature: Callable[..., Outcome], changes: dict[str, str], sentence: str
):
    outcome = run_with_feature(feature="mistaken", **changes)

    assert not outcome.succeeded
    assert f"The feature mistaken in seeds/feature_definitions.csv {sentence}" in outcome.output
