"""How good predictions are: on later answers, and next to the truth where a simulation knows it.

    python benchmarks/accuracy.py demo shopzilla simulated

builds the project on each company, learns from the answers up to a day, predicts what comes later,
beside LightGBM, the last rating and the base rate on the same rows, and prints Markdown. Nothing is
written but a temporary folder (TMPDIR says where). Shopzilla needs its file: see its example.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import lightgbm
import numpy as np
import pyarrow as pa

from csat.contract import load_contract
from csat.daily.registry import HELD_FEATURES, held_features, read_registry
from csat.daily.training import FOLLOW_UP
from csat.dbt_process import run_dbt
from csat.engine import DuckDBEngine, quote
from csat.mapping import map_to_contract
from csat.model import (
    FeatureDefinition,
    TrainingSettings,
    evaluate,
    last_rating_baseline,
    response_weights,
    score,
    train,
)
from csat.model.evaluation import auc, calibration_error, log_losses
from csat.model.features import CATEGORICAL, ZERO, labels, numbers
from csat.model.hashing import groups_of_keys
from csat.project import project_root

REFERENCE = {"instrument_id": "relationship_csat", "survey_kind": "relationship"}
SHOPZILLA = Path("data/shopzilla/customer_support_17k.csv")
#: What comes after these moments is predicted.
DEMO_CUT, SHOPZILLA_CUT = datetime(2026, 8, 1), datetime(2023, 8, 24)
DEMO_DATES = (date(2026, 8, 8), date(2026, 8, 24), date(2026, 9, 8), date(2026, 9, 24))
#: Each draws the folds, the bags and what else is random in both models.
MODEL_SEEDS = (1, 2, 3, 4, 5)
COMPANY_SEEDS = (11, 23, 31)
CUSTOMERS, DAYS, END_DATE = 80_000, 365, date(2026, 9, 30)
#: The training is at the end of the day before the first of these.
SCORE_DATES = (date(2026, 9, 2), date(2026, 9, 16), date(2026, 9, 30))
ANSWERS = (5_000, 20_000)
FOLDS = 5
#: The peer's settings, of which those are taken that predict unseen customers best.
PEER_SETTINGS = [
    {"num_leaves": leaves, "min_data_in_leaf": answers}
    for leaves in (4, 8, 16, 31)
    for answers in (20, 60)
]

Predictor = Callable[[pa.Table], np.ndarray]


@dataclass(frozen=True)
class Company:
    """A company as built: its database and its registry."""

    connection: duckdb.DuckDBPyConnection
    features: tuple[FeatureDefinition, ...]

    def answers(self) -> pa.Table:
        """Return the answers with the features as they were when each survey was sent."""
        return self._rows(
            "select ratings.response_id as example_id, ratings.sent_at, ratings.responded_at, "
            "ratings.is_satisfied, ratings.instrument_id, ratings.survey_kind, features.* "
            "from intermediate.int_survey_ratings as ratings "
            "inner join intermediate.int_answers_to_predict as answers "
            "on ratings.response_id = answers.response_id "
            "inner join intermediate.survey_features as features "
            "on answers.customer_id = features.customer_id "
            "and answers.as_of_at = features.as_of_at "
            "and answers.known_before = features.known_before order by ratings.response_id"
        )

    def first_training(self) -> tuple[pa.Table, pa.Table]:
        """Return all answers of the first training, by hash of their key, and customer-days."""
        rows = (
            "select * from intermediate.int_training_rows inner join "
            "intermediate.survey_features using (customer_id, as_of_at, known_before) "
            "where cutoff_date = (select min(cutoff_date) from intermediate.int_training_rows) "
        )
        return (
            self._rows(f"{rows} and part <> 'population' order by md5(example_id), example_id"),
            self._rows(f"{rows} and part = 'population' order by example_id"),
        )

    def customers(self, day: date, truth: Path) -> pa.Table:
        """Return the features of everyone at the end of a day, and what is true of them."""
        file = quote(str(truth / "customer_days*" / "*.parquet"))
        if (truth / "customer_days.parquet").exists():
            file = quote(str(truth / "customer_days.parquet"))
        moment = day + timedelta(days=1)
        table = self._rows(
            f"select features.*, truth.probability_satisfied from read_parquet({file}) as truth "
            "inner join intermediate.int_scoring_features as features "
            "on truth.customer_id = features.customer_id "
            f"where truth.date = date '{day}' and features.as_of_at = timestamp '{moment}' "
            "order by features.customer_id"
        )
        for name, value in REFERENCE.items():
            table = table.append_column(name, pa.repeat(value, len(table)))
        return table

    def _rows(self, query: str) -> pa.Table:
        return self.connection.execute(query).to_arrow_table()


def build(source: Path, work: Path, variables: str = "{}") -> Company:
    """Run the project up to the features, and open what it made."""
    database = work / "csat_build.duckdb"
    process = run_dbt(
        project_root(),
        [
            *("build", "--select", "+survey_features", "+int_scoring_features"),
            *("--exclude-resource-type", "test", "unit_test", "--vars", variables),
        ],
        {
            "CSAT_SOURCE": str(source),
            "CSAT_BUILD_FILE": str(database),
            "CSAT_PUBLISHED_FILE": str(work / "csat.duckdb"),
            "DBT_TARGET_PATH": str(work / "target"),
            "DBT_LOG_PATH": str(work / "logs"),
        },
    )
    if process.returncode != 0:
        raise RuntimeError(f"The build failed:\n{process.stdout}")
    connection = duckdb.connect(str(database), read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    registry = read_registry(DuckDBEngine(connection), "staging.feature_definitions")
    return Company(connection, (*registry.features, *held_features()))


def is_satisfied(table: pa.Table) -> np.ndarray:
    """Return the answers as 0 and 1."""
    return numbers(table, "is_satisfied")


def peer_inputs(
    known: pa.Table, table: pa.Table, features: Sequence[FeatureDefinition]
) -> np.ndarray:
    """Return the very same columns as LightGBM reads them: categories as codes, NaN as missing."""
    columns = []
    for feature in features:
        if feature.kind == CATEGORICAL:
            names = sorted(set(labels(known, feature.name).drop_null().to_pylist()))
            codes = {name: code for code, name in enumerate(names)}
            found = (codes.get(name, -1) for name in labels(table, feature.name).to_pylist())
            columns.append(np.fromiter(found, dtype=np.float64, count=len(table)))
        else:
            values = numbers(table, feature.name)
            columns.append(np.nan_to_num(values) if feature.missing_rule == ZERO else values)
    return np.column_stack(columns)


def train_peer(
    known: pa.Table, features: Sequence[FeatureDefinition], weights: np.ndarray, seed: int
) -> Predictor:
    """Train LightGBM: a booster per fold of customers, stopped by that fold, and their mean.

    The settings are those with the least log-loss on the folds.
    """
    inputs, satisfied = peer_inputs(known, known, features), is_satisfied(known)
    keys = np.array(known["customer_id"].to_pylist(), dtype=object)
    fold = groups_of_keys(keys, f"{seed}:peer", FOLDS)
    categories = [j for j, feature in enumerate(features) if feature.kind == CATEGORICAL]
    best: tuple[float, list[lightgbm.Booster]] | None = None
    for settings in PEER_SETTINGS:
        boosters, loss = [], 0.0
        for part in range(FOLDS):
            held = fold == part
            learned, stopped_by = (
                lightgbm.Dataset(
                    inputs[rows],
                    satisfied[rows],
                    weight=weights[rows],
                    categorical_feature=categories,
                )
                for rows in (~held, held)
            )
            stopped_by.reference = learned
            booster = lightgbm.train(
                {
                    **settings,
                    "objective": "binary",
                    "learning_rate": 0.03,
                    "feature_fraction": 0.5,
                    "bagging_fraction": 0.8,
                    "bagging_freq": 1,
                    "lambda_l2": 10.0,
                    "seed": seed,
                    "deterministic": True,
                    "force_row_wise": True,
                    "num_threads": 1,
                    "verbose": -1,
                },
                learned,
                num_boost_round=2000,
                valid_sets=[stopped_by],
                callbacks=[lightgbm.early_stopping(50, verbose=False)],
            )
            losses = log_losses(satisfied[held], np.asarray(booster.predict(inputs[held])))
            loss += float(np.sum(weights[held] * losses))
            boosters.append(booster)
        if best is None or loss < best[0]:
            best = (loss, boosters)
    assert best is not None
    chosen = best[1]

    def predict(table: pa.Table) -> np.ndarray:
        rows = peer_inputs(known, table, features)
        return np.mean([booster.predict(rows, num_threads=1) for booster in chosen], axis=0)

    return predict


def train_all(
    company: Company, known: pa.Table, seed: int, weights: np.ndarray | None = None
) -> dict[str, Predictor]:
    """Train what is compared on the same answers and weights."""
    equal = np.ones(len(known)) if weights is None else weights
    is_gold = pa.array([kind == FOLLOW_UP for kind in known["survey_kind"].to_pylist()])
    model = train(
        known.append_column("weight", pa.array(equal)).append_column("is_gold", is_gold),
        company.features,
        TrainingSettings(),
        seed=seed,
        model_version="benchmark",
        trained_until=END_DATE,
        held=HELD_FEATURES,
        reference=REFERENCE,
    )
    peer = train_peer(known, company.features, equal, seed)
    satisfied, last = is_satisfied(known), numbers(known, "latest_rating")
    base_rate = float(np.average(satisfied, weights=equal))
    return {
        "csat": lambda table: score(model, table).probability,
        "LightGBM": peer,
        "last rating": lambda table: last_rating_baseline(
            last, satisfied, numbers(table, "latest_rating"), equal
        ),
        "base rate": lambda table: np.full(len(table), base_rate),
    }


def auc_of_truth(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the AUC that endless answers of these customers would show."""
    classes = np.repeat([1.0, 0.0], len(truth))
    found = auc(classes, np.tile(predicted, 2), np.concatenate([truth, 1 - truth]))
    assert found is not None
    return found


