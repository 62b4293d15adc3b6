"""What the report says in words: findings, no wider than their intervals allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from csat.report.reading import WEEK, ReportData

NOTHING = "–"
#: As wide as a plus, unlike the hyphen.
MINUS = "−"


def day(value: date) -> str:
    """Return a day as people write it: 30 September 2026."""
    return f"{value.day} {value:%B %Y}"


def number(value: float | None, digits: int = 1) -> str:
    """Return a figure, a dash for none; never minus 0."""
    if value is None:
        return NOTHING
    rounded = round(value, digits) + 0.0
    return f"{rounded:,.{digits}f}".replace("-", MINUS)


def signed(value: float | None, digits: int = 1) -> str:
    """Return a change with its sign."""
    if value is None:
        return NOTHING
    rounded = round(value, digits)
    return f"+{number(rounded, digits)}" if rounded > 0 else number(rounded, digits)


def interval(lower: float | None, upper: float | None, digits: int = 0) -> str:
    """Return the ends of an interval."""
    if lower is None or upper is None:
        return NOTHING
    return f"{number(lower, digits)} to {number(upper, digits)}"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: a, b and c."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def headline(data: ReportData) -> str:
    """Return how satisfied all customers are."""
    today = data.today
    text = f"{number(today['csat_estimate'], 0)} of 100 customers are satisfied"
    if today["csat_estimate_lower"] is None:
        return text
    ends = interval(today["csat_estimate_lower"], today["csat_estimate_upper"])
    return f"{text}, by an estimate that allows {ends}"


def change(row: dict, days: int) -> str:
    """Return what may be said of a change within days."""
    points = row[f"change_{days}_days"]
    if points is None:
        return f"There is no estimate of {days} days before to compare with."
    ends = (signed(row[f"change_{days}_days_{end}"]) for end in ("lower", "upper"))
    told = f"{signed(points)} points within {days} days ({' to '.join(ends)})"
    if row[f"is_change_{days}_days_more_than_noise"]:
        return f"{told}: a {'rise' if points > 0 else 'fall'} that is more than noise."
    return f"{told}: no change that could be told from noise."


def base_finding(data: ReportData) -> list[str]:
    """Return sentences about all customers."""
    today = data.today
    sentences = []
    if today["csat_band"] == "cannot be told":
        sentences.append("The interval is too wide to name a band.")
    elif today["csat_band"]:
        sentences.append(f"By the bands of the project that is {today['csat_band']}.")
    sentences.append(change(today, WEEK))
    if today["csat_survey"] is not None:
        gap = today["csat_estimate"] - today["csat_survey"]
        side = "above" if gap > 0 else "below"
        sentences.append(
            f"Of those who answered surveys within 28 days ({number(today['survey_answers'], 0)} "
            f"answers), {number(today['csat_survey'], 0)} of 100 were satisfied; the estimate for "
            f"everyone lies {number(abs(gap))} points {side}."
        )
    return sentences


def ledger_finding(data: ReportData) -> str:
    """Return what moved the estimate within the week."""
    if not data.ledger:
        return "Nothing can be told of the week: its days are not all estimated yet."
    total = sum(row["points"] for row in data.ledger)
    largest = data.ledger[0]
    label = largest["part_label"][:1].lower() + largest["part_label"][1:]
    text = (
        f"Of {signed(total)} points within the week, the largest part is {label} "
        f"({signed(largest['points'])})"
    )
    if data.today[f"is_change_{WEEK}_days_more_than_noise"]:
        return f"{text}."
    return f"{text}; the sum is within noise."


def band_finding(data: ReportData) -> str:
    """Return where customers stand."""
    if not data.bands:
        return "No customer has a score."
    total = sum(row["customers"] for row in data.bands)
    lowest, highest = data.bands[0], data.bands[-1]
    parts = [f"{_share(row['customers'], total)} score {row['band']}" for row in (highest, lowest)]
    if lowest is highest:
        return f"All customers score {lowest['band']}."
    return f"{' and '.join(parts)}, of {number(total, 0)} customers."


def segment_finding(data: ReportData) -> str:
    """Return which segments are surely low."""
    if not data.segments:
        return "No segment is large enough to be shown."
    low = low_segments(data)
    if not low:
        return "Of no segment it can be told that it lies below all customers."
    names = listed([segment_label(row) for row in low[:3]])
    more = f" and {len(low) - 3} more" if len(low) > 3 else ""
    verb = "lies" if len(low) == 1 else "lie"
    return f"{names}{more} {verb} surely below all customers."


def low_segments(data: ReportData) -> list[dict]:
    """Return segments whose whole interval lies below the estimate of all customers."""
    limit = data.today["csat_estimate"]
    return [
        row
        for row in data.segments
        if row["csat_estimate_upper"] is not None and row["csat_estimate_upper"] < limit
    ]


def segment_label(row: dict) -> str:
    """Return the name of a segment's value; of a segment by condition that of the segment."""
    name, value = row["segment_name"], row["segment_value"]
    return name if value == "members" else f"{name}: {value.replace('_', ' ')}"


