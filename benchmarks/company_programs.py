r"""Programs of a simulated company through the project, with its surveys answered again and again.

    csat simulate --customers 60000 --days 365 --seed 2 --end-date 2026-09-30 --out company
    CSAT_SOURCE=company CSAT_BUILD_FILE=work/csat_build.duckdb \
        dbt build --select +fct_program_impact
    python benchmarks/company_programs.py work/csat_build.duckdb company/truth 20

One company has one set of answers, and seven intervals say little of what they cover. Here
customers, their lives, scores and enrolments stay as they are, and every survey that was answered
is answered anew by chance, at the probability that its customer was satisfied in truth when it was
sent; and once by that probability itself, which shows what is wrong besides chance. Prints
Markdown.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from statistics import fmean, stdev

import duckdb
import numpy as np
import pyarrow as pa

from csat.daily.programs import ProgramsSettings, measure_programs
from csat.engine import DuckDBEngine
from csat.simulation.instruments import read_instruments
from csat.simulation.parameters import Parameters

SETTINGS = ProgramsSettings(days=364, smallest_that_matters=2.0, budget=10_000.0)
#: What ``measure_programs`` reads besides the answers, by the model that holds it. Customers are
#: as they are now: simulated ones do not change.
RELATIONS = {
    "as_of": "intermediate.int_as_of_date",
    "programs": "intermediate.int_programs",
    "enrollments": "intermediate.int_program_enrollments",
    "holdouts": "intermediate.int_program_holdouts",
    "customers": "marts.dim_customers",
    "scores": "intermediate.int_customer_csat_scores",
    "scored_days": "intermediate.int_base_scores",
    "contacts": "intermediate.int_contact_activity",
    "interruptions": "intermediate.int_interruption_activity",
    "memberships": "intermediate.int_segment_changes",
}
#: The whole effect is looked at, of no segment.
NO_SEGMENTS = (
    "select null as segment_id, null as condition, null as dimension, null as second_dimension, "
    "null as known_from where false"
)
#: ``is_satisfied`` of the answers as given, by chance, and without chance.
AS_GIVEN, BY_CHANCE, WITHOUT_CHANCE = "is_satisfied", "draw < chance", "chance"


def prepare(connection: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Make ``asked``: answers, and the chance that each is "satisfied" as it was asked."""
    offsets = " ".join(
        f"when '{scale.instrument_id}' then {scale.offset}"
        for scale in read_instruments(Parameters().surveys)
    )
    connection.execute(
        "create table asked as select answers.*, "
        "row_number() over (order by answers.response_id, answers.model_version) - 1 as number, "
        "1 / (1 + exp(-ln(days.probability_satisfied "
        "/ (1 - days.probability_satisfied)) - case when answers.is_gold then 0 "
        f"else case ratings.instrument_id {offsets} end end)) as chance "
        "from csat_build.intermediate.int_answer_residuals as answers "
        "inner join csat_build.intermediate.int_survey_ratings as ratings "
        "on answers.response_id = ratings.response_id "
        f"inner join '{truth}/customer_days/**/*.parquet' as days "
        "on answers.customer_id = days.customer_id and answers.sent_date = days.date"
    )


def measure(connection: duckdb.DuckDBPyConnection, answered: str, seed: int = 0) -> dict:
    """Measure all programs with answers that an expression gives."""
    ((count,),) = connection.sql("select count(*) from asked").fetchall()
    draws = np.random.default_rng(seed).random(count)
    connection.register("draws", pa.table({"number": np.arange(count), "draw": draws}))
    connection.execute(
        "create or replace table answered as select asked.*, draws.draw from asked "
        "inner join draws on asked.number = draws.number"
    )
    table = measure_programs(
        DuckDBEngine(connection),
        SETTINGS,
        segments=f"({NO_SEGMENTS})",
        answers=f"(select * replace ({answered} as is_satisfied) from answered)",
        **{name: f"(select * from csat_build.{relation})" for name, relation in RELATIONS.items()},
    )
    return {row["program_id"]: row for row in table.to_pylist()}


def main() -> None:
    """Print a table of the programs, and of all intervals together."""
    file, truth, draws = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    with duckdb.connect(config={"threads": 1}) as connection:
        # Under the name that the project's views have for it.
        connection.execute(f"attach '{file}' as csat_build (read_only)")
        true = dict(
            connection.sql(
                "select program_id, effect_points_since_enrollment "
                f"from '{truth}/programs/**/*.parquet'"
            ).fetchall()
        )
        prepare(connection, truth)
        given, exact = measure(connection, AS_GIVEN), measure(connection, WITHOUT_CHANCE)
        drawn = [measure(connection, BY_CHANCE, seed) for seed in range(1, draws + 1)]
    print(
        "| program | in truth | as answered | without chance | mean of redrawn answers "
        "| their standard error and spread | intervals that hold the truth |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    held = 0
    own = [name for name, row in given.items() if row["treated_customers"]]
    for name in own:
        estimates = [one[name]["effect_points"] for one in drawn]
        spread = stdev(estimates)
        inside = sum(
            one[name]["effect_points_lower"] <= true[name] <= one[name]["effect_points_upper"]
            for one in drawn
        )
        held += inside
        print(
            f"| {name} | {true[name]:+.1f} | {_shown(given[name])} | {_shown(exact[name])} "
            f"| {fmean(estimates):+.1f} ± {1.96 * spread / math.sqrt(draws):.1f} "
            f"| {fmean(one[name]['std_error'] for one in drawn):.2f}, {spread:.2f} "
            f"| {inside} of {draws} |",
            flush=True,
        )
    print(f"\n{held} of {draws * len(own)} intervals hold the truth.")


def _shown(row: dict) -> str:
    return f"{row['effect_points']:+.1f} ± {1.96 * row['std_error']:.1f}"


if __name__ == "__main__":
    main()
