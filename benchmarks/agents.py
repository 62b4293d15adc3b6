"""How fairly agents are compared: simulated call centres with known truth, and real answers.

    python benchmarks/agents.py simulated
    python benchmarks/agents.py shopzilla data/shopzilla/customer_support_17k.csv
    python benchmarks/agents.py company warehouse/csat_build.duckdb data/demo/truth/agents.parquet

prints Markdown; nothing is written. Shopzilla needs its file: see its example. A company must have
been built; the file with its true effects is optional.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np

from csat.engine import quote
from csat.estimation.expectation import Expectation, fit_expectation
from csat.estimation.groups import FlagEffect, GroupComparison, compare_groups, flag_effect
from csat.estimation.shrinkage import shrink
from csat.model.hashing import uniform_of_keys
from csat.model.logistic import sigmoid

REPLICATIONS = 200
AGENTS = 80
#: Answers of an agent: median and standard deviation of the logarithm.
ANSWERS, ANSWERS_SPREAD = 56, 0.7
Z = 1.959963984540054
#: Standard errors of the direct estimates, in points, and numbers of groups of the prior's table.
STD_ERRORS, GROUPS = (3.0, 12.0), (10, 30, 80)
BETWEEN_STDS = (0.0, 2.0, 4.0, 6.0, 10.0)
FLAT_STEPS = (np.arange(200) + 0.5) / 200 * 50


def normal(random: np.random.Generator, agents: int) -> np.ndarray:
    """Draw effects on the logit: 5 points of CSAT, one standard deviation."""
    return 0.25 * random.standard_normal(agents)


def heavy_tailed(random: np.random.Generator, agents: int) -> np.ndarray:
    """Draw effects from Student's t with 3 degrees of freedom, as spread as the normal ones."""
    return 0.25 * random.standard_t(3, agents) / np.sqrt(3)


def two_clusters(random: np.random.Generator, agents: int) -> np.ndarray:
    """Draw a fifth of the agents far below, the others alike."""
    return np.where(random.random(agents) < 0.2, -0.5, 0.125)


def in_teams(random: np.random.Generator, agents: int) -> np.ndarray:
    """Draw half of the variance from eight teams."""
    return 0.18 * (
        random.standard_normal(8)[np.arange(agents) % 8] + random.standard_normal(agents)
    )


def none(random: np.random.Generator, agents: int) -> np.ndarray:
    """No agent differs from another."""
    return np.zeros(agents)


TRUTHS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": normal,
    "heavy-tailed": heavy_tailed,
    "two clusters": two_clusters,
    "in teams": in_teams,
    "none": none,
}


@dataclass(frozen=True, eq=False)
class CallCentre:
    """Answers with what was known before each contact, and what is true of the agents.

    ``effect`` is what each agent adds to the share satisfied at the agent's own contacts, in
    points, less the mean over all answers; ``learning`` what being new takes from the answers that
    it is true of.
    """

    satisfied: np.ndarray
    agent: np.ndarray
    team: np.ndarray
    topic: np.ndarray
    channel: np.ndarray
    score: np.ndarray
    is_new: np.ndarray
    n: np.ndarray
    effect: np.ndarray
    team_effect: np.ndarray
    learning: float

    def expectation(self) -> Expectation:
        """Fit what is to be expected of each answer."""
        return fit_expectation(
            self.satisfied,
            categories={"topic": self.topic, "channel": self.channel},
            numbers={"score": self.score},
            flags={"is_new": self.is_new},
        )


