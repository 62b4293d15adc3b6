"""Whether intervals of the base and of segments hold the truth, in companies where it is known.

    python benchmarks/coverage.py
    python benchmarks/coverage.py wave course unseen

draws companies whose truth differs in kind (``survey_worlds``), estimates them again and again from
new answers, and compares with the truth, beside the survey alone. Prints Markdown; nothing is
written. Seeded: the same numbers every time, in some fifteen minutes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from survey_worlds import (
    FAR_APART,
    KNOWN,
    REGIONS,
    THIN,
    WEATHERS,
    WORLDS,
    Course,
    Estimated,
    draw_course,
    draw_wave,
    estimate_wave,
    look,
)

from csat.estimation import (
    AnswerSums,
    Change,
    LevelEstimates,
    SurveyEstimates,
    change,
    movement,
    sensitivity,
    survey_estimates,
)

#: Answers of a segment, from and to.
GROUPS = ((0, 4), (5, 15), (16, 50), (51, 150), (151, 10**9))
RATIO_BARS = (None, 0.45, 0.55, 0.70, 0.85)
LAGS = (1, 7, 28, 365)
#: Days of a course that are looked at, the last a year after the first.
LOOKED_AT = (430, 612, 795)
GAMMA, GOLD_ANSWERS = 0.5, 400


@dataclass(frozen=True, eq=False)
class Interval:
    """An interval and the figure that it belongs to."""

    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray


HasInterval = LevelEstimates | SurveyEstimates | Change | Interval


def covers(found: HasInterval, truth: np.ndarray | float) -> np.ndarray:
    """Return whether the interval holds the truth, 0 or 1, NaN where there is no interval."""
    inside = (found.conf_low <= truth) & (truth <= found.conf_high)
    return np.where(np.isnan(found.conf_low), np.nan, inside)


def width(found: HasInterval) -> np.ndarray:
    """Return the widths of the intervals."""
    return found.conf_high - found.conf_low


def simulated_mean(values: Sequence[np.ndarray | float]) -> tuple[float, float]:
    """Return the mean over all replications, and half of its Monte-Carlo interval at 95 %.

    Values of one replication go together, so that the interval is that of a ratio of sums.
    """
    sums = np.array([np.nansum(value) for value in values])
    counts = np.array([np.sum(~np.isnan(value)) for value in values])
    if not counts.sum():
        return float("nan"), float("nan")
    mean = sums.sum() / counts.sum()
    spread = np.sqrt(np.sum((sums - mean * counts) ** 2)) / counts.sum()
    return float(mean), float(1.96 * spread)


def percent(values: Sequence[np.ndarray | float]) -> str:
    """Return a share in % with its Monte-Carlo half-width."""
    mean, half = simulated_mean(values)
    return "" if np.isnan(mean) else f"{100 * mean:.1f} ± {100 * half:.1f}"


def _row(cells: Iterable[object]) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def _header(*names: str, numbers: int = 1) -> None:
    _row(names)
    _row(["---"] * numbers + ["---:"] * (len(names) - numbers))


def wave(replications: int = 250) -> None:
    """Print coverage and width for the base and for segments by their number of answers."""
    results = {
        world.name: [estimate_wave(draw_wave(world, seed), world) for seed in range(replications)]
        for world in (*WORLDS, FAR_APART, THIN, KNOWN)
    }
    together = [run for world in WORLDS for run in results[world.name]]
    print("### A wave of surveys\n")
    print(f"{replications} replications a world.\n")
    _header(
        *("base", "coverage, %", "width", "survey only", "root-mean-square error", "bias"),
        *("bias of the weighted survey", "bias of the raw survey"),
    )
    for name, runs in [*results.items(), ("the first four", together)]:
        errors = np.array([run.base.estimate[0] - run.base_truth for run in runs])
        _row(
            [
                name,
                percent([covers(run.base, run.base_truth) for run in runs]),
                f"{np.mean([width(run.base) for run in runs]):.1f}",
                f"{np.mean([width(run.base_survey) for run in runs]):.1f}",
                f"{np.sqrt(np.mean(errors**2)):.2f}",
                "{:+.2f} ± {:.2f}".format(*simulated_mean(errors)),
                f"{np.mean([r.base_survey.estimate[0] - r.base_truth for r in runs]):+.2f}",
                f"{np.mean([r.raw.estimate[0] - r.base_truth for r in runs]):+.2f}",
            ]
        )
    print()
    _header(
        *("answers of the segment", "coverage, %", "width", "survey only: coverage, %", "width"),
        *("ratio of widths", "bar", "root-mean-square error", "of the mean score alone"),
    )
    for group, bar in zip(GROUPS, RATIO_BARS, strict=True):
        own, wide = (_mean_width(together, group, which) for which in ("found", "survey"))
        errors = [(r.found.estimate - r.truth)[in_group(r, group)] for r in together]
        scores = [(r.mean_score - r.truth)[in_group(r, group)] for r in together]
        _row(
            [
                _name_of(group),
                percent([covers(r.found, r.truth)[in_group(r, group)] for r in together]),
                f"{own:.1f}",
                percent([covers(r.survey, r.truth)[in_group(r, group)] for r in together]),
                f"{wide:.1f}",
                f"{own / wide:.2f}",
                bar or "",
                *(f"{np.sqrt(np.nanmean(np.concatenate(e) ** 2)):.1f}" for e in (errors, scores)),
            ]
        )
    print("\nBy world, coverage in % and ratio of widths:\n")
    _header("world", *(_name_of(group) for group in GROUPS))
    told = [(name, runs, "found") for name, runs in results.items()]
    told.append((f"{KNOWN.name}, own answers left in", results[KNOWN.name], "left_in"))
    for name, runs, which in told:
        cells = []
        for group in GROUPS:
            own, wide = (_mean_width(runs, group, one) for one in (which, "survey"))
            held = [covers(getattr(r, which), r.truth)[in_group(r, group)] for r in runs]
            cells.append(f"{percent(held)} · {own / wide:.2f}")
        _row([name, *cells])


def in_group(run: Estimated, group: tuple[int, int]) -> np.ndarray:
    """Return which segments have as many answers as the group says."""
    return (run.found.n >= group[0]) & (run.found.n <= group[1]) & (run.found.customers > 0)


def _mean_width(runs: Sequence[Estimated], group: tuple[int, int], which: str) -> float:
    return float(
        np.nanmean(np.concatenate([width(getattr(r, which))[in_group(r, group)] for r in runs]))
    )


def _name_of(group: tuple[int, int]) -> str:
    return f"{group[0]}–{group[1]}" if group[1] < 10**9 else f"over {group[0] - 1}"


def course(replications: int = 200) -> None:
    """Print coverage, width and changes where the truth moves."""
    print("\n### Day by day\n")
    print(f"{replications} replications a world, {len(LOOKED_AT)} days of each.\n")
    results = {
        weather.name: [_days(draw_course(weather, seed)) for seed in range(replications)]
        for weather in WEATHERS
    }
    _header(
        *("world", "base: coverage, %", "width", "ratio to the week's survey"),
        *("regions: coverage, %", "width", "ratio to the week's survey"),
        *("12-week survey of the base: coverage, %", "width"),
    )
    for name, runs in results.items():
        _row(
            [
                name,
                percent(_all(runs, "base covers")),
                f"{_mean(runs, 'base width'):.1f}",
                f"{_mean(runs, 'base width') / _mean(runs, 'week width'):.2f}",
                percent(_all(runs, "regions covers")),
                f"{_mean(runs, 'regions width'):.1f}",
                f"{_mean(runs, 'regions width') / _mean(runs, 'regions week width'):.2f}",
                percent(_all(runs, "trailing covers")),
                f"{_mean(runs, 'trailing width'):.1f}",
            ]
        )
    for kind, said in (
        ("moved", "How far the truth moved, as it looks today"),
        ("published", "Change from what was published then"),
    ):
        print(f"\n{said}: coverage in %, and width.\n")
        _header("world", *(f"{of}, {lag} d" for of in ("base", "regions") for lag in LAGS))
        for name, runs in results.items():
            keys = [f"{of} {lag} {kind}" for of in ("base", "regions") for lag in LAGS]
            cells = (f"{percent(_all(runs, k))} · {_mean(runs, f'{k} width'):.1f}" for k in keys)
            _row([name, *cells])
    print("\nCorrelation of the week's change of the base with the true one.\n")
    _header("world", "movement", "change", "score alone", "12-week survey")
    for name, runs in results.items():
        true = np.concatenate(_all(runs, "true week"))
        found = [
            np.concatenate(_all(runs, key)) for key in ("movement", "change", "score", "trailing")
        ]
        _row([name, *(f"{np.corrcoef(values, true)[0, 1]:.2f}" for values in found)])


def _all(runs: Sequence[dict[str, np.ndarray]], key: str) -> list[np.ndarray]:
    return [run[key] for run in runs]


def _mean(runs: Sequence[dict[str, np.ndarray]], key: str) -> float:
    return float(np.nanmean(np.concatenate(_all(runs, key))))


def _days(course: Course) -> dict[str, np.ndarray]:
    """Return what is found on the days of a replication, one array per figure."""
    looks = {
        day: look(course, day) for day in {d - lag for d in LOOKED_AT for lag in (0, 1, 7, 28)}
    }
    figures: dict[str, list[np.ndarray]] = {}

    def add(key: str, values: np.ndarray) -> None:
        figures.setdefault(key, []).append(values)

    for day in LOOKED_AT:
        now, before = looks[day], looks[day - 7]
        week = now.sums.take(now.sums.age_days < 7)
        trailing, trailing_before = (
            survey_estimates(one.sums.total(), 1, window_days=84) for one in (now, before)
        )
        for name, found, truth in (
            ("base", now.base, now.base_truth),
            ("regions", now.found, now.truth),
            ("trailing", trailing, now.base_truth),
        ):
            add(f"{name} covers", covers(found, truth))
            add(f"{name} width", width(found))
        add("week width", width(survey_estimates(week.total(), 1)))
        add("regions week width", width(survey_estimates(week, REGIONS)))
        for lag in LAGS:
            then = looks.get(day - lag)
            if then is None:
                continue
            for name, new, old, true in (
                ("base", now.base, then.base, now.base_truth - then.base_truth),
                ("regions", now.found, then.found, now.truth - then.truth),
            ):
                for kind, found in (
                    ("published", change(new, lag, old.estimate, old.std_error)),
                    ("moved", movement(new, lag, old.score_part)),
                ):
                    add(f"{name} {lag} {kind}", covers(found, true))
                    add(f"{name} {lag} {kind} width", width(found))
        add("true week", np.atleast_1d(now.base_truth - before.base_truth))
        add("movement", movement(now.base, 7, before.base.score_part).estimate)
        add("change", now.base.estimate - before.base.estimate)
        add("score", now.base.score_part - before.base.score_part)
        add("trailing", trailing.estimate - trailing_before.estimate)
    return {key: np.concatenate(values) for key, values in figures.items()}


def unseen(replications: int = 200) -> None:
    """Print what happens where satisfied people answer more, everything known being equal."""
    print("\n### Where satisfied people answer more\n")
    print(
        f"{replications} replications; the odds of answering are exp({GAMMA}) times as high for "
        f"the satisfied; {GOLD_ANSWERS} gold answers.\n"
    )
    world = WORLDS[1]
    plain, gold = (
        [
            estimate_wave(draw_wave(world, seed, GAMMA, answers), world)
            for seed in range(replications)
        ]
        for answers in (0, GOLD_ANSWERS)
    )
    _header("", *("base: bias", "coverage, %", "width", "segments: bias", "coverage, %", "width"))
    for name, runs, of_base, of_segments in (
        ("survey only, weighted", plain, lambda r: r.base_survey, lambda r: r.survey),
        ("estimate", plain, lambda r: r.base, lambda r: r.found),
        ("estimate at the true gamma", plain, *(_both(at_gamma))),
        (f"band from -{GAMMA} to {GAMMA}", plain, *(_both(band_of))),
        ("estimate with gold answers", gold, lambda r: r.base, lambda r: r.found),
    ):
        cells: list[str] = []
        for interval, truth in (
            (of_base, lambda r: np.array([r.base_truth])),
            (of_segments, lambda r: r.truth),
        ):
            found = [(interval(run), truth(run)) for run in runs]
            cells += [
                "{:+.2f} ± {:.2f}".format(*simulated_mean([i.estimate - t for i, t in found])),
                percent([covers(i, t) for i, t in found]),
                f"{np.nanmean(np.concatenate([width(i) for i, _ in found])):.1f}",
            ]
        _row([name, *cells])


def at_gamma(sums: AnswerSums, found: LevelEstimates) -> Interval:
    """Return the interval at the true gamma."""
    band = sensitivity(sums, found, gamma_max=GAMMA)
    half = band.estimate_low - band.conf_low
    return Interval(band.estimate_low, band.conf_low, band.estimate_low + half)


def band_of(sums: AnswerSums, found: LevelEstimates) -> Interval:
    """Return the band over all gammas."""
    band = sensitivity(sums, found, gamma_max=GAMMA)
    middle = (band.estimate_low + band.estimate_high) / 2
    return Interval(middle, band.conf_low, band.conf_high)


def _both(
    interval: Callable[[AnswerSums, LevelEstimates], Interval],
) -> tuple[Callable[[Estimated], Interval], Callable[[Estimated], Interval]]:
    return (
        lambda run: interval(run.sums.total(), run.base),
        lambda run: interval(run.sums, run.found),
    )


PARTS = {"wave": wave, "course": course, "unseen": unseen}

if __name__ == "__main__":
    start = time.monotonic()
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
    print(f"\n{(time.monotonic() - start) / 60:.0f} minutes.")
