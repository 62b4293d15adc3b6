"""English comments of three themes, drawn with a known truth."""

from __future__ import annotations

import numpy as np

from csat.text.themes import FunctionWords, terms_of
from csat.text.words import words_of

SUBJECTS = {
    "bill": "bill invoice amount charged payment statement",
    "outage": "power outage blackout lights electricity grid",
    "agent": "agent friendly polite helpful listened kind",
    "app": "app login password screen crashed update",
}
FILLING = "this was about my and the it is for me again today really month"


class MadeUpComments:
    """English comments, each about one subject, with function words between."""

    def __init__(self, function: FunctionWords):
        self.function = function

    def draw(self, subjects: list[str], each: int, seed: int = 1) -> tuple[list[str], list[str]]:
        """Return comments and the subject of each, shuffled."""
        random = np.random.default_rng(seed)
        filling, comments, about = FILLING.split(), [], []
        for subject in random.permutation(np.repeat(subjects, each)).tolist():
            own = random.choice(SUBJECTS[subject].split(), 4, replace=False).tolist()
            words = own + random.choice(filling, 4, replace=False).tolist()
            comments.append(" ".join(random.permutation(words).tolist()))
            about.append(subject)
        return comments, about

    def terms(self, comments: list[str]) -> list[list[tuple[str, str]]]:
        """Return the terms of comments."""
        return [terms_of(words_of(comment), "en", self.function) for comment in comments]
