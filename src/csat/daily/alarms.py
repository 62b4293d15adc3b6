"""Alarms of a company, day by day: what falls, what it is about, and what to tell of it.

Episodes are of one entity; those with one cause share an ``alert_id``. What is known of an episode
is what was known when it opened, and when it closed: so days computed again give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from csat.alarms.causes import narrowest
from csat.alarms.episodes import NEW_LEVEL, NEW_LEVEL_DAYS, RECOVERED, Episode, follow
from csat.alarms.falls import WINDOWS, Daily
from csat.alarms.shape import SUDDEN, shape_of_fall
from csat.alarms.states import (
    SCORE_REFERENCE_DAYS,
    SCORE_WINDOW,
    SOURCE_REFERENCE_DAYS,
    follow_drift,
    follow_levels,
    follow_scores,
    follow_sources,
)
from csat.alarms.watch import PAST_DAYS, REFIT_DAYS, Watch
from csat.engine import Engine, columns_of, exact_sum, quote

CSAT, RESPONSE_RATE, MODEL_FIT, NPS = "csat", "response_rate", "model_fit", "nps"
SCORE, LEVEL, SOURCE, DRIFT = "score", "level", "source", "drift"
BELOW_BAND, NO_ANSWERS, MISSING, MODEL = (
    "level below band",
    "response-rate collapse",
    "missing data",
    "model drift",
)
#: What a fall of surveyed satisfaction is put down to where no channel, topic or agent is its
#: cause.
BEYOND = "beyond_behaviour"
#: Days within which scores that fall by the same driver fall for the same reason.
SAME_CAUSE_DAYS = 14

EPISODES_SCHEMA = pa.schema(
    [
        ("episode_id", pa.string()),
        ("alert_id", pa.string()),
        ("measure", pa.string()),
        ("level", pa.string()),
        ("entity_id", pa.string()),
        ("kind", pa.string()),
        ("ending", pa.string()),
        ("driver", pa.string()),
        ("detail", pa.string()),
        ("message", pa.string()),
        ("window_days", pa.int64()),
        ("value_before", pa.float64()),
        ("value_after", pa.float64()),
        ("answer_variance", pa.float64()),
        ("episodes_per_year_by_chance", pa.float64()),
        ("score", pa.float64()),
        ("weight", pa.float64()),
        ("driver_points", pa.float64()),
        ("cause_entity_id", pa.string()),
        ("cause_score", pa.float64()),
        ("joins", pa.list_(pa.string())),
        ("joined_alert_id", pa.string()),
        ("also_falling", pa.list_(pa.string())),
        ("is_cause", pa.bool_()),
        ("began_date", pa.date32()),
        ("opened_date", pa.date32()),
        ("closed_date", pa.date32()),
        ("joined_date", pa.date32()),
        ("first_told_date", pa.date32()),
        ("as_of_date", pa.date32()),
    ]
)
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class AlarmSettings:
    """What a company may set; see the vars of the project.

    Parameters
    ----------
    max_rate
        False episodes per entity and year, at most.
    false_share
        Of false ones among those opened in a quarter, at most, 0 to 1.
    below_band
        Band of the seed ``csat_bands`` below whose beginning a level raises an alarm.
    smallest_fall
        Points by which a score falls in a week at least.
    industry
        Of the company.
    """

    max_rate: float
    false_share: float
    below_band: str
    smallest_fall: float
    industry: str


@dataclass(frozen=True)
class Relations:
    """What alarms are made from; subqueries, see the models of these names."""

    score_dates: str
    answers: str
    ledger: str
    scores: str
    estimates: str
    bands: str
    source_days: str
    drift_days: str
    drivers: str


def raise_alarms(
    engine: Engine, settings: AlarmSettings, relations: Relations, kept: str
) -> pa.Table:
    """Go through the days that are due, and return all episodes so far.

    Parameters
    ----------
    engine
        Where the relations are.
    settings
        Of the company.
    relations
        What alarms are made from.
    kept
        Name of the table that the run before has left; where there is none of this form, all days
        are gone through.

    Returns
    -------
    pyarrow.Table
        ``EPISODES_SCHEMA``, in the order of opening and ``episode_id``.
    """
    row = engine.collect(
        "select min(score_date) as first_date, max(score_date) as last_date, "
        "min(case when is_due then score_date end) as first_due "
        f"from {relations.score_dates}"
    ).to_pylist()[0]
    if row["last_date"] is None:
        return EPISODES_SCHEMA.empty_table()
    is_kept = engine.relation_exists(kept) and columns_of(engine, kept) == EPISODES_SCHEMA.names
    first = row["first_due"] or row["last_date"] + timedelta(days=1)
    past = _kept(engine, kept, first) if is_kept else []
    due = _Days(first if is_kept else row["first_date"], row["last_date"])
    rows = [
        *_answers(engine, settings, relations, due, past),
        *_scores(engine, settings, relations, due, past),
        *_levels(engine, settings, relations, due, past),
        *_sources(engine, relations, due, past),
        *_drift(engine, relations, due, past),
    ]
    rows.sort(key=lambda row: (row["opened_date"], row["episode_id"]))
    labels = {
        row["driver"]: row["driver_label"]
        for row in engine.collect(
            f"select driver, driver_label from {relations.drivers} order by driver"
        ).to_pylist()
    }
    _tell(rows, labels, _lost(engine, relations, rows, due.last), due.last)
    told = _first_told(engine, kept)
    for row in rows:
        row["first_told_date"] = told.get(row["alert_id"], due.last)
    return pa.Table.from_pylist(rows, schema=EPISODES_SCHEMA)


# --- days and what is kept ----------------------------------------------------------------


@dataclass(frozen=True)
class _Days:
    """The days to be judged."""

    first: date
    last: date

    def columns(self, origin: date) -> range:
        """Return them as columns of an array that begins with a day."""
        return range((self.first - origin).days, (self.last - origin).days + 1)


def _kept(engine: Engine, kept: str, first: date) -> list[dict]:
    """Return the episodes as they were on the day before the first one due."""
    rows = engine.collect(
        f"select * from {kept} where opened_date < date '{first}' order by opened_date, episode_id"
    ).to_pylist()
    for row in rows:
        if row["closed_date"] is not None and row["closed_date"] >= first:
            row["closed_date"] = row["ending"] = None
    return rows


def _first_told(engine: Engine, kept: str) -> dict[str, date]:
    """Return the as-of date of the run that first told each alarm, of those kept.

    It is later than the day of opening where a run was missed, or late rows opened days again. A
    table of an older form tells the day of opening.
    """
    columns = columns_of(engine, kept) if engine.relation_exists(kept) else []
    if "alert_id" not in columns:
        return {}
    told = "first_told_date" if "first_told_date" in columns else "opened_date"
    rows = engine.collect(
        f"select alert_id, min({told}) as first_told_date from {kept} group by alert_id "
        "order by alert_id"
    ).to_pylist()
    return {row["alert_id"]: row["first_told_date"] for row in rows}


def _split(
    past: Iterable[dict], measures: Iterable[str], places: Mapping[tuple[str, str], int], origin
) -> tuple[list[Episode], list[dict], list[dict]]:
    """Return kept episodes of watched entities, their rows, and the rows of the others.

    What is no longer watched, such as a segment that is gone, stays as it is.
    """
    episodes, rows, others = [], [], []
    past = [row for row in past if row["measure"] in measures]
    joined = _joined(past)
    roots = []
    for row in past:
        place = places.get((row["measure"], row["entity_id"]))
        if place is None:
            others.append(row)
            continue
        roots.append(_root(joined, row["alert_id"]))
        closed = row["closed_date"]
        episodes.append(
            Episode(
                series=place,
                opened=(row["opened_date"] - origin).days,
                window=row["window_days"],
                before=row["value_before"],
                after=row["value_after"],
                answer_variance=row["answer_variance"],
                rate=row["episodes_per_year_by_chance"],
                score=row["score"],
                closed=None if closed is None else (closed - origin).days,
                ending=row["ending"],
                cause=places.get((row["measure"], row["cause_entity_id"]), place),
                cause_score=np.inf if row["cause_score"] is None else row["cause_score"],
                is_discovery=row["alert_id"] == row["episode_id"],
            )
        )
        rows.append(row)
    named_after = {row["episode_id"]: place for place, row in enumerate(rows)}
    alarms = [named_after.get(root, roots.index(root)) for root in roots]
    episodes = [replace(each, alarm=alarm) for each, alarm in zip(episodes, alarms, strict=True)]
    return episodes, rows, others


def _rows(
    episodes: Sequence[Episode],
    kept_rows: Sequence[dict],
    names: Sequence[tuple[str, str, str]],
    origin: date,
) -> tuple[list[dict], list[dict]]:
    """Return the rows of kept episodes as they are now, and those of new ones."""
    kept, new = [], []
    for place, episode in enumerate(episodes):
        closed = None if episode.closed is None else origin + timedelta(days=episode.closed)
        if place < len(kept_rows):
            kept.append({**kept_rows[place], "closed_date": closed, "ending": episode.ending})
            continue
        measure, level, entity = names[episode.series]
        opened = origin + timedelta(days=episode.opened)
        episode_id = f"{measure}:{entity}:{opened}"
        new.append(
            {
                **dict.fromkeys(EPISODES_SCHEMA.names),
                "episode_id": episode_id,
                "alert_id": episode_id,
                "measure": measure,
                "level": level,
                "entity_id": entity,
                "ending": episode.ending,
                "window_days": episode.window,
                "value_before": episode.before,
                "value_after": episode.after,
                "answer_variance": episode.answer_variance,
                "episodes_per_year_by_chance": _number(episode.rate),
                "score": _number(episode.score),
                "weight": 0.0,
                "cause_entity_id": entity,
                "joins": [],
                "began_date": opened - timedelta(days=episode.window - 1),
                "opened_date": opened,
                "closed_date": closed,
            }
        )
    return kept, new


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _grid(
    rows: pa.Table, keys: Sequence[str], day: str, values: Sequence[str], origin: date, days: int
) -> tuple[list[tuple], list[np.ndarray]]:
    """Lay rows out as arrays (series, days), 0 where there is none, in the order of their keys."""
    columns = [rows[key].to_pylist() for key in keys]
    series = sorted(set(zip(*columns, strict=True)))
    place = {key: number for number, key in enumerate(series)}
    at = np.array([place[key] for key in zip(*columns, strict=True)], dtype=int)
    on = rows[day].cast(pa.int32()).to_numpy() - (origin - EPOCH).days
    grids = []
    for value in values:
        grid = np.zeros((len(series), days))
        grid[at, on] = rows[value].to_numpy(zero_copy_only=False)
        grids.append(grid)
    return series, grids


# --- what customers answer ----------------------------------------------------------------


def _answers(
    engine: Engine, settings: AlarmSettings, relations: Relations, due: _Days, past: list[dict]
) -> list[dict]:
    """Return the episodes of answers, of all measures under one false-discovery rule."""
    measures = (CSAT, NPS, "ces", RESPONSE_RATE, MODEL_FIT)
    since = due.first - timedelta(days=PAST_DAYS + REFIT_DAYS + NEW_LEVEL_DAYS)
    rows = engine.collect(
        "select measure, level, entity_id, known_date, cast(count(*) as double) as n, "
        f"{exact_sum('value')} as y, {exact_sum('value * value')} as y2, "
        f"{exact_sum('value * value * value')} as y3 "
        f"from {relations.answers} where known_date between date '{since}' and date '{due.last}' "
        "group by measure, level, entity_id, known_date "
        "order by measure, level, entity_id, known_date"
    )
    if not rows.num_rows:
        return [row for row in past if row["measure"] in measures]
    origin = rows["known_date"].to_numpy().min().astype(object)
    origin = min(origin, due.first)
    length = (due.last - origin).days + 1
    names, parts = _grid(
        rows,
        ("measure", "level", "entity_id"),
        "known_date",
        ("n", "y", "y2", "y3"),
        origin,
        length,
    )
    daily = Daily(*parts)
    watch = Watch(daily, np.array([name[0] for name in names]), offset=(origin - EPOCH).days)
    places = {(measure, entity): place for place, (measure, _, entity) in enumerate(names)}
    kept, kept_rows, others = _split(past, measures, places, origin)
    episodes = follow(
        watch,
        due.columns(origin).start,
        max_rate=settings.max_rate,
        false_share=settings.false_share,
        kept=kept,
        shares=_shares(engine, relations, names, origin),
    )
    before, new = _rows(episodes, kept_rows, names, origin)
    told = [_root(_joined(before), row["alert_id"]) for row in before]
    told += [row["episode_id"] for row in new]
    for row, episode in zip(new, episodes[len(kept) :], strict=True):
        _describe_answers(row, episode, daily, origin)
        row["alert_id"] = told[episode.alarm]
        row["joins"] = sorted(told[alarm] for alarm in episode.joins)
        row["cause_entity_id"] = names[episode.cause][2]
        row["cause_score"] = episode.cause_score
    return [*others, *before, *new]


def _shares(
    engine: Engine, relations: Relations, names: Sequence[tuple[str, str, str]], origin: date
) -> Callable[[int, np.ndarray], np.ndarray]:
    """Return what tells, of a day, which share of some series' answers lie in the others too."""

    def shares(day: int, series: np.ndarray) -> np.ndarray:
        until = origin + timedelta(days=int(day))
        since = until - timedelta(days=WINDOWS[-1] - 1)
        wanted = ", ".join(
            f"({place}, {quote(names[each][0])}, {quote(names[each][2])})"
            for place, each in enumerate(series)
        )
        rows = engine.collect(
            f"with wanted(place, measure, entity_id) as (values {wanted}), "
            "placed as (select wanted.place, answers.measure, answers.unit_id "
            f"from wanted inner join {relations.answers} as answers "
            "on answers.measure = wanted.measure and answers.entity_id = wanted.entity_id "
            f"where answers.known_date between date '{since}' and date '{until}') "
            "select one.place as one, two.place as two, cast(count(*) as double) as shared "
            "from placed as one inner join placed as two "
            "on one.measure = two.measure and one.unit_id = two.unit_id "
            "group by one.place, two.place order by one.place, two.place"
        )
        shared = np.zeros((len(series), len(series)))
        shared[rows["one"].to_numpy(), rows["two"].to_numpy()] = rows["shared"].to_numpy()
        return shared / np.maximum(np.diag(shared), 1.0)[:, None]

    return shares


