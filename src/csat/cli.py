"""The command line ``csat``. Commands import what they need when they are called."""

from __future__ import annotations

import functools
import logging
import shutil
import sys
import textwrap
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from csat.project import UserError


def explained(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show a user's mistake as one line, without a traceback, and exit with its code, mostly 1."""

    @functools.wraps(command)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except UserError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)

    return wrapper


@click.group()
@click.version_option(package_name="csat")
def main() -> None:
    """Every customer's satisfaction, every day, from what a company already records."""


@main.command()
@click.option("--customers", type=int, required=True, help="Customers of the company.")
@click.option("--days", type=int, required=True, help="Days of history.")
@click.option("--seed", type=int, required=True, help="The same seed gives the same company.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to.")
@click.option(
    "--format", "file_format", default="parquet", show_default=True, help="parquet or csv."
)
@click.option("--end-date", default="2026-09-30", show_default=True, help="Last day of history.")
@click.option(
    "--dirt",
    "dirt_share",
    type=float,
    default=0.0,
    show_default=True,
    help="Share of rows that are duplicated, late, or broken.",
)
@click.option(
    "--shock",
    "shocks",
    multiple=True,
    metavar="KIND:AREA:START:END:POINTS",
    help="A storm, queue_failure or satisfaction shock; may be repeated.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.PARAMETER=VALUE",
    help="Change a structural parameter; may be repeated.",
)
@click.option("--processes", type=int, help="Processes to work with; one per core by default.")
@click.option("--overwrite", is_flag=True, help="Replace what the folder holds.")
@explained
def simulate(
    customers: int,
    days: int,
    seed: int,
    out: Path,
    file_format: str,
    end_date: str,
    dirt_share: float,
    shocks: tuple[str, ...],
    settings: tuple[str, ...],
    processes: int | None,
    overwrite: bool,
) -> None:
    """Write a simulated utility company, and beside it the truth about its customers."""
    from csat.simulation import Parameters, parse_shock, simulate_company, with_settings

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        last_day = datetime.strptime(end_date, "%Y-%m-%d").date()
    except ValueError:
        raise UserError(f"End date '{end_date}' is unreadable: write it as 2026-09-30.") from None
    simulate_company(
        out,
        customers,
        days,
        seed,
        file_format=file_format,
        end_date=last_day,
        parameters=with_settings(Parameters(), list(settings)),
        shocks=tuple(parse_shock(shock) for shock in shocks),
        dirt_share=dirt_share,
        processes=processes,
        overwrite=overwrite,
    )


@main.command("check-data")
@click.option("--source", help="Folder of the tables, or schema:NAME; CSAT_SOURCE by default.")
@explained
def check_data_command(source: str | None) -> None:
    """Tell what the data are like and what would be refused, building nothing."""
    from csat.data_check import check_data
    from csat.project import project_root

    check = check_data(project_root(), source)
    click.echo(check.report)
    if not check.is_usable:
        sys.exit(1)


@main.command("map")
@click.argument("sql_file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write to.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable for the SQL, read by getvariable; may be repeated.",
)
@explained
def map_command(sql_file: Path, out: Path, settings: tuple[str, ...]) -> None:
    """Write the contract's tables that an SQL file makes from what a company has."""
    from csat.contract import load_contract
    from csat.mapping import map_to_contract
    from csat.project import project_root

    for setting in settings:
        if "=" not in setting:
            raise UserError(f"--set {setting} names no value: write it as NAME=VALUE.")
    variables = dict(setting.split("=", 1) for setting in settings)
    contract = load_contract(project_root())
    written = map_to_contract(
        sql_file, out, contract, variables, lambda line: click.echo(line, err=True)
    )
    for table, rows in written.items():
        click.echo(f"{out / table}.parquet: {rows:,} rows")


@main.command("check-build-file")
@explained
def check_build_file_command() -> None:
    """Fail with one sentence where a build could not open its database."""
    from csat.project import project_root
    from csat.publishing import require_build_file

    require_build_file(project_root())


