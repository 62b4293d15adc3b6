"""Real answers hidden, and estimated from the rest: whether the intervals hold what was hidden.

    python benchmarks/hidden_answers.py data/shopzilla/customer_support_17k.csv
    python benchmarks/hidden_answers.py data/shopzilla/customer_support_17k.csv month days

builds the project on the contacts of Shopzilla (see its example) up to the features, hides 80 to
90 % of the answers by several rules, learns model and weights from those that are left, estimates
all channels, categories, shifts and so on and their crossings, and compares with what was hidden.
Prints Markdown; nothing is written but a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
from accuracy import END_DATE, build, is_satisfied
from scipy.optimize import brentq
from scipy.stats import norm

from csat.contract import load_contract
from csat.daily.registry import HELD_FEATURES
from csat.engine import quote
from csat.estimation import (
    AnswerSums,
    LearnedAnswers,
    LevelEstimates,
    LevelSettings,
    RepeatAnswers,
    SurveyEstimates,
    estimate_base,
    estimate_segments,
    own_answers_shift,
    repeat_answers,
    sum_answers,
    survey_estimates,
)
from csat.mapping import map_to_contract
from csat.model import (
    FeatureDefinition,
    TrainingSettings,
    bag_contrasts,
    contrasts,
    response_weights,
    score,
    train,
)
from csat.project import project_root

DRAWS = 20
#: Values of a dimension with fewer contacts count as one, as the marts pool them.
FEWEST_CONTACTS = 50
#: Answers of a segment, from and to.
GROUPS = ((0, 4), (5, 15), (16, 50), (51, 150), (151, 10**9))
DIMENSIONS = {
    "channel": "channel_name",
    "category": "category",
    "sub-category": "Sub-category",
    "shift": "Agent Shift",
    "tenure": "Tenure Bucket",
    "supervisor": "Supervisor",
    "manager": "Manager",
    "product": "Product_category",
}
CROSSED = ("channel", "category", "shift", "tenure", "supervisor")
#: The contacts of the month, each at its own moment, are one population without a course of time.
WHOLE_MONTH = LevelSettings(window_days=2, lags=(1,))
ONE_MONTH = LevelSettings(window_days=31, lags=(1,))
DAYS = (10, 13, 16, 19, 22, 25, 28, 31)
Z = float(norm.ppf(0.975))


@dataclass(frozen=True, eq=False)
class Family:
    """Segments that every contact is in one of: (contacts,) number of the segment, and how many."""

    segment: np.ndarray
    segments: int

    @classmethod
    def of(cls, *values: np.ndarray) -> Family:
        """Split by the values of a dimension, or of several crossed; small ones together."""
        texts = np.array([" × ".join(row) for row in zip(*values, strict=True)], dtype=object)
        _, number, counts = np.unique(texts, return_inverse=True, return_counts=True)
        is_large = counts >= FEWEST_CONTACTS
        place = np.where(is_large, np.cumsum(is_large) - 1, is_large.sum())
        return cls(place[number], int(is_large.sum() + (~is_large).any()))

    def mean(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return (segments,) means over some of the contacts, NaN where there are none."""
        count = np.bincount(self.segment[rows], minlength=self.segments)
        total = np.bincount(self.segment[rows], values[rows], minlength=self.segments)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass(frozen=True, eq=False)
