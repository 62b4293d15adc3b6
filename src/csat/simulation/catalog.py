"""The company's vocabulary: types, plans, channels, queues, topics.

A category is handled as its position in one of these tuples; ``-1`` stands for none.
"""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMER_TYPES = ("residential", "small_business", "business")
RESIDENTIAL, SMALL_BUSINESS, BUSINESS = range(3)
PLANS = ("standard", "fixed", "green", "time_of_use", "prepaid")
INDUSTRIES = ("retail", "hospitality", "manufacturing", "health", "farming", "offices")
TARIFF_GROUPS = ("basic", "heating", "vehicle", "solar")
DIGITAL_SEGMENTS = ("offline", "occasional", "regular", "digital_first")
PRODUCTS = ("electricity", "gas", "both")

CHANNELS = ("phone", "chat", "email", "sms", "social", "web", "branch")
PHONE, CHAT, EMAIL, SMS, SOCIAL, WEB, BRANCH = range(7)
#: Channels where the customer waits in line for a human.
LIVE_CHANNELS = (PHONE, CHAT, BRANCH)
#: Channels where a machine acknowledges the message at once.
ACKNOWLEDGED_CHANNELS = (EMAIL, SMS, WEB)

QUEUES = (
    "outage_line",
    "billing_line",
    "service_line",
    "business_desk",
    "digital_desk",
    "branch_desk",
)
OUTAGE_LINE, BILLING_LINE, SERVICE_LINE, BUSINESS_DESK, DIGITAL_DESK, BRANCH_DESK = range(6)


@dataclass(frozen=True)
class Topic:
    """A reason for contact."""

    name: str
    # queue that takes it by phone
    queue: int
    # relative number of contacts about it that have no particular cause
    background: float
    # logit of being resolved at the first try
    resolution_logit: float
    # median minutes of handling
    handling_minutes: float


TOPICS = (
    Topic("outage", OUTAGE_LINE, 0.04, 0.9, 5.0),
    Topic("bill_question", BILLING_LINE, 0.20, 1.5, 8.0),
    Topic("payment", BILLING_LINE, 0.13, 1.9, 6.0),
    Topic("meter_reading", BILLING_LINE, 0.12, 1.8, 4.5),
    Topic("moving", SERVICE_LINE, 0.10, 1.6, 9.0),
    Topic("contract", SERVICE_LINE, 0.13, 1.5, 10.0),
    Topic("complaint", SERVICE_LINE, 0.08, 0.2, 14.0),
    Topic("app_help", DIGITAL_DESK, 0.07, 1.0, 7.0),
    Topic("tariff_advice", SERVICE_LINE, 0.09, 2.0, 9.0),
    Topic("connection", SERVICE_LINE, 0.04, 0.6, 12.0),
    Topic("service_check", SERVICE_LINE, 0.0, 2.2, 6.0),
)
(
    OUTAGE,
    BILL_QUESTION,
    PAYMENT,
    METER_READING,
    MOVING,
    CONTRACT,
    COMPLAINT,
    APP_HELP,
    TARIFF_ADVICE,
    CONNECTION,
    SERVICE_CHECK,
) = range(len(TOPICS))
TOPIC_NAMES = tuple(topic.name for topic in TOPICS)

CAUSES = (
    "storm: tree on the line",
    "storm: flooded substation",
    "cable fault",
    "transformer fault",
    "damage by third party",
    "planned maintenance",
    "meter exchange",
)
STORM_CAUSES, FAULT_CAUSES, PLANNED_CAUSES = (0, 1), (2, 3, 4), (5, 6)

PAYMENT_METHODS = ("direct_debit", "card", "bank_transfer", "wallet", "cash")
DIRECT_DEBIT, CARD, BANK_TRANSFER, WALLET, CASH = range(5)
PAYMENT_STATUSES = ("settled", "failed", "reversed")
SETTLED, FAILED, REVERSED = range(3)

EVENT_CHANNELS = ("web", "app", "email", "sms")
EVENT_WEB, EVENT_APP, EVENT_EMAIL, EVENT_SMS = range(4)
EVENT_TYPES = (
    "login",
    "page_view",
    "app_error",
    "email_open",
    "email_click",
    "unsubscribe",
    "push_open",
    "sms_open",
)
LOGIN, PAGE_VIEW, APP_ERROR, EMAIL_OPEN, EMAIL_CLICK, UNSUBSCRIBE, PUSH_OPEN, SMS_OPEN = range(8)

SIGNALS = ("meter_read_estimated", "smart_meter_outage_alerts", "promised_callback_missed")
METER_READ_ESTIMATED, OUTAGE_ALERTS, CALLBACK_MISSED = range(3)

TOUCHPOINTS = ("after_contact", "website", "relationship", "follow_up")
AFTER_CONTACT, WEBSITE, RELATIONSHIP, FOLLOW_UP = range(4)
