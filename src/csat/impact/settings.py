"""What may be set of the estimation of programs."""

from __future__ import annotations

from dataclasses import dataclass

from csat.impact.errors import ImpactError

#: Whom those who enrolled are compared with.
NOT_YET, NEVER_TREATED = "not_yet", "never"


@dataclass(frozen=True)
class ProgramSettings:
    """Windows around the start of an enrolment, in periods, and whom to compare with.

    Parameters
    ----------
    before, after
        The outcome of the periods g - before … g - 1 is compared with that of g … g + after - 1,
        g the period of enrolling.
    step
        Periods: cohorts of so many adjacent ones, at least, are estimated together, and trends
        before the start are looked for in steps of so many.
    told_every
        Periods of a step in which the effect is told by time from the start; ``step`` where null.
    fewest_answers
        Answers of the enrolled that cohorts estimated together have at least, in either window.
    fewest_effective
        With fewer effective answers of an arm in a window nothing is told.
    fewest_in_step
        The same of the steps by time from the start.
    controls
        ``not_yet``: those who do not enrol until the window ends; ``never``: those who never do.
    is_randomized
        Whether chance said who enrols: then arms are compared as they are.
    has_same_share
        Whether chance kept the same share out of those chosen at every start: then starts need not
        be told apart, and those of which it kept nobody out count too.
    adjusts_answers
        Whether residuals are regressed on history like scores; worth it where most answer.
    largest_propensity
        e: odds are capped where someone was as sure to enrol.
    penalty
        Ridge on the standardised coefficients of the propensity.
    inflates
        Whether the noise of means of n_eff answers is inflated by n_eff / (n_eff - 1), and is no
        less than that of as many customers who are satisfied or not.
    controls_drawn
        Controls without an answer that are drawn per period of enrolling; 0 takes all.
    answering_drawn
        Controls with an answer that are drawn per period of enrolling; 0 takes all. The same answer
        counts for several periods, so that few of them are lost where half of the rows are.
    confidence
        Of the intervals, 0 to 1.
    unit
        What periods are called in sentences.
    """

    before: int = 16
    after: int = 16
    step: int = 4
    told_every: int | None = None
    fewest_answers: int = 60
    fewest_effective: float = 30.0
    fewest_in_step: float = 8.0
    controls: str = NOT_YET
    is_randomized: bool = False
    has_same_share: bool = False
    adjusts_answers: bool = False
    largest_propensity: float = 0.95
    penalty: float = 1.0
    inflates: bool = True
    controls_drawn: int = 5_000
    answering_drawn: int = 0
    confidence: float = 0.95
    unit: str = "periods"

    def __post_init__(self) -> None:
        for name in ("before", "after", "step", "told_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ImpactError(f"{name} is {value}: give 1 period or more.")
        if self.controls not in (NOT_YET, NEVER_TREATED):
            raise ImpactError(
                f"Controls are {self.controls!r}: use {NOT_YET!r} or {NEVER_TREATED!r}."
            )
        for name in ("largest_propensity", "confidence"):
            if not 0 < getattr(self, name) < 1:
                raise ImpactError(f"{name} is {getattr(self, name)}: give a share between 0 and 1.")
