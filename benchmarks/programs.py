"""What programs do: this estimator beside what people do today, in companies where it is known.

    python benchmarks/programs.py 200
    python benchmarks/programs.py 40 --customers 20000 --worlds A D

draws each world of ``program_worlds`` so many times, estimates what its program does and compares
with the truth; in the first of them by each method that people use today, too, which are wrong by
so much that few are enough. Prints Markdown. Seeded: the same numbers every time. ± is the 95 %
Monte-Carlo interval. 200 replications of all worlds take about an hour of one core:
``--kept FILE`` keeps each as it is done, and goes on where an earlier run has stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from program_worlds import AFTER, ENROL_FROM, WORLDS, Company, World, draw, learned_score

from csat.impact import (
    NEVER,
    Effect,
    Panel,
    ProgramEffect,
    estimate_program,
    judge,
)

#: Points that the verdicts take for the smallest effect that matters.
SMALLEST = 2.0
#: Name of what is measured here among the methods.
OWN = "this estimator"


@dataclass(frozen=True)
class Run:
    """What was found in one company: estimate and interval by method, and the verdict."""

    truth: float
    found: dict[str, tuple[float, float, float]]
    placebo: tuple[float, float, float]
    std_error: float
    verdict: str
    failed: tuple[str, ...]
    customers: int
    answers: int


def look(world: World, seed: int, customers: int, has_peers: bool) -> Run:
    """Draw a company and estimate its program, by what people use today as well where asked for."""
    company = draw(world, seed, customers)
    own = estimate_program(
        company.panel, company.cohort, history=company.history, smallest_that_matters=SMALLEST
    )
    found = {OWN: _interval(own.effect), "score as outcome": _interval(own.score_part)}
    if has_peers:
        found |= {
            "before and after, survey": before_and_after(company),
            "enrolled against never, survey": enrolled_against_never(company),
            "regression adjustment, survey": regression_adjustment(company),
            "score of a model that knows who enrolled": _interval(knowing(company).score_part),
        }
    assert own.placebo_date is not None
    return Run(
        company.true_effect,
        found,
        _interval(own.placebo_date),
        own.effect.std_error or np.nan,
        judge(own.effect, own.checks, SMALLEST).word,
        tuple(check.name for check in own.checks if check.status == "fail"),
        own.treated_customers,
        own.treated_answers,
    )


def knowing(company: Company) -> ProgramEffect:
    """Estimate by scores of a model that has learned from whether one is enrolled."""
    start = np.where(company.cohort == NEVER, company.panel.periods, company.cohort)
    is_enrolled = np.arange(company.panel.periods)[None, :] >= start[:, None]
    score = learned_score(
        (*company.features, is_enrolled),
        company.customer,
        company.week,
        company.satisfied,
        np.ones(len(company.week), dtype=bool),
    )
    return estimate_program(Panel(score), company.cohort, history=company.history)


def before_and_after(company: Company) -> tuple[float, float, float]:
    """Answers of those who enrolled, after less before."""
    since = company.weeks_since
    is_after, is_before = (since >= 0) & (since < AFTER), (since < 0) & (since >= -AFTER)
    return _difference(company.satisfied[is_after], company.satisfied[is_before])


def enrolled_against_never(company: Company) -> tuple[float, float, float]:
    """Answers of those who enrolled after it, less those of the others in the same weeks."""
    since = company.weeks_since
    is_after = (since >= 0) & (since < AFTER)
    is_other = np.isnan(since) & (company.week >= ENROL_FROM)
    return _difference(company.satisfied[is_after], company.satisfied[is_other])


def regression_adjustment(company: Company) -> tuple[float, float, float]:
    """The same by least squares on what the score knows."""
    since = company.weeks_since
    is_after = (since >= 0) & (since < AFTER)
    kept = is_after | (np.isnan(since) & (company.week >= ENROL_FROM))
    places = company.customer[kept], company.week[kept]
    known = [values[places] for values in company.features]
    design = np.column_stack([is_after[kept], np.ones(kept.sum()), *known])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ company.satisfied[kept]
    left = company.satisfied[kept] - design @ beta
    meat = (design * (left**2)[:, None]).T @ design
    error = np.sqrt((inverse @ meat @ inverse)[0, 0])
    return _around(100 * beta[0], 100 * error)


def _difference(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    error = np.sqrt(one.var() / len(one) + other.var() / len(other))
    return _around(100 * (one.mean() - other.mean()), 100 * error)


def _around(estimate: float, error: float) -> tuple[float, float, float]:
    return float(estimate), float(estimate - 1.96 * error), float(estimate + 1.96 * error)


def _interval(effect: Effect) -> tuple[float, float, float]:
    return tuple(
        np.nan if value is None else value
        for value in (effect.estimate, effect.conf_low, effect.conf_high)
    )


def _mean(values: Sequence[float]) -> str:
    array = np.asarray(values, dtype=float)
    return f"{array.mean():+.2f} ± {1.96 * array.std(ddof=1) / np.sqrt(len(array)):.2f}"


def _share(values: Iterable[bool]) -> str:
    """Return a share in % with Wilson's interval."""
    array = np.asarray(list(values), dtype=float)
    n, share = len(array), array.mean()
    middle = (share + 1.96**2 / (2 * n)) / (1 + 1.96**2 / n)
    half = 1.96 * np.sqrt(share * (1 - share) / n + 1.96**2 / (4 * n**2)) / (1 + 1.96**2 / n)
    return f"{100 * share:.1f} ({100 * max(middle - half, 0):.0f}–{100 * (middle + half):.0f})"


