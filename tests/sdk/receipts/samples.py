"""Receipts to test with: one as a shop would issue it, and any that hypothesis thinks of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from eth_utils.address import to_checksum_address
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from rapport.receipts import Actor, Answer, Choice, ConsentReceipt, Controller, Notice

unhurried = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
"""For laws about whole receipts, of which each takes some milliseconds."""

CUSTOMER_KEY = bytes(range(32))
DPV, PD = "https://w3id.org/dpv#", "https://w3id.org/dpv/pd#"
CONTRACT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

CONTROLLER = Controller(
    name="Corner Coffee Ltd",
    contact="Data protection office",
    email="privacy@coffee.example",
    phone="+353 1 555 0100",
    address="1 High Street, Dublin, Ireland",
    privacy_policy="https://coffee.example/privacy",
    preferences="https://coffee.example/preferences",
)
BY_EMAIL = Choice(
    0,
    0,
    "Send me offers by e-mail",
    f"{DPV}DirectMarketing",
    Answer.GRANTED,
    (f"{PD}EmailAddress",),
    730,
)
BY_TEXT = Choice(
    0,
    1,
    "Send me offers by text",
    f"{DPV}DirectMarketing",
    Answer.REFUSED,
    (f"{PD}TelephoneNumber",),
)
PROFILING = Choice(
    0,
    3,
    "Choose offers by what I buy",
    f"{DPV}Personalisation",
    Answer.WITHDRAWN,
    (f"{PD}Purchase",),
)
PARTNERS = Choice(
    *(0, 4, "Let partners send me their offers", f"{DPV}Marketing", Answer.GRANTED),
    *((f"{PD}EmailAddress", f"{PD}Purchase"), 365, ("Bean Roasters GmbH", "Cup Makers SA")),
)
RECEIPT = ConsentReceipt(
    id="7f0d7a0e-3c5f-4c39-8f0e-6a3f2d1b9c55",
    issued_at=datetime(2026, 11, 22, 8, 30, 5, tzinfo=UTC),
    controller=CONTROLLER,
    service="Corner Coffee Club",
    customer_id=f"0x{'c1' * 32}",
    notices=(Notice(0, 3, f"0x{'0d' * 32}", "https://coffee.example/notices/3"),),
    choices=(BY_EMAIL, BY_TEXT, PROFILING, PARTNERS),
    recorded_by=Actor.CUSTOMER,
    method="preference centre, signed by the customer's wallet",
    language="en",
    jurisdiction="IE",
    storage_places=("IE", "DE"),
    retention_days=30,
    chain_id=31337,
    contract=CONTRACT,
    sensitive=(f"{PD}Purchase",),
)


def a_receipt(**changes: Any) -> ConsentReceipt:
    """The shop's receipt, otherwise where told."""
    return replace(RECEIPT, **changes)


texts = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
iris = st.integers(0, 2**32).map("https://somebody.example/{}".format)
words = st.binary(min_size=32, max_size=32).filter(any).map(lambda raw: f"0x{raw.hex()}")
places = st.sampled_from(["IE", "DE", "EU", "US-CA", "BR"])
moments = st.integers(0, 253402300799).map(lambda second: datetime.fromtimestamp(second, UTC))
controllers = st.builds(
    Controller,
    name=texts,
    contact=texts,
    email=st.just("privacy@coffee.example"),
    phone=texts,
    address=texts,
    privacy_policy=iris,
    preferences=iris,
)


@st.composite
def choices(draw: st.DrawFn, group: int, lane: int) -> Choice:
    answer = draw(st.sampled_from(Answer))
    return Choice(
        group=group,
        lane=lane,
        label=draw(texts),
        purpose=draw(iris),
        answer=answer,
        data=tuple(draw(st.lists(iris, min_size=1, max_size=3, unique=True))),
        max_age_days=draw(st.integers(1, 3650)) if answer is Answer.GRANTED else None,
        recipients=tuple(draw(st.lists(texts, max_size=2, unique=True))),
    )


@st.composite
def receipts(draw: st.DrawFn) -> ConsentReceipt:
    lanes = st.tuples(st.integers(0, 7), st.integers(0, 6))
    chosen = [
        draw(choices(group, lane))
        for group, lane in sorted(draw(st.sets(lanes, min_size=1, max_size=5)))
    ]
    known = sorted({iri for choice in chosen for iri in choice.data})
    return ConsentReceipt(
        id=str(draw(st.uuids())),
        issued_at=draw(moments),
        controller=draw(controllers),
        service=draw(texts),
        customer_id=draw(words),
        notices=tuple(
            Notice(group, draw(st.integers(1, 2**14 - 1)), draw(words), draw(iris))
            for group in sorted({choice.group for choice in chosen})
        ),
        choices=tuple(chosen),
        recorded_by=draw(st.sampled_from(Actor)),
        method=draw(texts),
        language=draw(st.sampled_from(["en", "pt-BR", "zh-Hant"])),
        jurisdiction=draw(places),
        storage_places=tuple(draw(st.lists(places, min_size=1, max_size=3, unique=True))),
        retention_days=draw(st.integers(0, 3650)),
        chain_id=draw(st.integers(1, 2**53 - 1)),
        contract=to_checksum_address(draw(st.binary(min_size=20, max_size=20))),
        sensitive=tuple(sorted(draw(st.sets(st.sampled_from(known))))),
    )
