"""Whether the ledger of changes blames what happened, and how stable drivers are.

    python benchmarks/shocks.py
    python benchmarks/shocks.py ledger 100
    python benchmarks/shocks.py stability 20

``ledger`` draws companies, trains the project's model on a few thousand answers from quiet days,
and lets one thing happen from one day to the next: a storm in one area, a queue that fails for
those who get in touch, or nothing but what happens every day. The ledger is that of the project
(``csat.daily.movements``). ``stability`` trains on the same answers with other seeds, and on other
answers of the same company, where features come in pairs that say nearly the same. Prints
Markdown; nothing is written. Seeded: the same numbers every time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from csat.daily.movements import Sources, move_due_dates
from csat.daily.scoring import driver_column
from csat.daily.segments import Placements
from csat.engine import DuckDBEngine
from csat.model import (
    FeatureDefinition,
    TrainedModel,
    TrainingSettings,
    driver_points,
    grouped,
    score,
    train,
)
from csat.model.logistic import sigmoid

CUSTOMERS, ANSWERS, AREAS = 20_000, 3_000, 10
DAY = date(2026, 9, 30)
#: Feature, its driver, its family, and the direction that the registry would give it.
FEATURES = (
    ("contacts_30_days", "contact_frequency", "contact", -1),
    ("contacts_90_days", "contact_frequency", "contact", -1),
    ("wait_minutes_30_days", "waiting", "contact", -1),
    ("worst_wait_90_days", "waiting", "contact", -1),
    ("interruptions_30_days", "interruptions", "interruption", -1),
    ("interruptions_90_days", "interruptions", "interruption", -1),
    ("late_payments_90_days", "payments", "billing", 0),
    ("bill_ratio", "bill_shock", "billing", 0),
    ("logins_30_days", "digital_use", "engagement", 0),
    ("tenure_years", "tenure", "profile", 0),
)
DRIVERS = {feature: driver for feature, driver, _, _ in FEATURES}
FAMILIES = {feature: family for feature, _, family, _ in FEATURES}
DEFINITIONS = [FeatureDefinition(name, direction=way) for name, _, _, way in FEATURES]
#: Points of a part of the base's ledger from which somebody would ask what happened.
WORTH_ASKING = 0.5


@dataclass(frozen=True, eq=False)
class People:
    """Customers on one day."""

    area: np.ndarray
    values: dict[str, np.ndarray]

    def changed(self, **values: np.ndarray) -> People:
        """Return them with other values of some features."""
        return People(self.area, self.values | values)


def smooth(values: dict[str, np.ndarray]) -> np.ndarray:
    """Return logits of being satisfied that bend slowly."""
    return (
        1.5
        - 0.30 * np.log1p(values["wait_minutes_30_days"] / 3)
        - 0.12 * values["contacts_90_days"]
        - 0.55 * np.log1p(values["interruptions_30_days"])
        - 0.10 * values["interruptions_90_days"]
        - 0.45 * values["late_payments_90_days"]
        - 0.8 * np.maximum(values["bill_ratio"] - 1, 0)
        + 0.12 * np.log1p(values["logins_30_days"])
        + 0.02 * values["tenure_years"]
    )


def steps(values: dict[str, np.ndarray]) -> np.ndarray:
    """Return logits with thresholds, and two troubles that together are worse than their sum."""
    cut, waited = values["interruptions_30_days"] > 0, values["worst_wait_90_days"] > 15
    return (
        1.3
        - 0.9 * waited
        - 0.8 * cut
        - 0.5 * (cut & (values["interruptions_30_days"] > 2))
        - 0.4 * (cut & waited)
        - 0.5 * (values["contacts_30_days"] > 1)
        - 0.5 * (values["late_payments_90_days"] > 0)
        - 0.5 * (values["bill_ratio"] > 1.5)
        + 0.2 * (values["logins_30_days"] > 2)
    )


TRUTHS = {"smooth": smooth, "steps": steps}


def draw_people(random: np.random.Generator, customers: int) -> People:
    """Draw customers on a quiet day."""
    recent = random.poisson(0.35, customers)
    earlier = random.poisson(0.6, customers)
    wait = random.gamma(1.2, 4.0, customers) * recent
    before = random.gamma(1.2, 4.0, customers) * (earlier > 0)
    cuts = random.poisson(0.15, customers)
    return People(
        random.choice(AREAS, customers, p=np.arange(1, AREAS + 1) / np.arange(1, AREAS + 1).sum()),
        {
            "contacts_30_days": recent,
            "contacts_90_days": recent + earlier,
            "wait_minutes_30_days": wait,
            "worst_wait_90_days": np.maximum(wait / np.maximum(recent, 1), before),
            "interruptions_30_days": cuts,
            "interruptions_90_days": cuts + random.poisson(0.3, customers),
            "late_payments_90_days": random.poisson(0.15, customers),
            "bill_ratio": np.exp(random.normal(0, 0.2, customers)),
            "logins_30_days": random.poisson(2.0, customers),
            "tenure_years": random.gamma(2.0, 3.0, customers),
        },
    )


def a_day_later(random: np.random.Generator, people: People) -> tuple[People, np.ndarray]:
    """Return the day after a quiet one, and who got in touch on it.

    Some have changed altogether; as many contacts as come turn older than 30 days.
    """
    fresh = draw_people(random, len(people.area))
    moves = random.random(len(people.area)) < 0.03
    values = {
        name: np.where(moves, fresh.values[name], values) for name, values in people.values.items()
    }
    contacts = values["contacts_30_days"]
    ages = random.random(len(people.area)) < 0.06 / np.mean(contacts > 0)
    values |= {
        "contacts_30_days": contacts - (ages & (contacts > 0)),
        "wait_minutes_30_days": values["wait_minutes_30_days"]
        * np.where(ages, np.maximum(contacts - 1, 0) / np.maximum(contacts, 1), 1.0),
    }
    # What is older than 90 days goes as well.
    old = values["contacts_90_days"] - values["contacts_30_days"]
    gone = (random.random(len(people.area)) < 0.06 / np.mean(old > 0)) & (old > 0)
    values["contacts_90_days"] = values["contacts_90_days"] - gone
    values["worst_wait_90_days"] = np.where(
        gone & (values["contacts_90_days"] == 0), 0.0, values["worst_wait_90_days"]
    )
    touched = random.random(len(people.area)) < 0.06
    minutes = random.gamma(1.2, 4.0, len(people.area)) * touched
    return people.changed(**_after_contact(values, touched, minutes)), touched


def _after_contact(
    values: dict[str, np.ndarray], touched: np.ndarray, minutes: np.ndarray
) -> dict[str, np.ndarray]:
    return values | {
        "contacts_30_days": values["contacts_30_days"] + touched,
        "contacts_90_days": values["contacts_90_days"] + touched,
        "wait_minutes_30_days": values["wait_minutes_30_days"] + minutes,
        "worst_wait_90_days": np.maximum(values["worst_wait_90_days"], minutes),
    }


def storm(random: np.random.Generator, people: People, touched: np.ndarray) -> People:
    """Cut the supply of most of one area, once or more."""
    hit = (people.area == AREAS - 1) & (random.random(len(touched)) < 0.8)
    cuts = hit * (1 + random.poisson(1.0, len(touched)))
    return people.changed(
        **{
            name: people.values[name] + cuts
            for name in ("interruptions_30_days", "interruptions_90_days")
        }
    )


def queue_failure(random: np.random.Generator, people: People, touched: np.ndarray) -> People:
    """Let those who got in touch wait for the better part of an hour."""
    minutes = (20 + random.gamma(2.0, 15.0, len(touched))) * touched
    waited = people.values["wait_minutes_30_days"] + minutes
    worst = np.maximum(people.values["worst_wait_90_days"], minutes)
    return people.changed(wait_minutes_30_days=waited, worst_wait_90_days=worst)


def nothing(random: np.random.Generator, people: People, touched: np.ndarray) -> People:
    """Return a day like any other."""
    return people


@dataclass(frozen=True)
class Event:
    """What happens, and what is to be blamed for it."""

    name: str
    happen: Callable[[np.random.Generator, People, np.ndarray], People]
    driver: str | None
    segment: tuple[str, str] | None


EVENTS = (
    Event("storm in one area", storm, "interruptions", ("area", f"area {AREAS - 1}")),
    Event("queue failure", queue_failure, "waiting", ("touched", "members")),
    Event("nothing", nothing, None, None),
)
PLACEMENTS = Placements("placements", ("area", "touched"), (False, True))


def learn(
    random: np.random.Generator, truth: Callable, seed: int, answers: int = ANSWERS
) -> TrainedModel:
    """Train the project's model on answers from quiet days."""
    people = draw_people(random, answers)
    return train_on(people, random.random(answers) < sigmoid(truth(people.values)), seed)