def _row(cells: Iterable[object]) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def _covers(run: Run, method: str) -> bool:
    _, low, high = run.found[method]
    return low <= run.truth <= high


def _rejects(interval: tuple[float, float, float]) -> bool:
    return interval[1] > 0 or interval[2] < 0


def tell(results: dict[World, list[Run]]) -> None:
    """Print the tables."""
    methods = list(next(iter(results.values()))[0].found)
    print("Bias in points, and coverage of 95 % intervals in % with Wilson's interval.\n")
    _row(["method", *(world.name for world in results)])
    _row(["---"] * (len(results) + 1))
    for method in methods:
        cells = []
        for every_run in results.values():
            runs = [run for run in every_run if method in run.found]
            bias = _mean([run.found[method][0] - run.truth for run in runs])
            cells.append(f"{bias} · {_share(_covers(run, method) for run in runs)}")
        _row([method, *cells])
    print("\nThis estimator: what it takes, and what it says.\n")
    says = ("raises", "harms", "no effect shown", "cannot be told")
    _row(["world", "true effect", "enrolled", "their answers", "standard error", "spread", *says])
    _row(["---"] + ["---:"] * (5 + len(says)))
    for world, runs in results.items():
        errors = [run.found[OWN][0] - run.truth for run in runs]
        _row(
            [
                world.name,
                f"{np.mean([run.truth for run in runs]):+.2f}",
                f"{np.mean([run.customers for run in runs]):,.0f}",
                f"{np.mean([run.answers for run in runs]):,.0f}",
                f"{np.mean([run.std_error for run in runs]):.2f}",
                f"{np.std(errors, ddof=1):.2f}",
                *(sum(run.verdict == word for run in runs) for word in says),
            ]
        )
    every = [run for runs in results.values() for run in runs]
    null = [run for world, runs in results.items() if world.points == 0 for run in runs]
    print("\nPooled, in % with Wilson's interval.\n")
    _row(["what", "share", "bar"])
    _row(["---", "---:", "---:"])
    _row(["coverage, all worlds", _share(_covers(run, OWN) for run in every), "92–98"])
    if null:
        shown = _share(_rejects(run.found[OWN]) for run in null)
        _row(["null programs whose interval leaves out 0", shown, "at most 7"])
        raised = _share(run.verdict == "raises" for run in null)
        _row(['null programs of which "raises" is said', raised, ""])
    _row(["placebo dates that reject", _share(_rejects(run.placebo) for run in every), "at most 7"])
    _row(["companies in which a check fails", _share(bool(run.failed) for run in every), ""])
    bias = _mean([run.found[OWN][0] - run.truth for run in every])
    _row(["bias over all worlds, points", bias, "under 0.6"])


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("replications", type=int, nargs="?", default=200)
    parser.add_argument("--customers", type=int, default=60_000)
    parser.add_argument("--worlds", nargs="*", help="first letters; all where not given")
    parser.add_argument("--peers", type=int, default=40, help="replications with other methods")
    parser.add_argument("--kept", type=Path, help="file of replications that are done")
    asked = parser.parse_args()
    worlds = [w for w in WORLDS if not asked.worlds or w.name[0] in asked.worlds]
    done = read_kept(asked.kept)
    results: dict[World, list[Run]] = {world: [] for world in worlds}
    for seed in range(asked.replications):
        for world in worlds:
            key = f"{world.name} {asked.customers} {seed}"
            if key not in done:
                done[key] = look(world, seed, asked.customers, seed < asked.peers)
                if asked.kept is not None:
                    with asked.kept.open("a") as file:
                        file.write(json.dumps({"key": key, **asdict(done[key])}) + "\n")
            results[world].append(done[key])
    print(f"{asked.replications} replications a world, {asked.customers:,} customers.\n")
    tell(results)


def read_kept(file: Path | None) -> dict[str, Run]:
    """Return the replications that an earlier run has kept."""
    if file is None or not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return {row.pop("key"): Run(**row) for row in rows}


if __name__ == "__main__":
    main()
