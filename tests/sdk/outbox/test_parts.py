"""The outbox's parts on their own: signing, prices, batches, journal, leases."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import ConfigError, IdempotencyConflict, LeaseHeld, Underpriced
from rapport.keys import KeySigner
from rapport.models import Block, Receipt
from rapport.outbox import Call, Kind, Outcome, Payload, Policy, SqliteJournal, State
from rapport.outbox.batching import plan
from rapport.outbox.flight import Flight, LiveTx
from rapport.outbox.journal import Changes, IntentEnd, SignedTx
from rapport.outbox.policy import Price
from rapport.outbox.records import Attempt, Intent, NewIntent
from rapport.outbox.transactions import sign

KEY = b"\x42" * 32
SIGNER = KeySigner(KEY)
TO = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
GWEI = 10**9


def head(base_fee: int) -> Block:
    return Block(1, "0x1", "0x0", NOW, base_fee, 30_000_000)


# Signing


@given(
    nonce=st.integers(0, 2**32),
    value=st.integers(0, 2**96),
    data=st.one_of(st.binary(max_size=80), st.binary(min_size=300, max_size=70_000)),
    gas=st.integers(21_000, 2**32),
    fee=st.integers(0, 2**64),
)
def test_a_signed_transaction_is_byte_for_byte_that_of_eth_account(
    nonce: int, value: int, data: bytes, gas: int, fee: int
) -> None:
    ours = sign(
        SIGNER,
        chain_id=8453,
        nonce=nonce,
        to=TO,
        data=data,
        value=value,
        gas=gas,
        price=Price(fee, fee // 2),
    )
    fields = {
        "type": 2,
        "chainId": 8453,
        "nonce": nonce,
        "to": TO,
        "data": data,
        "value": value,
        "gas": gas,
        "maxFeePerGas": fee,
        "maxPriorityFeePerGas": fee // 2,
    }
    theirs = Account.sign_transaction(fields, KEY)
    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == f"0x{bytes(theirs.hash).hex()}"


# Prices


@given(base=st.integers(0, 10**12), tip=st.integers(0, 10**11), old=st.integers(1, 10**12))
def test_a_replacement_offers_an_eighth_more_of_both_fees(base: int, tip: int, old: int) -> None:
    price = Policy().outbid(Price(old, old // 2), head(base), tip, whatever=True)
    assert price is not None
    assert price.max_fee * 8 >= old * 9
    assert price.priority_fee * 8 >= (old // 2) * 9
    assert price.max_fee >= 2 * base + tip


@given(base=st.integers(0, 10**12), tip=st.integers(0, 10**11), cap=st.integers(1, 10**12))
def test_no_offer_exceeds_the_limit(base: int, tip: int, cap: int) -> None:
    policy = Policy(max_fee=cap)
    try:
        price = policy.offer(head(base), tip)
    except Underpriced:
        assert base + tip > cap
        return
    assert base + tip <= price.max_fee <= cap
    assert price.priority_fee <= price.max_fee
    better = policy.outbid(price, head(base), tip, whatever=True)
    assert better is None or better.max_fee <= cap


def test_nobody_bids_on_against_nobody() -> None:
    price: Price | None = Policy().offer(head(GWEI), GWEI)
    bids = 0
    while price is not None:
        last, price = price, Policy().outbid(price, head(GWEI), GWEI)
        bids += 1
    assert bids < 30
    assert last.max_fee < 100 * GWEI


def test_test_chains_need_no_confirmations_and_others_do() -> None:
    assert Policy().depth(31337) == 0
    assert Policy().depth(8453) == 12
    assert Policy(confirmations=3).depth(8453) == 3


# Batches


class Words(Kind):
    """Intents whose payload says whom they are about."""

    def __init__(self, name: str, limit: int = 3) -> None:
        self.name = name  # type: ignore[misc]
        self.max_batch = limit

    def encode(self, payloads: Sequence[Payload]) -> Call:
        raise AssertionError("not sent here")

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> Sequence[Outcome]:
        raise AssertionError("not sent here")

    def subject(self, payload: Payload) -> Hashable:
        return payload["who"]


KINDS = {"earn": Words("earn"), "redeem": Words("redeem"), "strict": Words("strict")}


def intents(*words: str) -> list[Intent]:
    """``earn:a`` is an earning of customer a; ``!`` at the end makes it travel alone."""
    made = []
    for number, word in enumerate(words):
        kind, _, who = word.rstrip("!").partition(":")
        payload = {"who": who or None}
        made.append(
            Intent(
                number,
                word,
                kind,
                payload,
                b"",
                State.QUEUED,
                None,
                None,
                word.endswith("!"),
                0,
                NOW,
            )
        )
    return made


def planned(*words: str, most: int = 99) -> list[list[str]]:
    groups = plan(intents(*words), KINDS, lambda kind: kind.max_batch, most)
    return [[intent.key for intent in group.intents] for group in groups]


def test_intents_of_one_kind_travel_together_up_to_their_limit() -> None:
    assert planned("earn:a", "earn:b", "earn:c", "earn:d") == [
        ["earn:a", "earn:b", "earn:c"],
        ["earn:d"],
    ]


def test_kinds_of_different_subjects_are_gathered_from_a_mixed_stream() -> None:
    assert planned("earn:a", "redeem:b", "earn:c", "redeem:d") == [
        ["earn:a", "earn:c"],
        ["redeem:b", "redeem:d"],
    ]


def test_nobody_overtakes_an_earlier_intent_about_the_same_subject() -> None:
    assert planned("earn:a", "redeem:a", "earn:a", "earn:b") == [
        ["earn:a"],
        ["redeem:a"],
        ["earn:a", "earn:b"],
    ]


def test_an_intent_about_everything_is_overtaken_by_nothing() -> None:
    assert planned("earn:a", "strict", "earn:b") == [["earn:a"], ["strict"], ["earn:b"]]


def test_an_intent_that_travels_alone_does() -> None:
    assert planned("earn:a", "earn:b!", "earn:c") == [["earn:a", "earn:c"], ["earn:b!"]]


def test_unknown_kinds_are_left_out_and_room_is_kept_to() -> None:
    assert planned("what:a", "earn:a", "redeem:b", "earn:c", most=1) == [["earn:a"]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["earn", "redeem", "strict"]), st.sampled_from(["", "a", "b", "c"])
        )
    )
)
def test_order_is_kept_for_every_subject(words: list[tuple[str, str]]) -> None:
    made = intents(*(f"{kind}:{who}" for kind, who in words))
    groups = plan(made, KINDS, lambda kind: kind.max_batch, 10**6)
    sent = [intent.id for group in groups for intent in group.intents]

    assert sorted(sent) == [intent.id for intent in made]
    assert all(len(group.intents) <= group.limit for group in groups)
    place = {number: n for n, number in enumerate(sent)}
    for earlier in made:
        for later in made[earlier.id + 1 :]:
            whose = {earlier.payload["who"], later.payload["who"]}
            if len(whose) == 1 or None in whose:
                assert place[earlier.id] < place[later.id]


# Nonces


def live(nonce: int) -> LiveTx:
    attempt = Attempt("0x1", b"", 1, 1, False, NOW)
    return LiveTx(nonce, nonce, TO, b"", 0, 21_000, "", [], [attempt])


def test_gaps_are_filled_before_new_nonces_are_taken() -> None:
    flight = Flight()
    for nonce in (5, 7, 8):
        flight.add(live(nonce))
    assert flight.gaps(5) == [6]
    assert flight.free_nonces(5, 3) == [6, 9, 10]


def test_a_count_that_lags_does_not_reuse_what_is_final() -> None:
    flight = Flight()
    flight.add(live(5))
    flight.end(flight.by_nonce[5], on_chain=True)
    assert flight.free_nonces(3, 2) == [6, 7]


# The journal


@pytest.fixture
def journal(tmp_path: Path) -> SqliteJournal:
    return SqliteJournal(tmp_path / "journal.db")


def kept(journal: SqliteJournal, *keys: str) -> list[int]:
    rows = [NewIntent(key, "earn", "{}", b"f") for key in keys]
    return [progress.id for progress in journal.add(1, TO, rows)]


def signed(nonce: int, *carried: int, tx_hash: str = "") -> SignedTx:
    attempt = Attempt(tx_hash or f"0x{nonce}", b"raw", 2**200, 1, False, NOW)
    return SignedTx(nonce, TO, b"", 0, 21_000, "earn", carried, attempt)


def test_every_commit_is_on_disk_before_it_returns(journal: SqliteJournal) -> None:
    with journal.reading() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2  # FULL


def test_a_key_is_kept_once_and_a_conflict_keeps_nothing(journal: SqliteJournal) -> None:
    (first,) = kept(journal, "a")
    assert kept(journal, "a") == [first]
    with pytest.raises(IdempotencyConflict):
        journal.add(1, TO, [NewIntent("b", "earn", "{}", b"f"), NewIntent("a", "earn", "{}", b"g")])
    assert [entry.key for entry in journal.entries(1)] == ["a"]


def test_keys_of_another_chain_are_others(journal: SqliteJournal) -> None:
    (first,) = kept(journal, "a")
    (other,) = journal.add(2, TO, [NewIntent("a", "earn", "{}", b"g")])
    assert other.id != first


def test_a_look_at_some_intents_does_not_walk_through_all(journal: SqliteJournal) -> None:
    ids = kept(journal, *map(str, range(5_000)))
    steps: list[None] = []  # thousands of SQLite's own
    with journal.reading() as cursor:
        cast(sqlite3.Cursor, cursor).connection.set_progress_handler(
            lambda: steps.append(None), 1_000
        )

    assert [seen.id for seen in journal.progress(1, ids[-10:])] == ids[-10:]
    assert len(steps) < 5


def test_only_one_worker_holds_the_lease(journal: SqliteJournal) -> None:
    lease = journal.acquire(1, TO, "first", 60)
    with pytest.raises(LeaseHeld, match="first sends for"):
        journal.acquire(1, TO, "second", 60)
    journal.acquire(1, SIGNER.address, "second", 60)  # another account is another lease
    journal.release(lease)
    assert journal.acquire(1, TO, "second", 60).token > lease.token


def test_whoever_lost_the_lease_commits_nothing(journal: SqliteJournal) -> None:
    (intent,) = kept(journal, "a")
    old = journal.acquire(1, TO, "first", 0)
    new = journal.acquire(1, TO, "second", 60)

    with pytest.raises(LeaseHeld, match="took over"):
        journal.commit(old, Changes(signed=[signed(0, intent)]))
    with pytest.raises(LeaseHeld):
        journal.renew(old, 60, None, None)
    journal.release(old)  # changes nothing for the new one
    assert journal.worker(1, TO)[0] == "second"
    assert journal.live(new) == []
    journal.commit(new, Changes(signed=[signed(0, intent)]))
    assert journal.progress(1, [intent])[0].state is State.SIGNED


def test_workers_racing_for_the_lease_leave_one_winner(journal: SqliteJournal) -> None:
    won: list[str] = []

    def race(name: str) -> None:
        try:
            journal.acquire(1, TO, name, 60)
            won.append(name)
        except LeaseHeld:
            pass

    threads = [threading.Thread(target=race, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_an_intent_cancelled_meanwhile_is_not_signed(journal: SqliteJournal) -> None:
    first, second = kept(journal, "a", "b")
    lease = journal.acquire(1, TO, "w", 60)
    assert journal.cancel(1, second) is State.CANCELLED

    with pytest.raises(LeaseHeld, match="taken away while it was being signed"):
        journal.commit(lease, Changes(signed=[signed(0, first, second)]))

    assert journal.progress(1, [first])[0].state is State.QUEUED
    assert journal.live(lease) == []


def test_a_nonce_belongs_to_one_transaction_unless_displaced(journal: SqliteJournal) -> None:
    first, second = kept(journal, "a", "b")
    lease = journal.acquire(1, TO, "w", 60)
    (tx,) = journal.commit(lease, Changes(signed=[signed(0, first)]))
    with pytest.raises(sqlite3.IntegrityError):
        journal.commit(lease, Changes(signed=[signed(0, second, tx_hash="0xb")]))

    journal.commit(lease, Changes(closed=[(tx, "displaced")], requeued=[(first, False)]))
    journal.commit(lease, Changes(signed=[signed(0, second, tx_hash="0xb")]))

    assert journal.progress(1, [first])[0].state is State.QUEUED
    assert [t.nonce for t, _ in journal.live(lease)] == [0]


def test_a_nonce_that_was_given_back_takes_the_very_same_signature_again(
    journal: SqliteJournal,
) -> None:
    (intent,) = kept(journal, "a")
    lease = journal.acquire(1, TO, "w", 60)
    for _ in range(2):
        (tx,) = journal.commit(lease, Changes(signed=[signed(0, intent, tx_hash="0xsame")]))
        ((found, carried),) = journal.live(lease)
        assert (found.id, found.attempts[0].hash) == (tx, "0xsame")
        assert [row.id for row in carried] == [intent]
        journal.commit(lease, Changes(closed=[(tx, "displaced")], requeued=[(intent, False)]))


def test_a_failed_intent_can_be_queued_again(journal: SqliteJournal) -> None:
    (intent,) = kept(journal, "a")
    lease = journal.acquire(1, TO, "w", 60)
    outcome = Outcome.done().dump()
    journal.commit(lease, Changes(ended=[IntentEnd(intent, State.FAILED, outcome)]))
    assert journal.queued(lease, ["earn"], 10) == []

    assert journal.retry(1, intent) is State.QUEUED
    assert [row.id for row in journal.queued(lease, ["earn"], 10)] == [intent]
    assert journal.queued(lease, ["redeem"], 10) == []
    assert journal.queued(lease, ["earn"], 10, {intent}) == []


def test_a_journal_of_a_later_version_is_refused(journal: SqliteJournal) -> None:
    with sqlite3.connect(journal.path) as connection:
        connection.execute("UPDATE outbox_meta SET value = '99' WHERE name = 'version'")
    with pytest.raises(ConfigError, match="has version 99"):
        SqliteJournal(journal.path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("not a database, but long enough to look at" * 10)
    with pytest.raises(ConfigError, match="cannot use the journal"):
        SqliteJournal(path)
