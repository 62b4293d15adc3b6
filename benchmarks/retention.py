"""Whether the hazard ratio of leaving comes out as the simulator has it.

    python benchmarks/retention.py 40
    python benchmarks/retention.py 4 --customers 40000

simulates so many companies, each from its own seed, and estimates by the project's estimator how
the hazard of leaving goes with satisfaction: by the true satisfaction of each day, which is what
the simulator uses; by the true satisfaction of the day before each week, which is what the marts
use of the score; and by that plus noise that makes it as weak as a score that knows little, drawn
to the mean so that it is right on average. Prints Markdown; nothing is written. Seeded. ± is the
95 % Monte-Carlo interval.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np

from csat.engine import quote
from csat.survival import hazard_ratios

#: Correlation of the weak score with the truth, about that of the demo's scores (README, limits).
CORRELATION = 0.4

VIEWS = """
create view truth as
select customer_id, date, 100 * probability_satisfied as score from read_parquet({days});
create view closed as
select customer_id, cast(closed_at as date) as closed_date from read_parquet({customers})
where closed_at is not null;
create view last_day as select max(date) as last_date, min(date) as first_date from truth;
"""
#: Cells by what the score is; each has the moment, the score, who was there and who left.
DAILY = """
select truth.date, round(truth.score * 2) / 2 as score, count(*), count(closed.customer_id)
from truth left join closed
on truth.customer_id = closed.customer_id and truth.date = closed.closed_date
group by 1, 2 order by 1, 2
"""
WEEKLY = """
select truth.date, round({score} * 2) / 2 as score, count(*), count(closed.customer_id)
from truth cross join last_day left join closed
on truth.customer_id = closed.customer_id and closed.closed_date > truth.date
and closed.closed_date <= truth.date + 7
where (last_day.last_date - truth.date) % 7 = 0 and truth.date < last_day.last_date
and (truth.customer_id, truth.date) not in (select (customer_id, closed_date) from closed)
group by 1, 2 order by 1, 2
"""
#: E[truth | noisy score]: slope CORRELATION², noise of a standard normal made of two hashes.
WEAK = """
({mean} + {slope} * (truth.score - {mean} + {noise} * sqrt(-2 * ln(
    (hash(truth.customer_id, truth.date) % 1000003 + 1) / 1000004.0
)) * cos(2 * pi() * (hash(truth.date, truth.customer_id, 1) % 1000003) / 1000003.0)))
"""


def look(seed: int, customers: int, days: int) -> tuple[dict[str, tuple], float, int]:
    """Return estimate and interval by method, the true ratio, and how many left."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(
            [
                *(Path(sys.executable).with_name("csat"), "simulate"),
                *("--customers", str(customers), "--days", str(days)),
                *("--seed", str(seed), "--out", name),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        folder = Path(name)
        parameters = json.loads((folder / "truth/parameters.json").read_text())
        with duckdb.connect() as connection:
            connection.execute(
                VIEWS.format(
                    days=quote(str(_files(folder / "truth", "customer_days"))),
                    customers=quote(str(_files(folder, "customers"))),
                )
            )
            mean, spread = connection.execute(
                "select avg(score), stddev(score) from truth"
            ).fetchone()
            weak = WEAK.format(
                mean=mean, slope=CORRELATION**2, noise=spread * np.sqrt(1 / CORRELATION**2 - 1)
            )
            found = {
                "true satisfaction of the day": _estimate(connection, DAILY),
                "true satisfaction of the day before the week": _estimate(
                    connection, WEEKLY.format(score="truth.score")
                ),
                f"a weak score of the day before the week (correlation {CORRELATION})": _estimate(
                    connection, WEEKLY.format(score=weak)
                ),
            }
            (left,) = connection.execute("select count(*) from closed").fetchone()
    return found, _true_ratio(parameters), left


def _files(folder: Path, table: str) -> Path:
    """Return the file of a table, or its parts."""
    alone = folder / f"{table}.parquet"
    return alone if alone.is_file() else folder / table / "*.parquet"


def _true_ratio(parameters: dict) -> float:
    found = parameters.get("churn") or parameters["parameters"]["churn"]
    return float(found["hazard_ratio_per_10_points"])


def _estimate(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[float, float, float]:
    rows = connection.execute(query).fetchnumpy()
    moment, score, there, left = (np.ma.filled(rows[name]) for name in rows)
    found = hazard_ratios(
        moment.astype("datetime64[D]").astype(np.int64),
        -score.astype(np.float64) / 10,
        there,
        left,
    )
    return float(found.log_ratio[0]), float(found.conf_low[0]), float(found.conf_high[0])


def main() -> None:
    """Look at companies and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("companies", type=int, nargs="?", default=40)
    parser.add_argument("--customers", type=int, default=4_000)
    parser.add_argument("--days", type=int, default=365)
    arguments = parser.parse_args()
    runs = [
        look(seed, arguments.customers, arguments.days)
        for seed in range(1, arguments.companies + 1)
    ]
    truth = runs[0][1]
    left = np.mean([run[2] for run in runs])
    print(
        f"{len(runs)} companies of {arguments.customers:,} customers × {arguments.days} days, "
        f"{left:,.0f} of whom leave on average; true ratio {truth:.2f} per 10 points.\n"
    )
    print("| by | mean ratio | root-mean-square error of its logarithm | interval holds it |")
    print("| --- | ---: | ---: | ---: |")
    for name in runs[0][0]:
        found = np.array([run[0][name] for run in runs])
        error = found[:, 0] - np.log(truth)
        half = 1.96 * found[:, 0].std(ddof=1) / np.sqrt(len(runs)) if len(runs) > 1 else np.nan
        held = np.mean((found[:, 1] <= truth) & (truth <= found[:, 2]))
        mean = np.exp(found[:, 0].mean())
        print(
            f"| {name} | {mean:.3f} ± {mean * half:.3f} | {np.sqrt(np.mean(error**2)):.3f} "
            f"| {100 * held:.0f} % |"
        )


if __name__ == "__main__":
    main()