def _describe_answers(row: dict, episode: Episode, daily: Daily, origin: date) -> None:
    """Fill in what kind of fall it is, when it began, and how many answers tell of it."""
    days = slice(max(episode.opened + 1 - PAST_DAYS, 0), episode.opened + 1)
    counts, sums = daily.counts[episode.series, days], daily.sums[episode.series, days]
    kind, ago = shape_of_fall(counts, sums)
    fixed = {RESPONSE_RATE: NO_ANSWERS, MODEL_FIT: MODEL}
    row["kind"] = fixed.get(row["measure"], kind)
    row["began_date"] = row["opened_date"] - timedelta(days=ago - 1)
    row["weight"] = float(counts[-episode.window :].sum())


def _joined(rows: Iterable[dict]) -> dict[str, tuple[str, date]]:
    """Return the alarms that turned out to be of one cause with an earlier one, and since when."""
    return {
        name: (row["alert_id"], row["opened_date"])
        for row in sorted(rows, key=lambda row: (row["opened_date"], row["episode_id"]))
        for name in row["joins"]
    }


def _root(joined: Mapping[str, tuple[str, date]], alert_id: str) -> str:
    """Return the alarm that an alarm is now told by."""
    while alert_id in joined:
        alert_id = joined[alert_id][0]
    return alert_id


