"""Checks fail where they should, verdicts follow intervals and checks, bounds are honest."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from made_up_programs import PERIODS, SETTINGS, MadeUp, made_up
from scipy.stats import norm

from csat.impact import (
    CANNOT_TELL,
    FAIL,
    HARMS,
    INFORMATIONAL,
    NEVER,
    NO_EFFECT,
    PASS,
    RAISES,
    Check,
    Effect,
    History,
    ImpactError,
    estimate_program,
    judge,
    judge_parts,
)
from csat.impact.checks import (
    check_overlap,
    check_pre_trend,
    check_response_rate,
    check_response_weights,
    check_zero,
    trend_bounds,
)
from csat.impact.effects import Average


def checks_of(company: MadeUp, **more: object) -> dict[str, Check]:
    settings = replace(SETTINGS, **more.pop("settings", {}))
    found = estimate_program(
        company.panel, company.cohort, history=company.history, settings=settings, **more
    )
    return {check.name: check for check in found.checks}


def large() -> MadeUp:
    return made_up(customers=3000, answers_each=6.0)


def test_nothing_fails_where_nothing_is_wrong():
    random = np.random.default_rng(3)
    weather = random.poisson(0.3, (3000, PERIODS))
    found = checks_of(large(), placebo_outcomes={"interruptions": weather})
    assert [name for name, check in found.items() if check.status == FAIL] == []
    assert set(found) == {
        *("pre_trend", "placebo_date", "placebo_outcome", "overlap", "balance_before"),
        *("balance_after", "response_rate", "response_weights", "other_programs"),
        *("hidden_cause", "trend_bounds"),
    }
    assert all(check.message.endswith(".") for check in found.values())


def since_start(company: MadeUp) -> np.ndarray:
    answers = company.panel.answers
    start = company.cohort[answers.customer]
    return np.where(start == NEVER, -99, answers.period - start)


def test_another_course_before_the_start_fails():
    company = large()
    since = since_start(company)
    is_late = (since >= -2) & (since < 0)
    drift = company.with_answers(outcome=company.panel.answers.outcome + 15.0 * is_late)
    found = checks_of(drift)
    assert found["pre_trend"].status == FAIL
    assert found["placebo_date"].status == FAIL
    assert found["placebo_date"].value == pytest.approx(15, abs=6)


def test_an_effect_on_what_cannot_be_moved_fails():
    company = large()
    start = np.minimum(company.cohort, PERIODS)[:, None]
    weather = np.random.default_rng(3).poisson(0.3, (3000, PERIODS))
    moved = weather + (np.arange(PERIODS)[None, :] >= start)
    found = checks_of(company, placebo_outcomes={"interruptions": moved})
    assert found["placebo_outcome"].status == FAIL
    assert "interruptions" in found["placebo_outcome"].message


def test_a_program_that_changes_who_answers_fails():
    company = large()
    since = since_start(company)
    kept = (since < 0) | (np.arange(len(since)) % 3 > 0)
    panel = replace(company.panel, answers=company.panel.answers.take(kept))
    fewer = replace(company, panel=panel)
    # Nothing is said of the effect, so that nothing can be wrong with it.
    found = checks_of(fewer)["response_rate"]
    assert found.value == pytest.approx(-1 / 3, abs=0.08)
    assert found.status == INFORMATIONAL
    # The same with an effect that is just told.
    plain = estimate_program(
        fewer.panel, fewer.cohort, history=fewer.history, settings=SETTINGS
    ).effect
    points = 2.5 * plain.std_error - plain.estimate
    outcome = panel.answers.outcome + points * (since[kept] >= 0)
    assert checks_of(fewer.with_answers(outcome=outcome))["response_rate"].status == FAIL
    assert checks_of(company)["response_rate"].status == PASS


def test_weights_balance_what_they_know_and_only_that():
    company = large()
    known = checks_of(company)
    assert known["balance_before"].value > 0.5
    assert known["balance_before"].status == INFORMATIONAL
    assert known["balance_after"].status == PASS
    # Weighted to nothing, the history stays apart.
    blind = checks_of(company, settings={"penalty": 1e9})
    assert blind["balance_after"].status == FAIL


def test_who_all_enrol_have_nobody_like_them():
    company = large()
    is_sure = company.history.constant[:, 0] > 1
    cohort = np.where(is_sure, 7, np.where(company.cohort == 7, NEVER, company.cohort))
    history = History(constant=np.column_stack([is_sure]).astype(float))
    found = checks_of(replace(company, cohort=cohort, history=history), settings={"step": 1})
    assert found["overlap"].status == FAIL
    assert check_overlap(0.01, 300).status == PASS


def test_one_percent_fails_and_five_are_told():
    def of(z: float) -> str:
        return check_zero("placebo_date", Effect(z, 1.0, z - 1.96, z + 1.96, 9), "x").status

    assert [of(z) for z in (0.5, -1.9, 2.2, -2.7)] == [PASS, PASS, INFORMATIONAL, FAIL]
    assert check_zero("placebo_date", None, "x").status == INFORMATIONAL


def test_steps_before_are_tested_together():
    random = np.random.default_rng(1)
    noise = random.normal(size=(3, 400)) / 20
    flat = [Average(0.0, influence, 0, 0) for influence in noise]
    assert check_pre_trend(flat).status == PASS
    assert check_pre_trend([replace(flat[0], estimate=9.0), *flat[1:]]).status == FAIL
    assert check_pre_trend(flat[:1]).status == INFORMATIONAL
    # Wald's statistic of one step is the square of its z.
    apart = flat[0].plus(flat[2], -1.0)
    one = check_pre_trend([replace(flat[0], estimate=2.5), flat[2]])
    assert one.value == pytest.approx(2 * norm.sf(2.5 / apart.std_error), rel=1e-9)


def test_a_shift_of_answers_fails_only_where_it_could_explain_the_effect():
    shift = Effect(0.02, 0.002, 0.016, 0.024, 9)
    strong, weak = Effect(9.0, 1.0, 7.0, 11.0, 9), Effect(3.0, 1.0, 1.0, 5.0, 9)
    assert check_response_rate(shift, 0.1, strong, 2.0).status == INFORMATIONAL
    assert check_response_rate(shift, 0.1, weak, 2.0).status == FAIL
    small = Effect(0.001, 0.002, -0.003, 0.005, 9)
    assert check_response_rate(small, 0.1, weak, 2.0).status == PASS


# --- honest bounds ------------------------------------------------------------------------


def averages(estimate: float, before: float, seed: int = 0) -> tuple[Average, Average]:
    random = np.random.default_rng(seed)
    influence = random.normal(size=(2, 500)) / np.sqrt(500)
    return Average(estimate, influence[0], 0, 0), Average(before, influence[1], 0, 0)


def test_bounds_start_from_the_interval_and_only_widen():
    effect, before = averages(5.0, 1.0)
    plain = effect.effect(9, 0.95)
    ends = [trend_bounds(effect, before, size) for size in (0.0, 0.5, 1.0, 2.0)]
    assert ends[0].conf_low == pytest.approx(plain.conf_low)
    assert ends[0].conf_high == pytest.approx(plain.conf_high)
    assert all(a.conf_low > b.conf_low for a, b in pairwise(ends))
    assert all(a.conf_high < b.conf_high for a, b in pairwise(ends))
    assert 0 < ends[0].breaks_at < 5
    assert trend_bounds(*averages(0.5, 1.0)).breaks_at == 0


def test_bounds_hold_the_effect_where_trends_differ_as_much_as_before():
    random = np.random.default_rng(7)
    held = []
    for drift in (0.0, 1.0, 4.0):
        for _ in range(300):
            noise = random.normal(size=2)
            effect = Average(3.0 + drift + noise[0], np.array([1.0, 0.0]), 0, 0)
            before = Average(drift + noise[1], np.array([0.0, 1.0]), 0, 0)
            found = trend_bounds(effect, before, 1.0)
            held.append(found.conf_low <= 3.0 <= found.conf_high)
    held = np.array(held).reshape(3, 300).mean(axis=1)
    assert (held > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)).all()


# --- verdicts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.1, 9.0, RAISES),
        (-9.0, -0.1, HARMS),
        (-1.9, 1.5, NO_EFFECT),
        (-2.1, 1.5, CANNOT_TELL),
        (-9.0, 9.0, CANNOT_TELL),
        # Above 0, though less than matters.
        (0.2, 1.0, RAISES),
    ],
)
def test_verdicts_follow_the_interval(low, high, word):
    error = (high - low) / 3.92
    said = judge(Effect((low + high) / 2, error, low, high, 900), [], 2.0)
    assert said.word == word
    if word == CANNOT_TELL:
        assert f"an effect of {2.8 * error:.1f} points could have been told" in said.message


def test_a_failed_check_changes_the_verdict_and_says_why():
    effect = Effect(5.0, 1.0, 3.0, 7.0, 900)
    failed = Check("pre_trend", FAIL, "…")
    said = judge(effect, [failed, Check("overlap", FAIL, "…")], 2.0)
    assert said.word == CANNOT_TELL
    assert "on another course before they did and nobody like many" in said.message
    assert judge(effect, [replace(failed, status=INFORMATIONAL)], 2.0).word == RAISES


def test_no_answer_is_no_verdict():
    said = judge(Effect(None, None, None, None, 3, "Nobody enrolled."), [], 2.0)
    assert (said.word, said.message) == (CANNOT_TELL, "It cannot be told: nobody enrolled.")
    with pytest.raises(ImpactError, match="points above 0"):
        judge(Effect(None, None, None, None, 3, "…"), [], 0)


def estimated_as(*z_values: float, std_error: float = 1.0) -> list[Effect]:
    return [
        Effect(z * std_error, std_error, (z - 1.96) * std_error, (z + 1.96) * std_error, 900)
        for z in z_values
    ]


def test_parts_are_said_to_differ_from_nothing_only_where_all_of_them_together_bear_it():
    """p-values 0.0027, 0.012, 0.046 and 0.9: of four, the third one's q-value is 0.061."""
    said = judge_parts(estimated_as(3.0, -2.5, 2.0, 0.1), [], 0.1)
    assert [one.word for one in said] == [RAISES, HARMS, CANNOT_TELL, CANNOT_TELL]
    assert (
        "alone it would be +0.0 to +4.0 points, but 4 groups can be told and are looked at"
        in said[2].message
    )
    assert "could have been told" not in said[3].message
    # One that is not told is not looked at: of three, it is 0.046.
    nothing = Effect(None, None, None, None, 3, "There are too few answers.")
    said = judge_parts([*estimated_as(3.0, -2.5, 2.0), nothing], [], 0.1)
    assert [one.word for one in said] == [RAISES, HARMS, RAISES, CANNOT_TELL]


