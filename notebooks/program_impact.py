"""What programs do to satisfaction: effects, weeks from the start, checks, and for whom."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="What programs do")


@app.cell
def _():
    import altair as alt
    import marimo as mo

    from csat import notebooks, theme

    notebooks.use_theme()
    return alt, mo, notebooks, theme


@app.cell
def _(mo):
    mo.md(
        """
        # What programs do

        Effects on the surveyed satisfaction of those who enrol, against customers like them who
        had not (or whom chance kept out). An effect counts only where its interval and all
        checks say so; the verdict does that.
        """
    )
    return


@app.cell
def _(notebooks):
    programs = notebooks.query(
        "select program_id, coalesce(program_name, program_id) as program_name, method, verdict, "
        "verdict_message, effect_points, effect_points_lower, effect_points_upper, "
        "smallest_effect_told, behaviour_points, treated_customers, answers, cost_per_point "
        "from marts.fct_program_impact order by effect_points desc nulls last, program_id"
    )
    return (programs,)


@app.cell
def _(alt, notebooks, programs, theme):
    _rows = alt.Chart(notebooks.values(programs)).transform_filter("isValid(datum.effect_points)")
    _y = alt.Y("program_name:N", sort=programs["program_name"].to_pylist(), title=None)
    _colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(theme.VERDICTS), range=list(theme.VERDICTS.values())),
    )
    alt.layer(
        alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule().encode(alt.X("zero:Q")),
        _rows.mark_rule(strokeWidth=5, opacity=0.65).encode(
            _y,
            alt.X("effect_points_lower:Q", title="points of CSAT"),
            alt.X2("effect_points_upper:Q"),
            _colour,
        ),
        _rows.mark_point(size=60, stroke=theme.INK, strokeWidth=1, opacity=1).encode(
            _y, alt.X("effect_points:Q"), _colour, tooltip=["verdict_message:N", "answers:Q"]
        ),
    ).properties(height=alt.Step(26), title="Effects with intervals (95 %)")
    return


@app.cell
def _(mo, programs):
    mo.ui.table(
        programs.select(
            ["program_name", "verdict", "verdict_message", "method", "treated_customers", "answers"]
        ).to_pylist(),
        label="Verdicts",
    )
    return


@app.cell
def _(mo, programs):
    _programs = {
        f"{name} ({program_id})": program_id
        for name, program_id in zip(
            programs["program_name"].to_pylist(), programs["program_id"].to_pylist(), strict=True
        )
    }
    program = mo.ui.dropdown(_programs, value=next(iter(_programs), None), label="Program")
    program
    return (program,)


@app.cell
def _(notebooks, program):
    weeks = notebooks.query(
        "select weeks_from_start, effect_points, effect_points_lower, effect_points_upper, answers "
        "from marts.fct_program_impact_by_week where program_id = ? and effect_points is not null "
        "order by weeks_from_start",
        program.value,
    )
    checks = notebooks.query(
        "select check_name, status, message from marts.fct_program_impact_checks "
        "where program_id = ? order by check_name",
        program.value,
    )
    groups = notebooks.query(
        "select group_kind, group_name, verdict, effect_points, effect_points_lower, "
        "effect_points_upper, treated_customers, answers, verdict_message "
        "from marts.fct_program_impact_by_group where program_id = ? "
        "order by effect_points is null, group_kind, group_name",
        program.value,
    )
    return checks, groups, weeks


@app.cell
def _(alt, mo, notebooks, theme, weeks):
    _rows = alt.Chart(notebooks.values(weeks))
    _x = alt.X("weeks_from_start:Q", title="weeks from the start")
    (
        alt.layer(
            alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule().encode(alt.Y("zero:Q")),
            alt.Chart(alt.Data(values=[{"start": -0.5}]))
            .mark_rule(strokeDash=[3, 3], color=theme.INK)
            .encode(alt.X("start:Q")),
            _rows.mark_rule(color=theme.ESTIMATE, opacity=0.45).encode(
                _x,
                alt.Y("effect_points_lower:Q", title="points of CSAT"),
                alt.Y2("effect_points_upper:Q"),
            ),
            _rows.mark_point(opacity=1).encode(
                _x, alt.Y("effect_points:Q"), tooltip=["effect_points:Q", "answers:Q"]
            ),
        ).properties(
            height=260, title="Before the start there should be nothing; after it, the effect"
        )
        if weeks.num_rows
        else mo.md("Of this program nothing can be told by week.")
    )
    return


@app.cell
def _(checks, groups, mo):
    mo.vstack(
        [
            mo.ui.table(checks.to_pylist(), label="May that be believed?"),
            mo.ui.table(
                groups.to_pylist(),
                label="For whom? Verdicts allow for how many groups there are",
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