def _by_day(alert_id: str) -> tuple[str, str]:
    """Order alarms by the day on which they were first raised, which their names end in."""
    return alert_id[-10:], alert_id


# --- scores -------------------------------------------------------------------------------


def _scores(
    engine: Engine, settings: AlarmSettings, relations: Relations, due: _Days, past: list[dict]
) -> list[dict]:
    """Return the episodes of scores, moved by behaviour."""
    since = due.first - timedelta(days=SCORE_REFERENCE_DAYS + 2 * SCORE_WINDOW)
    since = min([since, *(row["opened_date"] for row in past if _is_open(row, SCORE))])
    entity = "case when segment_id = 'all' then 'all' else segment_id || ':' || segment_value end"
    behaviour = (
        f"select score_date, {entity} as entity_id, part, points from {relations.ledger} "
        f"where component = 'behaviour' and score_date between date '{since}' and "
        f"date '{due.last}'"
    )
    rows = engine.collect(
        "select entity_id, case when entity_id = 'all' then 'base' else 'segment' end as level, "
        f"score_date, {exact_sum('points')} as points from ({behaviour}) as moved "
        "group by entity_id, score_date order by entity_id, score_date"
    )
    if not rows.num_rows:
        return [row for row in past if row["measure"] == SCORE]
    origin = min(rows["score_date"].to_numpy().min().astype(object), due.first)
    length = (due.last - origin).days + 1
    rows = rows.append_column("one", pa.array(np.ones(rows.num_rows)))
    found, (points, known) = _grid(
        rows, ("entity_id", "level"), "score_date", ("points", "one"), origin, length
    )
    points[known == 0] = np.nan
    names = [(SCORE, level, entity_id) for entity_id, level in found]
    places = {(SCORE, name[2]): place for place, name in enumerate(names)}
    kept, kept_rows, others = _split(past, (SCORE,), places, origin)
    episodes = follow_scores(
        points,
        due.columns(origin),
        max_rate=settings.max_rate,
        false_share=settings.false_share,
        smallest_fall=settings.smallest_fall,
        kept=kept,
    )
    before, new = _rows(episodes, kept_rows, names, origin)
    _name_drivers(engine, relations, behaviour, new)
    _group([*before, *new], new, lambda row, other: other["driver"] == row["driver"])
    return [*others, *before, *new]


