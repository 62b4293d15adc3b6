"""Comments of surveys: masked, with language, themes and sentiment; and figures of themes.

Only the themes are remembered from run to run, so that they stay; all else is made from the
comments in each run, and comes out the same in a second one.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from csat.engine import Engine
from csat.estimation.correlates import q_values
from csat.model.features import numbers
from csat.model.hashing import groups_of_keys, uniform_of_keys
from csat.text.figures import Difference, Share, ThemeFigures, share_of, theme_figures
from csat.text.languages import UNDETERMINED, languages_of
from csat.text.masking import mask_personal_data
from csat.text.sentiment import FOLDS, label_of, read_sentiments, sentiment_quality
from csat.text.themes import FEWEST_COMMENTS, FunctionWords, Themes, find_themes, place, terms_of
from csat.text.words import words_of

#: Themes are found anew before they are due once a language has so many times the comments.
GROWTH = 2
#: A theme is said to rise or fall where the q-value of its change is at most this.
LARGEST_Q_VALUE = 0.05
#: Examples of a theme, and how long they are, in characters.
EXAMPLES, SHORTEST_EXAMPLE, LONGEST_EXAMPLE = 3, 15, 300
RISING, FALLING = "rising", "falling"
THEME, LANGUAGE, ALL_LANGUAGES = "theme", "language", "all"

TEXT_SCHEMA = pa.schema(
    [
        ("response_id", pa.string()),
        ("customer_id", pa.string()),
        ("comment", pa.string()),
        ("language", pa.string()),
        ("personal_data_masked", pa.int64()),
        ("is_cut", pa.bool_()),
    ]
)
#: One row per version and theme; terms, loadings and rarity are lists of the same length.
THEMES_SCHEMA = pa.schema(
    [
        ("themes_version", pa.string()),
        ("language", pa.string()),
        ("fitted_date", pa.date32()),
        ("comments", pa.int64()),
        ("theme_number", pa.int64()),
        ("theme_id", pa.string()),
        ("theme_name", pa.string()),
        ("theme_words", pa.string()),
        ("next_number", pa.int64()),
        ("terms", pa.list_(pa.string())),
        ("loadings", pa.list_(pa.float64())),
        ("rarity", pa.list_(pa.float64())),
    ]
)
READING_SCHEMA = pa.schema(
    [
        ("response_id", pa.string()),
        ("theme_id", pa.string()),
        ("theme_name", pa.string()),
        ("themes", pa.string()),
        ("theme_ids", pa.list_(pa.string())),
        ("theme_weights", pa.list_(pa.float64())),
        ("sentiment", pa.string()),
        ("sentiment_score", pa.float64()),
    ]
)
_SHARES = ("comment_share", "csat", "csat_others", "recent_share", "earlier_share")
_DIFFERENCES = ("difference", "effect_on_total", "share_change")
#: One row per theme of a language, per language, and one of all languages.
FIGURES_SCHEMA = pa.schema(
    [
        ("level", pa.string()),
        ("language", pa.string()),
        ("theme_id", pa.string()),
        ("theme_name", pa.string()),
        ("theme_words", pa.string()),
        ("trend", pa.string()),
        ("themes_reason", pa.string()),
        ("sentiment_reason", pa.string()),
        *((f"example_{number + 1}", pa.string()) for number in range(EXAMPLES)),
        ("comments", pa.int64()),
        ("customers", pa.int64()),
        ("csat_answers", pa.int64()),
        ("themes", pa.int64()),
        ("comments_with_theme", pa.int64()),
        ("comments_learned_from", pa.int64()),
        ("sentiment_comments", pa.int64()),
        *(
            (f"{name}{end}", pa.float64())
            for name in (*_SHARES, *_DIFFERENCES)
            for end in ("", "_lower", "_upper")
        ),
        ("share_change_q_value", pa.float64()),
        ("sentiment_mean", pa.float64()),
        ("sentiment_auc", pa.float64()),
        ("sentiment_auc_lower", pa.float64()),
        ("sentiment_auc_upper", pa.float64()),
        ("sentiment_correlation", pa.float64()),
        ("fitted_date", pa.date32()),
    ]
)


def read_comments(
    engine: Engine, *, answers: str, function_words: str, as_of: str, days: int
) -> pa.Table:
    """Mask the comments of the latest days, and tell their languages.

    Older ones are left where they are: languages and themes are told by all comments together, so
    that a run would cost more with every year of them.

    Parameters
    ----------
    engine
        Where the answers are.
    answers
        Relation of ``response_id``, ``customer_id``, ``comment``, ``responded_at``.
    function_words
        Relation of ``language``, ``word``, ``is_negation``.
    as_of
        Relation of one ``as_of_date``.
    days
        Comments of so many days up to the as-of date are read.

    Returns
    -------
    pyarrow.Table
        ``TEXT_SCHEMA``, a row per answer whose comment is more than blanks, in the order of keys.
    """
    today = _as_of_date(engine, as_of)
    if today is None:
        return TEXT_SCHEMA.empty_table()
    rows = engine.collect(
        f"select response_id, customer_id, comment from {answers} where trim(comment) <> '' "
        f"and cast(responded_at as date) > {_day(today, -days)} order by response_id"
    ).to_pylist()
    words = {
        language: own.words for language, own in _function_words(engine, function_words).items()
    }
    # The language is told from masked text: what is no name in one language is none in any.
    no_names = frozenset().union(*words.values())
    masked = [mask_personal_data(row["comment"], no_names) for row in rows]
    kept = [number for number, comment in enumerate(masked) if comment.text]
    languages = languages_of([words_of(masked[number].text) for number in kept], words)
    return pa.table(
        [
            [rows[number]["response_id"] for number in kept],
            [rows[number]["customer_id"] for number in kept],
            [masked[number].text for number in kept],
            languages,
            [masked[number].masked for number in kept],
            [masked[number].is_cut for number in kept],
        ],
        schema=TEXT_SCHEMA,
    )


def find_due_themes(
    engine: Engine,
    *,
    texts: str,
    answers: str,
    function_words: str,
    as_of: str,
    earlier: str | None,
    most_themes: int,
    fit_every_days: int,
    learning_days: int,
    most_comments: int,
) -> pa.Table:
    """Find the themes of the languages that are due.

    A language is due where it has no themes, where they are ``fit_every_days`` old, or where it has
    ``GROWTH`` times as many distinct comments as they were found in.

    Parameters
    ----------
    engine
        Where the comments are.
    texts
        Relation of ``TEXT_SCHEMA``.
    answers
        Relation of ``response_id``, ``responded_at``.
    function_words
        Relation of ``language``, ``word``, ``is_negation``.
    as_of
        Relation of one ``as_of_date``.
    earlier
        Relation of ``THEMES_SCHEMA`` with what earlier runs have found; none in a first one.
    most_themes
        Of a language.
    fit_every_days, learning_days, most_comments
        Days from one fit to the next; comments of so many days are learned from, so many of them.

    Returns
    -------
    pyarrow.Table
        ``THEMES_SCHEMA``, the themes that were due.
    """
    today = _as_of_date(engine, as_of)
    if today is None:
        return THEMES_SCHEMA.empty_table()
    function = _function_words(engine, function_words)
    known = _newest_themes(engine, earlier, today) if earlier else {}
    rows = engine.collect(
        f"select texts.response_id, texts.comment, texts.language from {texts} as texts "
        f"inner join {answers} as answers on texts.response_id = answers.response_id "
        f"where cast(answers.responded_at as date) > {_day(today, -learning_days)} "
        f"and texts.language <> '{UNDETERMINED}' order by texts.response_id"
    ).to_pylist()
    of_language: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        of_language[row["language"]].append(row)
    found = []
    for language in sorted(of_language):
        drawn = _drawn(of_language[language], most_comments)
        comments = _terms([row["comment"] for row in drawn], language, function)
        before, fitted_date = known.get(language, (None, None))
        if before is not None and fitted_date is not None:
            distinct = len({tuple(comment) for comment in comments if comment})
            is_old = (today - fitted_date).days >= fit_every_days
            if not is_old and distinct < GROWTH * before.comments:
                continue
        themes = find_themes(comments, language, most_themes=most_themes, earlier=before)
        if themes is not None:
            found += _rows_of_themes(themes, today)
    return pa.Table.from_pylist(found, THEMES_SCHEMA)


def understand_comments(
    engine: Engine, *, texts: str, answers: str, themes: str, function_words: str, as_of: str
) -> pa.Table:
    """Place comments in the themes of their language, and read their sentiment.

    Parameters
    ----------
    engine
        Where the comments are.
    texts
        Relation of ``TEXT_SCHEMA``.
    answers
        Relation of ``response_id``, ``is_favourable``.
    themes
        Relation of ``THEMES_SCHEMA``.
    function_words
        Relation of ``language``, ``word``, ``is_negation``.
    as_of
        Relation of one ``as_of_date``.

    Returns
    -------
    pyarrow.Table
        ``READING_SCHEMA``, a row per comment. ``themes`` are the names, with semicolons between.
    """
    rows = engine.collect(
        "select texts.response_id, texts.customer_id, texts.comment, texts.language, "
        f"answers.is_favourable from {texts} as texts inner join {answers} as answers "
        "on texts.response_id = answers.response_id order by texts.response_id"
    )
    today = _as_of_date(engine, as_of)
    if not len(rows) or today is None:
        return READING_SCHEMA.empty_table()
    function = _function_words(engine, function_words)
    comments, languages = rows["comment"].to_pylist(), rows["language"].to_pylist()
    about: list[list[tuple[str, str, float]]] = [[] for _ in comments]
    for language, (known, _) in sorted(_newest_themes(engine, themes, today).items()):
        places = [number for number, own in enumerate(languages) if own == language]
        named = dict(zip(known.numbers, known.names, strict=True))
        placed = place(_terms([comments[number] for number in places], language, function), known)
        for number, themes_of_it in zip(places, placed, strict=True):
            about[number] = [
                (_theme_id(language, theme), named[theme], weight) for theme, weight in themes_of_it
            ]
    read = read_sentiments(
        [words_of(comment) for comment in comments],
        numbers(rows, "is_favourable"),
        groups_of_keys(rows["customer_id"].to_pylist(), "comments", FOLDS),
    )
    return pa.table(
        [
            rows["response_id"].combine_chunks(),
            [own[0][0] if own else None for own in about],
            [own[0][1] if own else None for own in about],
            ["; ".join(name for _, name, _ in own) if own else None for own in about],
            [[theme for theme, _, _ in own] for own in about],
            [[weight for *_, weight in own] for own in about],
            [label_of(score) for score in read.score],
            pa.array(read.score, pa.float64(), from_pandas=True),
        ],
        schema=READING_SCHEMA,
    )


def describe_themes(
    engine: Engine,
    *,
    texts: str,
    readings: str,
    answers: str,
    themes: str,
    as_of: str,
    days: int,
    recent_days: int,
) -> pa.Table:
    """Return figures of themes and of languages.

    Parameters
    ----------
    engine
        Where the comments are.
    texts, readings, themes
        Relations of ``TEXT_SCHEMA``, ``READING_SCHEMA`` and ``THEMES_SCHEMA``.
    answers
        Relation of ``response_id``, ``customer_id``, ``is_satisfied``, ``is_favourable``,
        ``value_0_100``, ``responded_at``: all answers, with and without a comment.
    as_of
        Relation of one ``as_of_date``.
    days, recent_days
        Comments of so many days up to the as-of date are counted; of so many of them the latest.

    Returns
    -------
    pyarrow.Table
        ``FIGURES_SCHEMA``: a row per theme, one per language with a comment, and one of all
        languages where there is a comment.
    """
    today = _as_of_date(engine, as_of)
    if today is None:
        return FIGURES_SCHEMA.empty_table()
    within = f"cast(answers.responded_at as date) > {_day(today, -days)}"
    table = engine.collect(
        "select texts.response_id, texts.customer_id, texts.comment, texts.language, "
        "readings.theme_ids, readings.theme_weights, readings.sentiment_score, "
        "answers.is_satisfied, answers.is_favourable, answers.value_0_100, "
        f"cast(answers.responded_at as date) > {_day(today, -recent_days)} as is_recent "
        f"from {texts} as texts inner join {readings} as readings "
        f"on texts.response_id = readings.response_id inner join {answers} as answers "
        f"on texts.response_id = answers.response_id where {within} "
        # The newest first, so that examples are of these days.
        "order by answers.responded_at desc, texts.response_id"
    )
    if not len(table):
        return FIGURES_SCHEMA.empty_table()
    total = engine.collect(
        f"select count(is_satisfied) as answers from {answers} as answers where {within}"
    )["answers"][0].as_py()
    known = _newest_themes(engine, themes, today)
    languages = np.array(table["language"].to_pylist(), dtype=object)
    rows = [_of_language(table, ALL_LANGUAGES, None, len(table))]
    for language in sorted(set(languages)):
        own = table.filter(pa.array(languages == language))
        rows.append(_of_language(own, language, known.get(language), len(table)))
        if language in known:
            rows += _of_themes(own, known[language][0], total)
    q_value = q_values(np.array([row.pop("p_value", None) for row in rows], dtype=np.float64))
    for row, value in zip(rows, q_value, strict=True):
        if not np.isnan(value):
            row["share_change_q_value"] = float(value)
            if value <= LARGEST_Q_VALUE:
                row["trend"] = RISING if row["share_change"] > 0 else FALLING
    return pa.Table.from_pylist(rows, FIGURES_SCHEMA)


def _of_language(
    own: pa.Table, language: str, known: tuple[Themes, dt.date] | None, all_comments: int
) -> dict:
    """Return the row of a language, or of all."""
    score, value = numbers(own, "sentiment_score"), numbers(own, "value_0_100")
    satisfied = numbers(own, "is_satisfied")
    quality = sentiment_quality(score, numbers(own, "is_favourable"), value)
    csat = share_of(satisfied[~np.isnan(satisfied)] > 0)
    row = {
        "level": ALL_LANGUAGES if language == ALL_LANGUAGES else LANGUAGE,
        "language": language,
        "sentiment_reason": quality.reason,
        "comments": len(own),
        "customers": len(set(own["customer_id"].to_pylist())),
        "csat_answers": csat.n,
        "comments_with_theme": sum(map(bool, own["theme_ids"].to_pylist())),
        "sentiment_comments": quality.n,
        **_of_share("comment_share", share_of(np.arange(all_comments) < len(own))),
        **_of_share("csat", csat),
        "sentiment_mean": float(np.nanmean(score)) if quality.n else None,
        "sentiment_auc": quality.auc,
        "sentiment_auc_lower": quality.auc_low,
        "sentiment_auc_upper": quality.auc_high,
        "sentiment_correlation": quality.correlation,
    }
    if known:
        themes, fitted_date = known
        row |= {
            "themes": len(themes.numbers),
            "comments_learned_from": themes.comments,
            "fitted_date": fitted_date,
        }
    elif language == UNDETERMINED:
        row["themes_reason"] = "The language of these comments cannot be told."
    elif language != ALL_LANGUAGES:
        row["themes_reason"] = (
            f"Themes need {FEWEST_COMMENTS} different comments that have words in common."
        )
    return row


def _of_themes(own: pa.Table, themes: Themes, total: int) -> list[dict]:
    """Return the rows of the themes of a language."""
    ids = own["theme_ids"].to_pylist()
    weights = [
        dict(zip(about, weight, strict=True))
        for about, weight in zip(ids, own["theme_weights"].to_pylist(), strict=True)
    ]
    satisfied, score = numbers(own, "is_satisfied"), numbers(own, "sentiment_score")
    is_recent = numbers(own, "is_recent") > 0
    customers = np.array(own["customer_id"].to_pylist(), dtype=object)
    texts = own["comment"].to_pylist()
    rows = []
    for number, name, words in zip(themes.numbers, themes.names, themes.words, strict=True):
        theme = _theme_id(themes.language, number)
        weight = np.array([about.get(theme, 0.0) for about in weights])
        is_about = weight > 0
        read = score[is_about & ~np.isnan(score)]
        found = theme_figures(is_about, satisfied, is_recent, total)
        rows.append(
            {
                "level": THEME,
                "language": themes.language,
                "theme_id": theme,
                "theme_name": name,
                "theme_words": words,
                "comments": int(is_about.sum()),
                "customers": len(set(customers[is_about])),
                "csat_answers": found.csat.n,
                "sentiment_comments": len(read),
                "sentiment_mean": float(read.mean()) if len(read) else None,
                "p_value": found.change_p_value,
                **_of_figures(found),
                **{
                    f"example_{place + 1}": text
                    for place, text in enumerate(_examples(texts, weight, customers))
                },
            }
        )
    return rows


def _of_figures(found: ThemeFigures) -> dict[str, float | None]:
    return {
        **_of_share("comment_share", found.comments),
        **_of_share("csat", found.csat),
        **_of_share("csat_others", found.csat_others),
        **_of_share("recent_share", found.recent),
        **_of_share("earlier_share", found.before),
        **_of_share("difference", found.difference),
        **_of_share("effect_on_total", found.effect_on_total),
        **_of_share("share_change", found.change),
    }


def _of_share(name: str, figure: Share | Difference) -> dict[str, float | None]:
    return {
        name: figure.estimate,
        f"{name}_lower": figure.conf_low,
        f"{name}_upper": figure.conf_high,
    }


def _examples(texts: Sequence[str], weight: np.ndarray, customers: np.ndarray) -> list[str]:
    """Return the comments that are most about a theme, of different customers and words.

    Comments of equal weight come in their order.
    """
    chosen: list[str] = []
    seen: set[object] = set()
    for number in np.argsort(-weight, kind="stable"):
        text = texts[number]
        said = " ".join(words_of(text))
        if weight[number] <= 0 or len(chosen) == EXAMPLES:
            break
        if not SHORTEST_EXAMPLE <= len(text) <= LONGEST_EXAMPLE:
            continue
        if said in seen or customers[number] in seen:
            continue
        chosen.append(text)
        seen |= {said, customers[number]}
    return chosen


def _function_words(engine: Engine, relation: str) -> dict[str, FunctionWords]:
    words: dict[str, set[str]] = defaultdict(set)
    negations: dict[str, set[str]] = defaultdict(set)
    for row in engine.collect(f"select language, word, is_negation from {relation}").to_pylist():
        words[row["language"]].add(row["word"])
        if row["is_negation"]:
            negations[row["language"]].add(row["word"])
    return {
        language: FunctionWords(frozenset(own), frozenset(negations[language]))
        for language, own in sorted(words.items())
    }


def _terms(
    comments: Sequence[str], language: str, function: Mapping[str, FunctionWords]
) -> list[list[tuple[str, str]]]:
    own = function.get(language, FunctionWords())
    return [terms_of(words_of(comment), language, own) for comment in comments]


def _drawn(rows: list[dict], most: int) -> list[dict]:
    """Return at most so many rows, drawn by their keys."""
    if len(rows) <= most:
        return rows
    luck = uniform_of_keys([row["response_id"] for row in rows], "themes")
    return [rows[number] for number in np.sort(np.argsort(luck, kind="stable")[:most])]


def _theme_id(language: str, number: int) -> str:
    return f"{language}-{number:02d}"


def _rows_of_themes(themes: Themes, fitted_date: dt.date) -> list[dict]:
    rows = []
    for loading, number, name, words in zip(
        themes.loadings, themes.numbers, themes.names, themes.words, strict=True
    ):
        used = np.flatnonzero(loading)
        rows.append(
            {
                "themes_version": f"{themes.language}-{fitted_date}",
                "language": themes.language,
                "fitted_date": fitted_date,
                "comments": themes.comments,
                "theme_number": number,
                "theme_id": _theme_id(themes.language, number),
                "theme_name": name,
                "theme_words": words,
                "next_number": themes.next_number,
                "terms": [themes.terms[term] for term in used],
                "loadings": loading[used].tolist(),
                "rarity": themes.rarity[used].tolist(),
            }
        )
    return rows


def _newest_themes(
    engine: Engine, relation: str, today: dt.date
) -> dict[str, tuple[Themes, dt.date]]:
    """Return the themes of each language that are the newest on a day, and when they were found."""
    rows = engine.collect(
        f"select * from {relation} as themes where fitted_date <= date '{today}' "
        "qualify fitted_date = max(fitted_date) over (partition by language) "
        "order by language, theme_number"
    ).to_pylist()
    of_language: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        of_language[row["language"]].append(row)
    return {
        language: (_themes_of_rows(language, own), own[0]["fitted_date"])
        for language, own in of_language.items()
    }


def _themes_of_rows(language: str, rows: Sequence[dict]) -> Themes:
    rarity = {
        term: value for row in rows for term, value in zip(row["terms"], row["rarity"], strict=True)
    }
    terms = tuple(sorted(rarity))
    column = {term: number for number, term in enumerate(terms)}
    loadings = np.zeros((len(rows), len(terms)))
    for number, row in enumerate(rows):
        loadings[number, [column[term] for term in row["terms"]]] = row["loadings"]
    return Themes(
        language=language,
        comments=rows[0]["comments"],
        terms=terms,
        rarity=np.array([rarity[term] for term in terms]),
        loadings=loadings,
        numbers=tuple(row["theme_number"] for row in rows),
        names=tuple(row["theme_name"] for row in rows),
        words=tuple(row["theme_words"] for row in rows),
        next_number=rows[0]["next_number"],
    )


def _as_of_date(engine: Engine, relation: str) -> dt.date | None:
    rows = engine.collect(f"select as_of_date from {relation}").to_pylist()
    return rows[0]["as_of_date"] if rows else None


def _day(today: dt.date, days: int) -> str:
    return f"date '{today + dt.timedelta(days=days)}'"