def call_centre(
    random: np.random.Generator,
    truth: str,
    *,
    agents: int = AGENTS,
    hidden_steering: float = 0.0,
) -> CallCentre:
    """Draw a call centre in which topics, channels and hard customers lie unevenly over the agents.

    A quarter of the agents gets customers who were less satisfied before, by one unit of the logit
    that the score shows; ``hidden_steering`` is how far, on the logit, another quarter's
    customers are worse in a way that no record shows. A tenth of the agents is new for some of the
    answers.
    """
    n = np.maximum(random.lognormal(np.log(ANSWERS), ANSWERS_SPREAD, agents).astype(int), 3)
    agent = np.repeat(np.arange(agents), n)
    effect = TRUTHS[truth](random, agents)
    topics, channels = random.normal(0, 0.6, 8), random.normal(0, 0.4, 4)
    topic = _drawn(random, random.dirichlet(np.full(8, 0.5), agents)[agent])
    channel = _drawn(random, random.dirichlet(np.full(4, 1.0), agents)[agent])
    score = random.normal(0, 0.8, len(agent)) - (random.random(agents) < 0.25)[agent]
    hidden = random.normal(0, 0.5, len(agent))
    hidden -= hidden_steering * (random.random(agents) < 0.25)[agent]
    is_new = (random.random(agents) < 0.1)[agent] & (random.random(len(agent)) < 0.6)
    before = 1.1 + topics[topic] + channels[channel] + 0.9 * score + hidden
    without = sigmoid(before - 0.3 * is_new)
    probability = sigmoid(before - 0.3 * is_new + effect[agent])
    added = 100 * (probability - without)
    team = agent % 8
    return CallCentre(
        satisfied=(random.random(len(agent)) < probability).astype(np.float64),
        agent=agent,
        team=team,
        topic=np.array([f"topic {number}" for number in range(8)], dtype=object)[topic],
        channel=np.array([f"channel {number}" for number in range(4)], dtype=object)[channel],
        score=score,
        is_new=is_new.astype(np.float64),
        n=n,
        effect=np.bincount(agent, added) / n - added.mean(),
        team_effect=np.bincount(team, added) / np.bincount(team) - added.mean(),
        learning=float(100 * np.mean((without - sigmoid(before))[is_new])) if is_new.any() else 0.0,
    )