def test_what_is_said_of_a_part_gives_the_interval_that_it_is_said_by():
    """Two of four are found: 1 - 2 × 0.05 / 4 = 97.5 %, which reaches 2.24 standard errors."""
    said = judge_parts(estimated_as(3.0, -2.5, 2.0, 0.1), [], 0.1)
    assert said[0].message.startswith("It raises satisfaction by +0.8 to +5.2 points.")
    assert said[1].message.startswith("It lowers satisfaction by 0.3 to 4.7 points.")
    assert (
        "wider than that of the group alone, since 4 groups can be told and are looked at"
        in said[0].message
    )


def test_no_effect_of_a_part_is_shown_only_where_all_of_them_together_bear_it():
    """Of one alone 1.96 standard errors suffice; of ten, where no other is shown, it takes 2.81."""
    (alone, *_) = estimated_as(0.0)
    others = estimated_as(*(30.0 for _ in range(9)))
    for bound, word, word_alone in (
        (1.9, CANNOT_TELL, CANNOT_TELL),
        (2.1, CANNOT_TELL, NO_EFFECT),
        (2.8, CANNOT_TELL, NO_EFFECT),
        (2.9, NO_EFFECT, NO_EFFECT),
    ):
        assert judge(alone, [], bound).word == word_alone
        assert judge_parts([alone, *others], [], bound)[0].word == word
    # Ten of them bear each other out.
    assert {one.word for one in judge_parts([alone] * 10, [], 2.1)} == {NO_EFFECT}


