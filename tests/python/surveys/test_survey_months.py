"""Figures of surveys remade by the month end where one full refresh ends, whatever came when."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from companies import valid_row, write_csv
from harness import WITHOUT_TESTS, Workspace
from repeated_runs import RepeatedRuns

#: Made by the month, with what is counted from them.
BY_MONTH = (
    "intermediate.int_survey_ratings",
    "intermediate.int_survey_invitations",
    "intermediate.int_survey_records",
    "intermediate.int_survey_day_counts",
    "intermediate.int_survey_counts",
    "marts.fct_survey_invitations",
)
RUNS = RepeatedRuns(tuple(f"+{name.split('.')[1]}" for name in BY_MONTH[-2:]), BY_MONTH)
TABLES = ("customers", "agents", "contacts", "survey_invitations", "survey_responses")
FIRST_DAY = datetime(2026, 1, 5)
#: From one run to the next.
DAYS = 20


def random_row(chance: random.Random, table: str, now: datetime) -> dict[str, str | None]:
    """Return a row that is new, an update, late, or of something that is not known yet."""

    def moment() -> datetime:
        age = chance.expovariate(1 / 12) if chance.random() < 0.8 else chance.uniform(0, 110)
        return max(now - timedelta(days=age), FIRST_DAY - timedelta(days=20)).replace(microsecond=0)

    happened = moment()
    loaded = happened + timedelta(days=1) if chance.random() < 0.6 else max(happened, moment())
    number = chance.randint(1, 30)
    changes: dict[str, str | None] = {"loaded_at": str(loaded)}
    if table in ("contacts", "survey_invitations", "survey_responses"):
        changes |= {
            "customer_id": f"c{chance.randint(1, 8)}",
            "agent_id": chance.choice(["a1", "a2", "a3", None]),
        }
    if table == "customers":
        changes |= {"customer_id": f"c{chance.randint(1, 8)}", "plan": chance.choice("xy")}
        changes |= {"closed_at": None}
    elif table == "agents":
        changes |= {"agent_id": f"a{chance.randint(1, 3)}", "team": chance.choice(["red", "blue"])}
    elif table == "contacts":
        changes |= {"contact_id": f"t{number}", "topic": chance.choice("ab")}
        changes |= {"started_at": str(happened), "parent_contact_id": None, "program_id": None}
        changes |= {"first_response_at": None, "first_human_response_at": None}
        changes |= {"resolved_at": None}
        if chance.random() < 0.1:
            changes["transfers"] = "many"
    elif table == "survey_invitations":
        changes |= {"invitation_id": f"v{number}", "sent_at": str(happened)}
        changes |= {"contact_id": chance.choice([f"t{chance.randint(1, 30)}", None])}
    else:
        changes |= {"response_id": f"r{number}", "answer": str(chance.randint(6, 11))}
        changes |= {"responded_at": str(happened)}
        changes |= {"invitation_id": chance.choice([f"v{chance.randint(1, 30)}", None])}
        changes |= {"contact_id": chance.choice([f"t{chance.randint(1, 30)}", None])}
    return valid_row(table, **changes)


def deliver(chance: random.Random, folder: Path, number: int) -> None:
    """Add the files of a run; once change a file, once remove one, of earlier ones."""
    now = FIRST_DAY + timedelta(days=DAYS * number)
    for table in TABLES:
        rows = [random_row(chance, table, now) for _ in range(chance.randint(2, 14))]
        write_csv(folder / table / f"{number}.csv", rows)
    if number == 4:
        chance.choice(sorted((folder / "survey_responses").iterdir())).unlink()
    if number == 5:
        rows = [random_row(chance, "contacts", now) for _ in range(5)]
        write_csv(folder / "contacts" / "2.csv", rows)


def months_due(workspace: Workspace) -> list[str]:
    """Return the months that the last run has made."""
    return workspace.values(
        "select survey_month::varchar from intermediate.int_survey_months_due order by 1"
    )


@pytest.mark.parametrize("seed", [1])
def test_any_sequence_of_deliveries_ends_in_the_figures_of_one_full_refresh(
    workspace: Workspace, seed: int
) -> None:
    chance = random.Random(seed)
    are_all = []
    for number in range(1, 7):
        deliver(chance, workspace.source, number)
        # A run that ends before the figures are made leaves its news to the next one.
        if number == 3:
            outcome = workspace.dbt("build", "--select", "+int_survey_records", *WITHOUT_TESTS)
            assert outcome.succeeded, outcome.errors
            deliver(chance, workspace.source, number + 10)
        RUNS.run(workspace)
        are_all.append(months_due(workspace) == ["0001-01-01"])
        if number in (3, 6):
            copy = workspace.copy(workspace.folder.with_name(f"{workspace.folder.name}_{number}"))
            RUNS.assert_equal_full_refresh(copy)
    # The first run has no figures yet, and what a removed or changed file had is known no more.
    assert are_all == [True, False, False, True, True, False]
    assert all(RUNS.rows(workspace).values())


def invitation(key: str, day: str) -> dict[str, str | None]:
    """Return an invitation of a day, loaded on it."""
    changes = {"invitation_id": key, "sent_at": f"{day} 12:00:00", "contact_id": None}
    return valid_row("survey_invitations", **changes, loaded_at=f"{day} 18:00:00")


def response(key: str, day: str, loaded_day: str | None = None) -> dict[str, str | None]:
    """Return the answer to an invitation, given on a day."""
    changes = {"response_id": f"r{key}", "invitation_id": key, "contact_id": None}
    loaded_at = f"{loaded_day or day} 18:00:00"
    return valid_row(
        "survey_responses", **changes, responded_at=f"{day} 13:00:00", loaded_at=loaded_at
    )


def test_moments_that_are_corrected_move_an_answer_from_month_to_month(
    workspace: Workspace,
) -> None:
    def sent() -> list[str]:
        return workspace.values(
            "select strftime(sent_at, '%m-%d') from intermediate.int_survey_ratings order by 1"
        )

    folder = workspace.source
    write_csv(folder / "customers" / "1.csv", [valid_row("customers", closed_at=None)])
    # An answer before its invitation counts as sent when it was given.
    write_csv(folder / "survey_invitations" / "1.csv", [invitation("v0", "2026-02-03")])
    answers = [response("v0", "2026-01-30"), response("v9", "2026-06-20")]
    write_csv(folder / "survey_responses" / "1.csv", answers)
    RUNS.run(workspace)
    assert sent() == ["01-30", "06-20"]
    corrected = response("v0", "2026-02-05", loaded_day="2026-06-21")
    write_csv(folder / "survey_responses" / "2.csv", [corrected])
    RUNS.run(workspace)
    assert months_due(workspace) == ["2026-01-01", "2026-02-01"]
    assert sent() == ["02-03", "06-20"]
    # The invitation was sent in another month than was told at first.
    later = invitation("v0", "2025-12-30") | {"loaded_at": "2026-06-22 18:00:00"}
    write_csv(folder / "survey_invitations" / "2.csv", [later])
    RUNS.run(workspace)
    assert months_due(workspace) == ["2025-12-01", "2026-01-01", "2026-02-01"]
    assert sent() == ["06-20", "12-30"]
    RUNS.assert_equal_full_refresh(workspace)


def test_news_of_one_old_survey_remake_its_month_and_those_still_open(
    workspace: Workspace,
) -> None:
    folder = workspace.source
    write_csv(folder / "customers" / "1.csv", [valid_row("customers", closed_at=None)])
    days = ("2026-01-10", "2026-02-10", "2026-03-10", "2026-06-20")
    sent = [invitation(f"v{place}", day) for place, day in enumerate(days)]
    write_csv(folder / "survey_invitations" / "1.csv", sent)
    write_csv(folder / "survey_responses" / "1.csv", [response("v3", "2026-06-20")])
    RUNS.run(workspace)
    RUNS.run(workspace)
    assert months_due(workspace) == ["2026-06-01"]
    write_csv(folder / "survey_responses" / "2.csv", [response("v1", "2026-06-21")])
    RUNS.run(workspace)
    assert months_due(workspace) == ["2026-02-01", "2026-06-01"]
    assert workspace.values(
        "select invitation_id from marts.fct_survey_invitations order by sent_at"
    ) == ["v0", "v1", "v2", "v3"]
    # A replay that makes only some of the figures leaves all to be made by the next run.
    selected = ("--select", "+int_survey_ratings", "--vars", "{known_at: 2026-02-01}")
    outcome = workspace.dbt("build", *selected, *WITHOUT_TESTS)
    assert outcome.succeeded, outcome.errors
    RUNS.run(workspace)
    assert months_due(workspace) == ["0001-01-01"]
    # Delivered again as it was, it is no news; another plan counts for what is sent from then on.
    again = valid_row("customers", closed_at=None)
    write_csv(folder / "customers" / "2.csv", [again])
    RUNS.run(workspace)
    assert months_due(workspace) == ["2026-06-01"]
    moved = valid_row("customers", closed_at=None, plan="blue", loaded_at="2026-03-05 00:00:00")
    write_csv(folder / "customers" / "3.csv", [moved])
    RUNS.run(workspace)
    # What was sent in February was answered after it.
    assert months_due(workspace) == ["2026-02-01", "2026-03-01", "2026-06-01"]
    RUNS.assert_equal_full_refresh(workspace)
