"""After an erasure the brand's file tells nothing of the customer, and everything of the others."""

from __future__ import annotations

import signal
import sqlite3

import pytest

from rapport.directory import Standing
from rapport.errors import InputError, NotFound
from rapport.outbox import State
from rapport.outbox.records import NewIntent
from rapport.privacy import Evidence, destroy
from rapport.privacy.erasure import purge
from rapport.sealing import MasterKey
from tests.sdk.privacy.conftest import CHAIN, Books
from tests.sdk.support.killed import count_statements, run_to

SEAL = MasterKey(b"s" * 32)


def fill(books, count=40):
    """Two customers, each with a past; the first one's erasure is final."""
    ann, bob = books.directory.add(["ann-the-customer", "bob-the-customer"])
    for n in range(count):
        books.send(ann, f"order-of-ann:{n}", ref="0x" + f"{n:064x}")
        books.send(bob, f"order-of-bob:{n}", ref="0x" + f"{n + 1000:064x}")
    books.send(ann, "request-of-ann:4711", "customer.erase")
    return ann, bob


def told(books):
    """What the journal tells of everybody who is not forgotten."""
    return {
        each.key: (each.kind, each.state, books.outbox.show(each.id).payload)
        for each in books.outbox.list(limit=1000)
        if each.kind != "forgotten"
    }


@pytest.mark.parametrize("seal", [None, SEAL])
def test_nothing_of_the_erased_is_left_and_nothing_of_others_is_lost(open_books, seal):
    books = open_books(seal=seal)
    ann, bob = fill(books)
    of_bob = {key: value for key, value in told(books).items() if "bob" in key}
    evidence = Evidence.gather(books.directory, books.outbox, ann.id)
    assert len(evidence.keys) == 41

    assert destroy(books.directory, books.outbox, ann.id)

    # Then: no byte of number, key or idempotency key anywhere
    stored = books.bytes()
    assert b"ann" not in stored
    assert ann.key not in stored
    assert not [each for each in (*evidence.secrets, *evidence.intents) if each in stored]
    # nothing that names her but her erasure, under a key that tells no more than the chain does
    assert told(books) == {
        **of_bob,
        f"erase:{ann.hex}": ("customer.erase", State.FINAL, {"customer": ann.hex}),
    }
    assert [each.entry.kind for each in books.outbox.about([ann.id])] == ["customer.erase"]
    # and Bob is as he was
    assert books.directory.find("bob-the-customer") == bob
    assert len(of_bob) == 40


def test_those_merged_into_the_erased_are_forgotten_with_them(books):
    old, heir = books.directory.add(["old-number", "heir-number"])
    books.send(old, "order-of-old:1")
    books.send(old, "merge-of-old", "customer.merge", into=heir.hex)
    books.directory.merge(old.id, heir.id)
    books.send(heir, "order-of-heir:1")
    books.send(heir, f"erase:{heir.hex}", "customer.erase")
    assert destroy(books.directory, books.outbox, heir.id)
    stored = books.bytes()
    for trace in (b"old-number", b"heir-number", b"order-of", b"merge-of", old.key, heir.key):
        assert trace not in stored
    assert [each.entry.kind for each in books.outbox.about([old.id, heir.id])] == ["customer.erase"]


def test_what_is_queued_is_cancelled_and_who_waits_for_it_learns_it(books):
    (ann,) = books.directory.add(["ann"])
    books.send(ann, f"erase:{ann.hex}", "customer.erase")
    late = books.submit(ann, "order-of-ann:late")
    waiting = books.outbox.get(late)
    assert destroy(books.directory, books.outbox, ann.id)
    assert waiting.refresh().state is State.CANCELLED
    assert b"order-of-ann" not in books.bytes()
    with pytest.raises(InputError, match="erased"):
        books.outbox.retry(late)
    assert books.outbox.list(State.QUEUED) == []


