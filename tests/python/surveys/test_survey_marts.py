"""Survey figures of a company: every record counts once, and each claim of the data can fail."""

from __future__ import annotations

import pytest
from claims import Claims
from harness import Workspace


def test_figures_are_those_of_the_answers_themselves(built_company: Workspace) -> None:
    """By another way: from the answers as published, without the counts in between."""
    differing = built_company.query(
        "with answers as ("
        "select date_trunc('month', response_date)::date as period_start, "
        "coalesce(topic, '(none)') as dimension_value, metric as measure, count(*) as answers, "
        "count(*) filter (where invitation_id is null) as uninvited, "
        "100.0 * (count(*) filter (where is_favourable) - case when metric = 'nps' "
        "then count(*) filter (where is_unfavourable) else 0 end) / count(*) as figure "
        "from marts.fct_survey_answers group by period_start, dimension_value, metric"
        "), figures as ("
        "from marts.fct_survey_measures where period_kind = 'month' and dimension = 'topic' "
        "and measure <> 'ces_mean' and answers > 0"
        ") select * from answers "
        "full join figures using (period_start, dimension_value, measure) "
        "where answers.answers is distinct from figures.answers "
        "or answers.uninvited is distinct from figures.answers_without_invitation "
        "or coalesce(abs(answers.figure - figures.figure) > 1e-9, true)"
    )
    assert differing == []
    topics = (
        "select distinct dimension_value from marts.fct_survey_measures where dimension = 'topic'"
    )
    assert len(built_company.values(topics)) > 5


def test_rates_are_final_and_leave_answers_without_invitation_out(built_company: Workspace) -> None:
    (rates,) = built_company.query(
        "select sum(invitations) as sent, sum(invitations_due) as due, "
        "sum(invitations_answered) as answered, sum(answers_without_invitation) as uninvited "
        "from marts.fct_survey_measures "
        "where period_kind = 'week' and dimension = 'all' and measure <> 'ces_mean'"
    )
    (expected,) = built_company.query(
        "with invitations as ("
        "select invitation_id, sent_at, sent_at < as_of_date + interval 1 day - interval 14 day "
        "as is_due from staging.stg_company__survey_invitations_versions "
        "cross join intermediate.int_as_of_date "
        "where superseded_at is null and sent_at < as_of_date + interval 1 day"
        ") select count(*) as sent, count(*) filter (where is_due) as due, "
        "count(*) filter (where is_due and invitation_id in ("
        "select invitation_id from marts.fct_survey_answers inner join invitations as asked "
        "using (invitation_id) where responded_at < asked.sent_at + interval 14 day)) as answered, "
        "(select count(*) from marts.fct_survey_answers where invitation_id is null) as uninvited "
        "from invitations"
    )
    assert rates == expected
    assert 0 < rates["answered"] < rates["due"] < rates["sent"]
    assert rates["uninvited"] > 0


COUNTED = "assert_survey_figures_count_every_record"
WITHIN = "assert_survey_claims_stay_within_intervals"
ADDED_UP = "assert_mix_parts_add_up"
BANDED = "assert_every_score_has_a_band"
VIOLATIONS = {
    "an agent's answers are lost": (
        COUNTED,
        "delete from marts.fct_survey_measures where period_kind = '28 days' "
        "and dimension = 'agent' and answers > 0 and measure = 'csat'",
    ),
    "an invitation is counted twice": (
        COUNTED,
        "update marts.fct_survey_measures set invitations = invitations + 1 "
        "where period_kind = 'week' and dimension = 'plan'",
    ),
    "no answer is called 0": (
        WITHIN,
        "update marts.fct_survey_measures set figure = 0, reason = null where figure is null",
    ),
    "a band goes beyond its interval": (
        WITHIN,
        "update marts.fct_survey_measures set band_claimed = 'good' "
        "where figure > 80 and figure_lower < 80 and measure = 'csat'",
    ),
    "an interval misses its difference": (
        WITHIN,
        "update marts.fct_csat_mix_adjusted set difference_lower = difference + 1 "
        "where difference is not null",
    ),
    "any slope is called rising": (
        WITHIN,
        "update marts.fct_kpi_trends set status = 'rising' where trend > 0",
    ),
    "what vanishes is left out": (
        ADDED_UP,
        "delete from marts.fct_csat_mix_change where presence = 'vanishes'",
    ),
    "parts add up to another change": (
        ADDED_UP,
        "update marts.fct_csat_mix_change set total_change = 2 * total_change, points = 2 * points",
    ),
    "bands begin above 0": (
        BANDED,
        "delete from staging.csat_bands where band = 'alarm' and industry = 'telecom'",
    ),
    "a level has no default": (
        BANDED,
        "delete from staging.csat_bands where level = 'aggregate' and industry = 'default'",
    ),
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_claim_fails_where(survey_claims: Claims, violation: str) -> None:
    claim, statement = VIOLATIONS[violation]
    assert survey_claims.rows_against(claim) == 0
    assert survey_claims.rows_against(claim, after=statement)