def test_a_part_that_only_chance_sets_off_from_0_and_that_is_small_shows_no_effect():
    parts = estimated_as(2.1, 0.0, 0.0, 0.0, 0.0, std_error=0.1)
    assert judge(parts[0], [], 2.0).word == RAISES
    assert {one.word for one in judge_parts(parts, [], 2.0)} == {NO_EFFECT}


def test_where_all_parts_have_an_effect_intervals_are_those_of_each_alone():
    parts = estimated_as(4.0, 5.0, 6.0)
    assert judge_parts(parts, [], 1.0) == [judge(part, [], 1.0) for part in parts]


def test_small_effects_that_are_told_bear_out_no_others_that_none_is_shown():
    """Ten parts have an effect of 1 point, sharply told; ten one of 2, which matters, bluntly."""
    random = np.random.default_rng(6)
    false = []
    for _ in range(400):
        sharp = [Effect(z, 0.2, z - 0.392, z + 0.392, 900) for z in random.normal(1.0, 0.2, 10)]
        blunt = [Effect(z, 0.6, z - 1.176, z + 1.176, 900) for z in random.normal(2.0, 0.6, 10)]
        words = [one.word for one in judge_parts([*sharp, *blunt], [], 2.0)]
        nothings = words.count(NO_EFFECT)
        false.append(words[10:].count(NO_EFFECT) / max(1, nothings))
    assert np.mean(false) <= 0.05 + 3 * np.std(false) / 20


