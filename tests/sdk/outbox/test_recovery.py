"""One test for each thing that goes wrong on a chain, and that it is mended."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from rapport.outbox import Outbox, State
from tests.sdk.conftest import OutboxMaker
from tests.sdk.support.faulty_rpc import FaultyRpc
from tests.sdk.support.kinds import award
from tests.sdk.support.ledger import assert_exactly_once
from tests.sdk.support.suite import Suite, foreign_transaction

GWEI = 10**9


def until(outbox: Outbox, reached: Callable[[], bool], each: Callable[[], None]) -> None:
    """Turn the background worker's chain on, step by step, until something holds."""
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline, outbox.status()
        each()
        time.sleep(0.01)


@pytest.fixture
def sent(suite: Suite, make_outbox: OutboxMaker) -> Outbox:
    """Three awards broadcast and not mined; the outbox runs in the background."""
    suite.anvil.automine(False)
    outbox = make_outbox(resend_after=0.1, bump_after=0.1)
    outbox.submit_many("test.blind", [award(n, f"order:{n}") for n in range(3)])
    outbox.start()
    until(outbox, lambda: suite.anvil.pending()["pending"] == 3, lambda: None)
    return outbox


AWARDS = dict(award(n, f"order:{n}") for n in range(3))


def done(outbox: Outbox) -> bool:
    return not outbox.status().open


def test_a_dropped_mempool_is_broadcast_again(suite: Suite, sent: Outbox) -> None:
    suite.anvil.drop_all()

    until(sent, lambda: suite.anvil.pending()["pending"] == 3, lambda: None)
    until(sent, lambda: done(sent), suite.anvil.mine)

    assert_exactly_once(suite, sent, AWARDS)


def test_a_base_fee_spike_is_outbid_at_the_same_nonce(suite: Suite, sent: Outbox) -> None:
    nonces = [sent.show(key).entry.nonce for key in AWARDS]
    suite.anvil.base_fee(60 * GWEI)
    suite.anvil.mine()

    until(sent, lambda: done(sent), suite.anvil.mine)

    assert [sent.show(key).entry.nonce for key in AWARDS] == nonces
    first = sent.show("order:0").tx
    assert first is not None
    assert len(first.attempts) >= 2
    assert first.attempts[-1].max_fee >= 60 * GWEI
    for before, after in zip(first.attempts, first.attempts[1:], strict=False):
        assert after.max_fee * 8 >= before.max_fee * 9
        assert after.priority_fee * 8 >= before.priority_fee * 9
    assert_exactly_once(suite, sent, AWARDS)


def test_a_nonce_taken_by_a_foreign_transaction_is_given_up(suite: Suite, sent: Outbox) -> None:
    taken = sent.show("order:0").entry.nonce
    assert taken is not None
    foreign_transaction(suite, taken)

    until(sent, lambda: done(sent), suite.anvil.mine)

    moved = sent.show("order:0").entry.nonce
    assert moved is not None
    assert moved > taken
    assert_exactly_once(suite, sent, AWARDS)


def test_mined_transactions_are_sent_again_after_a_reorganisation(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    suite.anvil.mine(4)
    suite.anvil.automine(False)
    outbox = make_outbox(confirmations=3)
    outbox.submit_many("test.blind", AWARDS.items())
    outbox.start()
    until(outbox, lambda: suite.anvil.pending()["pending"] == 3, lambda: None)
    suite.anvil.mine()
    until(outbox, lambda: outbox.get("order:2").state is State.MINED, lambda: None)

    # When
    suite.anvil.reorg(1)

    # Then
    until(outbox, lambda: suite.anvil.pending()["pending"] == 3, lambda: None)
    assert outbox.get("order:2").state is State.SENT
    until(outbox, lambda: done(outbox), suite.anvil.mine)
    assert_exactly_once(suite, outbox, AWARDS)


def test_what_was_final_is_taken_up_again_when_the_chain_goes_back_behind_it(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    # Given three final awards, and then a reorganisation deeper than finality
    suite.anvil.mine(4)
    outbox = make_outbox(confirmations=0)
    outbox.submit_many("test.awards", AWARDS.items())
    outbox.drain(timeout=20)
    suite.anvil.reorg(2)

    # When the outbox has reason to look again
    outbox.submit_many("test.awards", [award(5, "order:5")])
    outbox.drain(timeout=20)

    # Then
    assert_exactly_once(suite, outbox, {**AWARDS, **dict([award(5, "order:5")])})


def test_a_reply_lost_after_the_node_accepted_has_one_effect(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    with FaultyRpc(suite.anvil.url, seed=1, chance=0.5, faults=["lost_reply"]) as node:
        outbox = make_outbox(node.url)
        outbox.submit_many("test.awards", AWARDS.items())
        outbox.drain(timeout=60)

        assert node.met["lost_reply"] > 0
        assert_exactly_once(suite, outbox, AWARDS)


def test_a_cancelled_transaction_has_no_effect_and_leaves_no_gap(
    suite: Suite, sent: Outbox
) -> None:
    sent.cancel("order:1")

    until(sent, lambda: _cancellation(sent) in pool(suite), lambda: None)
    until(sent, lambda: done(sent), suite.anvil.mine)

    assert sent.get("order:1").state is State.CANCELLED
    rest = {key: payload for key, payload in AWARDS.items() if key != "order:1"}
    assert_exactly_once(suite, sent, rest)


def _cancellation(outbox: Outbox) -> str | None:
    """The hash of the empty transaction that is to take the nonce."""
    tx = outbox.show("order:1").tx
    last = tx.attempts[-1] if tx else None
    return last.hash if last and last.cancels else None


def pool(suite: Suite) -> set[str]:
    """The hashes that wait in the node."""
    content = suite.anvil.ask("txpool_content")
    return {tx["hash"] for part in content.values() for txs in part.values() for tx in txs.values()}


def test_a_cancelled_award_can_be_tried_again(suite: Suite, make_outbox: OutboxMaker) -> None:
    outbox = make_outbox()
    outbox.submit_many("test.blind", AWARDS.items())
    assert outbox.cancel("order:1") is State.CANCELLED
    outbox.drain(timeout=20)

    assert outbox.retry("order:1") is State.QUEUED
    outbox.drain(timeout=20)

    assert_exactly_once(suite, outbox, AWARDS)