class Contacts:
    """All rated contacts of the month, by their key.

    Parameters
    ----------
    table
        Features as they were when the survey went out, ``example_id`` and ``customer_id``.
    features
        The registry.
    satisfied, day
        (contacts,) the answers, and the day of August on which they were given.
    observed
        By dimension, (contacts,) texts.
    hour, response_rank
        (contacts,) of the contact's start, 0 to 24, and the rank of the time to the first response,
        from 0 (quickest) to 1.
    """

    table: pa.Table
    features: tuple[FeatureDefinition, ...]
    satisfied: np.ndarray
    day: np.ndarray
    observed: Mapping[str, np.ndarray]
    hour: np.ndarray
    response_rank: np.ndarray

    @classmethod
    def read(cls, source: Path, work: Path) -> Contacts:
        """Map the file to the contract, build up to the features, and read both."""
        root = project_root()
        contract = root / "examples" / "shopzilla" / "contract.sql"
        map_to_contract(
            contract, work / "tables", load_contract(root), {"source_file": str(source)}
        )
        company = build(work / "tables", work)
        table = company.answers()
        columns = ", ".join(
            f'coalesce("{column}", \'(unknown)\') as "{name}"'
            for name, column in DIMENSIONS.items()
        )
        started, responded = (
            f"strptime(\"{column}\", '%d/%m/%Y %H:%M')"
            for column in ("Issue_reported at", "issue_responded")
        )
        known = company.connection.execute(
            f"""
            select
                "Unique id" as example_id, {columns},
                day(strptime("Survey_response_Date", '%d-%b-%y')) as day_of_month,
                hour({started}) + minute({started}) / 60 as hour,
                percent_rank() over (order by greatest({responded}, {started}) - {started}) as rank
            from read_csv({quote(str(source))}, all_varchar = true, header = true, quote = '"')
            order by example_id
            """
        ).fetchnumpy()
        assert known["example_id"].tolist() == table["example_id"].to_pylist()
        return cls(
            table=table,
            features=company.features,
            satisfied=is_satisfied(table),
            day=known["day_of_month"],
            observed={name: known[name] for name in DIMENSIONS},
            hour=known["hour"],
            response_rank=known["rank"],
        )

    def families(self) -> dict[str, Family]:
        """Return each dimension, and those of interest crossed in pairs."""
        single = {name: Family.of(self.observed[name]) for name in DIMENSIONS}
        return single | {
            f"{one} × {other}": Family.of(self.observed[one], self.observed[other])
            for one, other in combinations(CROSSED, 2)
        }

    def chosen(self, name: str, factors: Mapping[str, float], otherwise: float) -> np.ndarray:
        """Return a factor per contact by the value of a dimension."""
        return np.array([factors.get(value, otherwise) for value in self.observed[name]])


# --- who is shown -------------------------------------------------------------------------


def at_random(contacts: Contacts) -> np.ndarray:
    """Everyone alike."""
    return np.ones(len(contacts.satisfied))


def by_channel(contacts: Contacts) -> np.ndarray:
    """Called back: twice as readily; by e-mail: a third."""
    return contacts.chosen("channel", {"Outcall": 2.0, "Email": 0.33}, 1.0)


def by_category(contacts: Contacts) -> np.ndarray:
    """Returns, where satisfaction is high, three times as readily as orders."""
    return contacts.chosen("category", {"Returns": 2.0, "Order Related": 0.67}, 1.0)


def by_response_time(contacts: Contacts) -> np.ndarray:
    """The quicker the response, the readier; seven times from one end to the other."""
    return np.exp(-2 * contacts.response_rank)


def by_shift(contacts: Contacts) -> np.ndarray:
    """In the morning, where satisfaction is low, a third."""
    return contacts.chosen("shift", {"Morning": 0.5}, 1.5)


def by_tenure(contacts: Contacts) -> np.ndarray:
    """Served by an agent in training: a third."""
    return contacts.chosen("tenure", {"On Job Training": 0.5}, 1.5)


def by_hour(contacts: Contacts) -> np.ndarray:
    """Nine times as readily at eight in the evening as at eight in the morning."""
    return 1 + 0.8 * np.cos(2 * np.pi * (contacts.hour - 20) / 24)


def by_what_features_tell(contacts: Contacts) -> np.ndarray:
    """By channel, category and response time, multiplied."""
    rules = (by_channel, by_category, by_response_time)
    return np.prod([rule(contacts) for rule in rules], axis=0)


def by_all(contacts: Contacts) -> np.ndarray:
    """By all six, multiplied."""
    rules = (by_what_features_tell, by_shift, by_tenure, by_hour)
    return np.prod([rule(contacts) for rule in rules], axis=0)


@dataclass(frozen=True)
class Rule:
    """How answers are left: a share of them, in proportion to a readiness.

    ``is_seen`` where features tell who answers, so that weights can see it.
    """

    share: float
    readiness: Callable[[Contacts], np.ndarray]
    is_seen: bool = True

    def draw(self, contacts: Contacts, random: np.random.Generator) -> np.ndarray:
        """Return (contacts,) whether the answer is left."""
        relative = self.readiness(contacts)

        def surplus(scale: float) -> float:
            return float(np.minimum(scale * relative, 1).mean() - self.share)

        scale = brentq(surplus, 0, 1 / relative.min())
        return random.random(len(relative)) < np.minimum(scale * relative, 1)


