"""Themes are those that were planted, and they stay."""

from __future__ import annotations

from collections import Counter

import numpy as np
from made_up_comments import MadeUpComments

from csat.text.themes import (
    COMMENTS_PER_THEME,
    FEWEST_COMMENTS,
    FunctionWords,
    Themes,
    find_themes,
    place,
    terms_of,
)

THREE = ["bill", "outage", "agent"]


def subjects_of(made_up: MadeUpComments, themes: Themes, comments, about) -> dict[int, str]:
    """Return the subject of most comments of each theme; fail where it is not nearly all."""
    found: dict[int, Counter] = {}
    for themes_of_it, subject in zip(place(made_up.terms(comments), themes), about, strict=True):
        if themes_of_it:
            found.setdefault(themes_of_it[0][0], Counter())[subject] += 1
    for counts in found.values():
        assert counts.most_common(1)[0][1] >= 0.95 * counts.total(), counts
    return {number: counts.most_common(1)[0][0] for number, counts in found.items()}


def test_planted_themes_are_found(made_up: MadeUpComments) -> None:
    comments, about = made_up.draw(THREE, 60)
    themes = find_themes(made_up.terms(comments), "en", most_themes=3)
    assert themes.numbers == (1, 2, 3)
    assert sorted(subjects_of(made_up, themes, comments, about).values()) == sorted(THREE)
    placed = place(made_up.terms(comments), themes)
    assert np.mean([bool(own) for own in placed]) > 0.95
    # Function words name nothing.
    words = {word for name in themes.words for pair in name.split(", ") for word in pair.split()}
    assert not words & made_up.function.words


def test_themes_stay_when_comments_come(made_up: MadeUpComments) -> None:
    comments, about = made_up.draw(THREE, 60)
    before = find_themes(made_up.terms(comments), "en", most_themes=3)
    more, more_about = made_up.draw(["agent", "outage", "bill"], 40, seed=2)
    after = find_themes(made_up.terms(comments + more), "en", most_themes=3, earlier=before)
    assert after.numbers == before.numbers
    assert after.names == before.names
    assert subjects_of(made_up, after, comments + more, about + more_about) == subjects_of(
        made_up, before, comments, about
    )


def test_a_new_theme_gets_a_new_number_and_a_gone_one_takes_its_own_along(
    made_up: MadeUpComments,
) -> None:
    comments, about = made_up.draw(THREE, 60)
    before = find_themes(made_up.terms(comments), "en", most_themes=3)
    was = subjects_of(made_up, before, comments, about)
    later, later_about = made_up.draw(["outage", "agent", "app"], 60, seed=3)
    after = find_themes(made_up.terms(later), "en", most_themes=3, earlier=before)
    now = subjects_of(made_up, after, later, later_about)
    assert now == {
        **{number: subject for number, subject in was.items() if subject != "bill"},
        4: "app",
    }
    assert after.next_number == 5
    # The number of bills is not given again: when they come back, they are a new theme.
    again = find_themes(made_up.terms(comments), "en", most_themes=3, earlier=after)
    assert 5 in subjects_of(made_up, again, comments, about)


def test_more_themes_join_earlier_ones(made_up: MadeUpComments) -> None:
    comments, about = made_up.draw(THREE, 60)
    before = find_themes(made_up.terms(comments), "en", most_themes=3)
    more, more_about = made_up.draw(["app"], 60, seed=4)
    after = find_themes(made_up.terms(comments + more), "en", most_themes=4, earlier=before)
    assert after.numbers == (1, 2, 3, 4)
    assert subjects_of(made_up, after, comments + more, about + more_about) == {
        **subjects_of(made_up, before, comments, about),
        4: "app",
    }


def test_the_same_comments_give_the_same_themes(made_up: MadeUpComments) -> None:
    comments, _ = made_up.draw(THREE, 60)
    first = find_themes(made_up.terms(comments), "en", most_themes=3)
    # Neither order nor repetition counts: a comment that many send is one way to say it.
    second = find_themes(made_up.terms(comments[::-1] + comments), "en", most_themes=3)
    np.testing.assert_array_equal(first.loadings, second.loadings)
    assert (first.terms, first.names) == (second.terms, second.names)


def test_few_comments_have_few_themes_or_none(made_up: MadeUpComments) -> None:
    comments, _ = made_up.draw(THREE, 60)
    few = made_up.terms(comments)
    assert find_themes(few[: FEWEST_COMMENTS - 1], "en", most_themes=9) is None
    themes = find_themes(few[:70], "en", most_themes=9)
    assert len(themes.numbers) == themes.comments // COMMENTS_PER_THEME == 3
    assert find_themes([[(f"w{n}", f"w{n}")] for n in range(90)], "en", most_themes=9) is None
    assert find_themes([], "en", most_themes=9) is None


def test_a_comment_may_have_several_themes_or_none(made_up: MadeUpComments) -> None:
    comments, about = made_up.draw(THREE, 60)
    themes = find_themes(made_up.terms(comments), "en", most_themes=3)
    subject_of = subjects_of(made_up, themes, comments, about)
    both, neither, empty = place(
        made_up.terms(["bill, invoice and the blackout of lights", "a purple giraffe", ""]), themes
    )
    assert {subject_of[number] for number, _ in both} == {"bill", "outage"}
    assert neither == empty == []
    assert place([], themes) == []


def test_negated_words_are_words_of_their_own(function_words: dict[str, FunctionWords]) -> None:
    def stems(text: str, language: str) -> list[str]:
        return [
            term for term, _ in terms_of(text.lower().split(), language, function_words[language])
        ]

    assert stems("my problem is not solved", "en") == ["problem", "not solv", "problem not solv"]
    assert stems("problems solved", "en") == ["problem", "solv", "problem solv"]
    assert stems("kein Strom", "de") == ["not strom"]
    # It reaches three words, not the whole comment.
    assert "help" in stems("not what i asked for but a great help", "en")
