"""Run the project on the Shopzilla data: map them to the contract, build, and tell the outcome."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import duckdb
import numpy as np

from csat.contract import load_contract
from csat.dbt_process import run_dbt
from csat.mapping import map_to_contract
from csat.model import Evaluation, evaluate
from csat.project import UserError, project_root

EXAMPLE = Path(__file__).resolve().parent
SOURCE_NAME = "customer_support_17k.csv"
#: For a month of data: a training each week, and three days (some 1,600 answers) to compare on.
#: There is one instrument only, so that scores are stated at it.
VARS = {
    "reference_instrument": "after_contact_csat",
    "retrain_every_days": 7,
    "evaluation_days": 3,
}
#: Answers of so many days at the end are judged.
JUDGED_DAYS = 8
TABLES = {
    "Rows": (
        "select source_table, rows_received, rows_accepted, rows_superseded, rows_rejected "
        "from monitoring.source_row_counts where is_present order by source_table"
    ),
    "Refused": (
        "select source_table, rule, rejected_column, count(*) as rows "
        "from staging.stg_rejected_records group by all order by all"
    ),
    "Survey CSAT": (
        "select count(*) as answers, count(*) filter (where is_satisfied) as satisfied, "
        "round(100.0 * count(*) filter (where is_satisfied) / count(*), 1) as csat "
        "from marts.fct_survey_answers where metric = 'csat'"
    ),
    "Versions of the model": (
        "select model_version, answers as learned_from, later_answers as compared_on, "
        "round(later_log_loss, 4) as log_loss, round(champion_log_loss, 4) as champion_log_loss, "
        "is_champion, in_force_from, in_force_to, "
        "round(outside_support_share, 2) as outside_support_share "
        "from marts.dim_model_versions order by cutoff_date"
    ),
    "Scores": (
        "select score_date, customers, round(csat_model_mean, 1) as mean_score, "
        "round(csat_survey, 1) as csat_survey_28_days "
        "from marts.fct_base_csat_daily order by score_date desc limit 1"
    ),
}


def find_source(root: Path) -> Path:
    """Return the data file: SHOPZILLA_CSV, or where the file usually lies."""
    named = os.environ.get("SHOPZILLA_CSV")
    usual = [
        root / "data" / "shopzilla" / SOURCE_NAME,
        root.parent / "shared" / "data" / "shopzilla" / SOURCE_NAME,
    ]
    for place in [Path(named)] if named else usual:
        if place.is_file():
            return place
    raise UserError(
        f"{named or SOURCE_NAME} is not there: {(EXAMPLE / 'README.md').relative_to(root)} says "
        "where to get it; then set SHOPZILLA_CSV to its path."
    )


def judge_last_days(built: duckdb.DuckDBPyConnection) -> Evaluation:
    """Judge the answers of the last days, each predicted by the version in force when sent.

    Beside the model stands the share satisfied of these very answers, said of everyone: the
    constant that is hardest to beat.
    """
    judged = built.execute(
        "select ratings.is_satisfied, predictions.probability "
        "from intermediate.int_answer_predictions as predictions "
        "inner join intermediate.int_survey_ratings as ratings "
        "on predictions.response_id = ratings.response_id "
        "where cast(ratings.sent_at as date) > (select max(cast(sent_at as date)) "
        f"from intermediate.int_survey_ratings) - {JUDGED_DAYS} order by ratings.response_id"
    ).fetchnumpy()
    return evaluate(judged["is_satisfied"].astype(np.float64), judged["probability"])


def main() -> None:
    """Map, build, and print rows accounted for, CSAT, versions, and how good predictions were."""
    root = project_root()
    place = root / "warehouse" / "shopzilla"
    published_file, build_file = place / "csat.duckdb", place / "csat_build.duckdb"
    map_to_contract(
        EXAMPLE / "contract.sql",
        place / "tables",
        load_contract(root),
        {"source_file": str(find_source(root))},
    )
    process = run_dbt(
        root,
        ["build", "--vars", json.dumps(VARS)],
        {
            "CSAT_SOURCE": str(place / "tables"),
            "CSAT_BUILD_FILE": str(build_file),
            "CSAT_PUBLISHED_FILE": str(published_file),
            "DBT_TARGET_PATH": str(place / "target"),
            "DBT_LOG_PATH": str(place / "logs"),
        },
    )
    if process.returncode != 0:
        raise UserError(f"The build failed:\n{process.stdout}")
    with duckdb.connect(str(published_file), read_only=True) as connection:
        for title, query in TABLES.items():
            print(title)
            connection.sql(query).show(max_width=160)
    with duckdb.connect(str(build_file), read_only=True) as connection:
        found = judge_last_days(connection)
    print(
        f"The {found.answers:,} answers of the last {JUDGED_DAYS} days, predicted beforehand by "
        f"the version then in force: AUC {found.auc:.3f} (0.5 is a guess), log-loss "
        f"{found.log_loss:.4f}; {found.base_rate_log_loss:.4f} if their own share of satisfied, "
        f"{100 * found.satisfied_share:.1f} %, is said of everyone."
    )
    print(f"The marts are in {published_file.relative_to(root)}.")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"Error: {error}")
