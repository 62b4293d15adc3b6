"""Effects of each cohort in each period, as Callaway and Sant'Anna (2021) tell them.

The same comparison as that of ``estimate_program``, one cohort and one period at a time. Where
all outcomes are observed it gives their figures, which is how it is tested.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from csat.impact.cohorts import check_cohort, stack
from csat.impact.comparison import Change, Comparison
from csat.impact.effects import Effect, average
from csat.impact.history import History
from csat.impact.panel import NEVER, Panel
from csat.impact.settings import ProgramSettings
from csat.impact.windows import Seen, Window


@dataclass(frozen=True, eq=False)
class GroupTimeEffects:
    """Effects of cohort g in period t; (effects,) arrays, NaN where there is none.

    Parameters
    ----------
    cohort, period
        g and t; before g a contrast of adjacent periods, which should be 0.
    estimate, std_error
        Of the effect.
    simple
        All effects from the start on, averaged by the customers of their cohorts.
    """

    cohort: np.ndarray
    period: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    simple: Effect


def group_time_effects(
    panel: Panel,
    cohort: np.ndarray,
    *,
    history: History | None = None,
    settings: ProgramSettings | None = None,
) -> GroupTimeEffects:
    """Return the effect of each cohort in each period but the first.

    Parameters
    ----------
    panel
        Customers by periods.
    cohort
        (customers,) period of enrolling, ``NEVER`` where never; those enrolled in the first period
        are left out.
    history
        What customers are compared at equal values of.
    settings
        Those of the controls, the propensity and the answers.
    """
    cohort = check_cohort(panel, cohort)
    settings = settings or ProgramSettings()
    one = replace(settings, step=1, fewest_answers=0)
    starts = np.unique(cohort[(cohort > 0) & (cohort != NEVER) & (cohort < panel.periods)])
    keys, parts = [], []
    for start in starts:
        for period in range(1, panel.periods):
            base = start - 1 if period >= start else period - 1
            before, after = (Window(at - start, at - start + 1) for at in (base, period))
            rows = stack(panel, cohort, np.array([start]), before, after, one)
            seen = Seen.of(panel, rows.customer, rows.start, (before, after))
            comparison = Comparison(panel, rows, history or History(), one, seen)
            contrasts = comparison.contrasts(
                [Change(after, before), Change(after, before, has_answers=False)]
            )
            # Where one has no answers the score has to do.
            contrast = contrasts.take([0 if contrasts.is_told[0] else 1])
            keys.append((start, period))
            parts.append((comparison, contrast))
    told = [average([part], panel.customers)[0] for part in parts]
    post = [part for (start, period), part in zip(keys, parts, strict=True) if period >= start]
    (simple,) = average(post, panel.customers)
    return GroupTimeEffects(
        cohort=np.array([start for start, _ in keys], dtype=np.int64),
        period=np.array([period for _, period in keys], dtype=np.int64),
        estimate=np.array([np.nan if one is None else one.estimate for one in told]),
        std_error=np.array([np.nan if one is None else one.std_error for one in told]),
        simple=(
            Effect(None, None, None, None, 0, "Nobody can be compared.")
            if simple is None
            else simple.effect(len(panel.answers), settings.confidence)
        ),
    )
