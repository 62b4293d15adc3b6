"""The feature registry as the models of a day read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from csat.engine import Engine
from csat.model import FeatureDefinition, ModelError

#: How an answer was asked for: learned in training, held at the reference instrument in scoring.
HELD_FEATURES = ("instrument_id", "survey_kind")
#: Families of features, in the order of their columns in the marts.
FAMILIES = (
    "contact",
    "billing",
    "interruption",
    "engagement",
    "profile",
    "survey history",
    "signal",
)


@dataclass(frozen=True)
class Registry:
    """Features with the driver, the family and the source of each, in the order of their names.

    Those of ``counting_days`` tell how long ago something was: one more with every day.
    """

    features: tuple[FeatureDefinition, ...]
    drivers: Mapping[str, str]
    families: Mapping[str, str]
    sources: Mapping[str, str]
    counting_days: frozenset[str]

    @property
    def all_drivers(self) -> tuple[str, ...]:
        """Names of the drivers, each once, in the order of their names."""
        return tuple(sorted(set(self.drivers.values())))


def column_of_family(family: str) -> str:
    """Return a family as a part of a column's name."""
    return family.replace(" ", "_")


def held_features() -> tuple[FeatureDefinition, ...]:
    """Return the features that are held at the reference instrument in scoring."""
    return tuple(FeatureDefinition(name, kind="categorical") for name in HELD_FEATURES)


def read_registry(engine: Engine, relation: str) -> Registry:
    """Read the registry from its table.

    Raises
    ------
    ModelError
        If a feature has a name that means something else here.
    """
    rows = engine.collect(
        "select feature, kind, direction, driver, family, source, aggregate "
        f"from {relation} order by feature"
    ).to_pylist()
    for row in rows:
        if row["feature"] in HELD_FEATURES:
            raise ModelError(
                f"The feature {row['feature']} in seeds/feature_definitions.csv has a name that "
                "the training uses itself: give it another one."
            )
    return Registry(
        features=tuple(
            # The columns say 0 themselves where nothing happened; null is what nobody knows.
            FeatureDefinition(row["feature"], row["kind"], int(row["direction"] or 0))
            for row in rows
        ),
        drivers={row["feature"]: row["driver"] for row in rows},
        families={row["feature"]: column_of_family(row["family"]) for row in rows},
        sources={row["feature"]: row["source"] for row in rows},
        counting_days=frozenset(row["feature"] for row in rows if row["aggregate"] == "days_since"),
    )
