"""Refused rows are published: what customers wrote in them is not."""

from __future__ import annotations

import json

from companies import required_tables, valid_row, write_company
from harness import Workspace

SAID = "Mail me at jane@example.com, or call 0171 2345678"


def test_comment_of_a_refused_answer_is_withheld(workspace: Workspace) -> None:
    def refused(key: str, comment: str | None, **changes: str) -> dict:
        changes = {"customer_id": "nobody", **changes}
        return valid_row("survey_responses", response_id=key, comment=comment, **changes)

    tables = required_tables()
    tables["survey_responses"] += [
        refused("unknown customer", SAID),
        refused("unreadable", SAID, responded_at="soon"),
        refused("of one key", SAID, customer_id=tables["customers"][0]["customer_id"]),
        refused("of one key", SAID + "!", customer_id=tables["customers"][0]["customer_id"]),
        refused("nothing said", None),
    ]
    write_company(workspace.source, tables)
    workspace.stage()

    rows = {
        row["record_key"]: json.loads(row["raw_record"])
        for row in workspace.query("from staging.stg_rejected_records")
    }
    comments = {key: record["comment"] for key, record in rows.items()}
    assert comments == {
        "unknown customer": "[withheld]",
        "unreadable": "[withheld]",
        "of one key": "[withheld]",
        "nothing said": None,
    }
    # All else is there to find the mistake by.
    assert rows["unreadable"]["responded_at"] == "soon"
    assert "example.com" not in json.dumps(rows)
