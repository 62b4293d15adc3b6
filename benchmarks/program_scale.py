"""What it costs to measure ten programs of a large company.

    python benchmarks/program_scale.py 1000000

draws customers with a score on the last day of each of 52 weeks, kept as the project's history
keeps it (contributions of seven families, from which a view computes the score), answers, contacts
and interruptions of 365 days, ten programs that reach from 0.5 to 10 % of the customers, and as
many segments as the project defines, conditions that hold for 30 days among them; one program makes
a third of its customers happier, all else does nothing. Then measures all
of them as a run does. Days that are no last day of a week are left out of the history: the
measuring never reads them. Prints Markdown; nothing is written but a temporary folder (TMPDIR says
where).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb

from csat.daily.programs import ProgramsSettings, measure_programs
from csat.engine import DuckDBEngine
from csat.impact import HARMS, NO_EFFECT, RAISES

DAY, WEEKS, PROGRAMS = date(2026, 9, 30), 52, 10
FIRST_DAY = DAY - timedelta(days=7 * WEEKS - 1)
ANSWERS_PER_CUSTOMER, CONTACTS_PER_CUSTOMER, INTERRUPTIONS_PER_CUSTOMER = 0.4, 3.0, 1.5
#: The options of the project's profile.
OPTIONS = {"threads": 2, "preserve_insertion_order": False, "memory_limit": "5GB"}
RELATIONS = (
    *("programs", "enrollments", "customers", "scores", "answers", "contacts"),
    *("segments", "memberships"),
)
#: Segments of values, with how many, and conditions, with how often a customer meets one in a year.
DIMENSIONS = {"customer_type": 3, "plan": 5, "region": 12, "region_and_type": 36}
CONDITIONS = {"calls": 0.5, "waits": 0.3, "interrupted": 0.8, "new": 0.1, "valuable": 0.02}
#: The one program with an effect: on whom, and in how many points.
WORKING, WORKS_FOR, POINTS = "program 8", "type 0", 8.0
SATISFIED = 0.7


def draw(file: Path, customers: int) -> None:
    """Write a company into a DuckDB file."""
    with duckdb.connect(str(file), config=OPTIONS) as connection:
        run = connection.execute
        run("select setseed(0.5)")
        run(
            "create table customers as select 'C' || lpad(range::varchar, 8, '0') as customer_id, "
            "range as number, 'type ' || (hash(range) % 3) as customer_type, "
            "'region ' || (hash(range, 1) % 12) as region, "
            "300 + hash(range, 2) % 5000 as tenure_days, 100.0 + hash(range, 3) % 900 "
            f"as annual_value, true as is_active from range({customers})"
        )
        families = ", ".join(
            f"cast(0.2 * (random() - 0.5) as decimal(9, 6)) as contribution_{n}" for n in range(7)
        )
        run(
            f"create table history as select customer_id, date '{FIRST_DAY}' + "
            f"cast(7 * week.range + 6 as integer) as score_date, {families} "
            f"from range({WEEKS}) as week cross join customers"
        )
        logit = " + ".join(f"cast(contribution_{n} as double)" for n in range(7))
        run(
            "create view scores as select customer_id, score_date, "
            f"100 / (1 + exp(-0.9 - ({logit}))) as csat_score from history"
        )
        for name, rate in (
            ("answers", ANSWERS_PER_CUSTOMER),
            ("contacts", CONTACTS_PER_CUSTOMER),
            ("interruptions", INTERRUPTIONS_PER_CUSTOMER),
        ):
            count = int(rate * customers)
            happened = f"date '{FIRST_DAY}' + cast(hash(range, 7) % {7 * WEEKS} as integer)"
            columns = (
                f"{happened} as sent_date, random() < {SATISFIED} as is_satisfied, "
                f"{SATISFIED} as probability, "
                "0.5 + random() as weight, true as is_from_sending, range::varchar as response_id"
                if name == "answers"
                else f"{happened} as occurred_at, null::timestamp as known_until"
            )
            run(
                f"create table {name} as select 'C' || lpad((hash(range, '{name}') % "
                f"{customers})::varchar, 8, '0') as customer_id, {columns} from range({count})"
            )
        run(
            "create table programs as select 'program ' || range as program_id, "
            f"date '{FIRST_DAY}' + 120 as started_date, 10e0 as cost_per_enrollment, "
            f"range = 0 as is_randomized from range({PROGRAMS})"
        )
        run(
            "create table enrollments as select programs.program_id, customers.customer_id, "
            f"date '{FIRST_DAY}' + cast(120 + hash(customers.number, programs.program_id) % 120 "
            "as integer) as enrolled_date, false as has_ended from customers cross join programs "
            "where hash(customers.number, programs.program_id, 1) % 1000 < "
            "5 + 95 * cast(substr(programs.program_id, 9) as integer) / 9"
        )
        run(
            "update answers set is_satisfied = true where not is_satisfied "
            f"and random() < {POINTS / 100 / (1 - SATISFIED)} and exists "
            "(select 1 from enrollments inner join customers using (customer_id) "
            f"where program_id = '{WORKING}' and customer_type = '{WORKS_FOR}' "
            "and customer_id = answers.customer_id and enrolled_date <= answers.sent_date)"
        )
        run(
            "create table segments (segment_id varchar, condition varchar, dimension varchar, "
            "second_dimension varchar, known_from date)"
        )
        run(
            "create table memberships (customer_id varchar, segment_id varchar, "
            "segment_value varchar, from_date date)"
        )
        for name, values in DIMENSIONS.items():
            run(f"insert into segments values ('{name}', '', '{name}', '', '{FIRST_DAY}')")
            # One in twenty has another value from a later day on.
            for share, day in ((100, "0"), (5, f"cast(1 + hash(number, 8) % {7 * WEEKS} as int)")):
                run(
                    f"insert into memberships select customer_id, '{name}', 'value ' || "
                    f"hash(number, '{name}', {share}) % {values}, date '{FIRST_DAY}' + {day} "
                    f"from customers where hash(number, {share}) % 100 < {share}"
                )
        for name, rate in CONDITIONS.items():
            run(f"insert into segments values ('{name}', 'true', '', '', '{FIRST_DAY}')")
            day = f"hash(number, '{name}') % {7 * WEEKS - 30}"
            for value, days in (("'members'", 0), ("null", 30)):
                run(
                    f"insert into memberships select customer_id, '{name}', {value}, "
                    f"date '{FIRST_DAY}' + cast({day} + {days} as int) from customers "
                    f"where hash(number, '{name}', 1) % 100 < {100 * rate}"
                )


def measure(file: Path) -> None:
    """Measure all programs and print what it cost."""
    began, cpu = time.monotonic(), time.process_time()
    with duckdb.connect(str(file), config=OPTIONS) as connection:
        found = measure_programs(
            DuckDBEngine(connection),
            ProgramsSettings(days=365, smallest_that_matters=2.0, budget=1e6),
            as_of=f"(select date '{DAY}' as as_of_date)",
            scored_days="(select distinct score_date from history)",
            interruptions="interruptions",
            holdouts="(select program_id, customer_id, enrolled_date as held_out_date "
            "from enrollments where false)",
            **{name: name for name in RELATIONS},
        )
        told = found.to_pylist()
        enrolled = sum(row["enrolled_customers"] for row in told)
        groups = [row["effect_groups"] for row in told]
        (customers,) = connection.execute("select count(*) from customers").fetchone()
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        "| customers | programs | enrolments | groups | seconds | CPU seconds | peak memory, GB |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| {customers:,} | {len(told)} | {enrolled:,} | {sum(map(len, groups))} | {seconds:.0f} "
        f"| {cpu:.0f} | {peak:.1f} |"
    )
    _tell_of_groups("Of the programs that do nothing", told, lambda row: row != WORKING)
    _tell_of_groups(f"Of {WORKING}, which helps {WORKS_FOR}", told, lambda row: row == WORKING)
    for row in told:
        for group in row["effect_groups"]:
            if row["program_id"] == WORKING and group["group_value"] == WORKS_FOR:
                print(f"{WORKS_FOR}, {POINTS:+.0f} points: {group['verdict_message']}")
    print()
    print("| program | enrolled | answers told from | effect | interval | verdict |")
    print("| --- | ---: | ---: | ---: | --- | --- |")
    for row in told:
        low, high = row["effect_points_lower"], row["effect_points_upper"]
        print(
            f"| {row['program_id']} | {row['enrolled_customers']:,} | {row['answers']:,} "
            f"| {row['effect_points']:+.2f} | {low:+.2f} to {high:+.2f} | {row['verdict']} |"
            if low is not None
            else f"| {row['program_id']} | {row['enrolled_customers']:,} | | | | {row['verdict']} |"
        )


def _tell_of_groups(whose: str, told: list[dict], counts: Callable[[str], bool]) -> None:
    """Print of how many groups of programs an effect is said, and of how many it would be alone."""
    groups = [
        group
        for row in told
        if counts(row["program_id"])
        for group in row["effect_groups"]
        if group["effect_points"] is not None
    ]
    alone = sum(
        not group["effect_points_lower"] <= 0 <= group["effect_points_upper"] for group in groups
    )
    said = sum(group["verdict"] in (RAISES, HARMS) for group in groups)
    nothing = sum(group["verdict"] == NO_EFFECT for group in groups)
    print(
        f"\n{whose} {len(groups)} groups can be told: alone the intervals of {alone} leave out 0; "
        f"an effect is said of {said}, and that none is shown of {nothing}."
    )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            company = Path(folder) / "company.duckdb"
            draw(company, int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
            # In a process of its own, whose peak is that of the measuring alone.
            subprocess.run([sys.executable, __file__, "measure", str(company)], check=True)
