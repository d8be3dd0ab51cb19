"""What callers see of the outbox when the chain behaves."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from rapport import errors, reverts
from rapport.keys import KeySigner
from rapport.outbox import AsyncOutbox, Outbox, Policy, SqliteJournal, State
from tests.sdk.conftest import OutboxMaker
from tests.sdk.support.faulty_rpc import FaultyRpc
from tests.sdk.support.kinds import SingleAward, all_kinds, award, customer_id, register
from tests.sdk.support.ledger import assert_exactly_once, effects
from tests.sdk.support.suite import Suite


def conflicting(key: str, *, with_: str) -> tuple[str, dict[str, object]]:
    """An award under the reference of another one, with other points."""
    return key, {**award(1, with_)[1], "points": 77}


def test_submit_returns_before_anything_is_sent(suite: Suite, outbox: Outbox) -> None:
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")

    assert submission.state is State.QUEUED
    assert not effects(suite)


def test_an_award_becomes_final_with_its_receipt(suite: Suite, outbox: Outbox) -> None:
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")
    outbox.drain(timeout=20)

    outcome = submission.wait(timeout=5)

    assert outcome.status == "done"
    assert outcome.result == {"points": 5}
    assert outcome.block_number == suite.chain.block().number
    assert submission.state is State.FINAL


def test_the_same_key_with_the_same_content_is_the_same_submission(
    suite: Suite, outbox: Outbox
) -> None:
    first = outbox.submit("test.award", award(1, "a")[1], key="a")
    again = outbox.submit("test.award", award(1, "a")[1], key="a")
    outbox.drain(timeout=20)
    later = outbox.submit("test.award", award(1, "a")[1], key="a")

    assert first.id == again.id == later.id
    assert later.state is State.FINAL
    assert_exactly_once(suite, outbox, dict([award(1, "a")]))


def test_the_same_key_with_other_content_is_refused_before_anything_is_kept(
    outbox: Outbox,
) -> None:
    outbox.submit("test.award", award(1, "a")[1], key="a")

    with pytest.raises(errors.IdempotencyConflict, match="'a'"):
        outbox.submit_many("test.award", [award(2, "b"), ("a", award(1, "a", points=6)[1])])

    assert [entry.key for entry in outbox.list()] == ["a"]


def test_an_award_that_stands_already_is_a_duplicate_and_a_success(
    suite: Suite, outbox: Outbox, make_outbox: OutboxMaker
) -> None:
    outbox.submit("test.award", award(1, "a")[1], key="a")
    outbox.drain(timeout=20)
    other = make_outbox(journal="restored.db")
    submission = other.submit("test.award", award(1, "a")[1], key="a")

    other.drain(timeout=20)

    assert submission.wait().status == "duplicate"
    assert_exactly_once(suite, other, dict([award(1, "a")]))


def test_a_refusal_found_by_simulation_uses_no_nonce(suite: Suite, outbox: Outbox) -> None:
    outbox.submit("test.award", award(1, "a")[1], key="a")
    outbox.drain(timeout=20)
    nonce = suite.chain.nonce(suite.backend.address)
    key, payload = conflicting("b", with_="a")
    submission = outbox.submit("test.award", payload, key=key)

    outbox.drain(timeout=20)

    with pytest.raises(reverts.RefConflict) as refusal:
        submission.wait()
    assert refusal.value.ref.hex() == payload["ref"][2:]  # type: ignore[index]
    assert submission.state is State.FAILED
    assert suite.chain.nonce(suite.backend.address) == nonce


def test_a_mined_revert_fails_the_intent_with_the_decoded_error(
    suite: Suite, outbox: Outbox
) -> None:
    outbox.submit("test.blind", award(1, "a")[1], key="a")
    key, payload = conflicting("b", with_="a")
    refused = outbox.submit("test.blind", payload, key=key)
    after = outbox.submit("test.blind", award(3, "c")[1], key="c")

    outbox.drain(timeout=20)

    with pytest.raises(reverts.RefConflict):
        refused.wait()
    assert after.wait().status == "done"
    assert_exactly_once(suite, outbox, dict([award(1, "a"), award(3, "c")]))


def test_one_refused_item_of_a_batch_stops_no_other(suite: Suite, outbox: Outbox) -> None:
    good = dict(award(n, f"order:{n}") for n in range(10))
    outbox.submit("test.awards", good["order:1"], key="order:1")
    outbox.drain(timeout=20)
    outbox.submit_many("test.awards", good.items())
    bad = outbox.submit("test.awards", conflicting("bad", with_="order:1")[1], key="bad")

    outbox.drain(timeout=20)

    with pytest.raises(errors.Refused, match="reference was used before"):
        bad.wait()
    assert_exactly_once(suite, outbox, good)


@pytest.mark.parametrize("kind", ["test.register", "test.blind_register"])
def test_a_batch_that_reverts_is_divided_until_the_one_at_fault_is_alone(
    kind: str, suite: Suite, outbox: Outbox
) -> None:
    # Given a batch in which one id is zero, which makes all of it revert
    good = [register(number) for number in range(100, 107)]
    zero = ("zero", {"customer": f"0x{bytes(32).hex()}"})
    submissions = outbox.submit_many(kind, [*good[:4], zero, *good[4:]])

    # When
    outbox.drain(timeout=20)

    # Then
    failed = [s.key for s in submissions if s.refresh().state is State.FAILED]
    assert failed == ["zero"]
    with pytest.raises(reverts.ZeroId):
        submissions[4].wait()
    statuses = suite.connect().call("CustomerRegistry", "statusOf", customer_id(106))
    assert statuses == 1


def test_small_intents_share_a_transaction(suite: Suite, outbox: Outbox) -> None:
    nonce = suite.chain.nonce(suite.backend.address)
    outbox.submit_many("test.awards", [award(n, f"order:{n}") for n in range(40)])

    outbox.drain(timeout=20)

    assert suite.chain.nonce(suite.backend.address) - nonce == 2  # 20 in each


def test_what_an_intent_needs_may_be_on_its_way(suite: Suite, outbox: Outbox) -> None:
    # Given a customer whose registration is queued before a suspension that needs it
    outbox.submit_many("test.register", [register(200)])
    submission = outbox.submit("test.award", award(200, "early")[1], key="early")

    outbox.drain(timeout=20)

    assert submission.wait().status == "done"


def test_the_background_worker_delivers_and_stops(suite: Suite, outbox: Outbox) -> None:
    outbox.start()
    submissions = outbox.submit_many("test.awards", [award(n, f"order:{n}") for n in range(5)])

    for submission in submissions:
        assert submission.wait(timeout=20).status == "done"

    outbox.stop()
    assert outbox.status().worker is None


async def test_submissions_can_be_awaited(suite: Suite, outbox: Outbox) -> None:
    outbox.start()
    aio = AsyncOutbox(outbox)
    submissions = await aio.submit_many("test.awards", [award(n, f"order:{n}") for n in range(5)])

    outcomes = await asyncio.gather(*submissions)

    assert [outcome.status for outcome in outcomes] == ["done"] * 5
    assert (await aio.status()).open == 0


async def test_an_awaited_submission_that_nobody_sends_is_pending(outbox: Outbox) -> None:
    submission = await AsyncOutbox(outbox).submit("test.award", award(1, "a")[1], key="a")

    with pytest.raises(errors.Pending, match="'a' is still queued"):
        await submission.wait(timeout=0.2)


def test_waiting_ends_with_pending_and_loses_nothing(suite: Suite, outbox: Outbox) -> None:
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")
    with pytest.raises(errors.Pending, match="still queued"):
        submission.wait(timeout=0.05)

    outbox.drain(timeout=20)

    assert submission.wait().status == "done"


def test_waiting_for_zero_confirmations_returns_once_mined(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    outbox = make_outbox(confirmations=50)
    outbox.start()
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")

    assert submission.wait(confirmations=0, timeout=20).status == "done"
    assert submission.state is State.MINED
    suite.anvil.mine(3)
    assert submission.wait(confirmations=3, timeout=20).status == "done"
    assert submission.state is State.MINED


def test_another_chain_is_refused_before_anything_is_signed(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    make_outbox().submit("test.award", award(1, "a")[1], key="a")
    with FaultyRpc(suite.anvil.url, chance=1.0, faults=["other_chain"]) as node:
        outbox = make_outbox(node.url)

        with pytest.raises(errors.WrongChain, match="serves chain 8453, configured is chain 31337"):
            outbox.drain(timeout=20)

    outbox = make_outbox()
    assert outbox.show("a").tx is None
    outbox.drain(timeout=20)
    assert_exactly_once(suite, outbox, dict([award(1, "a")]))


def test_a_node_that_changes_chains_later_is_refused_as_well(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    with FaultyRpc(suite.anvil.url, chance=0.0, faults=["other_chain"]) as node:
        outbox = make_outbox(node.url)
        outbox.submit("test.award", award(1, "a")[1], key="a")
        node.chance = 1.0

        with pytest.raises(errors.WrongChain):
            outbox.drain(timeout=20)

        assert outbox.show("a").tx is None


def test_without_funds_everything_stays_queued(suite: Suite, outbox: Outbox) -> None:
    address = suite.backend.address
    suite.anvil.set_balance(address, 1_000)
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")

    with pytest.raises(errors.InsufficientFunds, match="fund it, and what is queued goes on"):
        outbox.drain(timeout=20)
    assert submission.refresh().state is State.QUEUED

    suite.anvil.set_balance(address, 10**20)
    outbox.drain(timeout=20)
    assert submission.wait().status == "done"


def test_a_waiter_is_told_what_keeps_the_sender(suite: Suite, outbox: Outbox) -> None:
    # Given a sender without funds
    address = suite.backend.address
    suite.anvil.set_balance(address, 1_000)
    outbox.start()
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")

    # When somebody waits without a timeout
    with pytest.raises(errors.InsufficientFunds, match="fund it, and what is queued goes on"):
        submission.wait()
    with pytest.raises(errors.InsufficientFunds):
        outbox.drain()

    # Then it is queued, and whoever mends the trouble and waits again is not told of it again
    assert submission.refresh().state is State.QUEUED
    suite.anvil.set_balance(address, 10**20)
    assert submission.wait(timeout=20).status == "done"


async def test_whoever_awaits_is_told_what_keeps_the_sender(suite: Suite, outbox: Outbox) -> None:
    address = suite.backend.address
    suite.anvil.set_balance(address, 1_000)
    outbox.start()
    submission = await AsyncOutbox(outbox).submit("test.award", award(1, "a")[1], key="a")

    with pytest.raises(errors.InsufficientFunds, match="fund it, and what is queued goes on"):
        await submission

    suite.anvil.set_balance(address, 10**20)
    assert (await submission.wait(timeout=20)).status == "done"


def test_a_waiter_is_told_that_the_node_serves_another_chain(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    with FaultyRpc(suite.anvil.url, chance=0.0, faults=["other_chain"]) as node:
        outbox = make_outbox(node.url)
        submission = outbox.submit("test.award", award(1, "a")[1], key="a")
        node.chance = 1.0
        outbox.start()

        with pytest.raises(errors.WrongChain, match="correct the RPC address or the chain id"):
            submission.wait()


def test_a_waiter_is_told_of_trouble_in_another_process(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    # Given one outbox that sends, without funds, and another that only waits
    suite.anvil.set_balance(suite.backend.address, 1_000)
    sender, waiter = make_outbox(longest_pause=0.1), make_outbox(longest_pause=0.1)
    submission = waiter.submit("test.award", award(1, "a")[1], key="a")
    sender.start()

    # When, then
    with pytest.raises(errors.SenderStuck, match="cannot go on: InsufficientFunds: 0x") as raised:
        submission.wait()
    assert raised.value.worker == waiter.status().worker


def test_a_node_out_of_reach_is_waited_for(suite: Suite, make_outbox: OutboxMaker) -> None:
    with FaultyRpc(suite.anvil.url, chance=0.0, faults=["lost_request"]) as node:
        outbox = make_outbox(node.url, longest_pause=0.1)
        submission = outbox.submit("test.award", award(1, "a")[1], key="a")
        node.chance = 1.0
        outbox.start()
        with pytest.raises(errors.Pending):
            submission.wait(timeout=1)

        node.chance = 0.0
        assert submission.wait(timeout=20).status == "done"


def test_an_unforeseen_error_that_comes_again_and_again_reaches_the_waiter(
    suite: Suite, make_outbox: OutboxMaker
) -> None:
    class Broken(SingleAward):
        name = "test.broken"

        def encode(self, payloads):  # type: ignore[no-untyped-def]
            raise ZeroDivisionError("a defect of the kind")

    outbox = make_outbox(longest_pause=0.05)
    outbox.register(Broken(suite))
    outbox.start()
    submission = outbox.submit("test.broken", award(1, "a")[1], key="a")

    with pytest.raises(ZeroDivisionError, match="a defect of the kind"):
        submission.wait()


def test_a_fee_above_the_limit_waits_and_says_so(suite: Suite, make_outbox: OutboxMaker) -> None:
    outbox = make_outbox(max_fee=1)
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")

    with pytest.raises(errors.Pending):
        outbox.drain(timeout=1)

    assert submission.refresh().state is State.QUEUED
    trouble = outbox.status().trouble
    assert trouble is not None
    assert "raise max_fee to go on" in trouble


def test_a_contract_without_code_is_not_called(suite: Suite, make_outbox: OutboxMaker) -> None:
    class Elsewhere(SingleAward):
        name = "test.elsewhere"

        def encode(self, payloads):  # type: ignore[no-untyped-def]
            call = super().encode(payloads)
            return type(call)("0x000000000000000000000000000000000000dEaD", call.data)

    outbox = make_outbox()
    outbox.register(Elsewhere(suite))
    submission = outbox.submit("test.elsewhere", award(1, "a")[1], key="a")

    with pytest.raises(errors.NotDeployed, match="no code at 0x0000"):
        outbox.drain(timeout=20)

    assert submission.refresh().state is State.QUEUED


def test_intents_of_kinds_that_nobody_knows_stay_queued(
    suite: Suite, outbox: Outbox, tmp_path: Path
) -> None:
    outbox.submit("test.award", award(1, "a")[1], key="a")
    ignorant = Outbox(
        suite.connect(),
        SqliteJournal(tmp_path / "journal.db"),
        suite.backend,
        [],
        Policy(poll=0.01),
    )

    with pytest.raises(errors.ConfigError, match="1 intents are of kinds"):
        ignorant.drain(timeout=20)

    assert ignorant.get("a").state is State.QUEUED


def test_an_unknown_kind_or_a_bad_key_is_refused(outbox: Outbox) -> None:
    with pytest.raises(errors.InputError, match="no kind 'x'"):
        outbox.submit("x", {}, key="a")
    with pytest.raises(errors.InputError, match="1 to 255 characters"):
        outbox.submit("test.award", {}, key="")
    with pytest.raises(errors.InputError, match="payload"):
        outbox.submit("test.award", {"bytes": b"x"}, key="a")


def test_ended_intents_can_neither_be_cancelled_nor_tried_again(
    suite: Suite, outbox: Outbox
) -> None:
    outbox.submit("test.award", award(1, "a")[1], key="a")
    outbox.drain(timeout=20)

    with pytest.raises(errors.InputError, match="can no longer be cancelled"):
        outbox.cancel("a")
    with pytest.raises(errors.InputError, match="nothing to try again"):
        outbox.retry("a")
    with pytest.raises(errors.NotFound, match="'b'"):
        outbox.show("b")


def test_a_chain_started_anew_needs_a_new_journal(suite: Suite, outbox: Outbox) -> None:
    outbox.submit("test.award", award(1, "a")[1], key="a")
    path = outbox.journal.path  # type: ignore[attr-defined]
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE outbox_meta SET value = '0xother' WHERE name LIKE 'genesis%'")

    with pytest.raises(errors.ConfigError, match="needs a new journal"):
        Outbox(suite.connect(), SqliteJournal(path), suite.backend, all_kinds(suite)).list()


def test_a_second_worker_waits_for_the_first(suite: Suite, make_outbox: OutboxMaker) -> None:
    first, second = make_outbox(), make_outbox()
    first.start()
    second.start()
    submissions = second.submit_many("test.awards", [award(n, f"order:{n}") for n in range(30)])
    for submission in submissions:
        assert submission.wait(timeout=20).status == "done"
    assert_exactly_once(suite, first, dict(award(n, f"order:{n}") for n in range(30)))


def test_a_stranger_without_the_role_is_told_so(suite: Suite, tmp_path: Path) -> None:
    stranger = KeySigner(b"\x42" * 32)
    suite.anvil.set_balance(stranger.address, 10**20)
    outbox = Outbox(
        suite.connect(),
        SqliteJournal(tmp_path / "stranger.db"),
        stranger,
        all_kinds(suite),
        Policy(poll=0.01),
    )
    submission = outbox.submit("test.award", award(1, "a")[1], key="a")

    outbox.drain(timeout=20)

    with pytest.raises(reverts.AccessControlUnauthorizedAccount, match=stranger.address):
        submission.wait()