RULES = {
    "at random, 80 % hidden": Rule(0.20, at_random),
    "at random, 90 % hidden": Rule(0.10, at_random),
    "by channel": Rule(0.15, by_channel),
    "by category": Rule(0.15, by_category),
    "by response time": Rule(0.15, by_response_time),
    "by these three": Rule(0.15, by_what_features_tell),
    "by shift": Rule(0.15, by_shift, is_seen=False),
    "by tenure": Rule(0.15, by_tenure, is_seen=False),
    "by time of day": Rule(0.15, by_hour, is_seen=False),
    "by all six": Rule(0.15, by_all, is_seen=False),
}


# --- estimating from the rest -------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Learned:
    """What is learned from the answers that are left.

    Parameters
    ----------
    shown
        (contacts,) whose answers are left, k of them.
    weight, probability, bag
        (k,) of answering, out of fold, and the bag of the model that lacks the answer.
    score
        (contacts,).
    bag_contrasts
        (contacts, bags - 1) contrasts between the bags' scores.
    repeats
        What the answers tell of customers; here no customer has two.
    """

    shown: np.ndarray
    weight: np.ndarray
    probability: np.ndarray
    bag: np.ndarray
    score: np.ndarray
    bag_contrasts: np.ndarray
    repeats: RepeatAnswers

    @classmethod
    def of(cls, contacts: Contacts, shown: np.ndarray, everyone: np.ndarray, seed: int) -> Learned:
        """Fit response weights and the model.

        Parameters
        ----------
        shown
            (contacts,) whose answers are left.
        everyone
            (contacts,) for whom they are to speak.
        """
        rows = contacts.table.filter(pa.array(shown))
        features = [feature for feature in contacts.features if feature.name not in HELD_FEATURES]
        population = contacts.table.filter(pa.array(everyone))
        weight = response_weights(rows, population, features).weights
        model = train(
            rows.append_column("weight", pa.array(weight)),
            contacts.features,
            TrainingSettings(),
            seed=seed,
            model_version="benchmark",
            trained_until=END_DATE,
            held=HELD_FEATURES,
        )
        unseen = model.out_of_fold
        assert unseen is not None
        assert unseen["example_id"].equals(rows["example_id"])
        probability = unseen["probability"].to_numpy()
        satisfied = contacts.satisfied[shown]
        scores = score(model, contacts.table)
        return cls(
            shown=shown,
            weight=weight,
            probability=probability,
            bag=unseen["bag"].to_numpy(),
            score=scores.probability,
            bag_contrasts=bag_contrasts(scores),
            repeats=repeat_answers(np.arange(len(rows)), satisfied, probability, weight),
        )

    def sums(self, contacts: Contacts, segment: np.ndarray, age_days: np.ndarray) -> AnswerSums:
        """Return the sums of the answers that are left."""
        return sum_answers(
            segment=segment[self.shown],
            age_days=age_days[self.shown],
            satisfied=contacts.satisfied[self.shown],
            probability=self.probability,
            weight=self.weight,
        )

    def of_segments(
        self, contacts: Contacts, family: Family, everyone: np.ndarray
    ) -> LearnedAnswers:
        """Return what the score has learned from the answers of each segment."""
        satisfied, segment = contacts.satisfied[self.shown], family.segment[self.shown]
        parts = [self.weight * (self.bag == bag) for bag in range(self.bag_contrasts.shape[1] + 1)]

        def summed(values: np.ndarray) -> np.ndarray:
            return np.bincount(segment, values, minlength=family.segments)

        return LearnedAnswers(
            answers=summed(np.ones(len(satisfied))),
            weight=summed(self.weight),
            weighted_residual=summed(self.weight * (satisfied - self.probability)),
            part_weight=np.column_stack([summed(part) for part in parts]),
            part_satisfied_weight=np.column_stack([summed(part * satisfied) for part in parts]),
            score_contrasts=np.column_stack(
                [family.mean(contrast, everyone) for contrast in self.bag_contrasts.T]
            ),
        )

    def shift(self, contacts: Contacts, family: Family, everyone: np.ndarray) -> np.ndarray:
        """Return by how much the segments' mean scores follow their own answers, in points."""
        whole = Family(np.zeros(len(everyone), dtype=np.int64), 1)
        (found,) = own_answers_shift(
            [self.of_segments(contacts, family, everyone)],
            self.of_segments(contacts, whole, everyone),
            contrasts(self.bag_contrasts.shape[1] + 1),
            folds=TrainingSettings().folds,
        )
        return found