def _is_open(row: dict, measure: str) -> bool:
    return row["measure"] == measure and row["closed_date"] is None


def _name_drivers(engine: Engine, relations: Relations, behaviour: str, new: list[dict]) -> None:
    """Fill in the driver that a score fell by most, and the customers concerned."""
    if not new:
        return
    wanted = ", ".join(
        f"({quote(row['episode_id'])}, {quote(row['entity_id'])}, date '{row['opened_date']}')"
        for row in new
    )
    parts = engine.collect(
        f"with wanted(episode_id, entity_id, opened) as (values {wanted}), "
        f"summed as (select wanted.episode_id, moved.part, {exact_sum('moved.points')} as points "
        f"from wanted inner join ({behaviour}) as moved on moved.entity_id = wanted.entity_id "
        "and moved.score_date <= wanted.opened "
        f"and moved.score_date > wanted.opened - {SCORE_WINDOW} "
        "group by wanted.episode_id, moved.part), "
        "ranked as (select *, row_number() over (partition by episode_id order by points, part) "
        "as place from summed) select * from ranked where place = 1 order by episode_id"
    ).to_pylist()
    sizes = engine.collect(
        f"with wanted(episode_id, entity_id, opened) as (values {wanted}) "
        "select wanted.episode_id, max(scores.customers) as customers from wanted "
        "inner join (select score_date, customers, case when segment_id = 'all' then 'all' "
        f"else segment_id || ':' || segment_value end as entity_id from {relations.scores}) "
        "as scores on scores.entity_id = wanted.entity_id and scores.score_date = wanted.opened "
        "group by wanted.episode_id order by wanted.episode_id"
    ).to_pylist()
    driver = {row["episode_id"]: row for row in parts}
    customers = {row["episode_id"]: float(row["customers"]) for row in sizes}
    for row in new:
        found = driver[row["episode_id"]]
        row["kind"] = SUDDEN
        row["driver"], row["driver_points"] = found["part"], found["points"]
        row["weight"] = customers.get(row["episode_id"], 0.0)


