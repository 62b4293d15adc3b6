"""What a picture shows, in one sentence: the titles of the pages.

Every function takes rows as the queries of ``csat.pages.queries`` give them. Where figures do not
tell, the sentence says that, and never that nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

#: Spans of the ledger, in words.
SPANS = {1: "a day", 7: "a week", 28: "four weeks"}
#: A part must make so much of a change to be named as what it is made of.
MOST_OF_IT = 0.5
#: Points below which a part is shown with the others.
LEAST_SHOWN = 0.05
_COMPONENTS = {
    "mix": "who came and left",
    "model": "the new model",
    "survey": "what surveys said",
}


def signed(value: float, digits: int = 1) -> str:
    """Return points with their sign, by a real minus; nothing before what rounds to 0."""
    rounded = round(value, digits)
    if rounded == 0:
        return f"{0:.{digits}f}"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):.{digits}f}"


def span(low: float | None, high: float | None) -> str:
    """Return an interval in whole points; empty where there is none."""
    if _missing(low) or _missing(high):
        return ""
    return f"{low:.0f} to {high:.0f}".replace("-", "−")


def moved(points: float) -> str:
    """Return "fell 2.1 points" or "rose 2.1 points"."""
    amount = f"{abs(points):.1f}"
    return f"{'fell' if points < 0 else 'rose'} {amount} point{'' if amount == '1.0' else 's'}"


def base_finding(today: Mapping, ledger: Sequence[Mapping], span_days: int) -> str:
    """Return how satisfied all customers are, and whether that has moved.

    Parameters
    ----------
    today
        The last row of ``BASE_DAYS``.
    ledger
        Rows of ``LEDGER`` for that span.
    span_days
        Days back: 7 or 28.
    """
    estimate = today.get("csat_estimate")
    if _missing(estimate):
        return "How satisfied customers are cannot be told yet"
    change = today.get(f"change_{span_days}_days")
    if _missing(change):
        return f"CSAT is {estimate:.1f}; there is no earlier day to compare with yet"
    if not today.get(f"is_change_{span_days}_days_more_than_noise"):
        return (
            f"CSAT stands at {estimate:.1f}; {signed(change)} points in {SPANS[span_days]} "
            "may be noise"
        )
    because = largest_part(ledger, change)
    made_of = f", most of it {because}" if because else ""
    return f"CSAT {moved(change)} in {SPANS[span_days]} to {estimate:.1f}{made_of}"


def largest_part(ledger: Iterable[Mapping], change: float) -> str | None:
    """Return the name of the part that makes most of a change; null where none does."""
    of_same_sign = [row for row in parts_of(ledger) if row["points"] * change > 0]
    if not of_same_sign:
        return None
    largest = max(of_same_sign, key=lambda row: abs(row["points"]))
    if abs(largest["points"]) < MOST_OF_IT * abs(change):
        return None
    label = largest["label"]
    return label[:1].lower() + label[1:]


def parts_of(ledger: Iterable[Mapping], most: int | None = None) -> list[dict]:
    """Return the ledger as parts that people name: each driver, and the other components whole.

    Parameters
    ----------
    ledger
        Rows of ``component``, ``part_label`` and ``points``.
    most
        So many of the largest, as far as they are not near 0; the others are added up, so that the
        sum stays the change. All one by one where not given.

    Returns
    -------
    list of dict
        ``label``, ``kind`` (behaviour, mix, model or survey) and ``points``, the largest first.
    """
    points: dict[tuple[str, str], float] = {}
    for row in ledger:
        component = row["component"]
        label = _COMPONENTS.get(component, row["part_label"])
        key = (component, label[:1].upper() + label[1:])
        points[key] = points.get(key, 0.0) + row["points"]
    parts = [
        {"label": label, "kind": component, "points": total}
        for (component, label), total in points.items()
    ]
    parts.sort(key=lambda row: -abs(row["points"]))
    if most is None:
        return parts
    shown = sum(abs(row["points"]) >= LEAST_SHOWN for row in parts)
    most = min(most, max(shown, 1))
    others = parts[most:]
    if not others:
        return parts
    rest = {
        "label": f"{len(others)} others together",
        "kind": "others",
        "points": sum(row["points"] for row in others),
    }
    return [*parts[:most], rest]


def segments_finding(segments: Sequence[Mapping], base: float | None) -> str:
    """Return which segment is surely below everyone, or that none is."""
    shown = [row for row in segments if not _missing(row.get("csat_estimate"))]
    if not shown:
        return "No segment is large enough to be shown yet"
    if _missing(base):
        return f"{_counted(len(shown), 'segment')} shown"
    below = [row for row in shown if row["csat_estimate_upper"] < base]
    if below:
        worst = min(below, key=lambda row: row["csat_estimate"])
        others = len(below) - 1
        more = f", and {_counted(others, 'other')} surely below everyone" if others else ""
        return (
            f"{segment_title(worst)} is at {worst['csat_estimate']:.0f}, "
            f"surely below everyone ({base:.0f}){more}"
        )
    lowest = min(shown, key=lambda row: row["csat_estimate"])
    return (
        f"No segment is surely below everyone ({base:.0f}); "
        f"the lowest estimate is {segment_title(lowest)} at {lowest['csat_estimate']:.0f}"
    )


def segment_title(row: Mapping) -> str:
    """Return a segment as people name it: its own name, or the name and the value."""
    if row["segment_value"] == "members":
        return row["segment_name"]
    return f"{row['segment_name']}: {row['segment_value']}"


def customer_finding(customer: Mapping) -> str:
    """Return a customer's score, and what lowers it most."""
    score = f"{customer['customer_id']} is at {customer['csat_score']:.0f}"
    bounds = span(customer.get("csat_score_lower"), customer.get("csat_score_upper"))
    score += f" ({bounds})" if bounds else ""
    lowers, points = customer.get("lowered_by_1"), customer.get("lowered_by_1_points")
    if _missing(lowers) or _missing(points) or abs(points) < 0.05:
        return f"{score}; nothing lowers the score"
    label = lowers[:1].lower() + lowers[1:]
    return f"{score}; {label} costs most, {abs(points):.1f} points"