def compare(
    contacts: Contacts,
    learned: Learned,
    family: Family,
    base: LevelEstimates | None,
    *,
    everyone: np.ndarray,
    age_days: np.ndarray,
    settings: LevelSettings,
    survey_days: int | None = None,
) -> tuple[LevelEstimates, dict[str, np.ndarray]]:
    """Estimate the segments of a family, and compare with the answers of everyone.

    The share satisfied of N contacts differs from their mean probability, the estimand, by chance:
    Var = (mean of m (1 - m) - κ) / N, since Var(y | m) = m (1 - m) has κ between customers and the
    rest within them, and κ / N is part of the estimate's variance already. Chance in the answers
    that are left is part of both, the estimate and the share of all, so that to add the variance is
    too much there; of the share of the hidden ones alone it is exact.

    Parameters
    ----------
    base
        To which the estimates are benchmarked; null to estimate the base itself.
    everyone
        (contacts,) of whom the segments consist.
    age_days
        (contacts,) of the answers.
    survey_days
        Days of answers of the unweighted survey; all where not given.
    """
    sums = learned.sums(contacts, family.segment, age_days)
    n = np.bincount(family.segment[everyone], minlength=family.segments)
    mean_score = 100 * family.mean(learned.score, everyone)
    beside = {"repeats": learned.repeats, "settings": settings}
    if base is None:
        found = left_in = estimate_base(sums, n[0], mean_score[0], **beside)
    else:
        beside["base"] = base
        left_in = estimate_segments(sums, n, mean_score, **beside)
        shift = learned.shift(contacts, family, everyone)
        found = estimate_segments(sums, n, mean_score, score_shift=shift, **beside)
    hidden = everyone & ~learned.shown
    n_hidden = np.bincount(family.segment[hidden], minlength=family.segments)
    spread = family.mean(learned.score * (1 - learned.score), everyone)
    chance = 1e4 * np.maximum(spread - learned.repeats.customer_variance, 0)
    truth = 100 * family.mean(contacts.satisfied, everyone)
    of_hidden = 100 * family.mean(contacts.satisfied, hidden)
    of_hidden_by_chance = chance / np.maximum(n_hidden, 1)

    def holds_hidden(one: LevelEstimates) -> np.ndarray:
        of_these = one.estimate - mean_score + 100 * family.mean(learned.score, hidden)
        return _inside(of_these - of_hidden, Z * np.sqrt(one.std_error**2 + of_hidden_by_chance))

    with_chance = Z * np.sqrt(found.std_error**2 + chance / np.maximum(n, 1))
    raw = survey_estimates(sums, family.segments, is_weighted=False, window_days=survey_days)
    judged = {
        "answers": found.n,
        "contacts": n,
        **_judged("published", found, truth),
        "with_chance_covers": _inside(found.estimate - truth, with_chance),
        "hidden_covers": holds_hidden(found),
        **_judged("left_in", left_in, truth),
        "left_in_hidden_covers": holds_hidden(left_in),
        **_judged("weighted", survey_estimates(sums, family.segments), truth),
        **_judged("raw", raw, truth),
        "score_error": mean_score - truth,
    }
    enough = (n >= FEWEST_CONTACTS) & (n_hidden > 0)
    return found, {name: values[enough] for name, values in judged.items()}


def _judged(
    name: str, found: LevelEstimates | SurveyEstimates, truth: np.ndarray
) -> dict[str, np.ndarray]:
    covers = (found.conf_low <= truth) & (truth <= found.conf_high)
    return {
        f"{name}_covers": np.where(np.isnan(found.estimate), np.nan, covers),
        f"{name}_width": found.conf_high - found.conf_low,
        f"{name}_error": found.estimate - truth,
    }