def alarm_finding(data: ReportData) -> str:
    """Return how many alarms are open."""
    count = len(data.alarms)
    if not count:
        return "No open alarms." if not data.agent_alarms else "No open alarms but about agents."
    new = sum(row["status"] == "opened" for row in data.alarms)
    plural = "s" if count > 1 else ""
    return f"{count} open alarm{plural}" + (
        f", {new} of them new." if new else ", none of them new."
    )


def program_finding(data: ReportData) -> str:
    """Return what programs are shown to do."""
    if not data.programs:
        return "No program is known."
    told = [
        f"{row['program_name']} {row['verdict']}"
        for row in data.programs
        if row["verdict"] in ("raises", "harms")
    ]
    if told:
        return f"{listed(told)} satisfaction."
    if all(row["verdict"] == "cannot be told" for row in data.programs):
        return f"Of none of {len(data.programs)} programs can the effect be told yet."
    return f"None of {len(data.programs)} programs is shown to raise or harm satisfaction."


def driver_finding(data: ReportData) -> str:
    """Return what scores go by."""
    if not data.drivers:
        return "The model goes by nothing yet: it says the same of everyone."
    labels = [row["driver_label"] for row in data.drivers[:3]]
    return f"Scores differ most by {listed([label[:1].lower() + label[1:] for label in labels])}."


def _is_judged(data: ReportData) -> bool:
    return data.performance is not None and data.performance["auc"] is not None


def trust_finding(data: ReportData) -> str:
    """Return how well answers were told beforehand."""
    if not _is_judged(data):
        return "No answer has come yet that could judge the scores."
    auc, answers = data.performance["auc"], data.performance["answers"]
    return (
        f"{number(answers, 0)} answers were predicted beforehand; a satisfied and a dissatisfied "
        f"one are ranked rightly {number(100 * auc, 0)} times of 100."
    )


def trust_details(data: ReportData) -> list[str]:
    """Return what else to know before acting on figures."""
    details = []
    if _is_judged(data) and data.answers_told_alike:
        details.append(
            f"{number(data.answers_told_alike, 0)} of these answers were predicted by "
            "versions that say the same of everyone, which ranks nobody."
        )
    if data.calibration:
        within = sum(
            row["observed_csat_lower"] <= row["predicted_csat"] <= row["observed_csat_upper"]
            for row in data.calibration
        )
        details.append(
            f"In {within} of {len(data.calibration)} groups of answers the prediction lies within "
            "the interval of what was answered (95 %)."
        )
    today = data.today
    if today["answers"]:
        details.append(
            f"The estimate rests on {number(today['answers'], 0)} answers, worth "
            f"{number(today['effective_answers'], 0)} equal ones, and on the records of "
            f"{number(today['customers'], 0)} customers."
        )
    if today["estimate_if_satisfied_answer_more"] is not None:
        details.append(
            "Were the satisfied readier to answer than others of whom the same is known, it would "
            f"be {number(today['estimate_if_satisfied_answer_more'])}; were they less ready, "
            f"{number(today['estimate_if_satisfied_answer_less'])}."
        )
    if data.drift:
        total = sum(data.drift.values())
        moved = total - data.drift.get("stable", 0)
        details.append(
            f"{moved} of {total} features are distributed otherwise than in the answers that the "
            "model has learned from."
        )
    if data.hidden_segments:
        details.append(
            f"{data.hidden_segments} segments are too small to be shown, or hidden so that no "
            "small one can be found by subtraction."
        )
    details.append(
        "A single score is weak; points of drivers are what the model goes by, and no causes."
    )
    return details


def _share(part: int, total: int) -> str:
    return f"{number(100 * part / total, 0)} %" if total else NOTHING
