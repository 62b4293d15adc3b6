"""What drives satisfaction: drivers, their curves, and why a segment differs from all customers."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="What drives satisfaction")


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
        # What drives satisfaction

        What the scores go by, from the published marts. Points say what the model has learned
        that customers have in common who answer alike. They are no causes: what programs do is
        measured in `program_impact.py`.
        """
    )
    return


@app.cell
def _(notebooks):
    importance = notebooks.query(
        "select driver, driver_label, driver_family, direction, leading_feature_label, "
        "mean_points, is_actionable, best_rank_before, worst_rank_before, importance_rank "
        "from marts.fct_csat_driver_importance order by importance_rank"
    )
    return (importance,)


@app.cell
def _(alt, importance, notebooks):
    _shown = importance.slice(0, 15)
    alt.Chart(notebooks.values(_shown)).mark_bar(height={"band": 0.62}).encode(
        alt.Y("driver_label:N", sort=_shown["driver_label"].to_pylist(), title=None),
        alt.X("mean_points:Q", title="points by which it moves a score, on average"),
        tooltip=["leading_feature_label:N", "direction:N", "mean_points:Q"],
    ).properties(height=alt.Step(22), title="Scores differ most by what stands first")
    return


@app.cell
def _(importance, mo):
    _drivers = dict(
        zip(importance["driver_label"].to_pylist(), importance["driver"].to_pylist(), strict=True)
    )
    driver = mo.ui.dropdown(_drivers, value=next(iter(_drivers), None), label="Driver")
    driver
    return (driver,)


@app.cell
def _(driver, notebooks):
    shapes = notebooks.query(
        "select * from marts.fct_csat_driver_shapes where driver = ? and not is_unknown "
        "order by feature, bin_number",
        driver.value,
    )
    curves = notebooks.query(
        "select feature_label, unit, from_value, to_value, points, points_lower, points_upper, "
        "customers from marts.fct_csat_driver_shapes where driver = ? and kind = 'numeric' "
        "and not is_missing and not is_unknown order by feature, bin_number",
        driver.value,
    )
    return curves, shapes


@app.cell
def _(alt, curves, mo, notebooks, theme):
    _steps = alt.Chart(notebooks.values(curves)).transform_calculate(
        begins="isValid(datum.from_value) ? datum.from_value : datum.to_value",
        ends="isValid(datum.to_value) ? datum.to_value : datum.from_value",
    )
    _x = alt.X("begins:Q", title="value, in the unit of the feature")
    _chart = alt.layer(
        _steps.mark_rect(opacity=theme.INTERVAL_OPACITY, color=theme.ESTIMATE).encode(
            _x, alt.X2("ends:Q"), alt.Y("points_lower:Q", title="points"), alt.Y2("points_upper:Q")
        ),
        _steps.mark_rule(strokeWidth=2, color=theme.ESTIMATE).encode(
            _x, alt.X2("ends:Q"), alt.Y("points:Q"), tooltip=["unit:N", "points:Q", "customers:Q"]
        ),
    ).properties(width=320, height=160)
    (
        _chart.facet("feature_label:N", columns=2, title=None).resolve_scale(
            x="independent", y="independent"
        )
        if curves.num_rows
        else mo.md(
            "This driver has no feature that is a number; its values are in the table below."
        )
    )
    return


@app.cell
def _(mo, shapes):
    mo.ui.table(
        shapes.select(
            ["feature_label", "category", "from_value", "to_value", "unit", "points", "customers"]
        ).to_pylist(),
        label="Every value that the driver goes by",
    )
    return


@app.cell
def _(mo, notebooks):
    entities = notebooks.query(
        "select distinct entity_id from marts.fct_segment_csat_drivers "
        "where score_date = (select max(score_date) from marts.fct_segment_csat_drivers) order by 1"
    )["entity_id"].to_pylist()
    entity = mo.ui.dropdown(entities, value=next(iter(entities), None), label="Segment")
    entity
    return entities, entity


@app.cell
def _(entity, notebooks):
    gap = notebooks.query(
        "select driver_label, points from marts.fct_segment_csat_drivers where entity_id = ? "
        "and score_date = (select max(score_date) from marts.fct_segment_csat_drivers) "
        "order by driver_rank",
        entity.value,
    )
    return (gap,)


@app.cell
def _(alt, entity, gap, notebooks, theme):
    _shown = gap.slice(0, 12)
    _total = sum(gap["points"].to_pylist())
    alt.Chart(notebooks.values(_shown)).mark_bar(height={"band": 0.62}).encode(
        alt.Y("driver_label:N", sort=_shown["driver_label"].to_pylist(), title=None),
        alt.X("points:Q", title="points above or below the mean score of all customers"),
        alt.Color(
            "is_low:N",
            legend=None,
            scale=alt.Scale(domain=[True, False], range=[theme.WORSE, theme.BETTER]),
        ),
    ).transform_calculate(is_low="datum.points < 0").properties(
        height=alt.Step(22),
        title=f"{entity.value}: mean score {_total:+.1f} points from that of all customers",
    )
    return


if __name__ == "__main__":
    app.run()