def spread(values: Sequence[float | None], digits: int) -> str:
    """Return the mean, and in brackets the least and the most where they differ."""
    known = np.array(values, dtype=np.float64)
    low, high = known.min(), known.max()
    mean = f"{known.mean():.{digits}f}"
    return mean if high - low < 10**-digits else f"{mean} ({low:.{digits}f} to {high:.{digits}f})"


def later_answers(company: Company, cut: datetime, everyone: pa.Table | None = None) -> None:
    """Print how the answers after a moment are predicted from those known at it."""
    answers = company.answers()
    sent, responded = (
        answers[name].to_numpy().astype("datetime64[us]") for name in ("sent_at", "responded_at")
    )
    moment = np.datetime64(cut)
    known = answers.filter(pa.array((sent < moment) & (responded < moment)))
    later = answers.filter(pa.array(sent >= moment))
    satisfied = is_satisfied(later)
    figures: dict[str, list[tuple[float | None, ...]]] = {}
    true_aucs: dict[str, list[float]] = {}
    for seed in MODEL_SEEDS:
        predictors = train_all(company, known, seed)
        for name, predict in predictors.items():
            found = evaluate(satisfied, predict(later))
            figures.setdefault(name, []).append(
                (found.auc, found.log_loss, found.brier, found.calibration_error)
            )
            if everyone is not None:
                truth = everyone["probability_satisfied"].to_numpy().astype(np.float64)
                true_aucs.setdefault(name, []).append(auc_of_truth(truth, predict(everyone)))
    print(
        f"{len(known):,} answers up to {cut:%-d %B %Y}, {len(later):,} later ones of which "
        f"{100 * satisfied.mean():.1f} % are satisfied ({100 * is_satisfied(known).mean():.1f} % "
        f"before); {len(company.features)} columns.\n"
    )
    print("| | AUC | log-loss | Brier | calibration error |", end="")
    print(" AUC, everyone |" if everyone is not None else "")
    print("| --- | ---: | ---: | ---: | ---: |", end="")
    print(" ---: |" if everyone is not None else "")
    for name, rows in figures.items():
        columns = [
            spread(column, digits)
            for column, digits in zip(zip(*rows, strict=True), (4, 4, 4, 1), strict=True)
        ]
        if everyone is not None:
            columns.append(spread(true_aucs[name], 4))
        print(f"| {name} | {' | '.join(columns)} |")
    if everyone is not None:
        print(f"| the truth | | | | | {auc_of_truth(truth, truth):.4f} |")
    apart = [
        own[0] - peer[0]
        for own, peer in zip(figures["csat"], figures["LightGBM"], strict=True)
        if own[0] is not None and peer[0] is not None
    ]
    print(f"\nAUC less that of LightGBM, seed by seed: {', '.join(f'{x:+.4f}' for x in apart)}.")


