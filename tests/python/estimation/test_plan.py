"""Invitations go where they lower the variances that matter, and to everyone with some chance."""

from __future__ import annotations

import numpy as np
import pytest

from csat.estimation.plan import ANSWER_VARIANCE, SurveyPlan, plan_survey
from csat.estimation.residuals import EstimationError


def company(n: int = 4000, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    first = random.choice(4, n, p=[0.6, 0.3, 0.08, 0.02])
    # A quarter of the customers are in no segment of the second family.
    second = random.integers(3, 7, n)
    return {
        "segments": np.stack([first, np.where(second == 3, -1, second)], axis=1),
        "propensity": random.beta(2, 10, n),
        "days_since_invited": np.where(
            random.random(n) < 0.5, random.integers(0, 300, n).astype(float), np.nan
        ),
        "draw": random.random(n),
        "variance": np.array([4.0, 9.0, 25.0, 64.0, 9.0, 9.0, 9.0]),
        "priority": np.ones(7),
    }


def planned(budget: int = 400, **changed: object) -> SurveyPlan:
    return plan_survey(**(company() | {"budget": budget} | changed))


def test_nobody_is_asked_twice_or_too_soon() -> None:
    found = planned()
    assert len(found.customer) == len(set(found.customer.tolist())) == 400
    since = company()["days_since_invited"][found.customer]
    assert not (since < 90).any()
    assert found.is_random.sum() == 80
    assert found.reason is None


def test_variances_shrink_as_the_information_says() -> None:
    rows, found = company(), planned()
    information = np.zeros(7)
    for column in rows["segments"].T:
        kept = column[found.customer] >= 0
        information += np.bincount(
            column[found.customer][kept], rows["propensity"][found.customer][kept], minlength=7
        )
    expected = 1 / (1 / rows["variance"] + information / ANSWER_VARIANCE)
    np.testing.assert_allclose(found.variance_after, expected)
    assert found.expected_answers == pytest.approx(rows["propensity"][found.customer].sum())


def test_plan_is_better_than_chance() -> None:
    found = planned()
    gained = found.variance_before.sum() - found.variance_after.sum()
    by_chance = found.variance_before.sum() - found.variance_if_random.sum()
    assert gained > 2 * by_chance
    all_random = planned(random_share=1.0)
    np.testing.assert_allclose(
        all_random.variance_after.sum(), all_random.variance_if_random.sum(), rtol=0.05
    )


def test_rounds_come_near_to_one_at_a_time() -> None:
    rows = company(300)
    rows["days_since_invited"] = np.full(300, np.nan)
    rows["segments"][:, 0] = np.arange(300) % 4
    # So precise an answer that one customer is worth less after another.
    answer_variance = 60.0
    found = plan_survey(**rows, budget=60, random_share=0.0, answer_variance=answer_variance)
    information, asked = np.zeros(8), []
    free = set(range(300))
    variance = np.append(rows["variance"], 0.0)
    for _ in range(60):
        now = variance / (1 + variance * information)
        worth = {
            i: sum(
                now[s] - now[s] / (1 + now[s] * rows["propensity"][i] / answer_variance)
                for s in rows["segments"][i]
            )
            for i in free
        }
        best = max(worth, key=lambda i: worth[i])
        free.remove(best)
        asked.append(best)
        for s in rows["segments"][best]:
            information[s] += rows["propensity"][best] / answer_variance
    one_at_a_time = (rows["variance"] / (1 + rows["variance"] * information[:-1])).sum()
    before = rows["variance"].sum()
    assert before - found.variance_after.sum() > 0.99 * (before - one_at_a_time)


def test_priority_decides_who_is_asked() -> None:
    priority = np.zeros(7)
    priority[3] = 1.0
    found = planned(budget=30, priority=priority, random_share=0.0)
    assert (company()["segments"][found.customer, 0] == 3).all()
    # Worth, and with it the order, falls.
    assert (np.diff(found.worth) <= 1e-12).all()


def test_everyone_eligible_has_the_same_chance_in_the_lottery() -> None:
    rows = company(200)
    rows["days_since_invited"] = np.full(200, np.nan)
    drawn = np.zeros(200)
    for seed in range(400):
        rows["draw"] = np.random.default_rng(seed).random(200)
        found = plan_survey(**rows, budget=50, random_share=0.4)
        drawn[found.customer[found.is_random]] += 1
    assert found.random_probability == pytest.approx(20 / 200)
    assert drawn.sum() == 400 * 20
    # Binomial: mean 40, standard deviation 6.
    assert drawn.min() > 40 - 4.5 * 6
    assert drawn.max() < 40 + 4.5 * 6


def test_same_lots_make_the_same_plan_in_any_order() -> None:
    rows = company()
    order = np.random.default_rng(5).permutation(4000)
    names = ("segments", "propensity", "days_since_invited", "draw")
    shuffled = rows | {name: rows[name][order] for name in names}
    one = plan_survey(**rows, budget=300)
    two = plan_survey(**shuffled, budget=300)
    np.testing.assert_array_equal(order[two.customer], one.customer)


def test_budget_beyond_the_eligible_says_so() -> None:
    found = planned(budget=10_000)
    since = company()["days_since_invited"]
    assert len(found.customer) == found.eligible == np.sum(~(since < 90))
    assert "90 days" in found.reason
    nobody = planned(budget=10, days_since_invited=np.zeros(4000))
    assert len(nobody.customer) == 0
    np.testing.assert_allclose(nobody.variance_after, nobody.variance_before)
    assert len(planned(budget=0).customer) == 0


def test_wrong_sizes_and_propensities_are_refused() -> None:
    rows = company()
    with pytest.raises(EstimationError, match="6 priorities"):
        plan_survey(**(rows | {"priority": np.ones(6)}), budget=5)
    with pytest.raises(EstimationError, match="customers, families"):
        plan_survey(**(rows | {"segments": rows["segments"][:, 0]}), budget=5)
    rows["propensity"][3] = np.nan
    with pytest.raises(EstimationError, match="propensity"):
        plan_survey(**rows, budget=5)
