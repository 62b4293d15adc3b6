"""A feature taken out of the registry stops no run: days scored with it stay, others do without."""

from __future__ import annotations

from datetime import date

from deliveries import (
    REGISTRY,
    SCORES_ALONE,
    VARS,
    add_contact,
    build,
    change_registry,
    day,
    history,
)
from harness import WITHOUT_TESTS, Workspace

SCORES = "intermediate.int_customer_csat_history"
BASE = "intermediate.int_base_scores"
VERSIONS = "intermediate.csat_model_versions"
#: Without what only the registry tells of them.
DRIVERS = (
    "select * exclude (driver_label, reason, is_actionable) from marts.fct_customer_csat_drivers "
    "order by customer_id, driver"
)
EVERYONE = "assert_every_active_customer_is_scored_every_day"
CLAIMS = (
    EVERYONE,
    "assert_contributions_add_up",
    "assert_drivers_add_up",
    "assert_points_add_up",
    "test_name:one_row_per_day_due",
)

LEDGERS = (
    "assert_customer_changes_add_up",
    "assert_customers_segments_and_base_agree",
    "assert_ledgers_add_up",
    "assert_segment_drivers_add_up",
)


def feature_of_its_own_driver(workspace: Workspace) -> str:
    """Return a feature that the version in force goes by, and that is all of its driver."""
    (feature, *_) = workspace.values(
        "select terms.feature from intermediate.csat_model_terms as terms "
        "inner join marts.dim_model_versions as versions using (model_version) "
        "inner join (select min(feature) as feature from staging.feature_definitions "
        "group by driver having count(*) = 1) as alone using (feature) "
        "where versions.is_in_force and terms.second_feature is null "
        "group by terms.feature having max(abs(terms.contribution)) > 0 order by 1"
    )
    return feature


def take_out(workspace: Workspace, feature: str) -> None:
    """Take the row of a feature out of the registry."""
    change_registry(workspace, lambda rows: [row for row in rows if row["feature"] != feature])


def add_call(workspace: Workspace, happened: int, loaded: int) -> None:
    """Deliver a bad call of one day, loaded on another, both counted back from the last day."""
    (customer, *_) = workspace.values(
        "select max(customer_id) from intermediate.int_current_features"
    )
    times = f"{day(happened)} 10:00:00", f"{day(loaded)} 10:30:00"
    add_contact(workspace, customer, *times, f"call_{day(happened)}_{day(loaded)}")


def due_days(workspace: Workspace) -> list[date]:
    """Return the days that the last run was to score."""
    return workspace.values(
        "select score_date from intermediate.int_score_dates where is_due order by 1"
    )


def assert_claims_hold(workspace: Workspace) -> None:
    """Run the tests of the scores as built."""
    outcome = workspace.dbt("test", "--vars", VARS, "--select", *CLAIMS)
    assert outcome.succeeded, outcome.errors


