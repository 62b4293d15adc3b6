"""A small warehouse, written by hand, that customers can be forgotten in without dbt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from csat.forgetting.command import Forgotten, forget
from csat.history_files import HistoryMart
from csat.publishing import Publishing, publish

FIRST_DAY = date(2026, 1, 26)
MART = HistoryMart(
    "marts",
    "fct_customer_csat_daily",
    ("intermediate", "int_score_checksums"),
    key="customer_id",
    days_looked_back=28,
    days_open=4,
)
RELATIONS = [
    ("marts", "fct_customer_csat_daily"),
    ("marts", "fct_survey_answers"),
    ("marts", "fct_comment_themes"),
    ("marts", "fct_coaching_examples"),
    ("staging", "stg_rejected_records"),
]
#: The id of the last one begins with that of the first one.
CUSTOMERS = ("C0000001", "C0000002", "C0000003", "C00000012")
BUILD = """
    create schema staging; create schema intermediate; create schema marts;
    create schema monitoring;
    create table staging.base_company__survey_responses (
        response_id varchar, customer_id varchar, comment varchar, loaded_at timestamp,
        has_loaded_at boolean, superseded_at timestamp, is_first_version boolean,
        record_key varchar, rejection_rule varchar, rejected_column varchar, raw_record varchar,
        delivery varchar, fingerprint varchar
    );
    insert into staging.base_company__survey_responses
    select 'R' || customer_id, customer_id, 'I am ' || customer_id || ' and it is slow',
        timestamp '2026-02-01 06:00:00', true, null, true, 'R' || customer_id, null, null, null,
        'day 1', 'f1'
    from customers;
    insert into staging.base_company__survey_responses
    values (null, null, null, timestamp '2026-02-01 07:00:00', false, null, true, null,
        'unreadable_line', null, '{"response_id": "Rx", "customer_id": "x", "comment": "C0000001"}',
        'day 1', 'f1');
    create view staging.stg_rejected_records as
    select 'survey_responses' as source_table, record_key, rejection_rule as rule, raw_record
    from staging.base_company__survey_responses where rejection_rule <> 'forgotten_customer';
    create table staging.rows_by_fate (reader varchar, rows_accepted bigint);
    insert into staging.rows_by_fate values
        ('base_company__survey_responses', 4), ('base_company__bills', 7);
    create table staging.read_deliveries (reader varchar, delivery varchar);
    insert into staging.read_deliveries values ('base_company__survey_responses', 'day 1');
    create table intermediate.comment_readings as
    select 'R' || customer_id as response_id, 'slow' as theme from customers;
    create table intermediate.survey_plan as
    select [
            {'customer_id': 'C0000001', 'plan_rank': 1}, {'customer_id': 'C0000002', 'plan_rank': 2}
        ] as invitations, ['C0000001', 'C0000003'] as names;
    create table intermediate.history (customer_id varchar, score_date date, logit double);
    create view marts.fct_customer_csat_daily as
    select customer_id, score_date, logit * 2 as csat_score from csat_build.intermediate.history;
    create table marts.fct_survey_answers (
        response_id varchar primary key, customer_id varchar not null, comment varchar
    );
    comment on table marts.fct_survey_answers is 'Answers.';
    comment on column marts.fct_survey_answers.comment is 'What they wrote.';
    insert into marts.fct_survey_answers
    select response_id, customer_id, comment from staging.base_company__survey_responses
    where customer_id is not null;
    create table marts.fct_comment_themes as
    select 'slow' as theme_name, 2 as answers, 'I am C0000001 and it is slow' as example_1,
        'I am C0000002 and it is slow' as example_2;
    create table marts.fct_coaching_examples as
    select 'RC0000002' as response_id, 'C0000002' as customer_id, 'mine' as comment,
        'RC0000001' as similar_response_id, 'I am C0000001 and it is slow' as similar_comment;
    create table intermediate.activity as
    select customer_id, date '2026-02-03' as known_date from customers;
    create view intermediate.int_activity_checksums as
    select known_date, cast(sum(hash(customer_id)) as varchar) as checksum
    from csat_build.intermediate.activity group by known_date;
    create table monitoring.completed_dates (score_date date, activity_checksum varchar);
"""


@dataclass
class HandMade:
    """A project's folder with a warehouse."""

    root: Path

    @property
    def warehouse(self) -> Path:
        """Folder of all that the project writes."""
        return self.root / "warehouse"

    @property
    def build_file(self) -> Path:
        """The build database."""
        return self.warehouse / "csat_build.duckdb"

    @property
    def published_file(self) -> Path:
        """What readers open."""
        return self.warehouse / "csat.duckdb"

    def begin(self) -> None:
        """Write the build file."""
        self.warehouse.mkdir()
        with duckdb.connect(str(self.build_file)) as connection:
            connection.execute("create temp table customers (customer_id varchar)")
            for customer_id in CUSTOMERS:
                connection.execute("insert into customers values ($1)", [customer_id])
            connection.execute(BUILD)

    def run(self, days: int) -> None:
        """Score so many days of all customers but who was forgotten, and publish."""
        with duckdb.connect(str(self.build_file)) as connection:
            connection.execute(
                f"""
                insert into intermediate.history
                select customer_id, day::date, 1.0
                from (select distinct customer_id from marts.fct_survey_answers),
                    range(date '{FIRST_DAY}', date '{FIRST_DAY + timedelta(days)}', interval 1 day)
                    as days(day)
                where day::date >
                    coalesce((select max(score_date) from intermediate.history), '2000-1-1');
                create table if not exists intermediate.int_score_checksums
                    (score_date date, scored_rows bigint, checksum varchar);
                insert into intermediate.int_score_checksums
                select score_date, count(*), cast(sum(hash(customer_id, logit)) as varchar)
                from intermediate.history where score_date not in
                (select score_date from intermediate.int_score_checksums) group by score_date;
                insert into monitoring.completed_dates
                select distinct score_date, checksum from intermediate.history
                left join intermediate.int_activity_checksums on known_date = score_date
                where score_date not in (select score_date from monitoring.completed_dates)
                """
            )
            self.publish(connection)

    def publish(self, connection: duckdb.DuckDBPyConnection) -> dict:
        """Publish what the build file holds."""
        (row,) = publish(
            connection, Publishing(RELATIONS, "company", [MART], 3), self.published_file
        ).to_pylist()
        assert row["is_published"], row["refusal"]
        return row

    def forget(self, *customer_ids: str, **options: bool) -> Forgotten:
        """Forget customers."""
        return forget(self.root, customer_ids, lambda line: None, **options)

    def databases(self) -> list[Path]:
        """Return the build file, what readers see, and the generations."""
        return sorted(self.warehouse.rglob("*.duckdb"))

    def query(self, sql: str, file: Path | None = None) -> list[tuple]:
        """Return the rows of a query on the build file, or another one."""
        with duckdb.connect() as connection:
            name = "csat_build" if file is None else "db"
            connection.execute(
                f"attach '{file or self.build_file}' as {name} (read_only); use {name}"
            )
            return connection.execute(sql).fetchall()


def rows_with(file: Path, text: str) -> dict[str, int]:
    """Return how many rows of each table and view of a database hold a text anywhere."""
    found = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        for schema, name in connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall():
            ((number,),) = connection.execute(
                f'select count(*) from "{schema}"."{name}" as rows '
                "where regexp_matches(rows::varchar, $1)",
                [rf"(^|[^A-Za-z0-9]|\bR){text}($|[^A-Za-z0-9])"],
            ).fetchall()
            if number:
                found[f"{schema}.{name}"] = number
    return found
