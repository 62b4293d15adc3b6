"""Text can be read, and colours that mean different things can be told apart by everyone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pytest

from csat import theme
from csat.impact import verdicts

#: How people see who lack a kind of cone, on linear RGB: Machado, Oliveira and Fernandes (2009).
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
#: CIELAB difference below which two areas are taken for the same at a glance.
JUST_APART = 15


def lab(colour: str, sight: str) -> np.ndarray:
    """Return a colour in CIELAB (D65) as it is seen."""
    parts = np.array(theme.rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SIGHT[sight]) @ linear, 0, 1)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.072175],
            [0.0193339, 0.119192, 0.9503041],
        ]
    )
    x, y, z = (to_xyz @ seen) / np.array([0.95047, 1.0, 1.08883])
    fx, fy, fz = (
        np.cbrt(part) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (x, y, z)
    )
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def least_difference(colours: Iterable[str], sight: str) -> float:
    return min(
        float(np.linalg.norm(lab(first, sight) - lab(second, sight)))
        for first, second in itertools.combinations(colours, 2)
    )


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(
    "colours",
    [
        *(theme.band_colours("abcde"[:count]).values() for count in range(2, 6)),
        theme.VERDICTS.values(),
        theme.COMPONENTS.values(),
        (theme.ESTIMATE, theme.SURVEY, theme.COMPARISON),
        (theme.BETTER, theme.WORSE, theme.NEITHER),
    ],
    ids=["2 bands", "3 bands", "4 bands", "5 bands", "verdicts", "components", "series", "changes"],
)
def test_colours_of_one_chart_are_apart_for_everyone(colours: Iterable[str], sight: str) -> None:
    assert least_difference(colours, sight) > JUST_APART


def test_red_and_green_would_not_pass() -> None:
    assert least_difference(("#C03028", "#6B8E23"), "deuteranopia") < JUST_APART


@pytest.mark.parametrize("surface", [theme.PAPER, theme.PANEL])
@pytest.mark.parametrize("text", [theme.INK, theme.MUTED, theme.ESTIMATE, theme.WORSE])
def test_text_can_be_read(text: str, surface: str) -> None:
    assert theme.contrast(text, surface) >= 4.5


@pytest.mark.parametrize(
    "colour", sorted({*theme.VERDICTS.values(), *theme.band_colours("abcde").values()})
)
def test_text_on_a_colour_can_be_read(colour: str) -> None:
    assert theme.contrast(theme.text_on(colour), colour) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#FFFFFF", "#777777") == pytest.approx(4.48, abs=0.005)


def test_every_verdict_has_a_colour() -> None:
    words = {verdicts.RAISES, verdicts.HARMS, verdicts.NO_EFFECT, verdicts.CANNOT_TELL}
    assert set(theme.VERDICTS) == {*words, verdicts.CHANGED_WITH}


def test_bands_are_coloured_by_place() -> None:
    assert theme.band_colours([]) == {}
    assert theme.band_colours(["low", "high"]) == {"low": theme.WORSE, "high": theme.BETTER}
    with pytest.raises(ValueError, match="at most 5"):
        theme.band_colours("abcdef")
