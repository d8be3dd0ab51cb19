"""
Durable sending: an intent that :meth:`Outbox.submit` took has exactly one effect on chain, whatever
crashes, and however often it is submitted.

Intent, nonce, signature and raw transaction are committed together before anything is broadcast.
What comes back is followed to finality: dropped transactions are broadcast again, those that wait
too long replaced at the same nonce, those whose block was reorganised away sent again, and those
whose nonce a foreign transaction took signed anew, which is safe because every call carries a
single-use ``ref``::

    outbox = Outbox(chain, SqliteJournal("rapport.db"), signer, [AwardKind(chain)])
    outbox.start()
    submission = outbox.submit("loyalty.award", {...}, key="order:123")
    outcome = submission.wait(timeout=60)
"""

from rapport.outbox.aio import AsyncOutbox, AsyncSubmission
from rapport.outbox.handover import Adopted
from rapport.outbox.journal import Journal, Lease, Progress
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.outbox.outbox import Outbox, Submission
from rapport.outbox.policy import Policy
from rapport.outbox.records import (
    Attempt,
    Detail,
    Entry,
    Forgotten,
    Mention,
    State,
    Status,
    Trace,
    Tx,
)
from rapport.outbox.sqlite import SqliteJournal

__all__ = [
    "Adopted",
    "AsyncOutbox",
    "AsyncSubmission",
    "Attempt",
    "Call",
    "Detail",
    "Entry",
    "Forgotten",
    "Journal",
    "Kind",
    "Lease",
    "Mention",
    "Outbox",
    "Outcome",
    "Payload",
    "Policy",
    "Progress",
    "SqliteJournal",
    "State",
    "Status",
    "Submission",
    "Trace",
    "Tx",
]
