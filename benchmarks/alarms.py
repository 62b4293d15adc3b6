"""How often alarms are false, what they find and how soon, and whether they name the right cause.

    python benchmarks/alarms.py [false_alarms] [shifts] [scores] [causes]

prints Markdown; nothing is written. Worlds are simulated, with known truth; the thresholds come
from theory and know none of them: see ``csat.alarms.falls``.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
from scipy.stats import binomtest

from csat.alarms.episodes import Episode, follow
from csat.alarms.falls import DAYS_OF_A_YEAR, Daily, Noise
from csat.alarms.states import follow_scores
from csat.alarms.watch import PAST_DAYS, Watch
from csat.daily.alarms import AlarmSettings, Relations, raise_alarms
from csat.engine import DuckDBEngine

SEGMENTS, SHIFTED = 200, 10
#: Days between fits of the noise; a company fits every 28 days.
REFIT = 364
MAX_RATE, FALSE_SHARE = 0.05, 0.2
#: Days in which a shift must be found, and before which it may begin.
WITHIN, BEGINS_WITHIN = 90, 91
BY_WEEKDAY = np.array([1.1, 1.15, 1.1, 1.05, 1.0, 0.8, 0.8])
SATISFIED_BY_WEEKDAY = np.array([0.01, 0.01, 0.005, 0.0, -0.01, -0.02, 0.005])


@dataclass(frozen=True)
class World:
    """What segments are like: ranges that each draws from, alike for all where both ends are so.

    Parameters
    ----------
    answers
        A day, on average.
    satisfied
        Share of satisfied, which the model expects but for ``misfit``, its standard deviation.
    day_std, day_correlation
        Of what the days of a segment have in common, as an AR(1) process on the share.
    clumped
        Whether answers of a day come in clumps (negative binomial) or one by one (Poisson).
    """

    name: str
    answers: tuple[float, float]
    satisfied: tuple[float, float]
    day_std: tuple[float, float]
    day_correlation: tuple[float, float]
    misfit: float
    is_clumped: bool


WORLDS = (
    World("as asked: 8 answers a day", (8, 8), (0.75, 0.75), (0.03, 0.03), (0.5, 0.5), 0.02, False),
    World(
        "otherwise: each segment its own", (3, 40), (0.45, 0.92), (0, 0.05), (0, 0.8), 0.04, True
    ),
    World("few answers, all satisfied", (0.5, 4), (0.8, 0.95), (0, 0.03), (0, 0.5), 0.02, False),
)


def answers_of(
    random: np.random.Generator, world: World, days: int, fallen: np.ndarray | float = 0.0
) -> Daily:
    """Draw the answers of all segments; ``fallen`` is taken off the share of satisfied."""
    each = (SEGMENTS, 1)
    rate = random.uniform(*world.answers, each)
    satisfied = random.uniform(*world.satisfied, each)
    std = random.uniform(*world.day_std, each)
    correlation = random.uniform(*world.day_correlation, each)
    steps = random.standard_normal((SEGMENTS, days))
    common = np.empty((SEGMENTS, days))
    common[:, 0] = steps[:, 0]
    for day in range(1, days):
        common[:, day] = (
            correlation[:, 0] * common[:, day - 1]
            + np.sqrt(1 - correlation[:, 0] ** 2) * steps[:, day]
        )
    weekday = np.arange(days) % 7
    mean = rate * BY_WEEKDAY[weekday] / BY_WEEKDAY.mean()
    counts = (
        random.negative_binomial(8, 8 / (8 + mean)) if world.is_clumped else random.poisson(mean)
    )
    share = (
        satisfied
        + world.misfit * random.standard_normal(each)
        + std * common
        + SATISFIED_BY_WEEKDAY[weekday]
        - fallen
    )
    found = random.binomial(counts, np.clip(share, 0.01, 0.99))
    yes, no = 1 - satisfied, -satisfied
    sums = [found * yes**power + (counts - found) * no**power for power in (1, 2, 3)]
    return Daily(counts, *sums)


def episodes_of(watch: Watch, false_share: float | None) -> list[Episode]:
    """Return the episodes of the days from ``PAST_DAYS`` on."""
    return follow(watch, PAST_DAYS, max_rate=MAX_RATE, false_share=false_share)


def plain_rule(daily: Daily) -> list[tuple[int, int]]:
    """Return series and day on which the mean of 7 days is 5 points below that of the 7 before.

    Days on which it stays so are one alarm.
    """
    running = [
        np.concatenate([np.zeros((SEGMENTS, 1)), np.cumsum(part, axis=1)], axis=1)
        for part in (daily.counts, daily.sums)
    ]
    end = np.arange(PAST_DAYS, daily.shape[1]) + 1
    (n, y), (n_before, y_before) = (
        [part[:, end - back] - part[:, end - back - 7] for part in running] for back in (0, 7)
    )
    fell = y / np.maximum(n, 1) - y_before / np.maximum(n_before, 1) <= -0.05
    fell &= (n > 0) & (n_before > 0)
    begins = fell & ~np.pad(fell, ((0, 0), (1, 0)))[:, :-1]
    return [
        (int(series), int(day) + PAST_DAYS) for series, day in zip(*np.nonzero(begins), strict=True)
    ]


def print_false_alarms() -> None:
    """Print episodes per segment-year where nothing happens."""
    print(
        "## Nothing happens\n\n| world | segment-years | episodes | per segment-year | stated | "
        "with the false-discovery rule | plain rule |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    days = PAST_DAYS + 3640
    for number, world in enumerate(WORLDS):
        random = np.random.default_rng([1, number])
        found = let_through = plain = 0
        years = 0.0
        for _ in range(4):
            daily = answers_of(random, world, days)
            watch = Watch(daily, refit_days=REFIT)
            found += len(episodes_of(watch, None))
            let_through += len(episodes_of(watch, FALSE_SHARE))
            plain += len(plain_rule(daily))
            years += SEGMENTS * 3640 / DAYS_OF_A_YEAR
        print(
            f"| {world.name} | {years:,.0f} | {found} | {found / years:.3f} | {MAX_RATE} | "
            f"{let_through / years:.4f} | {plain / years:.1f} |"
        )
    random = np.random.default_rng(9)
    found, years = 0, 0.0
    for _ in range(4):
        draws = random.standard_normal((SEGMENTS, days)) * 10
        full = np.full(draws.shape, 100.0)
        daily = Daily(full, draws, full, np.zeros(draws.shape))
        found += len(episodes_of(Watch(daily, refit_days=REFIT, noise=Noise()), None))
        years += SEGMENTS * 3640 / DAYS_OF_A_YEAR
    print(
        f"| independent normal days, which the threshold is made for | {years:,.0f} | {found} | "
        f"{found / years:.3f} | {MAX_RATE} | | |"
    )


def print_shifts(replications: int = 40) -> None:
    """Print what is found of shifts, and how soon."""
    print(
        "\n## One segment in twenty falls\n\n"
        f"{SHIFTED} of {SEGMENTS} segments fall on a day drawn from {BEGINS_WITHIN}, and stay "
        f"there; looked at for {BEGINS_WITHIN + WITHIN} days. "
        f"{replications} such companies each.\n\n"
        "| world | fall | rule | found within 90 days | median days | false share | "
        "false per segment-year |\n| --- | ---: | --- | ---: | ---: | ---: | ---: |"
    )
    days = PAST_DAYS + BEGINS_WITHIN + WITHIN
    for number, world in enumerate(WORLDS[:2]):
        for size in (0.08, 0.05):
            random = np.random.default_rng([2, number, int(100 * size)])
            tally: dict[str, list] = {"alarms": [[], 0, 0], "plain rule": [[], 0, 0]}
            for _ in range(replications):
                chosen = random.choice(SEGMENTS, SHIFTED, replace=False)
                begins = dict(
                    zip(
                        chosen.tolist(),
                        (PAST_DAYS + random.integers(0, BEGINS_WITHIN, SHIFTED)).tolist(),
                        strict=True,
                    )
                )
                fallen = np.zeros((SEGMENTS, days))
                for series, day in begins.items():
                    fallen[series, day:] = size
                daily = answers_of(random, world, days, fallen)
                told = {
                    "alarms": [
                        (each.series, each.opened)
                        for each in episodes_of(Watch(daily, refit_days=REFIT), FALSE_SHARE)
                    ],
                    "plain rule": plain_rule(daily),
                }
                for rule, alarms in told.items():
                    delays: dict[int, int] = {}
                    for series, day in alarms:
                        after = day - begins.get(series, days)
                        tally[rule][2] += 1
                        if after < 0:
                            tally[rule][1] += 1
                        elif after < WITHIN:
                            delays.setdefault(series, after)
                    tally[rule][0] += [delays.get(series, np.inf) for series in begins]
            years = replications * SEGMENTS * (days - PAST_DAYS) / DAYS_OF_A_YEAR
            for rule, (delays, false, opened) in tally.items():
                found = np.isfinite(delays)
                print(
                    f"| {world.name} | {100 * size:.0f} points | {rule} | "
                    f"{100 * found.mean():.0f} % | {np.median(np.array(delays)[found]):.0f} | "
                    f"{false / opened:.2f} | "
                    f"{false / years:.3f} |"
                )


# --- scores, and causes -------------------------------------------------------------------

DRIVERS = tuple(f"driver_{number}" for number in range(12))


def print_scores() -> None:
    """Print false alarms of scores, and how soon a fall by behaviour is seen."""
    random = np.random.default_rng(3)
    print(
        "\n## Scores\n\n| what moves scores | false per segment-year (stated: at most 0.05) | "
        "8 points over 3 days: found within a week | median days |\n| --- | ---: | ---: | ---: |"
    )
    for name, correlation, std, degrees in (
        ("AR(1) with 0.9 a day, standard deviation 0.8 points", 0.9, 0.8, None),
        ("AR(1) with 0.97 a day, standard deviation 1.2 points", 0.97, 1.2, None),
        ("the same, steps of Student's t with 4 degrees of freedom", 0.9, 0.8, 4),
    ):
        days, false, years = 182 + 3640, 0, 0.0
        for _ in range(3):
            changes = _score_changes(random, correlation, std, degrees, days)
            false += len(
                follow_scores(
                    changes, range(182, days), max_rate=MAX_RATE, false_share=None, smallest_fall=2
                )
            )
            years += SEGMENTS * 3640 / DAYS_OF_A_YEAR
        delays = []
        for _ in range(10):
            changes = _score_changes(random, correlation, std, degrees, 280)
            changes[:SHIFTED, 220:223] -= 8 / 3
            found = follow_scores(
                changes,
                range(182, 280),
                max_rate=MAX_RATE,
                false_share=FALSE_SHARE,
                smallest_fall=2,
            )
            opened = {each.series: each.opened - 220 for each in found if 220 <= each.opened < 227}
            delays += [opened.get(series, np.inf) for series in range(SHIFTED)]
        seen = np.isfinite(delays)
        print(
            f"| {name} | {false / years:.3f} | {100 * seen.mean():.0f} % | "
            f"{np.median(np.array(delays)[seen]):.0f} |"
        )


def _score_changes(
    random: np.random.Generator, correlation: float, std: float, degrees: int | None, days: int
) -> np.ndarray:
    """Draw daily changes of scores with a weekly rhythm of half a point."""
    shape = (SEGMENTS, days + 1)
    steps = random.standard_normal(shape)
    if degrees is not None:
        steps = random.standard_t(degrees, shape) / np.sqrt(degrees / (degrees - 2))
    level = np.zeros(shape)
    for day in range(1, days + 1):
        level[:, day] = (
            correlation * level[:, day - 1] + np.sqrt(1 - correlation**2) * steps[:, day]
        )
    level = std * level + 0.5 * np.sin(2 * np.pi * np.arange(days + 1) / 7)
    return np.diff(level, axis=1)


REGIONS, TYPES, TOPICS, AGENTS = 10, 4, 10, 20
LAST_DAY, LOOKED_AT = date(2026, 9, 30), 120


def print_causes(replications: int = 24) -> None:
    """Print whether the alarm names what fell, where entities overlap and lie in each other."""
    print(
        "\n## Causes\n\nA company of 160 answers a day. Each answer lies in all customers, a "
        f"region of {REGIONS}, one of {TYPES} kinds of customers within it, a topic of "
        f"{TOPICS} and an agent of {AGENTS}: {1 + REGIONS + REGIONS * TYPES + TOPICS + AGENTS} "
        f"entities, equally large or not. One of them falls; {replications} companies each.\n\n"
        "| what falls | by | told of | named right | on the first day, too | alarms since | "
        "false ones before |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for is_uneven in (False, True):
        total = [0] * 6
        for number, (kind, size) in enumerate(
            (
                ("all", 0.06),
                ("region", 0.12),
                ("region_and_type", 0.25),
                ("topic", 0.12),
                ("agent", 0.15),
            )
        ):
            random = np.random.default_rng([6, number, int(is_uneven)])
            counts = [0] * 6
            for _ in range(replications):
                cause, began, told = _company_with_answers(random, kind, size, is_uneven)
                found = _judged(cause, began, told)
                counts = [one + two for one, two in zip(counts, found, strict=True)]
            total = [one + two for one, two in zip(total, counts, strict=True)]
            name = f"{kind.replace('_', ' ')}{', uneven' if is_uneven else ''}"
            _print_causes(f"surveyed satisfaction of {name}", f"{100 * size:.0f} points", counts)
        _print_causes(f"together{', uneven' if is_uneven else ''}", "", total)
    for number, kind in enumerate(("all", "region", "region_and_type")):
        random = np.random.default_rng([7, number])
        counts, right_driver = [0] * 6, 0
        for _ in range(replications):
            cause, driver, began, told = _company_with_scores(random, kind)
            found = _judged(cause, began, told)
            counts = [one + two for one, two in zip(counts, found, strict=True)]
            first = _first_since(began, told)
            right_driver += first is not None and first["driver"] == driver
        _print_causes(
            f"score of {kind.replace('_', ' ')}, by one of {len(DRIVERS)} drivers "
            f"(driver right: {_share(right_driver, counts[1])})",
            "8 points",
            counts,
        )


def _first_since(began: date, told: list[dict]) -> dict | None:
    """Return the cause that is named of the first alarm raised since the fall began."""
    opened = _opened_by_alarm(told)
    causes = [row for row in told if row["is_cause"] and opened[_alarm(row)] >= began]
    return min(causes, key=lambda row: (opened[_alarm(row)], row["score"]), default=None)


def _alarm(row: dict) -> str:
    return row["joined_alert_id"] or row["alert_id"]


def _opened_by_alarm(told: list[dict]) -> dict[str, date]:
    opened: dict[str, date] = {}
    for row in told:
        opened[_alarm(row)] = min(row["opened_date"], opened.get(_alarm(row), LAST_DAY))
    return opened


def _judged(cause: str, began: date, told: list[dict]) -> list[int]:
    """Return companies, told of, named right, on the first day too, alarms since, and before."""
    opened = _opened_by_alarm(told)
    since = sum(day >= began for day in opened.values())
    first = _first_since(began, told)
    if first is None:
        return [1, 0, 0, 0, since, len(opened) - since]
    named = min(
        (row for row in told if _alarm(row) == _alarm(first)),
        key=lambda row: (row["opened_date"], row["episode_id"]),
    )["cause_entity_id"]
    right = first["entity_id"] == cause
    return [1, 1, int(right), int(named == cause), since, len(opened) - since]


def _print_causes(name: str, size: str, counts: list[int]) -> None:
    companies, told, right, at_once, since, before = counts
    print(
        f"| {name} | {size} | {_share(told, companies)} | {_share(right, told)} | "
        f"{_share(at_once, told)} | {since / max(told, 1):.2f} | {before / companies:.2f} |",
        flush=True,
    )


def _share(part: int, whole: int) -> str:
    """Return a share and its 95 % interval (Wilson, 1927)."""
    if not whole:
        return ""
    low, high = binomtest(part, whole).proportion_ci(method="wilson")
    return f"{100 * part / whole:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _company_with_answers(
    random: np.random.Generator, kind: str, size: float, is_uneven: bool = False
) -> tuple[str, date, list[dict]]:
    """Return the entity that falls, since when, and the rows of alarms.

    Where entities are uneven, their shares are drawn from Dirichlet's distribution, the one that
    falls is that of an answer drawn by lot, answers come in clumps, and days that follow each other
    are alike.
    """
    days = PAST_DAYS + LOOKED_AT
    mean = 160 * BY_WEEKDAY[np.arange(days) % 7] / BY_WEEKDAY.mean()
    per_day = random.negative_binomial(20, 20 / (20 + mean)) if is_uneven else random.poisson(mean)
    day = np.repeat(np.arange(days), per_day)

    def placed(entities: int) -> np.ndarray:
        if not is_uneven:
            return random.integers(0, entities, len(day))
        return random.choice(entities, len(day), p=random.dirichlet(np.full(entities, 2.0)))

    region, of_type, topic, agent = (placed(each) for each in (REGIONS, TYPES, TOPICS, AGENTS))
    entities = {
        "all": (["all"], np.zeros(len(day), dtype=int)),
        "region": ([f"region:{r}" for r in range(REGIONS)], region),
        "region_and_type": (
            [f"region_and_type:{r}-{t}" for r in range(REGIONS) for t in range(TYPES)],
            region * TYPES + of_type,
        ),
        "topic": ([f"topic:{number}" for number in range(TOPICS)], topic),
        "agent": ([f"agent:{number}" for number in range(AGENTS)], agent),
    }
    names, of_kind = entities[kind]
    cause = int(of_kind[random.integers(len(day))])
    begins = PAST_DAYS + int(random.integers(10, 30))
    common = 0.02 * random.standard_normal(days)
    for each in range(1, days) if is_uneven else ():
        common[each] = 0.6 * common[each - 1] + 0.8 * common[each]
    share = 0.75 + common[day] - size * ((of_kind == cause) & (day >= begins))
    value = (random.random(len(day)) < share) - 0.75
    first = LAST_DAY - timedelta(days=days - 1)
    known = np.datetime64(first) + day
    levels = {"all": "base", "region": "segment", "region_and_type": "segment"}
    parts = [
        pa.table(
            {
                "measure": pa.repeat("csat", len(day)),
                "level": pa.repeat(levels.get(name, name), len(day)),
                "entity_id": pa.array(of_level).take(pa.array(numbers)),
                "unit_id": np.arange(len(day)),
                "known_date": known,
                "value": value,
            }
        )
        for name, (of_level, numbers) in entities.items()
    ]
    told = _raise(answers=pa.concat_tables(parts))
    return names[cause], first + timedelta(days=begins), told


def _company_with_scores(
    random: np.random.Generator, kind: str
) -> tuple[str, str, date, list[dict]]:
    """Return the entity that falls, the driver it falls by, since when, and the rows of alarms."""
    days = 182 + LOOKED_AT
    shares = {"all": [("all", "all", 1.0)]}
    shares["region"] = [("region", str(r), 1 / REGIONS) for r in range(REGIONS)]
    shares["region_and_type"] = [
        ("region_and_type", f"{r}-{t}", 1 / REGIONS / TYPES)
        for r in range(REGIONS)
        for t in range(TYPES)
    ]
    cells = len(shares["region_and_type"])
    noise = random.standard_normal((cells, len(DRIVERS), days + 1)) * 0.3
    moved = np.diff(noise, axis=2)
    driver = int(random.integers(len(DRIVERS)))
    entity = shares[kind][int(random.integers(len(shares[kind])))]
    begins = 182 + int(random.integers(10, 100))
    for cell, (_, value, _) in enumerate(shares["region_and_type"]):
        if kind == "all" or value.split("-")[: 1 + (kind != "region")] == entity[1].split("-"):
            moved[cell, driver, begins : begins + 3] -= 8 / 3
    first = LAST_DAY - timedelta(days=days - 1)
    rows = []
    sizes = []
    for each in (*shares["all"], *shares["region"], *shares["region_and_type"]):
        of_entity = [
            cell
            for cell, (_, value, _) in enumerate(shares["region_and_type"])
            if each[0] == "all" or value == each[1] or value.split("-")[0] == each[1]
        ]
        mean = moved[of_entity].mean(axis=0)
        for place, name in enumerate(DRIVERS):
            rows.append(
                pa.table(
                    {
                        "segment_id": [each[0]] * days,
                        "segment_value": [each[1]] * days,
                        "score_date": np.datetime64(first) + np.arange(days),
                        "component": ["behaviour"] * days,
                        "part": [name] * days,
                        "points": mean[place],
                    }
                )
            )
        sizes.append(
            pa.table(
                {
                    "segment_id": [each[0]] * days,
                    "segment_value": [each[1]] * days,
                    "score_date": np.datetime64(first) + np.arange(days),
                    "customers": np.full(days, int(40_000 * each[2])),
                }
            )
        )
    told = _raise(ledger=pa.concat_tables(rows), scores=pa.concat_tables(sizes))
    cause = "all" if kind == "all" else f"{entity[0]}:{entity[1]}"
    return cause, DRIVERS[driver], first + timedelta(days=begins), told


EMPTY = {
    "answers": "select null::varchar as measure, null::varchar as level, "
    "null::varchar as entity_id, null::bigint as unit_id, null::date as known_date, "
    "null::double as value where false",
    "ledger": "select null::varchar as segment_id, null::varchar as segment_value, "
    "null::date as score_date, null::varchar as component, null::varchar as part, "
    "null::double as points where false",
    "scores": "select null::varchar as segment_id, null::varchar as segment_value, "
    "null::date as score_date, null::bigint as customers where false",
    "estimates": "select null::varchar as segment_id, null::varchar as segment_value, "
    "null::date as score_date, null::double as csat_estimate, null::double as std_error, "
    "null::bigint as customers where false",
    "bands": "select 'aggregate' as level, 'default' as industry, 'weak' as band, 50 as from_score",
    "source_days": "select null::varchar as source_table, null::date as score_date, "
    "null::bigint as event_rows where false",
    "drift_days": "select null::date as score_date, null::varchar as most_drifted_feature, "
    "null::varchar as largest_shift, null::bigint as features, null::bigint as features_drifted "
    "where false",
    "drivers": "select 'interruptions' as driver, 'Interruptions' as driver_label",
}


def _raise(**tables: pa.Table) -> list[dict]:
    """Go through the last days of a company that has these tables, and nothing else."""
    with duckdb.connect() as connection:
        for name, empty in EMPTY.items():
            if name in tables:
                connection.register(f"given_{name}", tables[name])
            query = f"from given_{name}" if name in tables else empty
            connection.execute(f"create table {name} as {query}")
        connection.execute(
            "create table score_dates as select unnest(generate_series("
            f"date '{LAST_DAY - timedelta(days=LOOKED_AT - 1)}', date '{LAST_DAY}', "
            "interval 1 day))::date as score_date, true as is_due"
        )
        settings = AlarmSettings(MAX_RATE, FALSE_SHARE, "weak", 2, "default")
        relations = Relations("score_dates", **{name: name for name in EMPTY})
        return raise_alarms(DuckDBEngine(connection), settings, relations, "nothing").to_pylist()


def main() -> None:
    """Print all tables, or those that are named."""
    tables = {
        "false_alarms": print_false_alarms,
        "shifts": print_shifts,
        "scores": print_scores,
        "causes": print_causes,
    }
    started = time.time()
    for name in sys.argv[1:] or tables:
        tables[name]()
    print(f"\n{time.time() - started:.0f} s on one thread.")


if __name__ == "__main__":
    main()
