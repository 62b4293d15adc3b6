"""The intervention queue beside what a company would do without it, where the true gains are known.

    python benchmarks/intervention_queue.py data/demo

builds the company three times in a folder of its own: on the last but one day, on the last day, and
on the day after it, of which nothing is known. The queue of the last day is compared with other
lists of as many contacts by the gains that the simulator wrote in ``truth/interventions``, and the
queues of successive days with each other. Prints Markdown; nothing else is written. ± is half of
the 95 % interval over the customers on a list (2,000 bootstrap draws).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np

from csat.engine import quote

PROJECT = Path(__file__).resolve().parents[1]
CAPACITIES = (50, 100, 200)
DRAWS = 2_000
#: The intervention of the simulator that each of the bundled ones is; there is none for payments.
IN_TRUTH = {
    "settle_open_matter": "personal_call",
    "call_back": "personal_call",
    "correct_bill": "bill_review",
    "explain_bill": "bill_review",
    "make_good_for_interruptions": "outage_credit",
    "help_with_app": "digital_help",
}
#: What a company does for customers of whom nothing but a low score is known.
USUAL = "personal_call"

#: Lists, each by its order of (customer_id, action) rows.
LISTS = {
    "**the queue**": "select customer_id, action, expected from queue order by queue_rank",
    "the same, every customer worth the same": (
        "select customer_id, action, expected from candidates where exclusion is null "
        "order by expected desc, customer_id"
    ),
    "lowest score first, a call for each": (
        f"select customer_id, '{USUAL}' as action, null as expected from scores "
        "order by csat_score, customer_id"
    ),
    "lowest score first, the action that fits, otherwise a call": (
        f"select customer_id, coalesce(action, '{USUAL}') as action, null as expected "
        "from scores left join candidates using (customer_id) "
        "order by scores.csat_score, customer_id"
    ),
    "lowest upper end first, a call for each": (
        f"select customer_id, '{USUAL}' as action, null as expected from scores "
        "order by csat_score_upper, customer_id"
    ),
    "highest annual value first, a call for each": (
        f"select customer_id, '{USUAL}' as action, null as expected from scores "
        "order by annual_value desc, customer_id"
    ),
    "by lot, a call for each": (
        f"select customer_id, '{USUAL}' as action, null as expected from scores "
        "order by md5(customer_id)"
    ),
    "best in truth (nobody can know)": (
        "select customer_id, action, null as expected from truth "
        "qualify row_number() over (partition by customer_id order by points desc, action) = 1 "
        "order by points desc, customer_id"
    ),
}
BASELINE = "lowest score first, a call for each"

VIEWS = """
create temp table truth as
select customer_id, intervention as action, gain_points as points from read_parquet({truth_file});
create temp table actions as select unnest({names}) as intervention, unnest({actions}) as action;
create temp table queue as
select *, probability_helps * gain_points as expected
from marts.fct_intervention_queue left join actions using (intervention);
create temp table candidates as
select *, probability_helps * gain_points as expected
from marts.fct_intervention_candidates left join actions using (intervention);
create temp table scores as
select * from marts.fct_customer_csat_current inner join marts.dim_customers using (customer_id);
"""


def build(source: Path, folder: Path, day: object, capacity: int) -> Path:
    """Build what the queue is made from on a day, on top of the days before; return the file."""
    file = folder / "csat_build.duckdb"
    environment = os.environ | {
        "CSAT_SOURCE": str(source.resolve()),
        "CSAT_BUILD_FILE": str(file),
        "CSAT_PUBLISHED_FILE": str(folder / "csat.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    variables = f'{{as_of_date: "{day}", queue_capacity: {capacity}}}'
    # All models, because the next day starts from what this one completes; tests are for `make`.
    ran = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "--quiet", "build", "--vars", variables),
            *("--exclude-resource-type", "test", "unit_test"),
            *("--project-dir", PROJECT, "--profiles-dir", PROJECT),
        ],
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if ran.returncode:
        raise SystemExit(ran.stdout)
    return file


def listed(file: Path) -> set[str]:
    """Return who is on the queue."""
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute("select customer_id from marts.fct_intervention_queue").fetchall()
    return {customer for (customer,) in rows}


def gains(file: Path, source: Path) -> dict[str, np.ndarray]:
    """Return, by list, (contacts, 3): expected points, true points, and true points × value."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute(
            VIEWS.format(
                truth_file=quote(str(source / "truth/interventions.parquet")),
                names=list(IN_TRUTH),
                actions=list(IN_TRUTH.values()),
            )
        )
        return {
            name: np.array(
                connection.execute(
                    "with ordered as (select *, row_number() over () as place from "
                    f"({order})) select coalesce(expected, 'nan'::double), "
                    "coalesce(points, 0), coalesce(points, 0) * coalesce(annual_value, 0) / 100 "
                    "from ordered left join truth using (customer_id, action) "
                    "left join marts.dim_customers using (customer_id) order by place"
                ).fetchall(),
                dtype=np.float64,
            )
            for name, order in LISTS.items()
        }


def tell(found: dict[str, np.ndarray], capacity: int) -> None:
    """Print one line per list of a capacity."""
    random = np.random.default_rng(capacity)
    print(f"\n### {capacity} contacts\n")
    print("| list | expected points | true points | against lowest | true money | against lowest |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    lowest = found[BASELINE][:capacity]
    for name, rows in found.items():
        own = rows[:capacity]
        draws = random.integers(0, len(own), (DRAWS, len(own)))
        other = random.integers(0, len(lowest), (DRAWS, len(lowest)))
        cells = [name, _number(own[:, 0].mean(), 1)]
        for column, scale, digits in ((1, 1, 1), (2, len(own), 0)):
            mean, base = own[:, column].mean(), lowest[:, column].mean()
            ratios = own[draws, column].mean(axis=1) / lowest[other, column].mean(axis=1)
            low, high = np.quantile(ratios, [0.025, 0.975])
            half = np.diff(np.quantile(own[draws, column].mean(axis=1), [0.025, 0.975]))[0] / 2
            cells.append(f"{_number(scale * mean, digits)} ± {_number(scale * half, digits)}")
            cells.append("" if name == BASELINE else f"{mean / base:.1f} ({low:.1f} to {high:.1f})")
        print(f"| {' | '.join(cells)} |")


def _number(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:,.{digits}f}"


def main() -> None:
    """Build three days and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, nargs="?", default=PROJECT / "data/demo")
    source = parser.parse_args().source
    with duckdb.connect() as connection:
        (last,) = connection.execute(
            "select max(date) from read_parquet("
            f"{quote(str(source / 'truth/customer_days.parquet'))})"
        ).fetchone()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lists = []
        for days in (-1, 0, 1):
            file = build(source, folder, last + timedelta(days=days), 100)
            lists.append(listed(file))
            if not days:
                found = gains(file, source)
    print("## What the contacts of a day truly bring")
    for capacity in CAPACITIES:
        if capacity <= len(found["**the queue**"]):
            tell(found, capacity)
    print("\n## Successive days\n")
    print("| days | on the first | of them on the next one, too |")
    print("| --- | ---: | ---: |")
    for title, before, after in (
        ("the last but one day and the last one", lists[0], lists[1]),
        ("the last day and one without news", lists[1], lists[2]),
    ):
        share = len(before & after) / max(len(before), 1)
        print(f"| {title} | {len(before)} | {100 * share:.0f} % |")


if __name__ == "__main__":
    main()
