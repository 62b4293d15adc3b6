"""Function words as the seed has them, and what draws comments of known themes."""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest
from harness import CHECKOUT
from made_up_comments import MadeUpComments

from csat.text.themes import FunctionWords


@pytest.fixture(scope="session")
def function_words() -> dict[str, FunctionWords]:
    """The seed."""
    words, negations = defaultdict(set), defaultdict(set)
    path = CHECKOUT / "seeds" / "function_words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words[row["language"]].add(row["word"])
            if row["is_negation"] == "true":
                negations[row["language"]].add(row["word"])
    return {
        language: FunctionWords(frozenset(own), frozenset(negations[language]))
        for language, own in words.items()
    }


@pytest.fixture(scope="session")
def made_up(function_words: dict[str, FunctionWords]) -> MadeUpComments:
    """Draws comments of known themes."""
    return MadeUpComments(function_words["en"])
