"""The figures of Callaway and Sant'Anna (2021) on minimum wages and teenage employment.

The published ones are those of their package ``did`` and of ``csdid``, which agree: standard errors
are analytical, controls never treated, propensities logistic with outcomes by least squares.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest
from harness import CHECKOUT

from csat.impact import (
    NEVER,
    NEVER_TREATED,
    Answers,
    History,
    Panel,
    ProgramSettings,
    group_time_effects,
)

DATA = CHECKOUT.parent / "shared" / "data" / "mpdta" / "mpdta.csv"
FIRST_YEAR, YEARS = 2003, 5
SETTINGS = ProgramSettings(
    controls=NEVER_TREATED,
    penalty=0.0,
    inflates=False,
    adjusts_answers=True,
    largest_propensity=0.999,
    controls_drawn=0,
)
#: Cohort, year, effect and standard error.
WITHOUT_COVARIATES = (
    (2004, 2004, -0.0105, 0.0233),
    (2004, 2005, -0.0704, 0.0310),
    (2004, 2006, -0.1373, 0.0364),
    (2004, 2007, -0.1008, 0.0344),
    (2006, 2004, 0.0065, 0.0233),
    (2006, 2005, -0.0028, 0.0196),
    (2006, 2006, -0.0046, 0.0178),
    (2006, 2007, -0.0412, 0.0202),
    (2007, 2004, 0.0305, 0.0150),
    (2007, 2005, -0.0027, 0.0164),
    (2007, 2006, -0.0311, 0.0179),
    (2007, 2007, -0.0261, 0.0167),
)
DOUBLY_ROBUST = (
    (2004, 2004, -0.0145297, 0.0221292),
    (2004, 2005, -0.0764219, 0.0286713),
    (2004, 2006, -0.1404483, 0.0353782),
    (2004, 2007, -0.1069039, 0.0328865),
    (2006, 2004, -0.0004721, 0.0222234),
    (2006, 2005, -0.0062025, 0.0184957),
    (2006, 2006, 0.0009606, 0.0194002),
    (2006, 2007, -0.0412939, 0.0197211),
    (2007, 2004, 0.0267278, 0.0140657),
    (2007, 2005, -0.0045766, 0.0157178),
    (2007, 2006, -0.0284475, 0.0181809),
    (2007, 2007, -0.0287814, 0.0162390),
)

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the published data are not in ../shared/data"
)


def counties() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return employment (counties, years), population and the cohorts, all logarithms."""
    with DATA.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    place = {
        name: number for number, name in enumerate(dict.fromkeys(r["countyreal"] for r in rows))
    }
    employment = np.full((len(place), YEARS), np.nan)
    population, cohort = np.zeros(len(place)), np.full(len(place), NEVER)
    for row in rows:
        county, treated = place[row["countyreal"]], int(row["first.treat"])
        employment[county, int(row["year"]) - FIRST_YEAR] = float(row["lemp"])
        population[county] = float(row["lpop"])
        if treated:
            cohort[county] = treated - FIRST_YEAR
    return employment, population, cohort


@pytest.mark.parametrize("is_answered", [True, False], ids=["all answered, m = 0", "all scored"])
@pytest.mark.parametrize(
    ("has_history", "published", "simple", "simple_error"),
    [
        (False, WITHOUT_COVARIATES, -0.03995, 0.01203),
        (True, DOUBLY_ROBUST, -0.0417518, 0.0115028),
    ],
    ids=["without covariates", "doubly robust"],
)
def test_effects_are_as_published(is_answered, has_history, published, simple, simple_error):
    employment, population, cohort = counties()
    panel = Panel(employment)
    if is_answered:
        county, year = np.indices(employment.shape).reshape(2, -1)
        answers = Answers(county, year, employment.ravel(), np.zeros(employment.size))
        panel = Panel(np.zeros(employment.shape), answers)
    history = History(constant=population[:, None]) if has_history else History()

    found = group_time_effects(panel, cohort, history=history, settings=SETTINGS)

    keys = list(zip(found.cohort + FIRST_YEAR, found.period + FIRST_YEAR, strict=True))
    assert keys == [(cohort, year) for cohort, year, *_ in published]
    digits = 5e-8 if has_history else 5e-5
    np.testing.assert_allclose(found.estimate, [row[2] for row in published], atol=digits * 1.01)
    np.testing.assert_allclose(found.std_error, [row[3] for row in published], atol=digits * 1.01)
    assert found.simple.estimate == pytest.approx(simple, abs=5e-6)
    assert found.simple.std_error == pytest.approx(simple_error, abs=5e-6)