def _group(
    rows: list[dict], new: list[dict], is_same: Callable[[dict, dict], bool] = lambda *_: True
) -> None:
    """Give new episodes the alarm of those that opened for the same reason a short time before."""
    for row in new:
        row["alert_id"] = min(
            (
                other["alert_id"]
                for other in rows
                if is_same(row, other)
                and (row["opened_date"] - other["opened_date"]).days in range(SAME_CAUSE_DAYS + 1)
                and (other["closed_date"] is None or other["closed_date"] > row["opened_date"])
            ),
            key=_by_day,
        )


# --- levels, deliveries, drift ------------------------------------------------------------


def _levels(
    engine: Engine, settings: AlarmSettings, relations: Relations, due: _Days, past: list[dict]
) -> list[dict]:
    """Return the episodes of levels below the band."""
    mine = [row for row in past if row["measure"] == LEVEL]
    limits = engine.collect(
        "select from_score from (select *, row_number() over (order by case when industry = "
        f"'default' then 1 else 0 end) as place from {relations.bands} where level = 'aggregate' "
        f"and band = {quote(settings.below_band)} and industry in "
        f"('default', {quote(settings.industry)})) as bands where place = 1"
    )["from_score"].to_pylist()
    rows = engine.collect(
        "select case when segment_id = 'all' then 'all' else segment_id || ':' || segment_value "
        "end as entity_id, case when segment_id = 'all' then 'base' else 'segment' end as level, "
        "score_date, csat_estimate, std_error, cast(customers as double) as customers "
        f"from {relations.estimates} where score_date between date '{due.first}' and "
        f"date '{due.last}' and csat_estimate is not null and std_error is not null "
        "order by entity_id, score_date"
    )
    if not rows.num_rows or not limits:
        return mine
    limit = float(limits[0])
    origin = due.first
    found, (estimates, errors, customers) = _grid(
        rows,
        ("entity_id", "level"),
        "score_date",
        ("csat_estimate", "std_error", "customers"),
        origin,
        (due.last - origin).days + 1,
    )
    estimates[errors == 0] = np.nan
    names = [(LEVEL, level, entity) for entity, level in found]
    places = {(LEVEL, name[2]): place for place, name in enumerate(names)}
    kept, kept_rows, others = _split(past, (LEVEL,), places, origin)
    episodes = follow_levels(
        estimates,
        errors,
        limit,
        due.columns(origin),
        max_rate=settings.max_rate,
        false_share=settings.false_share,
        kept=kept,
    )
    before, new = _rows(episodes, kept_rows, names, origin)
    for row, episode in zip(new, episodes[len(kept) :], strict=True):
        row["kind"] = BELOW_BAND
        row["detail"] = settings.below_band
        row["weight"] = float(customers[episode.series, episode.opened])
    _group([*before, *new], new)
    return [*others, *before, *new]


