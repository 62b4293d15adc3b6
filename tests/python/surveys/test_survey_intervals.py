"""Intervals of the survey figures, as the marts compute them, cover what they say they cover."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from made_up_surveys import MadeUpSurveys
from scipy import special, stats

#: Shares of promoters and detractors, as companies have them.
NPS_SHARES = [
    (promoters / 100, detractors / 100)
    for promoters in range(15, 80, 5)
    for detractors in range(2, 60, 4)
    if promoters + detractors < 96
]


def measured(made_up: MadeUpSurveys, counts: pa.Table) -> pa.Table:
    """Return the figures of made-up counts of one month, in their order."""
    numbers = pa.array([f"{number:06}" for number in range(len(counts))])
    month = pa.array(np.full(len(counts), "2026-01-01", "datetime64[D]"))
    for name, column in (
        ("period_kind", pa.array(["month"] * len(counts))),
        ("period_start", month),
        ("dimension", pa.array(["channel"] * len(counts))),
        ("dimension_value", numbers),
    ):
        counts = counts.append_column(name, column)
    made_up.write_counts(counts)
    made_up.build("fct_survey_measures")
    return made_up.rows("from marts.fct_survey_measures order by dimension_value, measure")


def test_quantiles_are_those_of_the_distributions(made_up: MadeUpSurveys) -> None:
    degrees, tails = [1, 2, 3, 4, 7, 30, 5000], [0.5, 0.025, 0.001, 0.025 / 4000]
    found = made_up.values_of(
        [f"{{{{ student_quantile({number}) }}}}" for number in degrees]
        + [f"{{{{ normal_quantile_above('{tail:.8f}e0') }}}}" for tail in tails]
        + ["{{ normal_quantile() }}"]
    )
    of_student, of_normal = found[: len(degrees)], found[len(degrees) : -1]
    np.testing.assert_allclose(of_student, stats.t.ppf(0.975, degrees), rtol=1.3e-3)
    np.testing.assert_allclose(of_student[:2], stats.t.ppf(0.975, [1, 2]), rtol=1e-12)
    np.testing.assert_allclose(of_normal, stats.norm.isf(tails), atol=5e-4)
    assert found[-1] == pytest.approx(stats.norm.ppf(0.975), abs=1e-15)


@pytest.mark.parametrize(
    ("answers", "least_mean", "least"), [(10, 0.945, 0.89), (20, 0.945, 0.93), (50, 0.945, 0.94)]
)
def test_nps_intervals_cover(
    made_up: MadeUpSurveys, answers: int, least_mean: float, least: float
) -> None:
    """Exactly: over every outcome of so many answers, weighted by its multinomial probability."""
    promoters, detractors = np.meshgrid(np.arange(answers + 1), np.arange(answers + 1))
    possible = promoters + detractors <= answers
    promoters, detractors = promoters[possible], detractors[possible]
    rows = measured(
        made_up,
        pa.table(
            {
                "metric": pa.array(["nps"] * len(promoters)),
                "answers": np.full(len(promoters), answers),
                "favourable": promoters,
                "unfavourable": detractors,
            }
        ),
    )
    lower, upper = (rows[f"figure_{end}"].to_numpy() for end in ("lower", "upper"))
    assert lower.min() >= -100
    assert upper.max() <= 100
    assert np.all(upper - lower > 100 / answers)
    np.testing.assert_allclose(
        rows["figure"].to_numpy(), 100 * (promoters - detractors) / answers, atol=1e-12
    )
    outcomes = np.stack([promoters, detractors, answers - promoters - detractors], axis=1)
    coverages = []
    for of_promoters, of_detractors in NPS_SHARES:
        shares = [of_promoters, of_detractors, 1 - of_promoters - of_detractors]
        probabilities = stats.multinomial.pmf(outcomes, answers, shares)
        truth = 100 * (of_promoters - of_detractors)
        covered = (lower <= truth + 1e-9) & (upper >= truth - 1e-9)
        coverages.append(probabilities[covered].sum())
    assert least_mean < np.mean(coverages) < 0.96
    assert min(coverages) > least


def test_nps_without_neutral_answers_is_wilson_of_a_share(made_up: MadeUpSurveys) -> None:
    """Promoters less detractors is then twice the share of promoters less 100, exactly."""
    promoters = np.arange(13)
    counts = {"answers": np.full(13, 12), "favourable": promoters, "unfavourable": 12 - promoters}
    nps = measured(made_up, pa.table({"metric": pa.array(["nps"] * 13), **counts}))
    csat = measured(made_up, pa.table({"metric": pa.array(["csat"] * 13), **counts}))
    for column in ("figure", "figure_lower", "figure_upper"):
        expected = 2 * csat[column].to_numpy() - 100
        np.testing.assert_allclose(nps[column].to_numpy(), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("answers", "least"), [(5, 0.90), (10, 0.92), (40, 0.935)])
def test_intervals_of_effort_cover(made_up: MadeUpSurveys, answers: int, least: float) -> None:
    """Seven effort answers as customers give them, most of them easy."""
    random = np.random.default_rng([17, answers])
    shares = np.array([0.05, 0.05, 0.08, 0.12, 0.2, 0.25, 0.25])
    values = np.linspace(0, 100, 7)
    counts = random.multinomial(answers, shares, 4000)
    first, last = (counts > 0).argmax(axis=1), 6 - (counts[:, ::-1] > 0).argmax(axis=1)
    rows = measured(
        made_up,
        pa.table(
            {
                "metric": pa.array(["ces"] * 4000),
                "answers": np.full(4000, answers),
                "favourable": counts[:, 4:].sum(axis=1),
                "value_sum": counts @ values,
                "value_square_sum": counts @ values**2,
                "lowest_value": values[first],
                "highest_value": values[last],
            }
        ),
    ).filter(pa.compute.field("measure") == "ces_mean")
    truth = shares @ values
    lower, upper = (rows[f"figure_{end}"].to_numpy() for end in ("lower", "upper"))
    assert np.mean((lower <= truth) & (upper >= truth)) > least
    alike = first == last
    assert np.all((upper - lower)[alike] > 20)


def test_difference_intervals_are_those_of_newcombe(made_up: MadeUpSurveys) -> None:
    """56 of 70 against 48 of 80: 20 points, 5.2 to 33.4 (Newcombe 1998, table II, method 10)."""
    columns = (
        "select 80e0 as a, {{ wilson('0.8e0', 70, -1) }} as a_lower, "
        "{{ wilson('0.8e0', 70, 1) }} as a_upper, 60e0 as b, "
        "{{ wilson('0.6e0', 80, -1) }} as b_lower, {{ wilson('0.6e0', 80, 1) }} as b_upper"
    )
    found = made_up.values_of(
        [
            f"(select {{{{ difference_interval('a', 'b', {side}) }}}} from ({columns}) as shares)"
            for side in (-1, 1)
        ]
    )
    np.testing.assert_allclose(found, [5.24, 33.39], atol=0.005)


# --- equal mix ----------------------------------------------------------------------------


def test_comparison_at_equal_mix_covers_where_the_plain_one_is_fooled(
    made_up: MadeUpSurveys,
) -> None:
    """Phone takes the hard topics and is no worse; each month is a replication."""
    random = np.random.default_rng(23)
    months, answers = 300, 240
    satisfied_by_topic = np.array([0.85, 0.7, 0.55, 0.35])
    topics_of = {"phone": [0.1, 0.2, 0.3, 0.4], "chat": [0.4, 0.3, 0.2, 0.1]}
    month = np.repeat(np.arange("1980-01", months, dtype="datetime64[M]")[:months], answers)
    channel = random.choice(["phone", "chat"], months * answers)
    topic = np.where(
        channel == "phone",
        random.choice(4, months * answers, p=topics_of["phone"]),
        random.choice(4, months * answers, p=topics_of["chat"]),
    )
    better = np.where(channel == "chat", -0.05, 0.05)
    chance = satisfied_by_topic[topic] + better
    made_up.write(
        "int_survey_records",
        pa.table(
            {
                "record_kind": pa.array(["answer"] * len(topic)),
                "metric": pa.array(["csat"] * len(topic)),
                "contact_id": pa.array(["t"] * len(topic)),
                "channel": channel,
                "topic": pa.array([f"topic {number}" for number in topic]),
                "team": pa.array(["red"] * len(topic)),
                "is_favourable": random.random(len(topic)) < chance,
                "counted_date": month.astype("datetime64[D]"),
            }
        ),
    )
    made_up.build("fct_csat_mix_adjusted")
    rows = made_up.rows(
        "from marts.fct_csat_mix_adjusted where period_kind = 'month' and dimension_value = 'phone'"
    )
    assert len(rows) == months
    lower, upper = (rows[f"difference_{end}"].to_numpy() for end in ("lower", "upper"))
    covered = np.mean((lower <= 10) & (upper >= 10))
    assert 0.93 < covered < 0.99
    assert abs(rows["difference"].to_numpy().mean() - 10) < 1
    assert rows["difference_unadjusted"].to_numpy().mean() < 0


# --- trends -------------------------------------------------------------------------------


def trends_of(made_up: MadeUpSurveys, chances: np.ndarray, answers: int, seed: int) -> pa.Table:
    """Return the last week's trend of series with a chance of being satisfied per week."""
    random = np.random.default_rng(seed)
    series, weeks = chances.shape
    favourable = random.binomial(answers, chances)
    starts = np.datetime64("2026-01-05") + 7 * np.arange(weeks)
    made_up.write_counts(
        pa.table(
            {
                "period_kind": pa.array(["week"] * favourable.size),
                "period_start": np.tile(starts, series),
                "dimension": pa.array(["channel"] * favourable.size),
                "dimension_value": pa.array(
                    [f"{number:05}" for number in np.repeat(np.arange(series), weeks)]
                ),
                "metric": pa.array(["csat"] * favourable.size),
                "answers": np.full(favourable.size, answers),
                "favourable": favourable.ravel(),
                "unfavourable": np.zeros(favourable.size, int),
            }
        )
    )
    made_up.build("fct_survey_measures", "fct_kpi_trends")
    rows = made_up.rows(
        f"from marts.fct_kpi_trends where period_start = date '{starts[-1]}' "
        "order by dimension_value"
    )
    assert len(rows) == series
    slopes = [np.polyfit(np.arange(weeks), 100 * row / answers, 1)[0] for row in favourable[:20]]
    np.testing.assert_allclose(rows["trend"].to_numpy()[:20], slopes, atol=1e-9)
    return rows