def train_on(people: People, satisfied: np.ndarray, seed: int) -> TrainedModel:
    """Train on answers of customers who are asked once."""
    keys = [f"a{number:06d}" for number in range(len(satisfied))]
    examples = pa.table(
        {"example_id": keys, "customer_id": keys, "is_satisfied": satisfied, **people.values}
    )
    return train(
        examples,
        DEFINITIONS,
        TrainingSettings(),
        seed=seed,
        model_version="version",
        trained_until=DAY - timedelta(days=30),
    )


def ledger(
    model: TrainedModel, before: People, after: People, touched: np.ndarray
) -> dict[tuple[str, str], dict]:
    """Return what the project adds up for the day, by segment and value."""
    with duckdb.connect(config={"threads": 1}) as connection:
        for table, people, day in (
            ("before", before, DAY - timedelta(days=1)),
            ("today", after, DAY),
        ):
            scores = score(model, pa.table(people.values))
            names, values = grouped(model, scores, DRIVERS)
            keys = pa.array([f"c{number:06d}" for number in range(len(touched))])
            days = pa.array([day] * len(touched), pa.date32())
            of_drivers = dict(zip(names, values.T, strict=True))
            absent = np.zeros(len(touched))
            connection.register(
                "scored",
                pa.table(
                    {
                        "customer_id": keys,
                        "score_date": days,
                        "model_version": ["version"] * len(touched),
                        "logit": scores.logit,
                        **{
                            driver_column(name): of_drivers.get(name, absent)
                            for name in sorted(set(DRIVERS.values()))
                        },
                    }
                ),
            )
            connection.execute(f"create table scores_{table} as select * from scored")
            connection.register(
                "placed",
                pa.table(
                    {
                        "customer_id": keys,
                        "score_date": days,
                        "segment_0": [f"area {number}" for number in people.area],
                        "segment_1": touched,
                    }
                ),
            )
            connection.execute(f"create table placements_{table} as select * from placed")
        connection.execute(
            "create table bases as select max(score_date) as score_date, "
            "ln(avg(1 / (1 + exp(-logit))) / (1 - avg(1 / (1 + exp(-logit))))) as base_logit "
            "from scores_today"
        )
        moved = (
            move_due_dates(
                DuckDBEngine(connection.cursor()),
                sorted(set(DRIVERS.values())),
                PLACEMENTS,
                of_run=Sources("scores_today", "placements_today"),
                earlier=Sources("scores_before", "placements_before"),
                by_version_before="(select * from scores_before where false)",
                bases="bases",
                last_days=1,
            )
            .read_all()
            .to_pylist()
        )
    return {(row["segment_id"], row["segment_value"]): row for row in moved}


