"""CSAT by topic, queue and hour, by load, wait and skill, with small cells shrunk or hidden.

Each view parts the contacts of the window into cells. Cells by topic, queue and hour are mostly too
small to be told apart, so topics in queues over all hours, and hours over all of these, are views
of their own. What cells differ by is estimated as for
agents: answers against what is expected of them in the mean of all cells, given the survey, the
month, the channel and how satisfied the customer was before, and shrunk to the others as far as
their differences look like chance. Load and waits are not held constant: they are what is looked
at. So a cell tells where satisfaction is low, not by itself what an agent more would bring.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from csat.daily.agents import logit_of_score_before, month_of_contact
from csat.engine import Engine, exact_sum
from csat.estimation.expectation import Expectation, fit_expectation
from csat.estimation.groups import compare_groups
from csat.model.evaluation import wilson_interval
from csat.model.features import numbers, texts
from csat.text.figures import share_of

TOPIC_QUEUE_HOUR, TOPIC_QUEUE, HOUR = "topic, queue and hour", "topic and queue", "hour"
LOAD, WAIT, SKILL = "load", "wait", "skill match"
#: Upper ends of the bands of waits, in seconds, and their names.
WAIT_BANDS = ((60, "up to 1 min"), (180, "1 to 3 min"), (600, "3 to 10 min"), (None, "over 10 min"))
#: Upper ends of the bands of contacts per agent in the hour.
LOAD_BANDS = ((1, "1 contact per agent"), (2, "up to 2"), (4, "up to 4"), (None, "over 4"))
#: Cells with few answers are estimated together, as this one.
REST = "(few answers)"

CELLS_SCHEMA = pa.schema(
    [
        ("staffing_view", pa.string()),
        ("cell", pa.string()),
        ("topic", pa.string()),
        ("queue", pa.string()),
        ("band", pa.string()),
        ("reason", pa.string()),
        ("hour_of_day", pa.int64()),
        ("band_rank", pa.int64()),
        ("contacts", pa.int64()),
        ("contacts_in_hour", pa.float64()),
        ("agents_in_hour", pa.float64()),
        ("contacts_per_agent", pa.float64()),
        ("median_wait_seconds", pa.float64()),
        ("skill_match_share", pa.float64()),
        ("answers", pa.int64()),
        ("csat", pa.float64()),
        ("csat_lower", pa.float64()),
        ("csat_upper", pa.float64()),
        ("csat_estimate", pa.float64()),
        ("csat_estimate_lower", pa.float64()),
        ("csat_estimate_upper", pa.float64()),
    ]
)


def describe_staffing(
    engine: Engine, *, contacts: str, answers: str, fewest_answers: int
) -> pa.Table:
    """Return the cells of all views.

    Parameters
    ----------
    engine
        Where the contacts are.
    contacts
        Relation of one row per contact: ``contact_id``, ``topic``, ``queue``, ``hour_of_day``,
        ``wait_seconds``, ``contacts_in_hour``, ``agents_in_hour``, ``contacts_per_agent``,
        ``is_skill_match``.
    answers
        Relation of one row per satisfaction answer about a contact: ``response_id``,
        ``customer_id``, ``contact_id``, ``instrument_id``, ``channel``, ``sent_at``,
        ``csat_score_before``, ``is_satisfied``.
    fewest_answers
        With fewer nothing is said of a cell's satisfaction.

    Returns
    -------
    pyarrow.Table
        ``CELLS_SCHEMA``, a row per view and cell with a contact, in their order.
    """
    keyed = f"(select *, {_keys()} from {contacts})"
    rows = engine.collect(
        f"select answers.*, {', '.join(f'keyed.{name}' for name in _VIEWS.values())} "
        f"from {answers} as answers inner join {keyed} as keyed "
        "on answers.contact_id = keyed.contact_id "
        "where answers.is_satisfied is not null order by answers.response_id"
    )
    expectation = _expectation(rows) if len(rows) else None
    tables = []
    for view, name in _VIEWS.items():
        cells = engine.collect(
            f"select {name} as cell, {_DESCRIBED[view]}, count(*) as contacts, "
            "avg(contacts_in_hour) as contacts_in_hour, avg(agents_in_hour) as agents_in_hour, "
            f"{exact_sum('contacts_per_agent')} / count(contacts_per_agent) as contacts_per_agent, "
            "cast(median(wait_seconds) as double) as median_wait_seconds, "
            "100.0 * avg(cast(is_skill_match as integer)) as skill_match_share "
            f"from {keyed} as keyed where {name} is not null group by all order by cell"
        )
        tables += _with_satisfaction(view, cells, name, rows, expectation, fewest_answers)
    return pa.Table.from_pylist(tables, CELLS_SCHEMA)


def _band(column: str, bands: tuple[tuple[float | None, str], ...], part: int) -> str:
    """Return SQL of the name (1) or the rank (0) of a band."""
    found = [
        f"when {column} {'is not null' if end is None else f'<= {end}'} "
        f"then {(rank, repr(label))[part]}"
        for rank, (end, label) in enumerate(bands, start=1)
    ]
    return f"case {' '.join(found)} end"


_VIEWS = {
    TOPIC_QUEUE_HOUR: "cell_of_place_and_hour",
    TOPIC_QUEUE: "cell_of_place",
    HOUR: "cell_of_hour",
    LOAD: "cell_of_load",
    WAIT: "cell_of_wait",
    SKILL: "cell_of_skill",
}
_NO_BAND = "null as band, null as band_rank"
_NO_PLACE = "null as topic, null as queue, null as hour_of_day"
_DESCRIBED = {
    TOPIC_QUEUE_HOUR: f"topic, queue, hour_of_day, {_NO_BAND}",
    TOPIC_QUEUE: f"topic, queue, null as hour_of_day, {_NO_BAND}",
    HOUR: f"null as topic, null as queue, hour_of_day, {_NO_BAND}",
    LOAD: f"{_NO_PLACE}, cell_of_load as band, "
    f"{_band('contacts_per_agent', LOAD_BANDS, 0)} as band_rank",
    WAIT: f"{_NO_PLACE}, cell_of_wait as band, {_band('wait_seconds', WAIT_BANDS, 0)} as band_rank",
    SKILL: f"{_NO_PLACE}, cell_of_skill as band, "
    "case when is_skill_match then 1 else 2 end as band_rank",
}


def _keys() -> str:
    """Return SQL of the cell of a contact in each view."""
    place = "coalesce(topic, '(none)') || ' | ' || coalesce(queue, '(none)')"
    hour = "lpad(cast(hour_of_day as varchar), 2, '0')"
    return (
        f"{place} || ' | ' || {hour} as cell_of_place_and_hour, "
        f"{place} as cell_of_place, {hour} as cell_of_hour, "
        f"{_band('contacts_per_agent', LOAD_BANDS, 1)} as cell_of_load, "
        f"{_band('wait_seconds', WAIT_BANDS, 1)} as cell_of_wait, "
        "case when is_skill_match then 'trained for the topic' "
        "when not is_skill_match then 'not trained for the topic' end as cell_of_skill"
    )


def _expectation(rows: pa.Table) -> Expectation:
    return fit_expectation(
        numbers(rows, "is_satisfied"),
        categories={
            "month": month_of_contact(rows),
            "instrument_id": texts(rows, "instrument_id"),
            "channel": texts(rows, "channel"),
        },
        numbers={"csat_score_before": logit_of_score_before(rows)},
    )


def _with_satisfaction(
    view: str,
    cells: pa.Table,
    name: str,
    rows: pa.Table,
    expectation: Expectation | None,
    fewest_answers: int,
) -> list[dict]:
    """Return the cells of a view with what answers say of them."""
    found = {row["cell"]: {"staffing_view": view, "answers": 0, **row} for row in cells.to_pylist()}
    if expectation is not None:
        key = np.array([cell or REST for cell in texts(rows, name)], dtype=object)
        satisfied = expectation.satisfied
        names, place, counts = np.unique(key, return_inverse=True, return_counts=True)
        hits = np.bincount(place, satisfied)
        enough = (counts >= fewest_answers) & (names != REST)
        grouped = np.where(enough[place], key, REST)
        shares = {}
        if len(rows):
            compared = compare_groups(
                expectation,
                grouped,
                customers=texts(rows, "customer_id"),
                fewest_answers=fewest_answers,
            )
            overall = share_of(satisfied > 0)
            for number, cell in enumerate(compared.groups):
                effect = compared.estimate[number]
                shares[cell] = [None] * 3
                if not np.isnan(effect):
                    # The mean of all is not known exactly either (Zou and Donner 2008).
                    below = np.hypot(
                        effect - compared.conf_low[number], overall.estimate - overall.conf_low
                    )
                    above = np.hypot(
                        compared.conf_high[number] - effect, overall.conf_high - overall.estimate
                    )
                    level = overall.estimate + effect
                    shares[cell] = [
                        float(np.clip(end, 0, 100)) for end in (level, level - below, level + above)
                    ]
        for cell, count, hit, is_enough in zip(names, counts, hits, enough, strict=True):
            if cell not in found:
                continue
            found[cell]["answers"] = int(count)
            if is_enough:
                low, high = wilson_interval(hit / count, count)
                estimate, lower, upper = shares[cell]
                found[cell] |= {
                    "csat": 100 * float(hit / count),
                    "csat_lower": 100 * low,
                    "csat_upper": 100 * high,
                    "csat_estimate": estimate,
                    "csat_estimate_lower": lower,
                    "csat_estimate_upper": upper,
                }
    for row in found.values():
        if row["answers"] < fewest_answers:
            row["reason"] = f"Fewer than {fewest_answers} answers."
        elif row.get("csat_estimate") is None:
            row["reason"] = "No other cell has enough answers to compare with."
    return list(found.values())
