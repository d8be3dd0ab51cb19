"""What a former account left open goes to its successor, unless it may still be carried out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from rapport import errors
from rapport.keys import KeySigner
from rapport.outbox import AsyncOutbox, Outbox, Policy, SqliteJournal, State
from rapport.outbox.journal import Changes, SignedTx
from rapport.outbox.policy import Price
from rapport.outbox.transactions import sign
from tests.sdk.conftest import FAST, QUICK, OutboxMaker
from tests.sdk.support.anvil import CHAIN_ID
from tests.sdk.support.kinds import all_kinds, award
from tests.sdk.support.ledger import assert_exactly_once, effects, expected
from tests.sdk.support.suite import DAILY_CAP, Suite, account, foreign_transaction

GWEI = 10**9
Successor = Callable[..., Outbox]


@pytest.fixture
def successor(suite: Suite, tmp_path: Path) -> Successor:
    """An outbox over the same journal whose account took the backend's place."""
    signer: KeySigner = account(2)
    suite.transact(
        suite.admin, "LoyaltyPoints", "grantRole", keccak(text="ISSUER_ROLE"), signer.address
    )
    suite.transact(suite.admin, "LoyaltyPoints", "setIssuerCap", signer.address, DAILY_CAP)

    def make(**settings: object) -> Outbox:
        return Outbox(
            suite.connect(patience=QUICK),
            SqliteJournal(tmp_path / "journal.db"),
            signer,
            all_kinds(suite),
            Policy(**{**FAST, **settings}),
        )

    return make


def send_without_mining(suite: Suite, former: Outbox) -> None:
    """The former account broadcasts what it has, and dies."""
    suite.anvil.automine(False)
    with pytest.raises(errors.Pending):
        former.drain(timeout=0.5)
    assert suite.anvil.pending()["pending"] == 1


def use_up(suite: Suite, nonce: int) -> None:
    """Another transaction of the former account takes the nonce."""
    foreign_transaction(suite, nonce)
    suite.anvil.mine()