def test_a_part_alone_is_judged_as_a_program_and_what_fails_of_it_fails_of_its_parts():
    for effect in estimated_as(3.0, -3.0, 0.2):
        assert judge_parts([effect], [], 2.5) == [judge(effect, [], 2.5)]
    failed = [Check("pre_trend", FAIL, "…")]
    (said,) = judge_parts(estimated_as(9.0), failed, 2.0)
    assert said == judge(estimated_as(9.0)[0], failed, 2.0)
    assert judge_parts([], [], 2.0) == []
    with pytest.raises(ImpactError, match="points above 0"):
        judge_parts([], [], 0)


def test_a_check_that_does_not_change_the_programs_verdict_still_changes_that_of_a_group():
    """A program that makes people answer could feign 3.3 points, on each group as on everyone."""
    everyone, shift = Effect(2.5, 2.0, -1.4, 6.4, 900), Effect(0.05, 0.01, 0.03, 0.07, 5_000)
    check = check_response_rate(shift, 0.1, everyone, 2.0)
    assert (check.status, round(check.could_feign, 1)) == (INFORMATIONAL, 3.3)
    assert judge(everyone, [check], 2.0).word == CANNOT_TELL
    within, beyond = Effect(5.0, 1.0, 3.0, 7.0, 500), Effect(9.0, 1.0, 7.0, 11.0, 500)
    for parts in ([within], [within, beyond]):
        said = judge_parts(parts, [check], 2.0)
        assert said[0].word == CANNOT_TELL
        assert "changes who answers, which could make 3.3 points" in said[0].message
        assert [one.word for one in said[1:]] == [RAISES] * (len(parts) - 1)
    small = Effect(0.0, 0.1, -0.2, 0.2, 90_000)
    assert judge_parts([small, small], [], 2.0)[0].word == NO_EFFECT
    assert {one.word for one in judge_parts([small, small], [check], 2.0)} == {CANNOT_TELL}
    # What chance may have brought feigns nothing.
    chance = check_response_rate(replace(shift, std_error=0.04), 0.1, everyone, 2.0)
    assert chance.could_feign is None


@pytest.mark.parametrize("correlation", [0.0, 0.6, -1 / 11])
@pytest.mark.parametrize("with_effect", [0, 4, 8])
def test_of_what_is_said_of_parts_one_in_twenty_does_not_hold_at_most(
    correlation: float, with_effect: int
):
    """Twelve parts, apart, overlapping, or set against each other, of which some have an effect.

    Those without are 0, those with one 3 standard errors; what matters is 3 of them. An effect is
    said of part of those that have one, and none of some of the others.
    """
    random = np.random.default_rng(5)
    sets, parts, matters = 1_000, 12, 3.0
    truth = np.where(np.arange(parts) < with_effect, matters, 0.0)
    covariance = np.full((parts, parts), correlation) + (1 - correlation) * np.eye(parts)
    z = truth + random.multivariate_normal(np.zeros(parts), covariance, size=sets)
    false_effects, false_nothings, effects, nothings = [], [], 0, 0
    for row in z:
        words = np.array([one.word for one in judge_parts(estimated_as(*row), [], matters)])
        has_effect, has_none = np.isin(words, (RAISES, HARMS)), words == NO_EFFECT
        false_effects.append((has_effect & (truth == 0)).sum() / max(1, has_effect.sum()))
        false_nothings.append((has_none & (truth != 0)).sum() / max(1, has_none.sum()))
        effects, nothings = effects + has_effect.sum(), nothings + has_none.sum()
    for false in (false_effects, false_nothings):
        assert np.mean(false) <= 0.05 + 3 * np.std(false) / np.sqrt(sets)
    if with_effect == 0:
        # The rate is used up where nothing has an effect, and each alone would exceed it.
        assert np.mean(false_effects) >= 0.02
        assert (np.abs(z) > 1.96).any(axis=1).mean() > 0.2
    assert effects > 0.4 * with_effect * sets
    assert nothings > 0


