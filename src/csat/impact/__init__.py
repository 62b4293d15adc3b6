"""What programs do to satisfaction: who enrols is compared with others of the same history.

Nothing here knows dbt or a warehouse. Customers come as arrays, customers x periods, with the
scores of everyone and the answers of the few; results are frozen dataclasses, null or NaN with a
``reason`` where nothing can be told.

>>> weight = thin_controls(has_enrolled | has_answered, 20_000)  # where there are many customers
>>> panel = Panel(score, Answers(customer, period, outcome, predicted), weight)
>>> history = History(past=[PastMean(1), PastMean(8, 2)], constant=attributes, earlier=others)
>>> found = estimate_program(panel, cohort, history=history)
>>> judge(found.effect, found.checks, smallest_that_matters=2.0)
>>> cost_of(found.effect, cost_per_enrollment)
>>> rank_programs(estimates, std_errors, reach, costs, all_customers=n, budget=money)

``estimate_company_wide`` looks at a program of which nobody is left out, ``group_time_effects``
tells the effect of each cohort in each period.
"""

from csat.impact.checks import FAIL, INFORMATIONAL, PASS, Balance, Check, TrendBounds
from csat.impact.cohorts import as_assigned
from csat.impact.company_wide import (
    CompanyWideEffect,
    estimate_company_wide,
    judge_company_wide,
)
from csat.impact.effects import Effect
from csat.impact.errors import ImpactError
from csat.impact.group_time import GroupTimeEffects, group_time_effects
from csat.impact.groupings import IN_NONE, Grouping
from csat.impact.history import History, PastMean, past_means
from csat.impact.panel import NEVER, Answers, Panel, thin_controls
from csat.impact.priorities import Cost, Priorities, cost_of, rank_programs
from csat.impact.programs import estimate_program
from csat.impact.results import CohortEffects, GroupEffects, ProgramEffect, StepEffects
from csat.impact.settings import NEVER_TREATED, NOT_YET, ProgramSettings
from csat.impact.verdicts import (
    CANNOT_TELL,
    CHANGED_WITH,
    HARMS,
    NO_EFFECT,
    RAISES,
    Verdict,
    judge,
    judge_parts,
)

__all__ = [
    "CANNOT_TELL",
    "CHANGED_WITH",
    "FAIL",
    "HARMS",
    "INFORMATIONAL",
    "IN_NONE",
    "NEVER",
    "NEVER_TREATED",
    "NOT_YET",
    "NO_EFFECT",
    "PASS",
    "RAISES",
    "Answers",
    "Balance",
    "Check",
    "CohortEffects",
    "CompanyWideEffect",
    "Cost",
    "Effect",
    "GroupEffects",
    "GroupTimeEffects",
    "Grouping",
    "History",
    "ImpactError",
    "Panel",
    "PastMean",
    "Priorities",
    "ProgramEffect",
    "ProgramSettings",
    "StepEffects",
    "TrendBounds",
    "Verdict",
    "as_assigned",
    "cost_of",
    "estimate_company_wide",
    "estimate_program",
    "group_time_effects",
    "judge",
    "judge_company_wide",
    "judge_parts",
    "past_means",
    "rank_programs",
    "thin_controls",
]
