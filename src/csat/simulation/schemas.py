"""The columns of every table that the simulator writes: the source contract and the truth."""

from __future__ import annotations

import pyarrow as pa

TEXT = pa.string()
MOMENT = pa.timestamp("us")
DATE = pa.date32()
NUMBER = pa.float64()
COUNT = pa.int64()
FLAG = pa.bool_()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


CONTRACT: dict[str, pa.Schema] = {
    "customers": _schema(
        customer_id=TEXT,
        customer_since=DATE,
        closed_at=MOMENT,
        customer_type=TEXT,
        region=TEXT,
        plan=TEXT,
        preferred_channel=TEXT,
        annual_value=NUMBER,
        industry=TEXT,
        loaded_at=MOMENT,
    ),
    "customer_attributes": _schema(
        customer_id=TEXT, attribute=TEXT, value=TEXT, valid_from=MOMENT, loaded_at=MOMENT
    ),
    "contacts": _schema(
        contact_id=TEXT,
        customer_id=TEXT,
        started_at=MOMENT,
        channel=TEXT,
        topic=TEXT,
        queue=TEXT,
        agent_id=TEXT,
        first_response_at=MOMENT,
        first_human_response_at=MOMENT,
        wait_seconds=COUNT,
        handle_seconds=COUNT,
        transfers=COUNT,
        is_resolved=FLAG,
        resolved_at=MOMENT,
        reopen_count=COUNT,
        parent_contact_id=TEXT,
        product=TEXT,
        program_id=TEXT,
        loaded_at=MOMENT,
    ),
    "agents": _schema(
        agent_id=TEXT, agent_name=TEXT, team=TEXT, hired_at=MOMENT, skills=TEXT, loaded_at=MOMENT
    ),
    "bills": _schema(
        bill_id=TEXT,
        customer_id=TEXT,
        issued_at=MOMENT,
        due_at=MOMENT,
        amount=NUMBER,
        is_estimated=FLAG,
        is_disputed=FLAG,
        loaded_at=MOMENT,
    ),
    "payments": _schema(
        payment_id=TEXT,
        customer_id=TEXT,
        bill_id=TEXT,
        paid_at=MOMENT,
        amount=NUMBER,
        method=TEXT,
        status=TEXT,
        is_autopay=FLAG,
        loaded_at=MOMENT,
    ),
    "interruptions": _schema(
        interruption_id=TEXT,
        customer_id=TEXT,
        started_at=MOMENT,
        restored_at=MOMENT,
        is_planned=FLAG,
        notified_at=MOMENT,
        estimated_restored_at=MOMENT,
        cause=TEXT,
        loaded_at=MOMENT,
    ),
    "engagement_events": _schema(
        event_id=TEXT,
        customer_id=TEXT,
        occurred_at=MOMENT,
        channel=TEXT,
        event_type=TEXT,
        program_id=TEXT,
        loaded_at=MOMENT,
    ),
    "survey_invitations": _schema(
        invitation_id=TEXT,
        customer_id=TEXT,
        sent_at=MOMENT,
        instrument_id=TEXT,
        contact_id=TEXT,
        agent_id=TEXT,
        channel=TEXT,
        touchpoint=TEXT,
        product=TEXT,
        loaded_at=MOMENT,
    ),
    "survey_responses": _schema(
        response_id=TEXT,
        customer_id=TEXT,
        responded_at=MOMENT,
        instrument_id=TEXT,
        answer=TEXT,
        invitation_id=TEXT,
        contact_id=TEXT,
        agent_id=TEXT,
        channel=TEXT,
        touchpoint=TEXT,
        product=TEXT,
        comment=TEXT,
        loaded_at=MOMENT,
    ),
    "programs": _schema(
        program_id=TEXT,
        program_name=TEXT,
        program_type=TEXT,
        started_at=MOMENT,
        cost_per_enrollment=NUMBER,
        is_randomized=FLAG,
        loaded_at=MOMENT,
    ),
    "program_enrollments": _schema(
        program_id=TEXT,
        customer_id=TEXT,
        enrolled_at=MOMENT,
        ended_at=MOMENT,
        loaded_at=MOMENT,
    ),
    "customer_signals": _schema(
        customer_id=TEXT, signal=TEXT, occurred_at=MOMENT, value=NUMBER, loaded_at=MOMENT
    ),
}

#: Primary key and required columns of each contract table.
KEYS: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "customer_attributes": ("customer_id", "attribute", "valid_from"),
    "contacts": ("contact_id",),
    "agents": ("agent_id",),
    "bills": ("bill_id",),
    "payments": ("payment_id",),
    "interruptions": ("interruption_id", "customer_id"),
    "engagement_events": ("event_id",),
    "survey_invitations": ("invitation_id",),
    "survey_responses": ("response_id",),
    "programs": ("program_id",),
    "program_enrollments": ("program_id", "customer_id", "enrolled_at"),
    "customer_signals": ("customer_id", "signal", "occurred_at"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "customers": ("customer_since",),
    "customer_attributes": ("value",),
    "contacts": ("customer_id", "started_at"),
    "agents": (),
    "bills": ("customer_id", "issued_at", "due_at", "amount"),
    "payments": ("customer_id", "paid_at", "amount"),
    "interruptions": ("started_at",),
    "engagement_events": ("customer_id", "occurred_at"),
    "survey_invitations": ("customer_id", "sent_at", "instrument_id"),
    "survey_responses": ("customer_id", "responded_at", "instrument_id", "answer"),
    "programs": ("program_name",),
    "program_enrollments": (),
    "customer_signals": ("value",),
}

TRUTH: dict[str, pa.Schema] = {
    # One row per customer and day on which they are a customer, at the reference instrument.
    "customer_days": _schema(customer_id=TEXT, date=DATE, probability_satisfied=pa.float32()),
    # effect_points: mean effect on the treated over their days at full effect (three ramps
    # after enrolment, before the end), in CSAT points; 0 for programs without effect.
    # effect_points_since_enrollment: over all their days since enrolment.
    "programs": _schema(
        program_id=TEXT,
        effect_points=NUMBER,
        effect_points_since_enrollment=NUMBER,
        treated_customers=COUNT,
        designed_points=NUMBER,
    ),
    # effect_points: mean effect, on the day of the journey's last step, of that step (with
    # all that happened in it) on those who took it, against not taking it; of which
    # interaction_points on top of the parts.
    "journeys": _schema(
        journey_id=TEXT,
        description=TEXT,
        effect_points=NUMBER,
        interaction_points=NUMBER,
        customers=COUNT,
    ),
    # Probability that the invitation is answered, given everything, the latent answer included.
    "responses": _schema(invitation_id=TEXT, response_propensity=NUMBER),
    "shocks": _schema(kind=TEXT, area=TEXT, start_date=DATE, end_date=DATE, points=NUMBER),
    # Mean daily hazard of leaving over each block of 30 days.
    "hazards": _schema(
        customer_id=TEXT,
        start_date=DATE,
        daily_hazard=pa.float32(),
        hazard_ratio_per_10_points=NUMBER,
    ),
    # Effect of an agent on an average customer's satisfaction after one contact.
    "agents": _schema(agent_id=TEXT, effect_points=NUMBER),
    # What an intervention would gain for a customer as of the last day.
    "interventions": _schema(customer_id=TEXT, intervention=TEXT, gain_points=NUMBER),
}