def test_what_is_under_way_ends_first(books):
    (ann,) = books.directory.add(["ann"])
    late = books.submit(ann, "order-of-ann:late")
    tx = books.sign(late)
    books.send(ann, f"erase:{ann.hex}", "customer.erase")
    assert not destroy(books.directory, books.outbox, ann.id)
    assert books.directory.find(ann.id).state is Standing.ERASED  # number and key are gone at once
    assert books.outbox.show(late).entry.key == "order-of-ann:late"  # it is still followed
    books.settle(tx, late, ok=False)
    assert destroy(books.directory, books.outbox, ann.id)
    assert b"order-of-ann" not in books.bytes()
    assert not books.outbox.get(late).outcome.ok


def test_a_repeated_erasure_finds_the_first(books):
    ann, _ = fill(books, 1)
    destroy(books.directory, books.outbox, ann.id)
    before = told(books)
    assert destroy(books.directory, books.outbox, ann.id)
    assert told(books) == before
    again = books.submit(ann, f"erase:{ann.hex}", "customer.erase")
    assert books.outbox.show(again).entry.state is State.FINAL


def test_an_erasure_that_failed_first_leaves_one_record(books):
    (ann,) = books.directory.add(["ann"])
    failed = books.submit(ann, f"erase:{ann.hex}", "customer.erase")
    books.settle(books.sign(failed), failed, ok=False)
    books.send(ann, "again-for-ann", "customer.erase")
    assert destroy(books.directory, books.outbox, ann.id)
    assert list(told(books)) == [f"erase:{ann.hex}"]
    assert b"again-for-ann" not in books.bytes()


def test_a_call_that_never_reached_the_chain_is_destroyed_and_one_that_did_stays(books):
    (ann,) = books.directory.add(["ann"])
    sent = books.send(ann, "order-of-ann:1")
    tx_sent = books.outbox.show(sent).tx
    lost = books.submit(ann, "order-of-ann:2")
    tx_lost = books.sign(lost, data=b"never mined" + ann.id)
    with books.journal.transaction() as c:
        c.execute("UPDATE tx SET state = 'displaced' WHERE id = ?", (tx_lost,))
        c.execute("UPDATE intent SET state = 'cancelled' WHERE id = ?", (lost,))
    books.send(ann, f"erase:{ann.hex}", "customer.erase")
    assert destroy(books.directory, books.outbox, ann.id)
    assert b"never mined" not in books.bytes()
    with books.journal.reading() as c:
        c.execute("SELECT data FROM tx WHERE id = ?", (tx_sent.id,))
        assert bytes(c.fetchone()[0]) == tx_sent.data  # public, and needed if the chain loses it


def test_a_chain_that_loses_what_was_final_takes_it_up_again_without_the_forgotten(books):
    ann, bob = books.directory.add(["ann", "bob"])
    both = [books.submit(ann, "order-of-ann:1"), books.submit(bob, "order-of-bob:1")]
    tx = books.sign(*both)
    books.settle(tx, *both)
    books.send(ann, f"erase:{ann.hex}", "customer.erase")
    destroy(books.directory, books.outbox, ann.id)
    lease = books.lease
    assert books.journal.reopen(lease, 0) == 2
    live = {t.id: [i.key for i in intents] for t, intents in books.journal.live(lease)}
    assert live[tx] == ["order-of-bob:1"]
    assert [f"erase:{ann.hex}"] in live.values()
    assert books.outbox.show(both[0]).entry.state is State.FINAL


def test_a_customer_known_by_id_alone_is_forgotten_too(books):
    (ann,) = books.directory.add(["ann"])
    stranger = type(ann)(b"x" * 32, None, Standing.OPEN, b"k" * 32)
    books.send(stranger, "order-of-stranger:1")
    books.send(stranger, "request-of-stranger", "customer.erase")
    assert destroy(books.directory, books.outbox, stranger.id)
    assert b"of-stranger" not in books.bytes()
    assert books.directory.find("ann") == ann