def claims(rows: pa.Table, status: str) -> float:
    """Return the share of series with a status."""
    return np.mean([found == status for found in rows["status"].to_pylist()])


def test_no_trend_is_seldom_called_one(made_up: MadeUpSurveys) -> None:
    """Neither where sampling alone moves the weeks, nor where these differ by themselves."""
    steady = np.full((3000, 6), 0.7)
    moved = trends_of(made_up, steady, answers=60, seed=1)
    assert claims(moved, "rising") + claims(moved, "falling") < 0.05
    random = np.random.default_rng(2)
    restless = special.expit(special.logit(0.7) + 0.4 * random.normal(size=(3000, 6)))
    moved = trends_of(made_up, restless, answers=400, seed=3)
    assert claims(moved, "rising") + claims(moved, "falling") < 0.06


def test_a_fall_is_told_and_not_called_holding(made_up: MadeUpSurveys) -> None:
    falling = np.tile(np.linspace(0.95, 0.85, 6), (500, 1))
    rows = trends_of(made_up, falling, answers=800, seed=4)
    assert claims(rows, "falling") > 0.9
    high = trends_of(made_up, np.full((500, 6), 0.9), answers=200, seed=5)
    assert claims(high, "high and holding") > 0.8
    assert claims(high, "falling") < 0.03
