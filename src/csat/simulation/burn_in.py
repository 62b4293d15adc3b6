"""What is written of what was drawn: all from the first written day on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from csat.simulation.billing import Bill, Payment
from csat.simulation.calendar import Calendar
from csat.simulation.contacts import NO_PARENT, Contact
from csat.simulation.engagement import EngagementEvent
from csat.simulation.interruptions import Interruption
from csat.simulation.rows import Rows
from csat.simulation.signals import Signal
from csat.simulation.surveys import NO_CONTACT, Answer, Invitation

NO_BILL = -1

RowsT = TypeVar("RowsT", bound=Rows)


@dataclass(frozen=True)
class History:
    """What happens to the customers of a chunk."""

    contacts: Contact
    bills: Bill
    payments: Payment
    interruptions: Interruption
    engagement: EngagementEvent
    signals: Signal
    invitations: Invitation
    answers: Answer

    def written(self, calendar: Calendar) -> History:
        """The history without what came to be in the burn-in.

        A contact whose parent is not written has none, a payment whose bill is not written is
        of no bill, and a survey after a contact that is not written is not written either.
        """
        first = calendar.first_second

        def since_first(rows: RowsT, moment: np.ndarray) -> RowsT:
            return rows.take(moment >= first)

        is_contact = self.contacts.started >= first
        contacts = self.contacts.take(is_contact)
        # Contacts are numbered in order of time: those before the first are not written.
        first_number = contacts.number[0] if len(contacts) else 0
        has_parent = contacts.parent >= first_number
        contacts = replace(
            contacts,
            number=contacts.number - first_number,
            parent=np.where(has_parent, contacts.parent - first_number, NO_PARENT),
        )
        is_bill = self.bills.issued >= first
        payments = since_first(self.payments, self.payments.paid)
        has_bill = is_bill[payments.bill]
        payments = replace(
            payments, bill=np.where(has_bill, (np.cumsum(is_bill) - 1)[payments.bill], NO_BILL)
        )
        after_contact = self.invitations.contact != NO_CONTACT
        is_survey = self.invitations.sent >= first
        is_survey[after_contact] &= is_contact[self.invitations.contact[after_contact]]
        invitations = self.invitations.take(is_survey)
        position = np.r_[np.cumsum(is_contact) - 1, NO_CONTACT]
        return History(
            contacts=contacts,
            bills=self.bills.take(is_bill),
            payments=payments,
            interruptions=since_first(self.interruptions, self.interruptions.started),
            engagement=since_first(self.engagement, self.engagement.occurred),
            signals=since_first(self.signals, self.signals.occurred),
            invitations=replace(invitations, contact=position[invitations.contact]),
            answers=self.answers.take(is_survey),
        )