def demo(work: Path) -> None:
    """Print figures of the bundled company."""
    source = project_root() / "data" / "demo"
    company = build(source, work)
    everyone = pa.concat_tables(company.customers(day, source / "truth") for day in DEMO_DATES)
    print("\n### Demo company\n")
    later_answers(company, DEMO_CUT, everyone)


def shopzilla(work: Path) -> None:
    """Print figures of the real data, the last eight days held out."""
    root = project_root()
    usual = [root / SHOPZILLA, root.parent / "shared" / SHOPZILLA]
    named = os.environ.get("SHOPZILLA_CSV")
    file = Path(named) if named else next(filter(Path.is_file, usual), usual[0])
    map_to_contract(
        root / "examples" / "shopzilla" / "contract.sql",
        work / "tables",
        load_contract(root),
        {"source_file": str(file)},
    )
    print("\n### Shopzilla\n")
    later_answers(build(work / "tables", work), SHOPZILLA_CUT)


def simulated(work: Path) -> None:
    """Print how near simulated companies' probabilities come to the true ones."""
    print(f"\n### Simulated companies of {CUSTOMERS:,} customers × {DAYS} days\n")
    print(
        "| company | answers | | calibration error | by date | mean, less the true one "
        "| correlation | AUC, everyone |"
    )
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for seed in COMPANY_SEEDS:
        place = work / str(seed)
        place.mkdir()
        subprocess.run(
            [
                *(str(Path(sys.executable).parent / "csat"), "simulate"),
                *("--customers", str(CUSTOMERS), "--days", str(DAYS), "--seed", str(seed)),
                *("--end-date", str(END_DATE), "--out", str(place / "company")),
            ],
            check=True,
            capture_output=True,
        )
        days = (SCORE_DATES[-1] - SCORE_DATES[0]).days + 1
        company = build(place / "company", place, f"{{backfill_days: {days}}}")
        tables = [company.customers(day, place / "company" / "truth") for day in SCORE_DATES]
        truths = [table["probability_satisfied"].to_numpy().astype(np.float64) for table in tables]
        answers, population = company.first_training()
        for count in ANSWERS:
            known = answers.slice(0, count)
            features = [f for f in company.features if f.name not in HELD_FEATURES]
            weights = response_weights(known, population, features).weights
            predictors = train_all(company, known, seed, weights)
            for name, predict in predictors.items():
                predicted = [predict(table) for table in tables]
                errors = [
                    calibration_error(truth, values)
                    for truth, values in zip(truths, predicted, strict=True)
                ]
                all_true, all_predicted = np.concatenate(truths), np.concatenate(predicted)
                correlation = (
                    f"{np.corrcoef(all_true, all_predicted)[0, 1]:.3f}"
                    if np.ptp(all_predicted) > 0
                    else ""
                )
                print(
                    f"| {seed} | {len(known):,} | {name} | {np.mean(errors):.2f} "
                    f"| {', '.join(f'{error:.2f}' for error in errors)} "
                    f"| {100 * (all_predicted.mean() - all_true.mean()):+.2f} | {correlation} "
                    f"| {auc_of_truth(all_true, all_predicted):.4f} |",
                    flush=True,
                )
        company.connection.close()


def main() -> None:
    """Measure what is named on the command line."""
    known = {"demo": demo, "shopzilla": shopzilla, "simulated": simulated}
    for name in sys.argv[1:] or known:
        with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
            known[name](Path(folder))


if __name__ == "__main__":
    main()