# --- who answers --------------------------------------------------------------------------


def test_an_effect_on_those_who_rarely_answer_shows_in_the_response_weights():
    company = large()
    answers = company.panel.answers
    start = company.cohort[answers.customer]
    is_after = (start != NEVER) & (answers.period >= start)
    is_rare = answers.customer % 5 == 0
    # All of the enrolled are satisfied afterwards if they rarely answer, and as before otherwise.
    outcome = np.where(is_after & is_rare, 100.0, answers.outcome)
    plain = company.with_answers(outcome=outcome)
    assert "not known" in checks_of(plain)["response_weights"].message
    for weight, moves in ((np.ones(len(answers)), False), (np.where(is_rare, 4.0, 0.5), True)):
        weighted = plain.with_answers(response_weight=weight)
        check = checks_of(weighted)["response_weights"]
        counted = plain.with_answers(weight=answers.weight * weight)
        effects = [
            estimate_program(
                one.panel, one.cohort, history=one.history, settings=SETTINGS
            ).effect.estimate
            for one in (plain, counted)
        ]
        assert check.value == pytest.approx(effects[1] - effects[0], abs=1e-9)
        assert (check.status != PASS) == moves
    flips = _moved_effect(low=-1.5, high=1.5, moved=6.0)
    assert flips.status == FAIL
    assert _moved_effect(low=8.0, high=12.0, moved=-2.0).status == INFORMATIONAL


def _moved_effect(low: float, high: float, moved: float) -> Check:
    influence = np.full(100, 0.1)
    plain = Average((low + high) / 2, influence, 0, 0)
    weighted = Average(plain.estimate + moved, influence * 1.1, 0, 0)
    effect = Effect(plain.estimate, (high - low) / 3.92, low, high, 900)
    return check_response_weights(weighted, plain, effect, 2.0)


# --- other programs -----------------------------------------------------------------------


def test_another_program_that_is_joined_at_the_same_time_is_not_taken_for_the_effect():
    company = large()
    random = np.random.default_rng(5)
    joins = (company.cohort != NEVER) & (random.random(3000) < 0.6)

    def with_other(start: np.ndarray) -> MadeUp:
        history = replace(company.history, earlier=start[:, None], names=["x", "other"])
        return replace(company, history=history)

    later = with_other(np.where(joins, company.cohort + 1, NEVER))
    check = checks_of(later)["other_programs"]
    assert check.value == pytest.approx(0.6, abs=0.1)
    assert check.status in (FAIL, INFORMATIONAL)
    assert "joined another program" in check.message
    # Joined in the same period it is part of the history that is compared at equal values of.
    same = with_other(np.where(joins, company.cohort, NEVER))
    assert checks_of(same)["other_programs"].status == PASS
    assert checks_of(company)["other_programs"].status == PASS


def test_what_was_before_fails_no_randomised_program():
    company = large()
    answers = company.panel.answers
    start = company.cohort[answers.customer]
    since = np.where(start == NEVER, -99, answers.period - start)
    dropped = company.with_answers(
        outcome=np.where((since >= -2) & (since < 0), 0.0, answers.outcome)
    )
    assert checks_of(dropped)["placebo_date"].status == FAIL
    drawn = checks_of(dropped, settings={"is_randomized": True})
    assert drawn["placebo_date"].status == INFORMATIONAL
    assert drawn["pre_trend"].status != FAIL


def test_the_same_slope_going_on_is_held_by_bounds_of_one():
    """The windows of an effect lie twice as far apart as the halves of the time before."""
    weight = np.array([1e-6])
    effect, before = Average(4.0, weight, 0, 0), Average(2.0, weight, 0, 0)
    found = trend_bounds(effect, before, longer=2.0)
    assert found.conf_low <= 0 <= found.conf_high
    assert found.breaks_at == pytest.approx(1.0, abs=0.06)
