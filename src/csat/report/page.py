"""The report as one HTML page."""

from __future__ import annotations

from importlib.resources import files

import jinja2
from markupsafe import Markup

from csat import theme
from csat.report import words
from csat.report.charts import CHARTS, LEAST_ANSWERS, MOST_SEGMENTS, draw
from csat.report.reading import MONTH, WEEK, ReportData

#: What a KPI is called on the page.
KPIS = {
    "nps": ("NPS", f"{words.number(-100, 0)} to 100"),
    "ces": ("CES, found it easy", "of 100 answers"),
    "response_rate": ("Response rate", "of 100 invitations"),
}


def render(data: ReportData) -> str:
    """Return the page: one file that asks for no other."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update({"day": words.day, "number": words.number, "signed": words.signed})
    template = files("csat.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        data=data,
        words=words,
        theme=theme,
        week=WEEK,
        month=MONTH,
        most_segments=MOST_SEGMENTS,
        least_answers=LEAST_ANSWERS,
        kpis=_kpis(data),
        drawn=_drawn(data),
    )


def _drawn(data: ReportData) -> dict[str, Markup | None]:
    """Return the charts; None for those that have nothing to show."""
    drawn: dict[str, Markup | None] = {}
    for name, (describe, description) in CHARTS.items():
        chart = describe(data) if getattr(data, name) else None
        drawn[name] = None if chart is None else Markup(draw(chart, name, description))
    return drawn


def _kpis(data: ReportData) -> list[dict]:
    today = data.today
    shown = [
        _kpi(
            ("CSAT of surveys", "of 100 answers"),
            (today["csat_survey"], today["csat_survey_lower"], today["csat_survey_upper"]),
            f"{words.number(today['survey_answers'], 0)} answers, "
            f"28 days to {words.day(data.as_of)}",
        )
    ]
    for measure, label in KPIS.items():
        row = data.kpis.get(measure)
        if row is None:
            continue
        is_rate = measure == "response_rate"
        figure = "response_rate" if is_rate else "figure"
        counted = "invitations_due" if is_rate else "answers"
        shown.append(
            _kpi(
                label,
                (row[figure], row[f"{figure}_lower"], row[f"{figure}_upper"]),
                f"{words.number(row[counted], 0)} {'invitations' if is_rate else 'answers'}, "
                f"28 days to {words.day(row['period_end'])}",
            )
        )
    return shown


def _kpi(label: tuple[str, str], figures: tuple[float | None, ...], of: str) -> dict:
    figure, lower, upper = figures
    return {
        "label": label[0],
        "unit": label[1],
        "figure": words.number(figure, 0),
        "interval": words.interval(lower, upper),
        "of": of,
    }