def _sources(engine: Engine, relations: Relations, due: _Days, past: list[dict]) -> list[dict]:
    """Return the episodes of tables that fall silent."""
    since = due.first - timedelta(days=2 * SOURCE_REFERENCE_DAYS)
    since = min([since, *(row["opened_date"] for row in past if _is_open(row, SOURCE))])
    rows = engine.collect(
        "select 'source:' || source_table as entity_id, score_date, "
        f"cast(event_rows as double) as event_rows from {relations.source_days} "
        f"where score_date between date '{since}' and date '{due.last}' "
        "order by source_table, score_date"
    )
    if not rows.num_rows:
        return [row for row in past if row["measure"] == SOURCE]
    origin = min(rows["score_date"].to_numpy().min().astype(object), due.first)
    length = (due.last - origin).days + 1
    found, (counts,) = _grid(rows, ("entity_id",), "score_date", ("event_rows",), origin, length)
    names = [(SOURCE, SOURCE, entity) for (entity,) in found]
    places = {(SOURCE, name[2]): place for place, name in enumerate(names)}
    kept, kept_rows, others = _split(_finite(past), (SOURCE,), places, origin)
    before, new = _rows(
        follow_sources(counts, due.columns(origin), kept=kept), kept_rows, names, origin
    )
    for row in new:
        row["kind"] = MISSING
    # One lost delivery: tables that were silent already when another was seen to be, however soon
    # each one shows it.
    _group([*before, *new], new, lambda row, other: row["began_date"] <= other["opened_date"])
    return [*others, *before, *new]


