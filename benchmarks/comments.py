"""Comments: how much personal data is masked, how themes stay, how sentiment tells ratings, speed.

    python benchmarks/comments.py masking
    python benchmarks/comments.py company warehouse/shopzilla/csat_build.duckdb
    python benchmarks/comments.py speed warehouse/shopzilla/csat_build.duckdb 100000

prints Markdown; nothing is written, and no comment is printed. A company must have been built.
"""

from __future__ import annotations

import csv
import string
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import duckdb
import numpy as np

from csat.model.hashing import groups_of_keys
from csat.project import project_root
from csat.text.languages import UNDETERMINED, languages_of
from csat.text.masking import mask_personal_data
from csat.text.sentiment import FOLDS, read_sentiments, sentiment_quality
from csat.text.themes import FunctionWords, Themes, find_themes, place, terms_of
from csat.text.words import words_of

DRAWS = 2_000
MOST_THEMES = 15
#: Shares of the comments, in the order of their keys, that themes are found in one after the other.
GROWING = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SENTENCES = (
    "{}",
    "please use {} from now on",
    "I gave you {}, twice!",
    "Bitte notieren: {}.",
    "Das war {} und ist es noch",
    "({})",
)


def digits(random: np.random.Generator, pattern: str) -> str:
    """Fill # with digits, ^ with 1 to 9 and ? with letters."""
    return "".join(
        str(random.integers(0, 10))
        if sign == "#"
        else str(random.integers(1, 10))
        if sign == "^"
        else random.choice(list(string.ascii_lowercase))
        if sign == "?"
        else sign
        for sign in pattern
    )


def card(random: np.random.Generator) -> str:
    """Draw a card's number, with its check digit, in one of three ways to write it."""
    first = digits(random, "4##############")
    total = 0
    for number, digit in enumerate(reversed(first)):
        value = int(digit) * (2 - number % 2)
        total += value - 9 * (value > 9)
    whole = first + str(-total % 10)
    joint = random.choice(["", " ", "-"])
    return joint.join(whole[start : start + 4] for start in range(0, 16, 4))


def iban(random: np.random.Generator) -> str:
    """Draw a German IBAN, with its check digits, in one or in six groups."""
    account = digits(random, "#" * 18)
    check = 98 - int(account + "131400") % 97
    whole = f"DE{check:02d}{account}"
    joint = random.choice(["", " "])
    return joint.join(whole[start : start + 4] for start in range(0, 22, 4))


def of_patterns(*patterns: str) -> Callable[[np.random.Generator], str]:
    """Return what draws one of the patterns."""
    return lambda random: digits(random, str(random.choice(patterns)))


def with_words(names: str, *patterns: str) -> Callable[[np.random.Generator], str]:
    """Return what draws a name and one of the patterns, in which % is the name."""
    return lambda random: digits(random, str(random.choice(patterns))).replace(
        "%", str(random.choice(names.split()))
    )


PERSONAL: dict[str, Callable[[np.random.Generator], str]] = {
    "e-mail": of_patterns("????.?????##@example.com", "??@????.co.uk", "??? (at) ?????.de"),
    "telephone, German": of_patterns(
        "01^# #######", "0^0/#######", "+49 ^## #######", "0049 ^0 ######", "(0^0) ### ## ##"
    ),
    "telephone, British and American": of_patterns(
        "+44 20 #### ####", "(^##) ###-####", "^##-###-####", "0^# #### ####", "+1 ^## ### ####"
    ),
    "card": card,
    "IBAN": iban,
    "account, contract, customer number": of_patterns(
        "account number ^#######",
        "Kundennummer ^### ###",
        "Vertragsnr. ??-^######",
        "order #^######",
    ),
    "address, German": with_words(
        "Linden Garten Schiller Berg Kirch",
        "%straße ^#",
        "%str. ^",
        "%weg ^#?",
        "%gasse ^, ##### Berlin",
    ),
    "address, British and American": with_words(
        "Baker Oak Church Mill Victoria",
        "^# % Street",
        "^## % Road, London",
        "^### % Ave, Springfield, IL #####",
        "^ % Lane",
    ),
}
HARMLESS: dict[str, Callable[[np.random.Generator], str]] = {
    "date": lambda random: (
        str(np.datetime64("2020-01-01") + int(random.integers(0, 3000)))
        if random.random() < 0.5
        else f"{random.integers(1, 29)}.{random.integers(1, 13)}.{random.integers(2019, 2028)}"
    ),
    "time": lambda random: f"{random.integers(0, 24)}:{random.integers(0, 60):02d}",
    "amount": of_patterns(
        "^#.## €", "EUR ^.###,##", "$^,###.##", "^##,## Euro", "^####.##", "£^###"
    ),
    "number": of_patterns(
        "^", "^#", "^##", "^###", "^,###,###", "^.###.###", "^##### kWh", "^0000000"
    ),
    "with a unit": of_patterns("^# minutes", "^ hours", "^# Tage", "^## %", "^ mal", "^# km"),
}