def _drawn(random: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """Draw a category per row from its shares."""
    drawn = (random.random((len(shares), 1)) > np.cumsum(shares, axis=1)).sum(axis=1)
    return np.minimum(drawn, shares.shape[1] - 1)


@dataclass(frozen=True, eq=False)
class Intervals:
    """Estimates of (n,) effects with the ends of their intervals."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def compare_ways(centre: CallCentre) -> tuple[dict[str, Intervals], dict[str, object]]:
    """Estimate the agents in four ways; return them, and what else the last one says."""
    n, weights = centre.n, centre.n / centre.n.sum()
    expectation = centre.expectation()
    agents = compare_groups(expectation, centre.agent)
    raw = agents.observed - weights @ agents.observed
    share = centre.satisfied.mean()
    of_raw = 1e4 * share * (1 - share) / n
    shrunk = shrink(raw, of_raw, largest_between_std=50.0, weights=n).effects
    assert shrunk is not None
    spread = expectation.probability * (1 - expectation.probability)
    of_difference = 1e4 * np.bincount(centre.agent, spread) / n**2
    ways = {
        "raw mean": _around(raw, of_raw),
        "raw, shrunk": Intervals(shrunk.estimate, shrunk.conf_low, shrunk.conf_high),
        "observed minus expected": _around(agents.difference, of_difference),
        "observed minus expected, shrunk": Intervals(
            agents.estimate, agents.conf_low, agents.conf_high
        ),
    }
    teams = compare_groups(expectation, centre.team, units=centre.agent)
    return ways, {
        "teams": Intervals(teams.estimate, teams.conf_low, teams.conf_high),
        "learning": flag_effect(expectation, agents, "is_new"),
    }


def _around(estimate: np.ndarray, variance: np.ndarray) -> Intervals:
    half = Z * np.sqrt(variance)
    return Intervals(estimate, estimate - half, estimate + half)


@dataclass(frozen=True, eq=False)
class Judged:
    """One way in all replications, each field (replications,): sums over agents, or means."""

    squared_error: np.ndarray
    covered: np.ndarray
    width: np.ndarray
    flagged: np.ndarray
    wrong: np.ndarray

    @classmethod
    def of(cls, found: list[tuple[Intervals, np.ndarray]]) -> Judged:
        """Judge intervals by the truth, replication by replication."""
        rows = []
        for intervals, truth in found:
            flagged = (intervals.low > 0) | (intervals.high < 0)
            rows.append(
                (
                    np.mean((intervals.estimate - truth) ** 2),
                    np.mean((intervals.low <= truth) & (truth <= intervals.high)),
                    np.mean(intervals.high - intervals.low),
                    np.mean(flagged),
                    np.mean(flagged & (np.sign(intervals.estimate) != np.sign(truth))),
                )
            )
        return cls(*np.array(rows).T)

    @property
    def error(self) -> float:
        """Root of the mean squared error, in points."""
        return float(np.sqrt(self.squared_error.mean()))

    @property
    def wrong_share(self) -> float | None:
        """Share of flags that have the wrong sign; null without flags."""
        return float(self.wrong.sum() / self.flagged.sum()) if self.flagged.any() else None

    def coverage_half_width(self) -> float:
        """Half of the Monte-Carlo interval (95 %) of the coverage."""
        return float(Z * self.covered.std(ddof=1) / np.sqrt(len(self.covered)))

    def wrong_half_width(self) -> float:
        """Half of the Monte-Carlo interval (95 %) of the share of wrong flags, a ratio of means."""
        apart = self.wrong - self.wrong_share * self.flagged
        return float(Z * apart.std(ddof=1) / np.sqrt(len(apart)) / self.flagged.mean())


def replicate(
    truth: str, replications: int, seed: int, *, hidden_steering: float = 0.0
) -> dict[str, Judged | list[tuple[FlagEffect, float]]]:
    """Judge every way, the teams and the learning effect in many call centres."""
    random = np.random.default_rng(seed)
    found: dict[str, list] = {}
    for _ in range(replications):
        centre = call_centre(random, truth, hidden_steering=hidden_steering)
        ways, beside = compare_ways(centre)
        for name, intervals in ways.items():
            found.setdefault(name, []).append((intervals, centre.effect))
        found.setdefault("teams", []).append((beside["teams"], centre.team_effect))
        found.setdefault("learning", []).append((beside["learning"], centre.learning))
    learning = found.pop("learning")
    return {**{name: Judged.of(rows) for name, rows in found.items()}, "learning": learning}


def print_simulated() -> None:
    """Print all tables of simulated call centres."""
    for number, truth in enumerate(TRUTHS):
        started = time.monotonic()
        judged = replicate(truth, REPLICATIONS, seed=1000 + number)
        learning = judged.pop("learning")
        teams = judged.pop("teams")
        print(f"\n### Truth: {truth}\n")
        print_ways(judged)
        told = [(effect, real) for effect, real in learning if effect.estimate is not None]
        inside = np.mean([effect.conf_low <= real <= effect.conf_high for effect, real in told])
        error = np.sqrt(np.mean([(effect.estimate - real) ** 2 for effect, real in told]))
        print(
            f"\nTeams of ten agents: root-mean-square error {teams.error:.2f}, coverage "
            f"{100 * teams.covered.mean():.1f} %. Usual dip of new agents "
            f"({np.mean([real for _, real in told]):+.1f} points): mean estimate "
            f"{np.mean([effect.estimate for effect, _ in told]):+.1f}, root-mean-square error "
            f"{error:.1f}, coverage {100 * inside:.1f} %."
        )
        print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    print("\n### Hard customers whom no record shows\n")
    print_ways(
        {
            name: judged
            for name, judged in replicate(
                "normal", REPLICATIONS, seed=2000, hidden_steering=0.5
            ).items()
            if name not in ("learning", "teams")
        }
    )
    print("\n### The prior\n")
    print_priors()


def print_ways(judged: dict[str, Judged]) -> None:
    """Print a row per way."""
    print("| | error | of the raw mean's | coverage | width | flagged | flags of wrong sign |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    raw = judged["raw mean"]
    for name, one in judged.items():
        # Where nothing is true every flag is wrong, and the share of flags says it all.
        wrong = (
            f"{100 * one.wrong_share:.1f} % ± {100 * one.wrong_half_width():.1f}"
            if one.wrong_share is not None and one.wrong_share < 1
            else ""
        )
        print(
            f"| {name} | {one.error:.2f} | {one.error / raw.error:.2f} "
            f"| {100 * one.covered.mean():.1f} % ± {100 * one.coverage_half_width():.1f} "
            f"| {one.width.mean():.1f} | {100 * one.flagged.mean():.1f} % | {wrong} |"
        )


def print_priors() -> None:
    """Print coverage of shrunk means under two priors, by how much the groups differ."""
    header = " | ".join(f"{tau:g}" for tau in BETWEEN_STDS)
    print(f"| groups | prior flat on | {header} | mean width |")
    print(f"| ---: | --- | {'---: | ' * len(BETWEEN_STDS)}---: |")
    for groups in GROUPS:
        for name, steps in (("τ", FLAT_STEPS), ("τ²", None)):
            covered, widths = [], []
            for tau in BETWEEN_STDS:
                random = np.random.default_rng(groups)
                inside = []
                for _ in range(REPLICATIONS):
                    errors = random.uniform(*STD_ERRORS, groups)
                    truth = tau * random.standard_normal(groups)
                    values = truth + errors * random.standard_normal(groups)
                    found = shrink(
                        values, errors**2, largest_between_std=50.0, between_stds=steps
                    ).means
                    assert found is not None
                    inside.append((found.conf_low <= truth) & (truth <= found.conf_high))
                    widths.append(np.mean(found.conf_high - found.conf_low))
                covered.append(f"{100 * np.mean(inside):.1f}")
            print(f"| {groups} | {name} | {' | '.join(covered)} | {np.mean(widths):.1f} |")


@dataclass(frozen=True, eq=False)
class Tickets:
    """Real answers with who handled them."""

    satisfied: np.ndarray
    agent: np.ndarray
    team: np.ndarray
    topic: np.ndarray
    channel: np.ndarray
    is_new: np.ndarray

    def take(self, rows: np.ndarray) -> Tickets:
        """Return the rows of a mask."""
        return Tickets(*(getattr(self, field)[rows] for field in self.__dataclass_fields__))

    def expectation(self) -> Expectation:
        """Fit what is to be expected of each answer."""
        return fit_expectation(
            self.satisfied,
            categories={"topic": self.topic, "channel": self.channel},
            flags={"is_new": self.is_new},
        )


def read_tickets(file: str) -> tuple[Tickets, np.ndarray]:
    """Read the Shopzilla file; return its answers and their keys."""
    found = duckdb.execute(
        'select cast("CSAT Score" as integer) >= 4 as satisfied, "Agent_name" as agent, '
        '"Supervisor" as team, category as topic, channel_name as channel, '
        '"Tenure Bucket" <> \'>90\' as is_new, "Unique id" as key '
        f"from read_csv({quote(file)}, all_varchar = true, header = true) order by key"
    ).fetchnumpy()
    texts = {name: np.asarray(found[name], dtype=object) for name in ("agent", "team", "topic")}
    return Tickets(
        satisfied=found["satisfied"].astype(np.float64),
        channel=np.asarray(found["channel"], dtype=object),
        is_new=found["is_new"].astype(np.float64),
        **texts,
    ), found["key"]


def print_shopzilla(file: str) -> None:
    """Print who can be told from the group, and whether half of the answers foretells the rest."""
    tickets, keys = read_tickets(file)
    expectation = tickets.expectation()
    agents = compare_groups(expectation, tickets.agent)
    teams = compare_groups(expectation, tickets.team, units=tickets.agent)
    print("\n### Shopzilla: who can be told from the group\n")
    print_flags({"agent": agents, "supervisor's team": teams})
    dip = flag_effect(expectation, agents, "is_new")
    print(
        f"\nUsual dip in the first 90 days and on-the-job training ({dip.n:,} answers): "
        f"{dip.estimate:+.1f} points ({dip.conf_low:+.1f} to {dip.conf_high:+.1f})."
    )
    print("\n### Shopzilla: half of the answers against the other half\n")
    is_first = uniform_of_keys(keys, "halves") < 0.5
    print_halves(tickets.take(is_first), tickets.take(~is_first))


def print_flags(comparisons: dict[str, GroupComparison]) -> None:
    """Print how many groups get which verdict, beside what raw means would say."""
    print(
        "| | all | 10 answers or more | answers (median) | τ | above | below | as | cannot be told "
        "| raw mean: above, below |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, found in comparisons.items():
        enough = found.n >= 10
        verdicts = found.verdict[enough].tolist()
        mean = np.average(found.observed, weights=found.n)
        half = Z * np.sqrt(mean * (100 - mean) / found.n)
        above = int(np.sum(enough & (found.observed - half > mean)))
        below = int(np.sum(enough & (found.observed + half < mean)))
        print(
            f"| {name} | {len(found.n):,} | {int(enough.sum()):,} | {np.median(found.n):g} "
            f"| {found.between_std:.1f} | {verdicts.count('above')} | {verdicts.count('below')} "
            f"| {verdicts.count('as')} | {verdicts.count(None)} | {above}, {below} |"
        )


def print_halves(first: Tickets, second: Tickets) -> None:
    """Print how well each way, learned from a half, foretells the difference in the other half.

    The other half's difference is mostly chance, too: its part of the error, by its sampling
    variance, is taken off.
    """
    print("| | | error | of the raw mean's | other half inside the interval |")
    print("| --- | --- | ---: | ---: | ---: |")
    for name in ("agent", "team"):
        found = {}
        for half, tickets in (("first", first), ("second", second)):
            expectation = tickets.expectation()
            found[half] = (
                expectation,
                compare_groups(expectation, getattr(tickets, name), units=tickets.agent),
            )
        expectation, later = found["second"]
        _, now = found["first"]
        both = np.intersect1d(now.groups[now.n >= 5], later.groups)
        a, b = np.searchsorted(now.groups, both), np.searchsorted(later.groups, both)
        group = np.searchsorted(later.groups, getattr(second, name))
        spread = expectation.probability * (1 - expectation.probability)
        chance = (1e4 * np.bincount(group, spread) / later.n**2)[b]
        share = first.satisfied.mean()
        of_raw = 1e4 * share * (1 - share) / now.n
        shrunk = shrink(now.observed, of_raw, largest_between_std=50.0, weights=now.n).effects
        assert shrunk is not None
        ways = {
            "no difference at all": np.zeros(len(both)),
            "raw mean": (now.observed - np.average(now.observed, weights=now.n))[a],
            "raw, shrunk": shrunk.estimate[a],
            "observed minus expected": now.difference[a],
            "observed minus expected, shrunk": now.estimate[a],
        }
        errors = {}
        for way, estimate in ways.items():
            apart = (later.difference[b] - estimate) ** 2 - chance
            errors[way] = np.sqrt(max(np.average(apart, weights=later.n[b]), 0.0))
        reach = Z * np.sqrt(now.std_error[a] ** 2 + chance)
        inside = np.mean(np.abs(later.difference[b] - now.estimate[a]) <= reach)
        for way, error in errors.items():
            covered = f"{100 * inside:.1f} %" if way.endswith("expected, shrunk") else ""
            print(
                f"| {name} | {way} | {error:.2f} | {error / errors['raw mean']:.2f} | {covered} |"
            )


def print_company(build_file: str, truth_file: str | None) -> None:
    """Print who can be told from the group in a company as built, and how near that is to truth."""
    with duckdb.connect(build_file, read_only=True) as connection:
        for level in ("agent", "team"):
            rows = connection.execute(
                "select answers, verdict, difference_shrunk, difference_shrunk_lower, "
                "difference_shrunk_upper, between_std from intermediate.agent_comparison "
                f"where level = {quote(level)}"
            ).fetchnumpy()
            enough = rows["answers"] >= 10
            verdicts = list(rows["verdict"][enough])
            counted = ", ".join(
                f"{verdicts.count(name)} {name}" for name in ("above", "as", "below")
            )
            width = rows["difference_shrunk_upper"] - rows["difference_shrunk_lower"]
            print(
                f"{level}s: {len(enough)} with {int(rows['answers'].sum()):,} answers, of whom "
                f"{int(enough.sum())} with 10 or more; {counted}; mean width {width.mean():.1f}, "
                f"τ {rows['between_std'][0]:.1f}"
            )
        if truth_file:
            print_truth(connection, truth_file)


def print_truth(connection: duckdb.DuckDBPyConnection, truth_file: str) -> None:
    """Print how raw means and shrunk differences go with the agents' true effects."""
    rows = connection.execute(
        "select comparison.answers, 100e0 * satisfied_answers / comparison.answers as raw, "
        "difference, difference_shrunk as shrunk, difference_shrunk_lower as low, "
        "difference_shrunk_upper as high, truth.effect_points as truth "
        "from intermediate.agent_comparison as comparison "
        f"inner join read_parquet({quote(truth_file)}) as truth "
        "on comparison.entity_id = truth.agent_id where level = 'agent' order by entity_id"
    ).fetchnumpy()
    truth = rows["truth"] - np.average(rows["truth"], weights=rows["answers"])
    raw = rows["raw"] - np.average(rows["raw"], weights=rows["answers"])
    flagged = (rows["low"] > 0) | (rows["high"] < 0)
    inside = (rows["low"] <= truth) & (truth <= rows["high"])
    ways = (("raw", raw), ("difference", rows["difference"]), ("shrunk", rows["shrunk"]))
    for name, estimate in ways:
        print(
            f"{name}: correlation with the true effect {np.corrcoef(estimate, truth)[0, 1]:+.2f}, "
            f"root-mean-square error {np.sqrt(np.mean((estimate - truth) ** 2)):.1f}"
        )
    print(
        f"coverage {100 * inside.mean():.0f} %; flagged {flagged.sum()}, wrong sign "
        f"{np.sum(flagged & (rows['shrunk'] * truth < 0))}; standard deviation of the truth "
        f"{truth.std():.1f}"
    )


def main(arguments: list[str]) -> None:
    """Print what was asked for."""
    match arguments:
        case ["simulated"]:
            print_simulated()
        case ["shopzilla", file]:
            print_shopzilla(file)
        case ["company", build_file, *truth_file] if len(truth_file) < 2:
            print_company(build_file, *(truth_file or [None]))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
