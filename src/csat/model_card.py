"""The model card: what the model in force is, how good it is, and what it must not be taken for.

Everything in it is read from the marts, so that it says of each company what is so there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from csat.project import UserError, name_in_project
from csat.publishing import build_file_of, published_file_of, reading

#: Where `make docs` writes the card for dbt's documentation; one of docs-paths in dbt_project.yml.
DOCS_FILE = Path("target", "docs", "model_card.md")
#: dbt shows a block of this name as the page of the project.
DOCS_BLOCK = "__csat__"
#: Months of performance that the card shows.
MONTHS_SHOWN = 12

_NOTHING = "–"


@dataclass(frozen=True)
class Marts:
    """The rows that the card is made of."""

    file: str
    versions: list[dict]
    features: list[dict]
    performance: list[dict]
    calibration: list[dict]
    drift: list[dict]
    coverage: dict

    @property
    def as_of_date(self) -> date:
        """The last day that the run knew of."""
        return self.coverage["as_of_date"] or self.drift[0]["score_date"]

    @property
    def in_force(self) -> dict:
        """The version in force."""
        return next(row for row in self.versions if row["is_in_force"])

    def performance_of(self, version: str, kind: str) -> list[dict]:
        """Return the rows of a version and kind of period, in order."""
        return [
            row
            for row in self.performance
            if (row["model_version"], row["period_kind"]) == (version, kind)
        ]


def file_to_read(root: Path) -> Path:
    """Return the published file, or the build file where nothing is published.

    Raises
    ------
    UserError
        If there is neither.
    """
    published, build = published_file_of(root), build_file_of(root)
    for file in (published, build):
        if file.exists():
            return file
    raise UserError(
        f"There is neither {name_in_project(root, published)} nor {name_in_project(root, build)}: "
        "run `make build` first."
    )


def read_marts(file: Path, shown_as: str) -> Marts:
    """Read what the card says from a file.

    Raises
    ------
    UserError
        If the file cannot be opened, or holds no model.
    """
    with reading(file, shown_as) as connection:

        def rows(sql: str) -> list[dict]:
            return connection.execute(sql).to_arrow_table().to_pylist()

        try:
            return marts_of(rows, shown_as)
        except duckdb.CatalogException as error:
            raise UserError(
                f"{shown_as} holds no model yet: run `make build` ({str(error).splitlines()[0]})."
            ) from error
        except duckdb.Error as error:
            raise UserError(
                f"{shown_as} cannot be read: run `make build` anew, or name another file by "
                f"--file ({str(error).splitlines()[0]})."
            ) from error


def marts_of(rows: Callable[[str], list[dict]], shown_as: str) -> Marts:
    """Read what the card says by a function that runs a query.

    Raises
    ------
    UserError
        If no version is in force.
    """
    (coverage,) = rows(
        "select count(*) as customers, avg(families_with_data) as families_with_data, "
        "max(families_delivered) as families_delivered, max(as_of_date) as as_of_date "
        "from marts.fct_customer_data_coverage"
    )
    marts = Marts(
        file=shown_as,
        versions=rows("from marts.dim_model_versions order by cutoff_date"),
        features=rows(
            "from marts.dim_model_features order by mean_points desc nulls last, feature"
        ),
        performance=rows("from marts.fct_model_performance order by period"),
        calibration=rows(
            "from marts.fct_model_calibration where model_version = 'all' order by bin_number"
        ),
        drift=rows(
            "from marts.fct_feature_drift where score_date = (select max(score_date) "
            "from marts.fct_feature_drift) order by stability_index desc nulls last, feature"
        ),
        coverage=coverage,
    )
    if not any(row["is_in_force"] for row in marts.versions):
        raise UserError(f"No version of the model in {shown_as} is in force: run `make build`.")
    return marts


def model_card(marts: Marts) -> str:
    """Return the card as Markdown."""
    parts: Sequence[Callable[[Marts], Iterable[str]]] = (
        _what_it_predicts,
        _version_in_force,
        _how_good,
        _calibration,
        _what_it_goes_by,
        _drift,
        _limits,
        _versions,
    )
    return "\n".join(line for part in parts for line in (*part(marts), "")).rstrip() + "\n"


def as_docs_block(markdown: str) -> str:
    """Return Markdown as the block of dbt's documentation that is the page of the project."""
    # Text of a company's own must not end the block.
    harmless = markdown.replace("{%", "{ %").replace("{{", "{ {")
    return f"{{% docs {DOCS_BLOCK} %}}\n\n{harmless}\n{{% enddocs %}}\n"


def no_card(reason: str) -> str:
    """Return what stands in the place of the card where there is nothing to say."""
    return f"# Model card\n\nThere is none yet. {reason}\n"