def masking() -> None:
    """Print how much of what is drawn is masked."""
    random = np.random.default_rng(1)
    print("| form | drawn | masked |\n| --- | ---: | ---: |")
    for drawn in (PERSONAL, HARMLESS):
        for form, draw in drawn.items():
            found = 0
            for _ in range(DRAWS):
                written = draw(random)
                text = str(random.choice(SENTENCES)).format(written)
                masked = mask_personal_data(text)
                left = sum(sign.isdigit() for sign in masked.text)
                # A form counts as masked with no digit left of it.
                found += masked.masked > 0 and (left == 0 or drawn is HARMLESS)
            print(f"| {form} | {DRAWS:,} | {100 * found / DRAWS:.1f} % |")


def function_words() -> dict[str, FunctionWords]:
    """Read the seed."""
    words, negations = defaultdict(set), defaultdict(set)
    with (project_root() / "seeds" / "function_words.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            words[row["language"]].add(row["word"])
            if row["is_negation"] == "true":
                negations[row["language"]].add(row["word"])
    return {
        key: FunctionWords(frozenset(own), frozenset(negations[key])) for key, own in words.items()
    }


def read(build_file: str) -> list[tuple]:
    """Return the comments of a built company."""
    with duckdb.connect(build_file, read_only=True) as connection:
        return connection.sql(
            "select response_id, customer_id, comment, is_favourable, value_0_100 "
            "from intermediate.int_survey_ratings where trim(comment) <> '' order by response_id"
        ).fetchall()


def company(build_file: str) -> None:
    """Print how themes stay as comments come, and how well sentiment tells ratings."""
    rows, function = read(build_file), function_words()
    comments = [mask_personal_data(row[2]).text for row in rows]
    words = [words_of(comment) for comment in comments]
    languages = languages_of(words, {key: own.words for key, own in function.items()})
    y = np.array([row[3] for row in rows], dtype=np.float64)
    folds = groups_of_keys([row[1] for row in rows], "comments", FOLDS)
    found = read_sentiments(words, y, folds)
    quality = sentiment_quality(found.score, y, np.array([row[4] for row in rows]))
    print(
        f"{len(rows):,} comments. Sentiment out of fold: AUC {quality.auc:.3f} "
        f"({quality.auc_low:.3f} to {quality.auc_high:.3f}), Spearman {quality.correlation:.3f}.\n"
    )
    print("| language | comments | themes | with a theme | kept | names kept | same main theme |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for language in sorted(set(languages) - {UNDETERMINED}):
        own = [
            terms_of(part, language, function.get(language, FunctionWords()))
            for part, spoken in zip(words, languages, strict=True)
            if spoken == language
        ]
        stays(language, own)


def stays(language: str, comments: list) -> None:
    """Print a language's row: five fits in a row, each with a tenth more comments."""
    themes: Themes | None = None
    kept, named, same = [], [], []
    for share in GROWING:
        before = themes
        shown = comments[: int(share * len(comments))]
        themes = find_themes(shown, language, most_themes=MOST_THEMES, earlier=before)
        if before is None or themes is None:
            continue
        numbers = set(before.numbers) & set(themes.numbers)
        kept.append(len(numbers) / len(before.numbers))
        named.append(len(set(before.names) & set(themes.names)) / len(before.names))
        mains = [
            [about[0][0] if about else 0 for about in place(shown, fit)] for fit in (before, themes)
        ]
        same.append(np.mean(np.equal(*mains)))
    if themes is None or not kept:
        print(f"| {language} | {len(comments):,} | none | | | | |")
        return
    placed = np.mean([bool(about) for about in place(comments, themes)])
    cells = [placed, np.mean(kept), np.mean(named), np.mean(same)]
    shares = " | ".join(f"{100 * cell:.0f} %" for cell in cells)
    print(f"| {language} | {len(comments):,} | {len(themes.numbers)} | {shares} |")


def speed(build_file: str, count: int) -> None:
    """Print seconds per step for so many comments: those of a company, again and again."""
    rows, function = read(build_file), function_words()
    chosen = [rows[number % len(rows)] for number in range(count)]
    print("| step | seconds of one core |\n| --- | ---: |")

    def timed(step: str, run: Callable):
        start = time.process_time()
        outcome = run()
        print(f"| {step} | {time.process_time() - start:.1f} |")
        return outcome

    texts = timed("mask", lambda: [mask_personal_data(row[2]).text for row in chosen])
    words = timed("words", lambda: [words_of(text) for text in texts])
    known = {key: own.words for key, own in function.items()}
    timed("languages", lambda: languages_of(words, known))
    terms = timed("terms", lambda: [terms_of(part, "en", function["en"]) for part in words])
    themes = timed(
        "find themes, in 20,000", lambda: find_themes(terms[:20_000], "en", most_themes=MOST_THEMES)
    )
    timed("place in themes", lambda: place(terms, themes))
    y = np.array([row[3] for row in chosen], dtype=np.float64)
    timed("sentiment", lambda: read_sentiments(words, y, np.arange(count) % FOLDS))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["masking"]:
            masking()
        case ["company", build_file]:
            company(build_file)
        case ["speed", build_file, count]:
            speed(build_file, int(count))
        case _:
            sys.exit(__doc__)
