"""Bands follow the industry, and are claimed only as far as an interval allows."""

from __future__ import annotations

import pytest
from made_up_surveys import MadeUpSurveys

#: Ends of an interval, and what they allow to be claimed where good begins at 80.
CLAIMS = [
    (85, 92, "good"),
    (80, 92, "good"),
    (74, 88, "at least acceptable"),
    (71, 79, "acceptable"),
    (55, 91, "at least weak"),
    (63, 75, "weak to acceptable"),
    (52, 69, "weak"),
    (41, 66, "below acceptable"),
    (41, 72, "below good"),
    (20, 49, "alarm"),
    (0, 0, "alarm"),
    (30, 95, "cannot be told"),
]


def test_bands_are_claimed_as_far_as_intervals_allow(made_up: MadeUpSurveys) -> None:
    asked = [f"{{{{ band_claimed('{lower}', '{upper}') }}}}" for lower, upper, _ in CLAIMS]
    claimed = made_up.values_of([*asked, "{{ band_claimed('cast(null as double)', '90') }}"])
    assert claimed == [*(claim for _, _, claim in CLAIMS), None]


def test_bands_of_telecom_are_lower_and_those_of_customers_are_not(made_up: MadeUpSurveys) -> None:
    asked = [
        f"{{{{ csat_band('{score}', '{level}') }}}}"
        for score, level in ((76, "aggregate"), (49, "aggregate"), (76, "customer"))
    ]
    assert made_up.values_of(asked) == ["acceptable", "alarm", "high"]
    telecom = made_up.values_of(asked, variables="{company_industry: telecom}")
    assert telecom == ["good", "weak", "high"]


def test_an_industry_without_bands_is_named(made_up: MadeUpSurveys) -> None:
    model = made_up.workspace.folder / "models" / "marts" / "worth.sql"
    model.write_text(
        "{{ config(contract={'enforced': false}) }} -- depends_on: {{ ref('csat_bands') }}\n"
        "select {{ csat_band('1', 'aggregate') }} as band"
    )
    try:
        outcome = made_up.run("worth", variables="{company_industry: mining}")
    finally:
        model.unlink()
    assert not outcome.succeeded
    assert (
        "The var company_industry is 'mining': use one of default, telecom, utilities, "
        "or add its bands to seeds/csat_bands.csv."
    ) in outcome.output


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ("{kpi_trend_periods: 2}", "give a whole number of periods, 3 or more."),
        ("{response_days: 0}", "give a whole number of days, 1 or more."),
        ("{min_mix_coverage: 80}", "The var min_mix_coverage is '80': give a share from 0 to 1."),
    ],
)
def test_a_var_that_cannot_be_used_is_named(
    made_up: MadeUpSurveys, variables: str, sentence: str
) -> None:
    outcome = made_up.run("fct_kpi_trends", variables=variables)
    assert not outcome.succeeded
    assert sentence in outcome.output