def test_days_scored_with_a_feature_that_is_gone_stay_as_they_were(scored: Workspace) -> None:
    predictions = (
        "select predictions.* from intermediate.int_answer_predictions as predictions "
        f"inner join {VERSIONS} as versions using (model_version) "
        f"where versions.cutoff_date < date '{day(0)}' order by response_id"
    )
    before = {name: history(scored, name) for name in (SCORES, BASE, VERSIONS)}
    predicted, drivers = scored.query(predictions), scored.query(DRIVERS)
    feature = feature_of_its_own_driver(scored)
    take_out(scored, feature)

    # On the same day nothing is due; the drivers of the day stay, the one that is gone among them.
    build(scored, SCORES_ALONE)
    assert due_days(scored) == []
    assert history(scored, VERSIONS) == before[VERSIONS]
    assert scored.query(DRIVERS) == drivers
    assert_claims_hold(scored)

    # On the next one a late row reopens days before it, too.
    add_call(scored, 1, -1)
    add_call(scored, -1, -1)
    build(scored)
    assert due_days(scored) == [day(1), day(0), day(-1)]
    assert history(scored, SCORES, day(0)) == before[SCORES]
    assert history(scored, BASE, day(0)) == before[BASE]
    assert scored.query(predictions) == predicted
    (*earlier, new) = history(scored, VERSIONS)
    assert earlier == before[VERSIONS]
    assert (new["cutoff_date"], new["is_champion"]) == (day(0), True)
    assert f'"{feature}"' not in new["features"]
    assert scored.values(
        f"select distinct model_version from {SCORES} where score_date = '{day(-1)}'"
    ) == [new["model_version"]]
    assert_claims_hold(scored)

    # Days of the new version are scored again as ever.
    add_call(scored, 0, -2)
    add_call(scored, -2, -2)
    with_new_version = history(scored, SCORES)
    build(scored, SCORES_ALONE)
    assert due_days(scored) == [day(0), day(-1), day(-2)]
    assert history(scored, SCORES, day(0)) == before[SCORES]
    assert history(scored, SCORES, day(-1)) != with_new_version
    assert_claims_hold(scored)

    # A customer who is missing is noticed in a day that stays, and in one that was scored.
    for missing, hole in enumerate((day(0), day(-2)), start=1):
        scored.execute(
            f"delete from {SCORES} where score_date = '{hole}' and customer_id = "
            f"(select max(customer_id) from {SCORES} where score_date = '{hole}')"
        )
        outcome = scored.dbt("test", "--vars", VARS, "--select", EVERYONE)
        assert f"Got {missing} result" in outcome.output


def test_a_day_never_scored_needs_the_feature_back(scored: Workspace, at_once: Workspace) -> None:
    """A run broke off after training, and before the next one the feature was taken out."""
    feature = feature_of_its_own_driver(scored)
    (version,) = scored.query("from marts.dim_model_versions where is_in_force")
    for table in (SCORES, "monitoring.completed_dates"):
        scored.execute(f"delete from {table} where score_date >= '{version['in_force_from']}'")
    registry = scored.folder / REGISTRY
    whole = registry.read_text(encoding="utf-8")
    take_out(scored, feature)

    outcome = scored.dbt("build", *SCORES_ALONE, "--vars", VARS, *WITHOUT_TESTS)

    assert not outcome.succeeded
    assert (
        f"{version['model_version']}, in force on {version['in_force_from']}, reads the feature "
        f"{feature}, which is no longer in seeds/feature_definitions.csv"
    ) in outcome.output

    # The mend that the sentence gives.
    registry.write_text(whole, encoding="utf-8")
    build(scored, SCORES_ALONE)
    assert history(scored, SCORES) == history(at_once, SCORES)


def test_a_driver_called_otherwise_moves_nothing(scored: Workspace) -> None:
    """Ledgers add up across a registry that groups its features by other drivers."""

    def regrouped(rows: list[dict]) -> list[dict]:
        new = {"waiting": "queueing", "hand_offs": "agent_fit"}
        labels = {"queueing": "Standing in line", "agent_fit": "Reaching the right person"}
        return [
            row
            if row["driver"] not in new
            else {**row, "driver": new[row["driver"]], "driver_label": labels[new[row["driver"]]]}
            for row in rows
        ]

    change_registry(scored, regrouped)
    add_call(scored, -1, -1)
    build(scored)
    outcome = scored.dbt("test", "--vars", VARS, "--select", *CLAIMS, *LEDGERS)
    assert outcome.succeeded, outcome.errors

    first = day(-1)
    assert due_days(scored) == [first]
    told = {
        row["part"]: row
        for row in scored.query(
            "select part, part_label, points from marts.fct_csat_change_ledger "
            f"where score_date = '{first}' and span_days = 1 and entity_id = 'all' "
            "and component = 'behaviour'"
        )
    }
    assert told["waiting"]["part_label"] == "Waiting"
    assert told["queueing"]["part_label"] == "Standing in line"
    # What the one contributed the other does: without either row the sums would not close.
    assert told["waiting"]["points"] * told["queueing"]["points"] < 0
    assert told["hand_offs"]["points"] != 0
    # The day itself is told by the drivers of today.
    drivers = scored.values(
        f"select distinct driver from marts.fct_segment_csat_drivers where score_date = '{first}'"
    )
    assert "queueing" in drivers
    assert not {"waiting", "hand_offs"} & set(drivers)