@main.command("model-card")
@click.option("--file", type=click.Path(path_type=Path), help="File to read; the published one.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write to; the screen.")
@click.option("--docs-block", is_flag=True, help="As a page of dbt's documentation, built or not.")
@explained
def model_card_command(file: Path | None, out: Path | None, docs_block: bool) -> None:
    """Write what the model in force is, how good it is, and what its limits are."""
    from csat.model_card import as_docs_block, file_to_read, model_card, no_card, read_marts
    from csat.project import name_in_project, project_root, writing

    root = project_root()
    try:
        named = (file or file_to_read(root)).absolute()
        card = model_card(read_marts(named, name_in_project(root, named)))
    except UserError as error:
        if not docs_block:
            raise
        card = no_card(str(error))
    text = as_docs_block(card) if docs_block else card
    if out is None:
        click.echo(text, nl=False)
        return
    with writing(out, "--out"):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    click.echo(f"Written: {out}.")


@main.command("alerts")
@click.option("--file", type=click.Path(path_type=Path), help="File to read; the published one.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to write alerts.json and alerts.csv to; target/alerts of the project.",
)
@click.option("--no-files", is_flag=True, help="Print only.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is open.")
@explained
def alerts_command(file: Path | None, out: Path | None, no_files: bool, exit_zero: bool) -> None:
    """Tell the open alarms: print them, and write them as JSON and CSV.

    Exits with 0 where none is open, 10 where some are, 11 where one is new;
    with 1 where they cannot be read.
    """
    from csat.alerts import as_text, read_open_alerts, write_files
    from csat.model_card import file_to_read
    from csat.project import name_in_project, project_root

    root = project_root()
    named = (file or file_to_read(root)).absolute()
    alerts = read_open_alerts(named, name_in_project(root, named))
    click.echo(as_text(alerts), nl=False)
    if not no_files:
        for written in write_files(alerts, out or root / "target" / "alerts"):
            click.echo(f"Written: {name_in_project(root, written)}.")
    if not exit_zero:
        sys.exit(alerts.exit_code)


@main.command("report")
@click.option("--file", type=click.Path(path_type=Path), help="File to read; the published one.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write to; target/report/csat_report.html of the project.",
)
@explained
def report_command(file: Path | None, out: Path | None) -> None:
    """Write one HTML file, for mail and for print: how satisfied, why, and how far to trust it."""
    from csat.model_card import file_to_read
    from csat.project import name_in_project, needing, project_root, writing

    with needing("report"):
        from csat.report.page import render
    from csat.report.reading import read_report

    root = project_root()
    named = (file or file_to_read(root)).absolute()
    page = render(read_report(named, name_in_project(root, named), root))
    out = (out or root / "target" / "report" / "csat_report.html").absolute()
    with writing(out, "--out"):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    click.echo(f"Written: {name_in_project(root, out)}, {len(page.encode()) / 1e6:.1f} MB.")