def _what_it_predicts(marts: Marts) -> Iterable[str]:
    version = marts.in_force
    return (
        "# Model card",
        "",
        f"As of {marts.as_of_date}, from `{marts.file}`.",
        "",
        "## What it predicts",
        "",
        "The probability that a customer would answer *satisfied* if asked that day, times 100: "
        "the "
        "`csat_score`. A score of 70 means that of 100 such customers 70 would say so. "
        f"It is stated as if everyone were asked by the instrument "
        f"`{version['reference_instrument']}` ({version['reference_survey_kind']}), because people "
        "answer differently to different surveys.",
        "",
        "It is learned from answers to satisfaction surveys (metric csat), each next to what was "
        "known "
        "of the customer when the survey was sent. Answers count by how unlikely they were to "
        "come, so "
        "that those who seldom answer are not forgotten. The model is a sum of steps, one per "
        "feature, and of a few pairs (an explainable boosting machine): a score's drivers are "
        "the model itself.",
    )


def _version_in_force(marts: Marts) -> Iterable[str]:
    version = marts.in_force
    yield from ("## The version in force", "")
    if version["is_fallback"]:
        yield from (
            f"**It says the same of everyone**, because: {version['fallback_reason']}",
            "",
        )
    yield from _table(
        ("", ""),
        [
            ("version", f"`{version['model_version']}`"),
            ("knows of everything up to", version["cutoff_date"]),
            ("in force from", version["in_force_from"]),
            (
                "answers learned from",
                f"{_whole(version['answers'])} of {_whole(version['customers'])} customers, "
                f"worth {_whole(version['effective_answers'])} equally weighted ones",
            ),
            (
                "satisfied among them, weighted, drawn to one half by four answers",
                _percent(version["base_csat"]),
            ),
            ("pairs of features that act together", _whole(version["pairs"])),
            (
                "customer-days that resemble nobody who answered",
                _percent(_times(version["outside_support_share"], 100)),
            ),
            (
                "customers scored",
                f"{_whole(marts.coverage['customers'])}, of whom anything is known in "
                f"{_number(marts.coverage['families_with_data'], 1)} of seven families of features "
                f"on average ({_whole(marts.coverage['families_delivered'])} are handed in)",
            ),
            ("why it is in force", version["decision"]),
        ],
    )


def _how_good(marts: Marts) -> Iterable[str]:
    yield from (
        "## How good it is",
        "",
        "Judged on answers that came after its training, predicted by the version then in force. "
        "Log-loss is lower when better. *Base rate* says of everyone the share satisfied "
        "in training, drawn to one half by four answers; *last rating* goes by the customer's own "
        "last answer. AUC is the share of pairs of a satisfied and a dissatisfied answer that are "
        "ranked rightly, 0.5 for a guess. The calibration error is the mean gap, in points, "
        "between what was predicted and what was answered; *by chance* is what a perfect model "
        "would show on so many answers.",
        "",
    )
    version = marts.in_force["model_version"]
    rows = [
        (f"{name}, {kind}", row)
        for name, of, kind in (
            ("this version", version, "training"),
            ("this version", version, "in force"),
            ("all versions", "all", "in force"),
        )
        for row in marts.performance_of(of, kind)
    ]
    rows += [
        (f"{row['period']:%B %Y}", row)
        for row in marts.performance_of("all", "month")[-MONTHS_SHOWN:]
    ]
    yield from _table(
        (
            *("answers of", "answers", "log-loss", "base rate", "last rating", "AUC"),
            *("AUC of last rating", "calibration error", "by chance", "observed", "predicted"),
        ),
        [
            (
                name,
                _whole(row["answers"]),
                *(
                    _number(row[figure], digits)
                    for figure, digits in (
                        ("log_loss", 4),
                        ("base_rate_log_loss", 4),
                        ("last_rating_log_loss", 4),
                        ("auc", 3),
                        ("last_rating_auc", 3),
                        ("calibration_error", 1),
                        ("calibration_error_by_chance", 1),
                        ("observed_csat", 1),
                        ("predicted_csat", 1),
                    )
                ),
            )
            for name, row in rows
        ],
    )
    reasons = [f"{name}: {row['reason']}" for name, row in rows if row["reason"]]
    if reasons:
        yield from ("", *(f"- {reason}" for reason in reasons))


def _calibration(marts: Marts) -> Iterable[str]:
    yield from ("## When it says 70, are 70 of 100 satisfied?", "")
    if not marts.calibration:
        yield "No answer has come since there is a model."
        return
    within = sum(
        row["observed_csat_lower"] <= row["predicted_csat"] <= row["observed_csat_upper"]
        for row in marts.calibration
    )
    yield from (
        f"In {within} of {len(marts.calibration)} bins the prediction lies within the interval of "
        "what "
        "was answered (95 %). Where the level of satisfaction has moved since a training, all "
        "bins lie "
        "to one side: surveys then correct the base and the segments, but no single score.",
        "",
    )
    yield from _table(
        ("it said", "satisfied", "interval", "answers"),
        [
            (
                _number(row["predicted_csat"], 1),
                _number(row["observed_csat"], 1),
                f"{row['observed_csat_lower']:.1f} to {row['observed_csat_upper']:.1f}",
                _whole(row["answers"]),
            )
            for row in marts.calibration
        ],
    )