def parts(row: dict) -> dict[str, float]:
    """Return the points of behaviour by driver: the change of the mean score of who stayed."""
    return {entry["driver"]: entry["change_sum"] / row["stayed"] for entry in row["drivers"]}


def judge_ledger(runs: int = 100, answers: int = ANSWERS) -> None:
    """Print what the ledger blames, over many companies."""
    found: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for seed in range(runs):
        for kind, truth in TRUTHS.items():
            random = np.random.default_rng([seed, list(TRUTHS).index(kind)])
            model = learn(random, truth, seed, answers)
            before = draw_people(random, CUSTOMERS)
            quiet, touched = a_day_later(random, before)
            for event in EVENTS:
                after = event.happen(random, quiet, touched)
                moved = ledger(model, before, after, touched)
                of_base = parts(moved["all", "all"])
                true = 100 * float(
                    np.mean(sigmoid(truth(after.values)) - sigmoid(truth(quiet.values)))
                )
                found.setdefault((event.name, kind), []).append(
                    _judged(event, moved, of_base, true)
                )
    print(f"\n### One day, {runs} companies of each kind, {answers:,} answers\n")
    print(
        "| what happened | truth | true change | ledger's | share on the driver | share of the "
        "truth | share on the segment | named first |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for event in EVENTS[:2]:
        for kind in TRUTHS:
            rows = np.array(found[event.name, kind])
            low = np.quantile(rows, 0.05, axis=0)
            middle = np.median(rows, axis=0)
            shares = " | ".join(
                f"{100 * middle[place]:.0f} % ({100 * low[place]:.0f} %)" for place in (2, 3, 4)
            )
            print(
                f"| {event.name} | {kind} | {middle[0]:.2f} | {middle[1]:.2f} | {shares} "
                f"| {100 * rows[:, 5].mean():.0f} % |"
            )
    print(
        "\n| nothing happened | largest part of the base's ledger, median | 95 % | beyond "
        f"{WORTH_ASKING} points | largest part of an area's, 95 % |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    for kind in TRUTHS:
        rows = np.array(found["nothing", kind])
        print(
            f"| {kind} | {np.median(rows[:, 0]):.2f} | {np.quantile(rows[:, 0], 0.95):.2f} "
            f"| {(rows[:, 0] > WORTH_ASKING).sum()} of {len(rows)} "
            f"| {np.quantile(rows[:, 1], 0.95):.2f} |"
        )


def _judged(
    event: Event, moved: dict[tuple[str, str], dict], of_base: dict[str, float], true: float
) -> tuple[float, ...]:
    if event.driver is None:
        of_areas = [parts(row) for (segment, _), row in moved.items() if segment == "area"]
        return (
            max(map(abs, of_base.values())),
            max(abs(points) for of_area in of_areas for points in of_area.values()),
        )
    of_segment = moved[event.segment]
    on_driver = of_base[event.driver]
    in_segment = parts(of_segment)[event.driver] * of_segment["stayed"]
    return (
        true,
        sum(of_base.values()),
        on_driver / sum(points for points in of_base.values() if points < 0),
        on_driver / true,
        in_segment / (on_driver * moved["all", "all"]["stayed"]),
        min(of_base, key=of_base.__getitem__) == event.driver,
    )


def judge_stability(runs: int = 20) -> None:
    """Print how alike importances and customers' points are from one training to the next."""
    print(f"\n### {runs} trainings\n")
    print(
        "| truth | trained again | of | spread of importance | correlation of customers' points |"
    )
    print("| --- | --- | --- | ---: | ---: |")
    for kind, truth in TRUTHS.items():
        random = np.random.default_rng([77, list(TRUTHS).index(kind)])
        everyone = draw_people(random, CUSTOMERS)
        people = draw_people(random, ANSWERS)
        satisfied = random.random(ANSWERS) < sigmoid(truth(people.values))
        seeds = [train_on(people, satisfied, seed) for seed in range(runs)]
        others = [learn(random, truth, 0) for _ in range(runs)]
        for name, models in (("other seeds", seeds), ("other answers", others)):
            for level, groups in (
                ("features", {feature: feature for feature in DRIVERS}),
                ("drivers", DRIVERS),
                ("families", FAMILIES),
            ):
                spread, correlation = _alike(models, everyone, groups)
                print(f"| {kind} | {name} | {level} | {100 * spread:.0f} % | {correlation:.2f} |")


def _alike(
    models: Sequence[TrainedModel], everyone: People, groups: dict[str, str]
) -> tuple[float, float]:
    """Return the spread of importances, and the mean correlation of points between trainings.

    The spread is the sum over groups of the standard deviation of mean |points|, in shares of the
    sum of their means; correlations are weighted by importance.
    """
    names = sorted(set(groups.values()))
    points = []
    for model in models:
        scores = score(model, pa.table(everyone.values))
        own_names, values = grouped(model, scores, groups)
        own = dict(zip(own_names, driver_points(scores.logit, values).points.T, strict=True))
        points.append(np.array([own.get(name, np.zeros(len(scores.logit))) for name in names]))
    found = np.array(points)
    sizes = np.abs(found).mean(axis=2)
    deviations = found - found.mean(axis=2, keepdims=True)
    lengths = np.sqrt((deviations**2).sum(axis=2))
    products = np.einsum("agn,bgn->gab", deviations, deviations)
    norms = np.einsum("ag,bg->gab", lengths, lengths)
    pairs = np.triu_indices(len(models), 1)
    correlations = np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)
    by_group = correlations[:, pairs[0], pairs[1]].mean(axis=1)
    weights = sizes.mean(axis=0)
    return (
        float(sizes.std(axis=0, ddof=1).sum() / weights.sum()),
        float((weights * by_group).sum() / weights.sum()),
    )


PARTS = {"ledger": judge_ledger, "stability": judge_stability}

if __name__ == "__main__":
    start = time.monotonic()
    if len(sys.argv) > 1:
        PARTS[sys.argv[1]](*map(int, sys.argv[2:]))
    else:
        judge_ledger()
        judge_stability()
    print(f"\n{(time.monotonic() - start) / 60:.0f} minutes.")