def _inside(error: np.ndarray, half_width: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(error), np.nan, np.abs(error) <= half_width)


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw compared: columns by name, of the base and of the segments of each family."""

    base: dict[str, np.ndarray]
    families: dict[str, dict[str, np.ndarray]]

    def segments(self, family: str | None = None) -> dict[str, np.ndarray]:
        """Return the columns of a family, or of all families together."""
        chosen = [self.families[family]] if family else list(self.families.values())
        return {name: np.concatenate([one[name] for one in chosen]) for name in self.base}


def estimate_draw(
    contacts: Contacts,
    families: Mapping[str, Family],
    shown: np.ndarray,
    seed: int,
    *,
    everyone: np.ndarray,
    population: np.ndarray,
    **setting: np.ndarray | LevelSettings | int,
) -> Draw:
    """Learn from the answers that are left, estimate everything and compare."""
    learned = Learned.of(contacts, shown, population, seed)
    whole = Family(np.zeros(len(shown), dtype=np.int64), 1)
    base, judged = compare(contacts, learned, whole, None, everyone=everyone, **setting)
    of_families = {
        name: compare(contacts, learned, family, base, everyone=everyone, **setting)[1]
        for name, family in families.items()
    }
    return Draw(judged, of_families)


# --- tables -------------------------------------------------------------------------------

Columns = Sequence[Mapping[str, np.ndarray]]


def percent(draws: Columns, name: str) -> str:
    """Return the share in % of all segments of all draws, and half of its interval at 95 %.

    Segments of one draw go together, so that the interval is that of a ratio of sums over draws.
    """
    sums = np.array([np.nansum(draw[name]) for draw in draws])
    counts = np.array([np.sum(~np.isnan(draw[name])) for draw in draws])
    if not counts.sum():
        return ""
    share = sums.sum() / counts.sum()
    half = 1.96 * np.sqrt(np.sum((sums - share * counts) ** 2)) / counts.sum()
    return f"{100 * share:.1f} ± {100 * half:.1f}"


def mean(draws: Columns, name: str) -> float:
    """Return the mean over all segments of all draws."""
    return float(np.nanmean(np.concatenate([draw[name] for draw in draws])))


def root_mean_square(draws: Columns, name: str) -> str:
    """Return the root of the mean square over all segments of all draws."""
    values = np.concatenate([draw[name] for draw in draws])
    return f"{np.sqrt(np.nanmean(values**2)):.1f}"


def in_group(draws: Columns, group: tuple[int, int]) -> Columns:
    """Return the segments with as many answers as the group says."""
    kept = [(draw["answers"] >= group[0]) & (draw["answers"] <= group[1]) for draw in draws]
    return [
        {name: values[rows] for name, values in draw.items()}
        for draw, rows in zip(draws, kept, strict=True)
    ]


def name_of(group: tuple[int, int]) -> str:
    """Return a group's name."""
    return f"{group[0]}–{group[1]}" if group[1] < 10**9 else f"over {group[0] - 1}"


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table of Markdown, numbers to the right."""
    print(f"\n| {' | '.join(names)} |\n| --- |{' ---: |' * (len(names) - 1)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def _cells(draws: Columns) -> list[str]:
    """Return how often intervals hold what they should, how wide they are, and how far off."""
    return [
        percent(draws, "hidden_covers"),
        percent(draws, "with_chance_covers"),
        f"{mean(draws, 'published_width'):.1f}",
        root_mean_square(draws, "published_error"),
        root_mean_square(draws, "score_error"),
        percent(draws, "left_in_hidden_covers"),
        f"{mean(draws, 'left_in_width'):.1f}",
        root_mean_square(draws, "left_in_error"),
        percent(draws, "raw_covers"),
        f"{mean(draws, 'raw_width'):.1f}",
        root_mean_square(draws, "raw_error"),
        percent(draws, "weighted_covers"),
        f"{mean(draws, 'weighted_width'):.1f}",
        root_mean_square(draws, "weighted_error"),
    ]


_CELLS = (
    *("estimate: of the hidden, %", "of all, %", "width", "error", "error of the score"),
    *("own answers left in: of the hidden, %", "width", "error"),
    *("survey: %", "width", "error", "weighted survey: %", "width", "error"),
)


def month(contacts: Contacts) -> None:
    """Print how the whole month is estimated by the answers that each rule leaves."""
    families = contacts.families()
    everyone = np.ones(len(contacts.satisfied), dtype=bool)
    drawn: dict[str, list[Draw]] = {}
    for number, (name, rule) in enumerate(RULES.items()):
        start = time.process_time()
        for seed in range(DRAWS):
            random = np.random.default_rng([number, seed])
            draw = estimate_draw(
                contacts,
                families,
                rule.draw(contacts, random),
                seed,
                everyone=everyone,
                population=everyone,
                age_days=np.zeros(len(everyone), dtype=np.int64),
                settings=WHOLE_MONTH,
            )
            drawn.setdefault(name, []).append(draw)
        print(f"{name}: {time.process_time() - start:.0f} s of CPU", file=sys.stderr, flush=True)
    together = [draw.segments() for draws in drawn.values() for draw in draws]
    segments = sum(len(columns["answers"]) for columns in together) / len(together)
    print("## The month\n")
    print(
        f"{DRAWS} draws a rule; {segments:.0f} segments of {len(families)} families in each, "
        f"of {FEWEST_CONTACTS} contacts or more."
    )
    print("\n### All contacts together")
    table(
        ("hidden", "answers left", "features tell who answers", *_CELLS),
        [
            [
                name,
                f"{mean(columns, 'answers'):,.0f}",
                "yes" if RULES[name].is_seen else "no",
                *_cells(columns),
            ]
            for name, columns in ((key, [d.base for d in draws]) for key, draws in drawn.items())
        ],
    )
    print("\n### Segments by their number of answers, all rules")
    table(
        ("answers", "segments", *_CELLS),
        [
            [name_of(group), f"{_count(columns):.1f}", *_cells(columns)]
            for group, columns in ((group, in_group(together, group)) for group in GROUPS)
        ],
    )
    print("\n### Segments by rule")
    table(
        ("hidden", *_CELLS),
        [[name, *_cells([d.segments() for d in draws])] for name, draws in drawn.items()],
    )
    print("\n### By rule and number of answers: estimate, of the hidden, % · survey, %")
    table(
        ("hidden", *map(name_of, GROUPS)),
        [
            [name, *(_both(in_group([d.segments() for d in draws], group)) for group in GROUPS)]
            for name, draws in drawn.items()
        ],
    )
    print("\n### Segments by family, all rules")
    every = [draw for draws in drawn.values() for draw in draws]
    table(
        ("family", "segments", *_CELLS),
        [
            [name, f"{_count(columns):.0f}", *_cells(columns)]
            for name, columns in ((key, [d.segments(key) for d in every]) for key in families)
        ],
    )


def _count(draws: Columns) -> float:
    return sum(len(draw["answers"]) for draw in draws) / len(draws)


def _both(draws: Columns) -> str:
    if not _count(draws):
        return ""
    return f"{percent(draws, 'hidden_covers')} · {percent(draws, 'raw_covers')}"


def days(contacts: Contacts) -> None:
    """Print how single days are estimated by the answers of all days up to them."""
    families = {name: family for name, family in contacts.families().items() if name in DIMENSIONS}
    rule = RULES["at random, 80 % hidden"]
    drawn = []
    start = time.process_time()
    for seed in range(DRAWS):
        left = rule.draw(contacts, np.random.default_rng([100, seed]))
        for day in DAYS:
            until = contacts.day <= day
            draw = estimate_draw(
                contacts,
                families,
                left & until,
                seed,
                everyone=contacts.day == day,
                population=until,
                age_days=np.maximum(day - contacts.day, 0),
                settings=ONE_MONTH,
                survey_days=1,
            )
            drawn.append(draw)
    print(f"days: {time.process_time() - start:.0f} s of CPU", file=sys.stderr, flush=True)
    print("\n## Day by day\n")
    print(
        f"{DRAWS} draws at random, 80 % hidden; the contacts of 8 days ({DAYS[0]} to {DAYS[-1]} "
        "August), estimated by the answers up to each. Survey: the day's own answers; weighted: "
        "all answers up to the day."
    )
    rows = [("all contacts", [draw.base for draw in drawn])]
    rows += [("segments", [draw.segments() for draw in drawn])]
    table(
        ("", "contacts", *_CELLS),
        [[name, f"{mean(columns, 'contacts'):.0f}", *_cells(columns)] for name, columns in rows],
    )


PARTS = {"month": month, "days": days}


def main() -> None:
    """Measure what is named on the command line."""
    source, *parts = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        contacts = Contacts.read(Path(source), Path(folder))
    for part in parts or PARTS:
        PARTS[part](contacts)


if __name__ == "__main__":
    main()