def test_what_was_never_signed_is_sent_by_the_successor(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    # Given an award kept by an account whose key is lost
    key, payload = award(1, "a")
    make_outbox().submit("test.award", payload, key=key)
    outbox = successor()
    assert outbox.drain(timeout=20).open == 0
    assert outbox.get(key).state is State.QUEUED

    # When
    assert outbox.retry(key) is State.QUEUED
    outbox.drain(timeout=20)

    # Then it was carried out, and is the same submission for whoever hands it in again
    assert_exactly_once(suite, outbox, {key: payload})
    assert outbox.submit("test.award", payload, key=key).state is State.FINAL


def test_what_failed_under_the_former_key_is_tried_by_the_successor(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    # Given a key that was revoked, and a submission that was refused for it
    role, backend = keccak(text="ISSUER_ROLE"), suite.backend.address
    suite.transact(suite.admin, "LoyaltyPoints", "revokeRole", role, backend)
    key, payload = award(1, "a")
    former = make_outbox()
    former.submit("test.award", payload, key=key)
    former.drain(timeout=20)
    assert former.get(key).state is State.FAILED

    # When
    outbox = successor()
    outbox.retry(key)
    outbox.drain(timeout=20)

    # Then
    assert_exactly_once(suite, outbox, {key: payload})


def test_what_may_still_be_mined_stays_with_the_former_account(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    key, payload = award(1, "a")
    former, outbox = make_outbox(), successor()
    former.submit("test.blind", payload, key=key)
    send_without_mining(suite, former)

    with pytest.raises(errors.InputError, match="may still be mined; cancel it with the former"):
        outbox.retry(key)

    suite.anvil.mine()
    with pytest.raises(errors.InputError, match=r"was carried out by 0x7099\w+ in block"):
        outbox.retry(key)
    former.drain(timeout=20)
    with pytest.raises(errors.InputError, match="is final; there is nothing to try again"):
        outbox.retry(key)
    assert_exactly_once(suite, former, {key: payload})


def test_what_another_transaction_displaced_is_sent_by_the_successor(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    # Given an award whose nonce a foreign transaction used up, and nobody to sign it anew
    key, payload = award(1, "a")
    former, outbox = make_outbox(), successor()
    former.submit("test.blind", payload, key=key)
    send_without_mining(suite, former)
    tx = former.show(key).tx
    assert tx is not None
    use_up(suite, tx.nonce)
    suite.anvil.automine(True)

    # When
    assert outbox.retry(key) is State.QUEUED
    outbox.drain(timeout=20)

    # Then it has one effect, also when the former account comes back
    former.drain(timeout=20)
    assert_exactly_once(suite, outbox, {key: payload})


def test_a_nonce_used_up_counts_only_once_that_is_final(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    key, payload = award(1, "a")
    former, outbox = make_outbox(), successor(confirmations=3)
    former.submit("test.blind", payload, key=key)
    send_without_mining(suite, former)
    tx = former.show(key).tx
    assert tx is not None
    use_up(suite, tx.nonce)

    with pytest.raises(errors.InputError, match="may still be mined"):
        outbox.retry(key)

    suite.anvil.mine(3)
    assert outbox.retry(key) is State.QUEUED


def test_nothing_is_taken_from_an_account_that_somebody_sends_for(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    former, outbox = make_outbox(), successor()
    former.submit("test.award", award(1, "a")[1], key="a")
    lease = former.journal.acquire(CHAIN_ID, former.signer.address, "elsewhere:1:x", 60)

    with pytest.raises(errors.LeaseHeld, match=r"elsewhere:1:x sends for 0x7099.* end it first"):
        outbox.retry("a")

    former.journal.release(lease)
    assert outbox.retry("a") is State.QUEUED


def test_a_sender_that_slept_signs_nothing_that_was_handed_over(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    # Given a sender that planned to sign, and slept until its lease ran out
    former, outbox = make_outbox(), successor()
    number = former.submit("test.award", award(1, "a")[1], key="a").id
    lease = former.journal.acquire(CHAIN_ID, former.signer.address, "asleep:1:x", 0)

    # When the intent goes to the successor, and the sender wakes
    outbox.retry("a")
    attempt = sign(
        suite.backend,
        chain_id=CHAIN_ID,
        nonce=0,
        to=suite.backend.address,
        data=b"",
        value=0,
        gas=21_000,
        price=Price(GWEI, GWEI),
    )
    planned = SignedTx(0, suite.backend.address, b"", 0, 21_000, "test.award", [number], attempt)
    with pytest.raises(errors.LeaseHeld, match="taken away"):
        former.journal.commit(lease, Changes(signed=[planned]))

    # Then
    assert outbox.get("a").state is State.QUEUED


def test_all_that_a_former_account_left_is_taken_over_but_what_may_still_be_mined(
    suite: Suite, make_outbox: OutboxMaker, successor: Successor
) -> None:
    # Given one award under way, and two that were never signed
    awards = dict(award(n, f"order:{n}") for n in range(3))
    former, outbox = make_outbox(), successor()
    former.submit("test.blind", awards["order:0"], key="order:0")
    send_without_mining(suite, former)
    for key in ("order:1", "order:2"):
        former.submit("test.blind", awards[key], key=key)

    # When
    adopted = outbox.adopt(former.signer.address.lower())

    # Then
    assert adopted.moved == ("order:1", "order:2")
    ((key, why),) = adopted.left
    assert key == "order:0"
    assert "may still be mined" in why
    suite.anvil.automine(True)
    suite.anvil.mine()
    outbox.drain(timeout=20)
    assert effects(suite) == expected(awards)


def test_an_account_does_not_take_over_from_itself(outbox: Outbox) -> None:
    with pytest.raises(errors.InputError, match="name the account that signed before"):
        outbox.adopt(outbox.signer.address)


async def test_taking_over_can_be_awaited(make_outbox: OutboxMaker, successor: Successor) -> None:
    former = make_outbox()
    former.submit("test.award", award(1, "a")[1], key="a")

    adopted = await AsyncOutbox(successor()).adopt(former.signer.address)

    assert adopted.moved == ("a",)
    assert adopted.left == ()