def programs_finding(programs: Sequence[Mapping]) -> str:
    """Return how many programs are told to help or harm, and the best."""
    if not programs:
        return "There are no programs to measure"
    help_ = [row for row in programs if row["verdict"] == "raises"]
    harm = [row for row in programs if row["verdict"] == "harms"]
    if any(row["verdict"] != "cannot be told" for row in programs) and not (help_ or harm):
        return f"None of {_counted(len(programs), 'program')} is shown to help or to harm"
    if not help_ and not harm:
        return (
            f"Of {_counted(len(programs), 'program')}, none can be told from no effect "
            "with so few answers yet"
        )
    parts = []
    if help_:
        best = max(help_, key=lambda row: row["effect_points"])
        parts.append(f"{best['program_name']} helps most, by {best['effect_points']:.1f} points")
    if harm:
        worst = min(harm, key=lambda row: row["effect_points"])
        parts.append(f"{worst['program_name']} harms, by {abs(worst['effect_points']):.1f} points")
    return "; ".join(parts)


def journeys_finding(steps: Sequence[Mapping]) -> str:
    """Return the step at which the largest part of those who came so far drops out."""
    worst: tuple[float, Mapping, Mapping] | None = None
    for before, after in pairwise(steps):
        if before["journey_id"] != after["journey_id"] or not before["reached"]:
            continue
        lost = before["dropped"] / before["reached"]
        if before["reached"] >= 30 and (worst is None or lost > worst[0]):
            worst = lost, before, after
    if worst is None:
        return "Too few journeys yet to tell where customers drop out"
    lost, before, after = worst
    return f"{before['journey_name']}: {100 * lost:.0f} of 100 never get to “{after['step_name']}”"