def _drift(engine: Engine, relations: Relations, due: _Days, past: list[dict]) -> list[dict]:
    """Return the episodes of features that have left what the model knows."""
    rows = engine.collect(
        "select score_date, most_drifted_feature, largest_shift, features, features_drifted "
        f"from {relations.drift_days} where score_date between date '{due.first}' and "
        f"date '{due.last}' order by score_date"
    ).to_pylist()
    shares = np.full((due.last - due.first).days + 1, np.nan)
    looks = {}
    for row in rows:
        if row["features"]:
            shares[(row["score_date"] - due.first).days] = row["features_drifted"] / row["features"]
            looks[row["score_date"]] = row
    names = [(DRIFT, "model", "model")]
    kept, kept_rows, _ = _split(_finite(past), (DRIFT,), {(DRIFT, "model"): 0}, due.first)
    before, new = _rows(
        follow_drift(shares, range(len(shares)), kept=kept), kept_rows, names, due.first
    )
    for row in new:
        look = looks[row["opened_date"]]
        row["kind"] = MODEL
        row["detail"] = (
            f"{look['features_drifted']} of {look['features']} features, most of all "
            f"{look['most_drifted_feature']} ({look['largest_shift']})"
        )
    return [*before, *new]


def _finite(past: Iterable[dict]) -> list[dict]:
    """Return rows whose rate and score are numbers: states have none."""
    names = ("episodes_per_year_by_chance", "score")
    return [
        {**row, **{name: np.nan if row[name] is None else row[name] for name in names}}
        for row in past
    ]


# --- what is told -------------------------------------------------------------------------


def _lost(
    engine: Engine, relations: Relations, rows: Sequence[dict], as_of: date
) -> dict[str, float]:
    """Return the points that each score lost by its driver, all of an alarm on the same days.

    They open on different days of the same fall: what each had lost by then says nothing. Taken are
    the week before the first of them opened, and the one after.
    """
    first: dict[str, date] = {}
    for row in rows:
        if row["measure"] == SCORE:
            opened = first.setdefault(row["alert_id"], row["opened_date"])
            first[row["alert_id"]] = min(opened, row["opened_date"])
    wanted = [
        f"({quote(row['episode_id'])}, {quote(row['entity_id'])}, {quote(row['driver'])}, "
        f"date '{first[row['alert_id']] - timedelta(days=SCORE_WINDOW)}', "
        f"date '{min(first[row['alert_id']] + timedelta(days=SCORE_WINDOW), as_of)}')"
        for row in rows
        if row["measure"] == SCORE
    ]
    if not wanted:
        return {}
    found = engine.collect(
        "with wanted(episode_id, entity_id, driver, after_day, last_day) as "
        f"(values {', '.join(wanted)}) "
        f"select wanted.episode_id, -{exact_sum('ledger.points')} as points "
        f"from wanted inner join {relations.ledger} as ledger "
        "on ledger.component = 'behaviour' and ledger.part = wanted.driver "
        "and ledger.score_date > wanted.after_day and ledger.score_date <= wanted.last_day "
        "and case when ledger.segment_id = 'all' then 'all' "
        "else ledger.segment_id || ':' || ledger.segment_value end = wanted.entity_id "
        "group by wanted.episode_id order by wanted.episode_id"
    )
    return dict(zip(found["episode_id"].to_pylist(), found["points"].to_pylist(), strict=True))