@main.command("lineage")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write to; target/column_lineage.html of the project.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write it as JSON, too.")
@explained
def lineage_command(out: Path | None, json_file: Path | None) -> None:
    """Write one page that tells of each column what it is made from, as last compiled by dbt."""
    import json
    import os

    from csat.project import name_in_project, needing, project_root, writing
    from csat.publishing import BUILD_FILE

    with needing("docs"):
        from csat.lineage.page import as_dict, as_page, lineage_of

    root = project_root()
    build_file = root / os.environ.get("CSAT_BUILD_FILE", BUILD_FILE)
    lineage, manifest = lineage_of(root, build_file, name_in_project(root, build_file))
    out = (out or root / "target" / "column_lineage.html").absolute()
    texts = {out: as_page(lineage, manifest)}
    if json_file is not None:
        found = as_dict(lineage, manifest)
        texts[json_file.absolute()] = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    for file, text in texts.items():
        with writing(file, "--out" if file == out else "--json"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    click.echo(
        f"Written: {name_in_project(root, out)}, {len(lineage.parents):,} columns, of which "
        f"{len(lineage.not_followed)} in SQL could be followed to tables only."
    )


@main.command("contracts")
@click.option("--accept", is_flag=True, help="Promise what is new, too.")
@explained
def contracts_command(accept: bool) -> None:
    """Hold public tables, as last parsed by dbt, to the columns and types they have promised."""
    from csat.contracts import PROMISES, as_text, broken, contracts_of, read_promises
    from csat.project import project_root, read_manifest, writing

    root = project_root()
    promised, offered = read_promises(root), contracts_of(read_manifest(root, "dbt parse"))
    sentences = broken(promised, offered)
    if sentences:
        raise UserError(
            "\n".join(sentences) + "\nKeep them, or add a version beside the old one: see "
            "models/docs/governance.md, “Changing a public mart”."
        )
    if accept:
        with writing(root / PROMISES, "--accept"):
            (root / PROMISES).write_text(as_text(offered), encoding="utf-8")
    elif as_text(offered) != as_text(promised):
        raise UserError(
            f"What is published is not what {PROMISES} promises, and nobody is hurt by it: "
            "run `csat contracts --accept`."
        )
    click.echo(f"{len(offered)} public tables keep what they have promised.")


@main.command("ask")
@click.argument("name", required=False)
@click.option("--file", type=click.Path(path_type=Path), help="File to read; the published one.")
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path), help="Write all rows to a file."
)
@click.option(
    "--rows", type=click.IntRange(min=1), default=40, show_default=True, help="Rows to show."
)
@explained
def ask_command(name: str | None, file: Path | None, csv_file: Path | None, rows: int) -> None:
    """Answer a question of analyses/ from the published marts; without NAME, list the questions."""
    from csat.model_card import file_to_read
    from csat.project import name_in_project, project_root, writing
    from csat.questions import answer, question_of, read_questions
    from csat.screen import as_text
    from csat.spreadsheets import CSV_ENCODING, as_csv

    root = project_root()
    if name is None:
        if csv_file is not None:
            raise UserError(
                f"There is nothing to write to {csv_file}: give the NAME of a question; "
                "`csat ask` lists them."
            )
        for question in read_questions(root).values():
            click.echo(f"{question.name}\n    {question.text}")
        return
    question = question_of(root, name)
    named = (file or file_to_read(root)).absolute()
    found = answer(question, named, name_in_project(root, named))
    if csv_file is not None:
        with writing(csv_file, "--csv"):
            csv_file.write_text(
                as_csv(found.column_names, zip(*found.to_pydict().values(), strict=True)),
                encoding=CSV_ENCODING,
                newline="",
            )
        click.echo(f"Written: {csv_file}, {found.num_rows} rows.")
        return
    width = shutil.get_terminal_size((160, 24)).columns
    for text in (question.text, question.reading):
        click.echo(textwrap.fill(text, width, break_on_hyphens=False) + "\n")
    click.echo(as_text(found.column_names, found.to_pylist(), width, rows))


@main.command("run")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.IntRange(min=0),
    default=600,
    show_default=True,
    help="Seconds to wait for a build file that someone has opened.",
)
@click.option("--exit-with-alarms", is_flag=True, help="Exit with 10 or 11 where alarms are open.")
@explained
def run_command(wait_seconds: int, exit_with_alarms: bool) -> None:
    """Do the daily job: check the data, build, test, publish, tell the alarms.

    Exits with 0 when all is well; 1 where a step failed, so that readers keep what they have;
    2 where the command is misused; 3 where a run is under way already; 4 where the data
    cannot be built from. With --exit-with-alarms, as `csat alerts`: 10 where alarms are open, 11
    where one is new.
    """
    from csat.daily_run import daily_run
    from csat.project import project_root

    code = daily_run(project_root(), wait_seconds, click.echo)
    if exit_with_alarms:
        sys.exit(code)


