"""How long customers stay: survival curves, and hazards by score, from counts.

Nothing here knows dbt or a warehouse, and nothing takes a row per customer and day: customers who
were there and customers who left, counted by the engine, are all that the estimators need.

>>> survival_curve(at_risk=[21, 17], left=[3, 1]).survival.round(3)
array([0.857, 0.807])
"""

from csat.survival.curves import SurvivalCurve, survival_curve
from csat.survival.errors import SurvivalError
from csat.survival.hazards import HazardRatios, hazard_ratios

__all__ = [
    "HazardRatios",
    "SurvivalCurve",
    "SurvivalError",
    "hazard_ratios",
    "survival_curve",
]