def _what_it_goes_by(marts: Marts) -> Iterable[str]:
    used = [row for row in marts.features if row["is_in_model"]]
    yield from (
        "## What it goes by",
        "",
        f"{len(used)} of {len(marts.features)} registered features make a difference. Points are "
        "the feature's own, for the customers of the as-of date: on average, and from the worst "
        "to the best value that one of them has. "
        "Where the registry says that more of a thing can only hurt or only help, the model is "
        "held to it.",
    )
    for family in sorted({row["feature_family"] for row in used}):
        yield from ("", f"### {family[:1].upper()}{family[1:]}", "")
        yield from _table(
            ("feature", "direction", "points on average", "from … to"),
            [
                (
                    row["feature_label"],
                    row["direction"],
                    _number(row["mean_points"], 2),
                    _range(row["lowest_points"], row["highest_points"]),
                )
                for row in used
                if row["feature_family"] == family
            ],
        )


def _drift(marts: Marts) -> Iterable[str]:
    yield from (
        "## Are customers still like those it learned from?",
        "",
        "The population stability index compares the customers of the as-of date with the answers "
        "of the "
        "training: below 0.1 (or no more than chance) a feature is stable, from 0.25 on it has "
        "drifted. "
        "A drift means that the model is asked about people of whom it has seen few; whether it "
        "is wrong about them only their answers tell.",
        "",
    )
    told = [row for row in marts.drift if row["status"]]
    if not told:
        reasons = sorted({row["reason"] for row in marts.drift if row["reason"]})
        yield " ".join(["It cannot be told.", *reasons])
        return
    counts = {
        status: sum(row["status"] == status for row in told)
        for status in ("stable", "shifted", "drifted")
    }
    yield (
        f"On {told[0]['score_date']}: {counts['stable']} features stable, "
        f"{counts['shifted']} shifted, {counts['drifted']} drifted."
    )
    moved = [row for row in told if row["status"] != "stable"]
    if moved:
        yield ""
        yield from _table(
            ("feature", "index", "status", "what differs most"),
            [
                (
                    row["feature_label"],
                    _number(row["stability_index"], 2),
                    row["status"],
                    row["largest_shift"],
                )
                for row in moved
            ],
        )


def _limits(marts: Marts) -> Iterable[str]:
    return (
        "## What it must not be taken for",
        "",
        "- **A single score is weak.** Answers are noisy: an AUC near 0.70 is normal, and no model "
        "of such data tells each customer apart. Use single scores to put customers in order for a "
        "conversation, never to judge one. Means of many scores are steadier, but carry the "
        "model's own error of level, which is large while there are few answers.",
        "- **The interval of a single score** (`csat_score_lower` … `csat_score_upper`) tells how "
        "sure the model is of the probability, not what the customer will answer, which is yes or "
        "no. It is too narrow: of simulated customers, whose true probability is known, it held "
        "61 to 96 %, fewest where answers were few, where it says 95 %.",
        "- **Association, not cause.** A driver is what satisfied customers have in common, not "
        "what would "
        "satisfy another one. What a program does is measured by surveyed outcomes, never by "
        "the score alone.",
        "- **Who never answers is guessed.** Weights make up for who answers as far as the "
        "features tell. "
        "Where satisfied people answer more, given all that is known, every figure is off by the "
        "same amount.",
        "- **A new version moves scores** without any customer having changed. `model_version` "
        "stands "
        "beside each score.",
    )


def _versions(marts: Marts) -> Iterable[str]:
    yield from (
        "## How versions came and went",
        "",
        "A new version is trained by schedule and compared with the one in force on answers that "
        "neither has "
        "learned from. It takes over unless it is worse. Differences below 0 favour the new one.",
        "",
    )
    yield from _table(
        ("version", "in force", "answers", "difference in log-loss (95 %)", "decision"),
        [
            (
                f"`{row['model_version']}`",
                _span(row["in_force_from"], row["in_force_to"]),
                _whole(row["answers"]),
                _NOTHING
                if row["log_loss_difference"] is None
                else f"{row['log_loss_difference']:+.4f} "
                f"({row['log_loss_difference_lower']:+.4f} to "
                f"{row['log_loss_difference_upper']:+.4f})",
                row["decision"],
            )
            for row in marts.versions
        ],
    )


def _span(first: date | None, last: date | None) -> str:
    if first is None:
        return "never"
    return f"from {first}" if last is None else f"{first} to {last}"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        cells = (_NOTHING if cell is None else str(cell).replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"


def _whole(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.0f}"


def _number(value: float | None, digits: int) -> str:
    return _NOTHING if value is None else f"{value:.{digits}f}"


def _range(lowest: float | None, highest: float | None) -> str:
    return _NOTHING if lowest is None or highest is None else f"{lowest:+.1f} to {highest:+.1f}"


def _percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f} %"


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
