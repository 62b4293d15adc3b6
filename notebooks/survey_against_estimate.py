"""What surveys say, against what is estimated for everyone: over time, and by segment."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Survey against estimate")


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
        # Survey against estimate

        Surveys reach few, and those who answer differ from those who do not. The estimate joins
        what the scores say of everyone with what surveys say beyond them. Where the two are
        apart, one of three things is so: few answers (look at the interval), other people
        answering than there are (look at `response_bias_correction`), or a model that is wrong
        there (look at `survey_correction`).
        """
    )
    return


@app.cell
def _(notebooks):
    days = notebooks.query(
        "select score_date, csat_estimate, csat_estimate_lower, csat_estimate_upper, csat_survey, "
        "csat_survey_lower, csat_survey_upper, survey_answers, csat_model_mean, survey_correction, "
        "response_bias_correction, gain_over_survey from marts.fct_base_csat_daily "
        "where csat_estimate is not null order by score_date"
    )
    return (days,)


@app.cell
def _(alt, days, notebooks, theme):
    _rows = alt.Chart(notebooks.values(days))
    _x = alt.X("score_date:T", title=None, scale=alt.Scale(type="utc"))
    _scale = alt.Scale(zero=False)

    def _series(name, colour):
        return (
            _rows.mark_area(color=colour, opacity=theme.INTERVAL_OPACITY).encode(
                _x,
                alt.Y(f"{name}_lower:Q", scale=_scale, title="satisfied of 100"),
                alt.Y2(f"{name}_upper:Q"),
            ),
            _rows.mark_line(color=colour).encode(_x, alt.Y(f"{name}:Q", scale=_scale)),
        )

    alt.layer(
        *_series("csat_survey", theme.SURVEY), *_series("csat_estimate", theme.ESTIMATE)
    ).properties(
        height=280,
        title="Estimate for everyone (blue), and surveys of 28 days (orange), with intervals",
    )
    return


@app.cell
def _(days):
    _pairs = [row for row in days.to_pylist() if row["csat_survey"] is not None]
    mean_gap = (
        sum(row["csat_survey"] - row["csat_estimate"] for row in _pairs) / len(_pairs)
        if _pairs
        else None
    )
    apart = sum(
        not row["csat_estimate_lower"] <= row["csat_survey"] <= row["csat_estimate_upper"]
        for row in _pairs
    )
    compared = len(_pairs)
    return apart, compared, mean_gap


@app.cell
def _(apart, compared, mean_gap, mo):
    mo.md(
        "There is no day with both."
        if mean_gap is None
        else f"Surveys lie **{mean_gap:+.1f} points** from the estimate on average over "
        f"{compared} days; on {apart} of them outside its interval."
    )
    return


@app.cell
def _(notebooks):
    segments = notebooks.query(
        "select entity_id, segment_name, segment_value, csat_estimate, csat_estimate_lower, "
        "csat_estimate_upper, csat_survey, survey_answers, customers, survey_correction, "
        "response_bias_correction from marts.fct_segment_csat_daily where score_date = "
        "(select max(score_date) from marts.fct_segment_csat_daily) and csat_estimate is not null "
        "order by csat_estimate, entity_id"
    )
    return (segments,)


@app.cell
def _(alt, notebooks, segments, theme):
    _scale = alt.Scale(domain=[0, 100])
    alt.layer(
        alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": 100, "y": 100}]))
        .mark_line(color=theme.COMPARISON, strokeDash=[3, 3], strokeWidth=1)
        .encode(alt.X("x:Q", scale=_scale), alt.Y("y:Q", scale=_scale)),
        alt.Chart(notebooks.values(segments))
        .transform_filter("isValid(datum.csat_survey)")
        .mark_point(opacity=0.8)
        .encode(
            alt.X("csat_survey:Q", scale=_scale, title="surveys of 28 days alone"),
            alt.Y("csat_estimate:Q", scale=_scale, title="estimate"),
            alt.Size("survey_answers:Q", title="answers"),
            tooltip=["entity_id:N", "csat_survey:Q", "csat_estimate:Q", "survey_answers:Q"],
        ),
    ).properties(
        width=420,
        height=420,
        title="Segments: the fewer answers, the less the estimate follows them",
    )
    return


@app.cell
def _(mo, segments):
    mo.ui.table(segments.to_pylist(), label="Segments of the last day")
    return


if __name__ == "__main__":
    app.run()