def _tell(
    rows: list[dict], labels: Mapping[str, str], lost: Mapping[str, float], as_of: date
) -> None:
    """Fill in, for each alarm, which episode is the cause, what falls with it, and the words."""
    groups: dict[str, list[dict]] = {}
    joined = _joined(rows)
    for row in rows:
        for name in ("episodes_per_year_by_chance", "score"):
            row[name] = _number(row[name])
        row["as_of_date"] = as_of
        root = _root(joined, row["alert_id"])
        row["joined_alert_id"] = None if root == row["alert_id"] else root
        row["joined_date"] = joined.get(row["alert_id"], (None, None))[1]
        groups.setdefault(root, []).append(row)
    for members in groups.values():
        if members[0]["measure"] == SCORE:
            chosen = narrowest(
                {
                    row["episode_id"]: (row["weight"], lost.get(row["episode_id"], 0.0))
                    for row in members
                }
            )
        elif members[0]["measure"] == LEVEL:
            lasting = [row for row in members if row["closed_date"] is None]
            chosen = narrowest(
                {
                    row["episode_id"]: (row["weight"], row["value_before"] - row["value_after"])
                    for row in lasting or members
                }
            )
        else:
            latest = max(members, key=_by_opening)
            chosen = max(
                (row for row in members if row["entity_id"] == latest["cause_entity_id"]),
                key=_by_opening,
                default=latest,
            )["episode_id"]
        driver = _driver_of_answers(next(row for row in members if row["episode_id"] == chosen))
        for row in members:
            row["is_cause"] = row["episode_id"] == chosen
            row["also_falling"] = sorted(
                {other["entity_id"] for other in members} - {row["entity_id"]}
            )
            if row["measure"] == CSAT:
                row["driver"] = driver
            row["message"] = _message(row, labels)


def _by_opening(row: dict) -> tuple[date, str]:
    return row["opened_date"], row["episode_id"]


def _driver_of_answers(cause: dict) -> str:
    """Return the channel, topic or agent that an alarm is about, or BEYOND."""
    return cause["entity_id"] if cause["level"] in ("channel", "topic", "agent") else BEYOND


#: How a measure is called, and what its value is multiplied by to be points.
MEASURES = {
    CSAT: ("Surveyed satisfaction", 100.0),
    NPS: ("NPS", 100.0),
    "ces": ("CES", 100.0),
}


def _message(row: dict, labels: Mapping[str, str]) -> str:
    """Say in plain words what an alarm is about."""
    measure, where = row["measure"], name_of(row["entity_id"])
    fall = row["value_before"] - row["value_after"]
    began = f"since about {row['began_date']}"
    if measure in MEASURES:
        called, scale = MEASURES[measure]
        form = "fell at once" if row["kind"] == SUDDEN else "has been drifting down"
        text = f"{called} of {where} {form}, by {scale * fall:.1f} points {began}"
        if measure == CSAT:
            known = row["driver"] in (BEYOND, row["entity_id"])
            text += ", beyond what recorded behaviour explains"
            text += "." if known else f"; it shows in {name_of(row['driver'])}."
        else:
            text += f", to {scale * row['value_after']:.1f}."
    elif measure == RESPONSE_RATE:
        text = (
            f"The response rate of {where} fell from {100 * row['value_before']:.1f} % to "
            f"{100 * row['value_after']:.1f} % of the surveys sent, {began}."
        )
    elif measure == MODEL_FIT:
        text = f"The model has predicted answers worse than before {began}."
    elif measure == SCORE:
        label = labels.get(row["driver"], row["driver"])
        text = (
            f"The score of {where} fell by {fall:.1f} points in a week; most of it by "
            f"'{label}' ({row['driver_points']:+.1f})."
        )
    elif measure == LEVEL:
        text = (
            f"Satisfaction of {where} is surely below the band '{row['detail']}', which begins at "
            f"{row['value_before']:g}: it is about {row['value_after']:.1f}."
        )
    elif measure == SOURCE:
        text = (
            f"The table {row['entity_id'].partition(':')[2]} brought {row['value_after']:.0f} rows "
            f"in seven days; the poorest week before had {row['value_before']:.0f}."
        )
    else:
        text = f"Customers differ from those that the model learned from in {row['detail']}."
    if row["also_falling"]:
        text += f" The same shows in {_listed([name_of(each) for each in row['also_falling']])}."
    endings = {
        RECOVERED: f" Over since {row['closed_date']}.",
        NEW_LEVEL: f" It has lasted; taken as the new level on {row['closed_date']}.",
    }
    return text + endings.get(row["ending"], "")


def _listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first few names, and how many others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def name_of(entity: str) -> str:
    """Return how an entity is called in a sentence."""
    kind, has_kind, value = entity.partition(":")
    if not has_kind:
        return "all customers" if entity == "all" else entity
    return f"{kind.replace('_', ' ')} {value}" if value != "true" else kind.replace("_", " ")