def test_numbers_and_keys_that_begin_like_the_erased_ones_stay(books):
    ann, anna = books.directory.add(["C-1", "C-10"])
    books.send(ann, "order:1")
    books.send(anna, "order:10")
    evidence = Evidence.gather(books.directory, books.outbox, ann.id)
    books.send(ann, f"erase:{ann.hex}", "customer.erase")
    assert destroy(books.directory, books.outbox, ann.id)
    stored = books.bytes()
    assert not [each for each in (*evidence.secrets, *evidence.intents) if each in stored]
    assert books.directory.find("C-10") == anna
    assert books.outbox.show("order:10").payload["customer"] == anna.hex


def test_a_trace_left_in_free_space_has_the_file_rewritten(books):
    (ann,) = books.directory.add(["ann"])
    with sqlite3.connect(books.path) as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("CREATE TABLE scrap (text BLOB)")
        careless.executemany("INSERT INTO scrap VALUES (?)", [(b"a trace of ann " * 9,)] * 50)
        careless.execute("DELETE FROM scrap")
    careless.close()
    books.directory.truncate()
    assert b"a trace of ann" in books.bytes()
    assert purge(books.directory, [b"not there at all"])
    assert b"a trace of ann" in books.bytes()  # nobody looked for it
    assert purge(books.directory, [b"a trace of ann"])
    assert b"a trace of ann" not in books.bytes()
    assert books.directory.find("ann") == ann


def test_while_another_process_reads_the_erasure_is_not_called_done(books):
    ann, _ = fill(books, 2)
    reader = sqlite3.connect(books.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM customer").fetchone()
    books.directory._db.execute("PRAGMA busy_timeout = 50")
    assert not destroy(books.directory, books.outbox, ann.id)
    reader.execute("COMMIT")
    reader.close()
    assert destroy(books.directory, books.outbox, ann.id)
    assert b"ann-the-customer" not in books.bytes()
    assert b"of-ann" not in books.bytes()


def erasing_run(path, customer_id, kill_at):
    def erase(step):
        count_statements(step)
        books = Books(path)
        step.count = 0  # opening is not what is tested
        destroy(books.directory, books.outbox, customer_id)

    return run_to(kill_at, erase)


def test_an_erasure_killed_at_any_statement_is_finished_by_the_next(open_books):
    def prepared(name):
        books = open_books(name)
        ann, bob = fill(books, 2)
        books.close()
        return books, ann, bob

    books, ann, _ = prepared("whole")
    code, steps = erasing_run(books.path, ann.id, None)
    assert code == 0
    assert steps > 30
    for kill_at in range(1, steps + 1):
        books, ann, bob = prepared(f"killed-{kill_at}")
        assert erasing_run(books.path, ann.id, kill_at) == (-signal.SIGKILL, None)
        books.__post_init__()
        # When another goes on where the first one died
        assert destroy(books.directory, books.outbox, ann.id)
        # Then
        stored = books.bytes()
        for trace in (b"ann-the-customer", b"of-ann", ann.key):
            assert trace not in stored, (kill_at, trace)
        assert set(told(books)) == {"order-of-bob:0", "order-of-bob:1", f"erase:{ann.hex}"}
        assert books.directory.find("bob-the-customer") == bob
        with pytest.raises(NotFound):
            books.directory.find("ann-the-customer")
        books.close()


def test_intents_of_another_chain_are_left_alone(books):
    ann, _ = fill(books, 1)
    signer = books.outbox.signer.address
    other = books.outbox.journal.about(CHAIN, [ann.id])[0]
    elsewhere = NewIntent("elsewhere", "x", f'{{"customer":"{ann.hex}"}}', b"f")
    books.journal.add(1, signer, [elsewhere])
    destroy(books.directory, books.outbox, ann.id)
    assert books.journal.find(1, "elsewhere") is not None
    assert books.journal.find(CHAIN, other.entry.key) is None
