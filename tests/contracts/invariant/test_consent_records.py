"""ConsentRegistry: what operators record, and what merges and erasures leave."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.support.codec import selector
from tests.contracts.support.evm import Event
from tests.contracts.support.machine import digest
from tests.contracts.support.model.consent import Decision, State, refusal_reason
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import NOTICE, OPT_OUT, WORDS, Scene

DAY = 86_400
ALL = 127
NOBODY = digest("nobody", 0)


def record(scene: Scene, grant: int, withdraw: int, seq: int, **other: Any) -> Any:
    decision = scene.decision(grant, withdraw, **{"customerId": scene.bare, **other})
    return scene.consents.recordFor(decision, seq, **scene.by("operator"))


def state(scene: Scene, lane: int, customer: bytes | None = None) -> int:
    return int(scene.consents.statusOf(customer or scene.bare, 0, lane)[0])


# Records


def test_a_recorded_grant_is_marked_for_ever_as_an_operators() -> None:
    scene = Scene()
    assert record(scene, 9, 2, 0) is True
    operator, receipt = scene.actors["operator"], digest("receipt", 0)
    told = (scene.bare, 0, operator, 9, 2, 1, 1, True, receipt)
    assert scene.events == [Event("ConsentRegistry", "ConsentChanged", told)]
    today = scene.evm.timestamp // DAY
    assert scene.consents.statusOf(scene.bare, 0, 3) == (
        State.RECORDED,
        1,
        today,
        today + 365,
        True,
    )
    assert [state(scene, lane) for lane in range(4)] == [2, 3, 0, 2]
    scene.link(scene.bare, scene.spare)
    assert state(scene, 3) == State.RECORDED
    args = scene.save_intent(scene.decision(8, 0, customerId=scene.bare), scene.spare)
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert [state(scene, 0), state(scene, 3)] == [State.RECORDED, State.GRANTED]


def test_an_operator_grants_only_for_who_has_no_wallet() -> None:
    scene = Scene()
    with refused("WalletLinkedAlready", scene.linked, scene.wallet.address):
        record(scene, 1, 0, 0, customerId=scene.linked)
    with refused("WalletLinkedAlready", scene.linked, scene.wallet.address):
        record(scene, 1, 2, 0, customerId=scene.linked)
    assert record(scene, 0, 2, 0, customerId=scene.linked) is True
    assert state(scene, 1, scene.linked) == State.WITHDRAWN


def test_a_record_never_undoes_a_later_decision() -> None:
    scene = Scene()
    record(scene, 1, 0, 0)
    record(scene, 0, 1, 0)
    for seq in (0, 1, 3, 2**32 - 1):
        with refused("BadSequence", seq, 2):
            record(scene, 1, 0, seq)
    assert record(scene, 1, 0, 2) is True
    assert state(scene, 0) == State.RECORDED


def test_a_withdrawal_ignores_the_sequence_and_again_changes_nothing() -> None:
    scene = Scene()
    for seq in (7, 0, 2**32 - 1):
        first = record(scene, 0, 1, seq)
        assert first is (seq == 7)
        assert len(scene.events) == first
    assert scene.consents.sequenceOf(scene.bare, 0) == 1


def test_a_repetition_changes_nothing_even_on_another_day_or_under_another_notice() -> None:
    scene = Scene()
    args = (scene.decision(5, 2, customerId=scene.bare), 0)
    by = scene.by("operator")
    assert scene.consents.recordFor(*args, **by) is True
    before = [scene.consents.statusOf(scene.bare, 0, lane) for lane in range(7)]
    scene.evm.warp(scene.evm.timestamp + DAY)
    scene.consents.publishNotice(0, 2, NOTICE, WORDS, **scene.by("publisher"))
    scene.consents.pause(**scene.by("guardian"))
    assert scene.consents.recordFor(*args, **by) is False
    scene.link(scene.bare, scene.spare)
    assert scene.consents.recordFor(*args, **by) is False
    assert scene.events == []
    after = [scene.consents.statusOf(scene.bare, 0, lane) for lane in range(7)]
    assert [met[:4] for met in after] == [met[:4] for met in before]
    assert scene.consents.sequenceOf(scene.bare, 0) == 1


@pytest.mark.parametrize(
    ("grant", "withdraw", "notice"),
    [(4, 2, 1), (5, 3, 1), (7, 0, 1), (13, 2, 1), (5, 10, 1), (5, 2, 2)],
)
def test_another_record_is_no_repetition(grant: int, withdraw: int, notice: int) -> None:
    """Of the record that granted lanes 0 and 2 and withdrew lane 1."""
    scene = Scene()
    record(scene, 5, 2, 0)
    if (grant, withdraw) == (5, 3):
        with refused("OverlappingMasks", 5, 3):
            record(scene, grant, withdraw, 0)
    elif (grant, withdraw) == (4, 2):
        assert record(scene, grant, withdraw, 0) is False  # it changes nothing
    else:
        with refused("BadSequence", 0, 1):
            record(scene, grant, withdraw, 0, notice=notice)


def test_a_retry_after_the_customers_own_decision_is_out_of_sequence() -> None:
    scene = Scene()
    decision = scene.decision(1, 2)
    scene.registry.unlinkWallet(scene.linked, **scene.by("wallet"))
    scene.consents.recordFor(decision, 0, **scene.by("operator"))
    scene.link(scene.linked, scene.wallet)
    scene.consents.save(scene.decision(1, 2), **scene.by("wallet"))
    for seq in (0, 1):  # the customer's own word stands now, which no record repeats
        with refused("WalletLinkedAlready", scene.linked, scene.wallet.address):
            scene.consents.recordFor(decision, seq, **scene.by("operator"))
    scene.registry.unlinkWallet(scene.linked, **scene.by("wallet"))
    with refused("BadSequence", 1, 2):
        scene.consents.recordFor(decision, 1, **scene.by("operator"))
    assert state(scene, 0, scene.linked) == State.GRANTED


def test_a_record_with_a_wrong_mask_is_no_repetition() -> None:
    scene = Scene()
    record(scene, 1, 0, 0)
    for grant, withdraw in ((128, 0), (129, 0), (1, 128)):
        for seq in (0, 1):
            with refused("UnknownPurpose", 0, 128):
                record(scene, grant, withdraw, seq)
    with refused("EmptyDecision"):
        record(scene, 0, 0, 0)
    with refused("UnknownPurpose", 0, 128):
        record(scene, 128, 0, 2**32 - 1, customerId=scene.other)


def test_a_first_record_names_sequence_zero() -> None:
    scene = Scene()
    with refused("BadSequence", 2**32 - 1, 0):
        record(scene, 1, 0, 2**32 - 1)
    with refused("BadSequence", 1, 0):
        record(scene, 1, 0, 1)


def test_nothing_is_recorded_for_who_is_unknown_or_closed() -> None:
    scene = Scene()
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    scene.registry.erase(scene.bare, **scene.by("steward"))
    named = (
        (NOBODY, "UnknownCustomer"),
        (scene.other, "CustomerClosed"),
        (scene.bare, "CustomerClosed"),
    )
    for customer, error in named:
        for grant, withdraw in ((1, 0), (0, 1)):
            with refused(error, customer):
                record(scene, grant, withdraw, 0, customerId=customer)


def test_a_suspended_customers_decisions_are_recorded() -> None:
    scene = Scene()
    scene.registry.suspend(scene.bare, bytes(32), **scene.by("operator"))
    assert record(scene, 1, 2, 0) is True
    assert [state(scene, 0), state(scene, 1)] == [State.RECORDED, State.WITHDRAWN]


# Batches


def test_a_batch_skips_and_tells_what_the_customer_stands_against() -> None:
    scene = Scene()
    scene.registry.erase(scene.other, **scene.by("steward"))
    receipt = digest("receipt", 0)

    def item(customer: bytes, grant: int, withdraw: int, seq: int) -> tuple[Decision, int]:
        return scene.decision(grant, withdraw, customerId=customer), seq

    records = [
        item(NOBODY, 1, 0, 0),
        item(scene.other, 0, 1, 0),
        item(scene.linked, 1, 0, 0),
        item(scene.bare, 1, 0, 5),
        item(scene.bare, 1, 2, 0),
        item(scene.bare, 1, 2, 0),  # said twice
        item(scene.bare, 4, 0, 1),
        item(scene.bare, 0, 2, 9),  # changes nothing
        item(scene.linked, 0, 8, 9),
    ]
    changed = scene.consents.recordBatch(records, **scene.by("operator"))
    assert changed == 3
    operator = scene.actors["operator"]

    def told(name: str, *args: Any) -> Event:
        return Event("ConsentRegistry", name, args)

    assert scene.events == [
        told("RecordRefused", NOBODY, 0, refusal_reason("UnknownCustomer")),
        told("RecordRefused", scene.other, 0, refusal_reason("CustomerClosed")),
        told("RecordRefused", scene.linked, 0, refusal_reason("WalletLinkedAlready")),
        told("RecordRefused", scene.bare, 0, refusal_reason("BadSequence")),
        told("ConsentChanged", scene.bare, 0, operator, 1, 2, 1, 1, True, receipt),
        told("ConsentChanged", scene.bare, 0, operator, 4, 0, 1, 2, True, receipt),
        told("ConsentChanged", scene.linked, 0, operator, 0, 8, 0, 1, True, receipt),
    ]
    assert scene.consents.recordBatch([], **scene.by("operator")) == 0


def test_the_reason_of_a_refusal_is_the_selector_of_its_error() -> None:
    scene = Scene()
    errors = {e["name"]: selector(e) for e in scene.consents.abi if e["type"] == "error"}
    for name in ("UnknownCustomer", "CustomerClosed", "WalletLinkedAlready", "BadSequence"):
        assert errors[name] == refusal_reason(name)


@pytest.mark.parametrize(
    ("grant", "withdraw", "notice", "error"),
    [
        (3, 6, 1, ("OverlappingMasks", 3, 6)),
        (0, 0, 1, ("EmptyDecision",)),
        (129, 0, 1, ("UnknownPurpose", 0, 128)),
        (1, 0, 2, ("UnknownNotice", 0, 2)),
    ],
)
def test_a_wrong_mask_or_notice_stops_the_whole_batch(
    grant: int, withdraw: int, notice: int, error: tuple[Any, ...]
) -> None:
    scene = Scene()
    good = scene.decision(1, 0, customerId=scene.bare)
    wrong = scene.decision(grant, withdraw, customerId=scene.other, notice=notice)
    with refused(*error):
        scene.consents.recordBatch([(good, 0), (wrong, 0)], **scene.by("operator"))
    assert state(scene, 0) == State.NONE


# Merges and erasures


def test_withdrawals_travel_to_the_heir_with_their_day_and_grants_do_not() -> None:
    scene = Scene()
    record(scene, 0b0000111, 0b0111000, 0, customerId=scene.other)
    withdrawn_on = scene.evm.timestamp // DAY
    scene.evm.warp(scene.evm.timestamp + 3 * DAY)
    record(scene, 0b0001001, 0b0010000, 0)
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    assert scene.events[-1] == Event("ConsentRegistry", "ConsentsMerged", (scene.other, scene.bare))
    met = [scene.consents.statusOf(scene.bare, 0, lane)[:3] for lane in range(7)]
    assert met == [
        (State.RECORDED, 1, withdrawn_on + 3),  # the heir's own
        (State.NONE, 0, 0),  # granted by who is gone
        (State.NONE, 0, 0),
        (State.WITHDRAWN, 0, withdrawn_on),  # granted by the heir, withdrawn by who is gone
        (State.WITHDRAWN, 0, withdrawn_on + 3),  # by both: the heir's day
        (State.WITHDRAWN, 0, withdrawn_on),
        (State.NONE, 0, 0),
    ]
    assert scene.consents.sequenceOf(scene.bare, 0) == 2
    assert scene.consents.sequenceOfAll(scene.other) == 0
    assert [state(scene, lane, scene.other) for lane in range(7)] == [State.NONE] * 7


def test_a_merge_that_brings_no_withdrawal_leaves_the_heirs_intents_good() -> None:
    scene = Scene()
    record(scene, 1, 0, 0)
    args = scene.save_intent(scene.decision(1, 2), scene.wallet)
    scene.registry.merge(scene.bare, scene.linked, 0, b"", **scene.by("steward"))
    assert scene.consents.sequenceOf(scene.linked, 0) == 0
    scene.consents.saveBySig(*args, **scene.by("stranger"))
    assert state(scene, 0, scene.linked) == State.GRANTED


def test_a_merge_reaches_every_group() -> None:
    scene = Scene()
    for group in range(1, 8):
        scene.consents.definePurpose(group, 0, bytes(32), 30, False, **scene.by("publisher"))
    scene.consents.withdrawAll(scene.bare, bytes(32), **scene.by("operator"))
    scene.registry.merge(scene.bare, scene.linked, 0, b"", **scene.by("steward"))
    for group in range(8):
        assert scene.consents.statusOf(scene.linked, group, 0)[0] == State.WITHDRAWN
        assert scene.consents.statusOf(scene.bare, group, 0)[0] == State.NONE
    assert scene.consents.sequenceOfAll(scene.linked) == 8
    assert scene.consents.sequenceOfAll(scene.bare) == 0


def test_an_erased_customer_leaves_nothing_in_any_group() -> None:
    scene = Scene()
    for group in range(1, 8):
        scene.consents.definePurpose(group, 0, bytes(32), 30, True, **scene.by("publisher"))
        scene.consents.publishNotice(group, 1, NOTICE, WORDS[:1], **scene.by("publisher"))
        decision = scene.decision(1, 0, group=group)
        scene.consents.save(decision, **scene.by("wallet"))
    scene.consents.save(scene.decision(ALL, 0), **scene.by("wallet"))
    scene.registry.erase(scene.linked, **scene.by("wallet"))
    assert scene.events[-1] == Event("ConsentRegistry", "ConsentsErased", (scene.linked,))
    for group in range(8):
        assert scene.consents.grantedIn(scene.linked, group) == 0
        assert scene.consents.sequenceOf(scene.linked, group) == 0
        assert scene.consents.statusOf(scene.linked, group, 0) == (State.NONE, 0, 0, 0, False)
    assert scene.consents.sequenceOfAll(scene.linked) == 0


def test_who_is_closed_is_never_granted_anything_again() -> None:
    scene = Scene()
    args = scene.save_intent(scene.decision(1, 0), scene.wallet)
    scene.registry.erase(scene.linked, **scene.by("wallet"))
    with refused("CustomerClosed", scene.linked):
        scene.consents.saveBySig(*args, **scene.by("stranger"))
    with refused("CustomerClosed", scene.linked):
        scene.consents.save(scene.decision(1, 0), **scene.by("wallet"))
    with refused("CustomerClosed", scene.linked):
        scene.consents.saveFor(scene.decision(1, 0), scene.wallet.address, **scene.by("enroller"))
    with refused("CustomerClosed", scene.linked):
        scene.consents.withdrawAll(scene.linked, bytes(32), **scene.by("wallet"))
    assert scene.consents.isGranted(scene.linked, 0, OPT_OUT) is False
