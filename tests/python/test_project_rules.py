"""Rules of the dbt project that lint/dbt-bouncer.yml cannot say; and that the rules there bite."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from harness import Workspace

from csat.contracts import as_text, broken, contracts_of, read_promises
from csat.personal_data import TAG, is_personal

CHECKOUT = Path(__file__).resolve().parents[2]
SELECTORS = [
    selector["name"]
    for selector in yaml.safe_load((CHECKOUT / "selectors.yml").read_text(encoding="utf-8"))[
        "selectors"
    ]
]


@pytest.fixture(scope="module")
def parsed(new_workspace: Callable[[], Workspace]) -> Workspace:
    """A workspace with a manifest."""
    workspace = new_workspace()
    outcome = workspace.dbt("parse")
    assert outcome.succeeded, outcome.output
    return workspace


@pytest.fixture(scope="module")
def manifest(parsed: Workspace) -> dict:
    """Return dbt's manifest."""
    return json.loads((parsed.folder / "target" / "manifest.json").read_text(encoding="utf-8"))


def of_type(manifest: dict, resource_type: str) -> list[dict]:
    """Return the project's own nodes of a type."""
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == resource_type and node["package_name"] == "csat"
    ]


def test_seed_documents_and_types_every_column_of_its_file(manifest: dict) -> None:
    for seed in of_type(manifest, "seed"):
        with (CHECKOUT / seed["original_file_path"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        documented = [
            column["name"] for column in seed["columns"].values() if column["description"]
        ]
        assert sorted(documented) == sorted(header), seed["name"]
        assert sorted(seed["config"]["column_types"]) == sorted(header), seed["name"]


def test_properties_of_models_stand_in_one_file_named_after_their_folder(manifest: dict) -> None:
    for model in of_type(manifest, "model"):
        place = Path(model["original_file_path"]).parent
        properties = Path((model["patch_path"] or "://").partition("://")[2])
        assert properties == place / f"_{place.name}__models.yml", model["name"]


def test_singular_tests_are_named_by_their_claim(manifest: dict) -> None:
    claims = [test for test in of_type(manifest, "test") if "test_metadata" not in test]
    for claim in claims:
        assert claim["name"].startswith("assert_"), claim["name"]
        path = CHECKOUT / claim["original_file_path"]
        assert re.match(r"(\{#|--)", path.read_text(encoding="utf-8")), (
            f"{claim['name']} does not begin with a comment that says why"
        )


def test_every_var_has_its_meaning_in_a_comment() -> None:
    lines = (CHECKOUT / "dbt_project.yml").read_text(encoding="utf-8").splitlines()
    start = lines.index("vars:") + 1
    for before, line in zip(lines[start - 1 :], lines[start:], strict=False):
        if line and not line.startswith(" "):
            break
        if re.match(r"  \w+:", line):
            assert before.strip().startswith("#"), f"{line.strip()} has no comment above it"


@pytest.mark.parametrize("name", SELECTORS)
def test_selector_selects_something(parsed: Workspace, name: str) -> None:
    outcome = parsed.dbt("ls", "--selector", name)
    assert outcome.succeeded, outcome.output
    assert re.search(r"^csat\.", outcome.output, flags=re.MULTILINE)


def published_columns(manifest: dict) -> list[tuple[str, str, dict]]:
    """Return table, column and properties of what readers get and what a company hands in."""
    nodes = [
        node for node in of_type(manifest, "model") if node["config"]["meta"].get("is_published")
    ]
    nodes += manifest["sources"].values()
    return [
        (node["name"], name, column) for node in nodes for name, column in node["columns"].items()
    ]


def test_public_tables_keep_what_they_have_promised(manifest: dict) -> None:
    """See `models/docs/governance.md`; `csat contracts --accept` takes in what is new."""
    promised, offered = read_promises(CHECKOUT), contracts_of(manifest)
    assert broken(promised, offered) == []
    assert as_text(promised) == as_text(offered)
    assert len(offered) > 50


def test_personal_columns_are_tagged_and_no_others(manifest: dict) -> None:
    columns = published_columns(manifest)
    personal = {(table, name) for table, name, _ in columns if is_personal(table, name)}
    tagged = {(table, name) for table, name, column in columns if column["config"]["meta"].get(TAG)}
    assert tagged == personal
    assert ("dim_agents", "agent_name") in personal
    assert ("survey_responses", "comment") in personal


def code_of(exposure: dict) -> list[Path]:
    """Return the files that an exposure says it is."""
    places = [CHECKOUT / place for place in exposure["config"]["meta"]["code"]]
    return [
        file
        for place in places
        for file in ([place] if place.is_file() else sorted(place.rglob("*")))
        if file.suffix in (".py", ".sql", ".j2")
    ]


def test_exposures_name_what_their_code_reads(manifest: dict) -> None:
    public = {
        node["name"]: node["unique_id"]
        for node in of_type(manifest, "model")
        if node["access"] == "public"
    }
    exposures = manifest["exposures"].values()
    assert {"report", "alerts", "questions"} <= {exposure["name"] for exposure in exposures}
    for exposure in exposures:
        code = "\n".join(file.read_text(encoding="utf-8") for file in code_of(exposure))
        if not code:
            continue  # not there yet
        read = {name for name in public if re.search(rf"\b{name}\b", code)}
        named = {node.rpartition(".")[2] for node in exposure["depends_on"]["nodes"]}
        assert named == read, exposure["name"]


# --- dbt-bouncer -------------------------------------------------------------------------


def bounce(manifest: dict, folder: Path) -> str:
    """Return what is said of a manifest that breaks project rules."""
    artifacts = folder / "target" / "lint"
    artifacts.mkdir(parents=True)
    (artifacts / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "lint").mkdir()
    rules = folder / "lint" / "dbt-bouncer.yml"
    rules.write_bytes((CHECKOUT / "lint" / "dbt-bouncer.yml").read_bytes())
    process = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt-bouncer")),
            *("run", "--config-file", str(rules)),
            *("--output-only-failures", "--show-all-failures"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "NO_COLOR": "1", "PATH": "/usr/bin:/bin"},
    )
    assert process.returncode == 1, process.stdout + process.stderr
    return process.stdout


def without_grain(node: dict, _manifest: dict) -> None:
    node["description"] = "Customers."


def without_contract(node: dict, _manifest: dict) -> None:
    node["contract"]["enforced"] = node["config"]["contract"]["enforced"] = False


def without_column_description(node: dict, _manifest: dict) -> None:
    next(iter(node["columns"].values()))["description"] = ""


def without_prefix(node: dict, _manifest: dict) -> None:
    node["name"] = node["name"].partition("_")[2]


def past_the_base_models(node: dict, manifest: dict) -> None:
    node["depends_on"]["nodes"].append(next(iter(manifest["sources"])))


def not_for_everyone(node: dict, _manifest: dict) -> None:
    node["access"] = node["config"]["access"] = "private"


def open_to_everyone(node: dict, _manifest: dict) -> None:
    node["access"] = node["config"]["access"] = "public"


def without_owner(exposure: dict, _manifest: dict) -> None:
    exposure["owner"] = {"name": "", "email": None}


def reading_what_may_change(exposure: dict, _manifest: dict) -> None:
    exposure["depends_on"]["nodes"].append("model.csat.int_survey_records")


#: What breaks a rule, each in a place of its own, so that one run tells which rule caught which.
VIOLATIONS = [
    (without_grain, "dim_customers", "check_model_description_contains_regexp_pattern"),
    (without_contract, "dim_dates", "check_model_has_contracts_enforced"),
    (without_column_description, "dim_agents", "check_model_column_description_populated"),
    (without_prefix, "dim_segments", "check_model_names"),
    (past_the_base_models, "fct_customer_journeys", "check_lineage_source_cannot_be_used"),
    (not_for_everyone, "fct_found_journeys", "check_model_access"),
    (open_to_everyone, "int_survey_counts", "check_model_access"),
    (without_owner, "report", "check_exposure_has_owner"),
    (reading_what_may_change, "alerts", "check_exposure_based_on_non_public_models"),
]


@pytest.fixture(scope="module")
def said(manifest: dict, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a manifest with all violations."""
    broken = json.loads(json.dumps(manifest))
    for violation, name, _ in VIOLATIONS:
        kind, group = ("exposure", "exposures") if name.isalpha() else ("model", "nodes")
        violation(broken[group][f"{kind}.csat.{name}"], broken)
    return bounce(broken, tmp_path_factory.mktemp("bouncer"))


@pytest.mark.parametrize(("violation", "name", "rule"), VIOLATIONS)
def test_project_rule_is_broken_by(
    said: str, violation: Callable[[dict, dict], None], name: str, rule: str
) -> None:
    assert re.search(rf"\b{rule}:\d+:{name}\b", said), said


def test_every_test_stands_before_publication(manifest: dict) -> None:
    """A test that is not upstream of it could fail after readers have got the new file."""
    upstream: set[str] = set()
    to_visit = ["model.csat.publication"]
    while to_visit:
        node = to_visit.pop()
        if node not in upstream:
            upstream.add(node)
            to_visit += manifest["parent_map"].get(node, [])
    late = [
        test["name"]
        for test in of_type(manifest, "test")
        if not set(test["depends_on"]["nodes"]) <= upstream
    ]
    assert late == []


def test_what_says_that_work_is_done_is_written_after_the_work(manifest: dict) -> None:
    """Or a run that is broken off in between would never do the rest of it."""

    def before(name: str) -> set[str]:
        found: set[str] = set()
        waiting = [f"model.csat.{name}"]
        while waiting:
            parents = set(manifest["parent_map"].get(waiting.pop(), [])) - found
            found |= parents
            waiting += parents
        return {node.split(".")[2] for node in found}

    kept = {
        node["name"]
        for node in of_type(manifest, "model")
        if node["config"]["materialized"] == "incremental"
    }
    of_days = {name for name in kept if "int_score_dates" in before(name)}
    # The list of a day is made anew in each of its runs.
    assert of_days - before("completed_dates") == {
        "completed_dates",
        "int_intervention_assignments",
    }
    of_answers = {"int_answer_interventions", "int_answer_predictions"}
    reading = {"answer_interventions", "answer_predictions"}
    assert reading == {
        node.split(".")[2]
        for node in manifest["child_map"]["model.csat.int_answers_to_predict"]
        if node.startswith("model.csat.") and "/python_models/" in f"/{_path(manifest, node)}"
    }
    assert before("int_answer_predictions") & of_answers == {"int_answer_interventions"}


def _path(manifest: dict, node: str) -> str:
    return manifest["nodes"][node]["original_file_path"]


def test_vars_of_the_project_are_those_that_a_run_accepts() -> None:
    project = yaml.safe_load((CHECKOUT / "dbt_project.yml").read_text(encoding="utf-8"))
    validation = (CHECKOUT / "macros/project/validate_vars.sql").read_text(encoding="utf-8")
    accepted = re.search(r"known = \[(.*?)\]", validation, re.DOTALL)
    assert accepted
    assert set(re.findall(r"'(\w+)'", accepted[1])) == set(project["vars"])