def surveys_finding(months: Sequence[Mapping]) -> str:
    """Return the newest complete month's survey CSAT and response rate."""
    complete = [
        row
        for row in months
        if row["measure"] == "csat" and row["is_complete"] and not _missing(row["figure"])
    ]
    if not complete:
        return "No month of surveys is complete yet"
    last = complete[-1]
    rate = last.get("response_rate")
    answered = "" if _missing(rate) else f", and {rate:.0f} of 100 invited customers answered"
    return (
        f"Surveys of {last['period_start']:%B %Y} say {last['figure']:.0f} "
        f"({span(last['figure_lower'], last['figure_upper'])}), of "
        f"{_counted(last['answers'], 'answer')}{answered}"
    )


def agents_finding(agents: Sequence[Mapping]) -> str:
    """Return how many agents are surely apart from what their contacts let expect."""
    if not agents:
        return "No contacts are told of agents"
    told = [row for row in agents if not _missing(row.get("verdict"))]
    if not told:
        return (
            f"Nothing can be said of single agents yet: what sets the {len(agents)} apart "
            "may be chance"
        )
    below = sum(row["difference_shrunk_upper"] < 0 for row in told)
    above = sum(row["difference_shrunk_lower"] > 0 for row in told)
    if not below and not above:
        return (
            f"Differences between {_counted(len(told), 'agent')} are no more than chance: "
            "a ranking would be a lottery"
        )
    return (
        f"Of {_counted(len(told), 'agent')}, {above} surely above and {below} surely below "
        "what their contacts let expect"
    )


def comments_finding(themes: Sequence[Mapping]) -> str:
    """Return the theme that costs the whole most."""
    told = [
        row
        for row in themes
        if not _missing(row.get("difference_upper")) and not _missing(row.get("effect_on_total"))
    ]
    if not themes:
        return "There are no comments to find themes in"
    surely = [row for row in told if row["difference_upper"] < 0]
    if not surely:
        largest = max(themes, key=lambda row: row["comments"])
        return (
            f"Customers write most of “{largest['theme_name']}”; "
            "no theme is surely less satisfied than the others"
        )
    worst = min(surely, key=lambda row: row["effect_on_total"])
    return (
        f"“{worst['theme_name']}” costs most: those who write of it are at "
        f"{worst['csat']:.0f}, others at {worst['csat_others']:.0f}"
    )


def queue_finding(queue: Sequence[Mapping]) -> str:
    """Return how many to contact today, and what that is expected to be worth."""
    if not queue:
        return "Nobody is to be contacted today"
    worth = sum(row["expected_net_value"] or 0 for row in queue)
    tenth = max(1, len(queue) // 10)
    first = sum(row["expected_net_value"] or 0 for row in queue[:tenth])
    finding = f"{_counted(len(queue), 'customer')} to contact, worth {worth:,.0f} after costs"
    if len(queue) < 10 or worth <= 0:
        return finding
    return f"{finding}; {100 * first / worth:.0f} % of it with the first {tenth}"


def model_finding(performance: Sequence[Mapping], drift: Sequence[Mapping]) -> str:
    """Return whether the model tells more than a base rate, and what has drifted."""
    told = [row for row in performance if not _missing(row.get("auc"))]
    drifted = sum(row["status"] not in ("stable", "cannot be told", None) for row in drift)
    moved_ = f"; {drifted} of {len(drift)} features have drifted" if drifted else ""
    if not told:
        return "How well the model predicts cannot be told yet" + moved_
    answers = sum(row["answers"] for row in told)
    gain = sum((row["base_rate_log_loss"] - row["log_loss"]) * row["answers"] for row in told)
    verdict = "better" if gain > 0 else "no better"
    return f"It foretold {answers:,} later answers {verdict} than a base rate{moved_}"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _missing(value: object) -> bool:
    """Whether a figure is null, or what pandas makes of null."""
    return value is None or value != value
