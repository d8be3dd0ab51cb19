"""The directory: numbers, random ids, keys, and what erasure leaves of them."""

from __future__ import annotations

import sqlite3
import stat
import threading

import pytest

from rapport.directory import Directory, Standing
from rapport.errors import ConfigError, InputError, NotFound


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rapport.db"


@pytest.fixture
def directory(path):
    opened = Directory(path)
    yield opened
    opened.close()


def test_a_number_keeps_its_id_and_key_across_runs(directory, path):
    (ann,) = directory.add(["ann"])
    directory.close()
    again = Directory(path)
    assert again.find("ann") == ann
    assert again.find(ann.id) == again.find(ann.hex) == ann
    again.close()


def test_ids_and_keys_are_random_and_never_shown(directory):
    ann, bob = directory.add(["ann", "bob"])
    assert len({ann.id, bob.id, ann.key, bob.key}) == 4
    assert ann.key.hex() not in repr(ann)
    assert repr(ann.key) not in repr(ann)


def test_a_reference_depends_on_customer_and_key_alone(directory):
    ann, bob = directory.add(["ann", "bob"])
    assert ann.ref("order:1") == directory.find("ann").ref("order:1")
    assert len({ann.ref("order:1"), ann.ref("order:2"), bob.ref("order:1")}) == 3


def test_adding_is_all_or_nothing(directory):
    with pytest.raises(InputError):
        directory.add(["ann", "0x12", "bob"])
    assert len(directory) == 0
    with pytest.raises(NotFound):
        directory.find("ann")


def test_a_number_twice_is_one_customer(directory):
    first, second = directory.add(["ann", " ann "])
    assert first == second
    assert len(directory) == 1


def test_erasure_leaves_neither_number_nor_key_in_any_file(directory, path):
    ann, bob = directory.add(["ann-the-customer", "bob"])
    directory.erase(ann.id)
    with pytest.raises(NotFound):
        directory.find("ann-the-customer")
    assert directory.find(ann.id).state is Standing.ERASED
    with pytest.raises(NotFound, match="erased"):
        directory.find(ann.id).ref("order:1")
    stored = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert ann.key not in stored
    assert b"ann-the-customer" not in stored
    assert bob.key in stored


def test_erasing_an_heir_erases_whoever_was_merged_into_it(directory):
    old, heir, other = directory.add(["old", "heir", "other"])
    directory.merge(old.id, heir.id)
    assert directory.find("old").merged_into == heir.id
    directory.erase(heir.id)
    assert directory.find(old.id).state is Standing.ERASED
    assert directory.find("other") == other


def test_adopt_gives_a_number_to_an_id_once(directory):
    joined = bytes(range(1, 33))
    assert directory.adopt("ann", joined).id == joined
    assert directory.adopt("ann", joined).id == joined
    with pytest.raises(InputError, match="already stands"):
        directory.adopt("ann", bytes(range(2, 34)))
    with pytest.raises(InputError, match="already has"):
        directory.adopt("bob", joined)


def test_the_file_is_its_owners_alone(directory, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_later_schema_is_refused(directory, path):
    directory.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE directory_schema SET version = 99")
    with pytest.raises(ConfigError, match="schema 99"):
        Directory(path)


def test_a_file_of_the_first_schema_is_taken_over_whole(path):
    people = [(bytes([n]) * 32, f"n{n}", bytes([n + 100]) * 32) for n in range(1, 4)]
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE directory_schema (version INTEGER NOT NULL)")
        db.execute("INSERT INTO directory_schema VALUES (1)")
        db.execute(
            "CREATE TABLE customer (id BLOB PRIMARY KEY, number TEXT UNIQUE, key BLOB,"
            " state TEXT NOT NULL, merged_into BLOB REFERENCES customer (id),"
            " added_at INTEGER NOT NULL) WITHOUT ROWID"
        )
        db.executemany("INSERT INTO customer VALUES (?, ?, ?, 'open', NULL, 7)", people)
        db.execute("INSERT INTO customer VALUES (?, NULL, NULL, 'erased', NULL, 8)", (b"e" * 32,))
        db.execute(
            "UPDATE customer SET state = 'merged', merged_into = ? WHERE number = 'n1'",
            (people[1][0],),
        )
    for _ in range(2):  # again: nothing changes
        taken = Directory(path)
        for customer_id, number, key in people:
            found = taken.find(number)
            assert (found.id, found.key) == (customer_id, key)
        assert taken.find("n1").merged_into == people[1][0]
        assert taken.find(b"e" * 32).state is Standing.ERASED
        assert [each.number for each in taken] == ["n2", "n3"]
        taken.close()


def test_a_rectified_number_leads_to_the_same_customer(directory):
    ann, bob = directory.add(["anm", "bob"])
    assert directory.rectify("anm", "ann") == directory.find("ann")
    assert (directory.find("ann").id, directory.find("ann").key) == (ann.id, ann.key)
    with pytest.raises(NotFound):
        directory.find("anm")
    with pytest.raises(NotFound, match=f"'ann' stands for {ann.hex} already"):
        directory.rectify("anm", "ann")  # again: the line tells that it is done
    with pytest.raises(InputError, match="already stands"):
        directory.rectify("ann", "bob")
    assert directory.find("bob") == bob
    with pytest.raises(NotFound):
        directory.rectify("nobody", "somebody")


def test_a_renewed_customer_keeps_the_number_and_gets_another_id_and_key(directory):
    (ann,) = directory.add(["ann"])
    fresh = directory.renew(ann.id)
    assert directory.renew(ann.id) == fresh  # again: the same
    assert fresh.id != ann.id
    assert fresh.key != ann.key
    assert directory.find("ann") == ann  # until the chain has it
    assert len(directory) == 1
    directory.merge(ann.id, fresh.id)
    assert directory.find("ann").id == fresh.id
    assert directory.find("ann").key == fresh.key
    assert directory.find(ann.id).merged_into == fresh.id
    assert directory.find(ann.id).number is None
    assert directory.find(ann.id).key == ann.key  # its references remain on chain
    with pytest.raises(InputError, match="merged"):
        directory.renew(ann.id)


def test_erasure_reaches_an_id_that_was_about_to_replace_the_customers(directory, path):
    (ann,) = directory.add(["ann"])
    fresh = directory.renew(ann.id)
    directory.erase(ann.id)
    assert directory.find(fresh.id).state is Standing.ERASED
    assert set(directory.family(ann.id)) == {ann.id, fresh.id}
    stored = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert fresh.key not in stored


def test_erasure_leaves_no_bytes_among_thousands(directory, path):
    people = directory.add(f"customer-number-{n:05}" for n in range(3000))
    gone = people[::60]
    for each in gone:
        directory.erase(each.id)
    directory.close()
    stored = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert not [each.number for each in gone if each.key in stored]
    assert not [each.number for each in gone if each.number.encode() in stored]
    assert people[1].key in stored


def test_threads_agree_on_ids(directory):
    found = []

    def add():
        found.append([each.id for each in directory.add(f"n{i}" for i in range(50))])

    threads = [threading.Thread(target=add) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({tuple(each) for each in found}) == 1
