"""Scoring with all contributions next to LightGBM with tree SHAP, and how near both come to truth.

    python benchmarks/scoring.py 1000000

draws answers and customers with 45 features from a known truth, trains both on the same answers,
scores the same customers on one thread, and prints tables in Markdown. Nothing is written.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import date

import duckdb
import lightgbm
import numpy as np
import pyarrow as pa

from csat.model import FeatureDefinition, TrainedModel, TrainingSettings, score_batches, scoring_sql
from csat.model import train as train_model
from csat.model.evaluation import auc, calibration_error, log_losses
from csat.model.logistic import sigmoid

COUNTS, AMOUNTS, CATEGORIES = 20, 20, 5
ANSWERS = (5_000, 20_000)
TEST_ROWS = 50_000
#: SHAP is measured on so many rows and scaled up.
SHAP_ROWS = 20_000
FEATURES = (
    *(FeatureDefinition(f"count_{j}", missing_rule="zero") for j in range(COUNTS)),
    *(FeatureDefinition(f"amount_{j}") for j in range(AMOUNTS)),
    *(FeatureDefinition(f"category_{j}", kind="categorical") for j in range(CATEGORIES)),
)


def customers(random: np.random.Generator, rows: int) -> tuple[pa.Table, np.ndarray]:
    """Return features and the true probability: steps, curves, a line, one interaction."""
    counts = random.poisson(random.gamma(1, 1.5, (COUNTS, rows)))
    amounts = random.lognormal(0, 1, (AMOUNTS, rows))
    amounts[random.random(amounts.shape) < 0.15] = np.nan
    kinds = random.integers(0, 12, (CATEGORIES, rows))
    known = np.nan_to_num(amounts)
    logit = (
        *(1.1 - 0.5 * (counts[0] > 1), -0.12 * np.minimum(counts[1], 6)),
        *(0.35 * np.log1p(known[0]), -0.5 * (known[1] > 1.5), 0.25 * np.sin(2 * known[2])),
        *(-0.7 * (counts[2] > 1) * (known[3] > 1), -0.4 * np.isin(kinds[0], (1, 4, 7))),
        *(-0.05 * np.minimum(counts[j], 5) for j in range(3, 10)),
    )
    columns = {f"count_{j}": pa.array(counts[j]) for j in range(COUNTS)}
    columns |= {f"amount_{j}": pa.array(amounts[j], from_pandas=True) for j in range(AMOUNTS)}
    names = np.array([f"kind {k}" for k in range(12)])
    columns |= {f"category_{j}": pa.array(names[kinds[j]]) for j in range(CATEGORIES)}
    return pa.table(columns), sigmoid(sum(logit))


def examples(seed: int, rows: int) -> tuple[pa.Table, np.ndarray]:
    """Return answers with keys, one per customer, and their true probabilities."""
    random = np.random.default_rng(seed)
    table, truth = customers(random, rows)
    keys = pa.array(range(rows))
    table = table.append_column("is_satisfied", pa.array(random.random(rows) < truth))
    return table.append_column("example_id", keys).append_column("customer_id", keys), truth


def matrix(table: pa.Table) -> np.ndarray:
    """Return the features as LightGBM reads them, categories as codes."""
    columns = []
    for feature in FEATURES:
        column = table[feature.name].combine_chunks()
        if feature.kind == "categorical":
            column = pa.array([int(name.removeprefix("kind ")) for name in column.to_pylist()])
        columns.append(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
    return np.column_stack(columns)


def train_peer(table: pa.Table) -> lightgbm.Booster:
    """Train LightGBM with small steps, stopped by a fifth of the answers."""
    inputs, satisfied = matrix(table), table["is_satisfied"].to_numpy().astype(float)
    held = np.arange(len(satisfied)) % 5 == 0
    categories = [j for j, feature in enumerate(FEATURES) if feature.kind == "categorical"]
    part = lightgbm.Dataset(inputs[~held], satisfied[~held], categorical_feature=categories)
    return lightgbm.train(
        {
            "objective": "binary",
            "learning_rate": 0.03,
            "num_leaves": 15,
            "verbose": -1,
            "min_data_in_leaf": 40,
            "feature_fraction": 0.5,
            "seed": 1,
            "num_threads": 1,
        },
        part,
        num_boost_round=2000,
        valid_sets=[part.create_valid(inputs[held], satisfied[held])],
        callbacks=[lightgbm.early_stopping(50, verbose=False)],
    )


def timed(do: Callable[[], object]) -> tuple[float, float, object]:
    """Return wall and CPU seconds, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = do()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def accuracy() -> tuple[TrainedModel, lightgbm.Booster]:
    """Print how near both are to the truth; return the last models."""
    table, truth = examples(99, TEST_ROWS)
    satisfied = table["is_satisfied"].to_numpy()
    print("| answers | model | training CPU s | AUC | log-loss | calibration error | correlation |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for answers in ANSWERS:
        known = examples(answers, answers)[0]
        _, own_cpu, model = timed(
            lambda known=known: train_model(
                known,
                FEATURES,
                TrainingSettings(),
                seed=1,
                model_version="benchmark",
                trained_until=date(2026, 9, 30),
            )
        )
        _, peer_cpu, peer = timed(lambda known=known: train_peer(known))
        own = score_batches(model, table.to_batches(), []).read_all()["probability"].to_numpy()
        for name, cpu, predicted in (
            (f"csat, {model.version['pairs'][0]} pairs", own_cpu, own),
            ("LightGBM", peer_cpu, peer.predict(matrix(table), num_threads=1)),
            ("the truth", 0.0, truth),
        ):
            print(
                f"| {answers:,} | {name} | {cpu:.1f} | {auc(satisfied, predicted):.4f} "
                f"| {log_losses(satisfied, predicted).mean():.4f} "
                f"| {calibration_error(truth, predicted):.2f} "
                f"| {np.corrcoef(truth, predicted)[0, 1]:.3f} |",
                flush=True,
            )
    return model, peer


def speed(rows: int, model: TrainedModel, peer: lightgbm.Booster) -> None:
    """Print what scoring with all contributions costs on one thread."""
    table = customers(np.random.default_rng(7), rows)[0]
    table = table.append_column("customer_id", pa.array(range(rows)))
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.register("arrow_features", table)
    connection.execute("create table features as select * from arrow_features")
    inputs = matrix(table.slice(0, SHAP_ROWS))
    keys = ["customer_id"]

    def in_sql() -> None:
        query = scoring_sql(model, "features", keys)
        deque(connection.execute(query).to_arrow_reader(50_000), maxlen=0)

    def in_batches() -> None:
        batches = connection.execute("select * from features").to_arrow_reader(50_000)
        deque(score_batches(model, batches, keys), maxlen=0)

    def into_a_table() -> None:
        query = scoring_sql(model, "features", keys)
        connection.execute(f"create or replace table scores as {query}")

    scale = rows / len(inputs)
    measured = [
        ("csat, one SQL query", 1, timed(in_sql)),
        ("csat, numpy in batches", 1, timed(in_batches)),
        ("csat, one SQL query, all columns into a table", 1, timed(into_a_table)),
        ("LightGBM, predict", scale, timed(lambda: peer.predict(inputs, num_threads=1))),
        (
            "LightGBM, tree SHAP",
            scale,
            timed(lambda: peer.predict(inputs, num_threads=1, pred_contrib=True)),
        ),
    ]
    print(f"\n{rows:,} rows × {len(FEATURES)} features, one thread; LightGBM on {len(inputs):,} ")
    print(f"rows, times {scale:g}; {peer.num_trees()} trees.\n")
    print("| what | wall s | CPU s |")
    print("| --- | ---: | ---: |")
    for name, times, (wall, cpu, _) in measured:
        print(f"| {name} | {wall * times:.1f} | {cpu * times:.1f} |")
    whole = sum(cpu * times for _, times, (_, cpu, _) in measured[3:])
    for name, _, (_, cpu, _) in measured[:2]:
        print(f"\n{name}: {whole / cpu:.0f} times faster than LightGBM with its contributions.")


def main() -> None:
    """Measure accuracy, and speed at each number of rows on the command line."""
    models = accuracy()
    for rows in map(int, sys.argv[1:] or ["1000000"]):
        speed(rows, *models)


if __name__ == "__main__":
    main()