@main.command("runs")
@click.option(
    "--last", type=click.IntRange(min=1), default=10, show_default=True, help="Runs to show."
)
@explained
def runs_command(last: int) -> None:
    """List the last daily runs, step by step; a run that was killed is shown as such."""
    from csat.daily_run import logged_steps
    from csat.project import project_root
    from csat.publishing import build_file_of
    from csat.screen import as_text

    steps = logged_steps(build_file_of(project_root()), last)
    if not steps:
        click.echo("No daily run yet: `csat run` does one.")
        return
    rows = [
        {
            "run": step.run_id,
            "step": step.step,
            "started (UTC)": f"{step.started_at:%Y-%m-%d %H:%M:%S}",
            "seconds": None if step.seconds is None else round(step.seconds),
            "status": step.status,
            "message": step.message,
        }
        for step in steps
    ]
    width = shutil.get_terminal_size((200, 24)).columns
    click.echo(as_text(list(rows[0]), rows, width, len(rows)))


@main.command("publish")
@explained
def publish_command() -> None:
    """Publish what the last whole, green build has made, without building."""
    from csat.daily_run import only_run
    from csat.project import project_root
    from csat.publishing import build_file_of, publication_in_words, publish_again

    root = project_root()
    with only_run(build_file_of(root)):
        click.echo(publication_in_words(root, publish_again(root)))


@main.command("generations")
@explained
def generations_command() -> None:
    """List the publications that readers can be taken back to, the newest first."""
    from csat.generations import current, generations
    from csat.project import name_in_project, project_root
    from csat.publishing import published_file_of
    from csat.screen import as_text

    root = project_root()
    file = published_file_of(root)
    kept, seen = generations(file), current(file)
    if not kept:
        click.echo(f"No generation of {name_in_project(root, file)} is kept yet.")
        return
    rows = [
        {
            "generation": generation.name,
            "as of": generation.as_of,
            "tables": generation.tables,
            "rows": generation.rows,
            "source": generation.source_location,
            "readers see it": "yes" if seen and generation.name == seen.name else "",
        }
        for generation in kept
    ]
    width = shutil.get_terminal_size((160, 24)).columns
    click.echo(as_text(list(rows[0]), rows, width, len(rows)))


@main.command("roll-back")
@click.argument("generation", required=False)
@explained
def roll_back_command(generation: str | None) -> None:
    """Give readers an earlier publication: GENERATION of `csat generations`, or the one before.

    The next publication puts a new one in its place.
    """
    from csat.generations import roll_back
    from csat.project import name_in_project, project_root
    from csat.publishing import published_file_of

    root = project_root()
    file = published_file_of(root)
    seen = roll_back(file, generation)
    as_of = f", as of {seen.as_of}" if seen.as_of else ""
    click.echo(
        f"Readers see generation {seen.name}{as_of} in {name_in_project(root, file)}, "
        "until the next publication."
    )


@main.command("forget-customer")
@click.argument("customer_ids", nargs=-1, metavar="[CUSTOMER_ID]...")
@click.option(
    "--file",
    "ids_file",
    type=click.Path(path_type=Path),
    help="Text file with an id per line, besides those that are named.",
)
@click.option("--dry-run", is_flag=True, help="Tell what there is of them, and change nothing.")
@click.option(
    "--even-if-unknown",
    is_flag=True,
    help="Also keep out whom no table knows yet.",
)
@explained
def forget_customer_command(
    customer_ids: tuple[str, ...], ids_file: Path | None, dry_run: bool, even_if_unknown: bool
) -> None:
    """Remove customers from everything that was written, and keep them out from now on.

    Goes on with what was broken off. Without ids, removes whoever is on the list of the forgotten
    and found nevertheless, as after a copy was restored. Files that the company hands in are not
    touched.
    """
    from csat.forgetting.command import forget, read_ids, report
    from csat.project import project_root

    ids = [one.strip() for one in customer_ids if one.strip()]
    if ids_file is not None:
        ids += read_ids(ids_file)
        if not ids:
            raise UserError(f"{ids_file} holds no id: write one per line.")
    forgotten = forget(project_root(), ids, click.echo, dry_run, even_if_unknown)
    width = shutil.get_terminal_size((160, 24)).columns
    click.echo(report(forgotten, dry_run, width))
    if forgotten.left:
        sys.exit(1)
