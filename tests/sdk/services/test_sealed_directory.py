"""A sealed directory: unreadable without its master key, and never lost for want of one."""

from __future__ import annotations

import signal
import sqlite3
import time

import pytest

from rapport import sealing
from rapport.directory import Directory
from rapport.errors import ConfigError
from rapport.sealing import MasterKey
from tests.sdk.support.killed import count_statements, run_to

FIRST, SECOND = MasterKey(b"1" * 32), MasterKey(b"2" * 32)
NUMBERS = [f"customer-number-{n:04}" for n in range(300)]


class KeyService:
    """A seal that counts how often it is asked, and never gives its master key away."""

    name = "key service, key 7"

    def __init__(self, master: MasterKey = FIRST) -> None:
        self._master = master
        self.asked = 0
        self.contexts: set[bytes] = set()

    def close(self, key: bytes, context: bytes) -> bytes:
        self.contexts.add(context)
        return b"kms1" + self._master.close(key, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        self.asked += 1
        self.contexts.add(context)
        return self._master.open(sealed.removeprefix(b"kms1"), context)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rapport.db"


@pytest.fixture
def people(path):
    """Customers in a directory that is not sealed."""
    directory = Directory(path)
    people = directory.add(NUMBERS)
    directory.merge(people[0].id, people[1].id)
    directory.erase(people[2].id)
    directory.close()
    return people[:2] + people[3:]


def files(path):
    return b"".join(each.read_bytes() for each in sorted(path.parent.iterdir()))


def assert_holds(directory, people):
    for person in people:
        assert (directory.find(person.number).id, directory.find(person.id).key) == (
            person.id,
            person.key,
        )


def test_a_sealed_file_shows_neither_numbers_nor_keys(path):
    directory = Directory(path, seal=FIRST)
    people = directory.add(NUMBERS)
    stored = files(path)
    directory.close()
    stored += files(path)
    assert not [each.number for each in people if each.number.encode() in stored]
    assert not [each.number for each in people if each.key in stored]
    again = Directory(path, seal=FIRST)
    assert_holds(again, people)
    assert [each.number for each in again] == NUMBERS
    again.close()


def test_a_key_given_later_seals_what_is_there_and_leaves_no_bytes_of_it(path, people):
    assert people[5].key in files(path)
    sealed = Directory(path, seal=FIRST)
    assert sealed.sealed
    assert_holds(sealed, people)
    stored = files(path)
    assert not [each.number for each in people if each.key in stored]
    assert not [each.number for each in people if each.number.encode() in stored]
    sealed.close()


def test_without_the_key_one_line_tells_and_nothing_is_touched(path, people):
    Directory(path, seal=FIRST).close()
    before = files(path)
    for seal, words in ((None, "RAPPORT_SEAL_KEY"), (SECOND, FIRST.name)):
        with pytest.raises(ConfigError, match=words) as refused:
            Directory(path, seal=seal)
        assert "\n" not in str(refused.value)
        assert files(path) == before
    again = Directory(path, seal=FIRST)
    assert_holds(again, people)
    again.close()


def test_a_refusal_never_shows_the_key(path, people):
    Directory(path, seal=FIRST).close()
    with pytest.raises(ConfigError) as refused:
        Directory(path, seal=SECOND)
    for key in (b"1" * 32, b"2" * 32):
        assert key.hex() not in str(refused.value)
        assert key.decode() not in f"{refused.value}{FIRST!r}"


def test_a_change_of_the_master_key_keeps_everybody(path, people):
    directory = Directory(path, seal=FIRST)
    directory.reseal(SECOND)
    assert_holds(directory, people)
    (late,) = directory.add(["late"])
    directory.close()
    with pytest.raises(ConfigError, match=SECOND.name):
        Directory(path, seal=FIRST)
    again = Directory(path, seal=SECOND)
    assert_holds(again, [*people, late])
    again.close()


def test_many_changes_of_the_master_key_wear_nothing_out(path):
    directory = Directory(path, seal=FIRST)
    (ann,) = directory.add(["ann"])
    for turn in range(300):
        directory.reseal((FIRST, SECOND)[turn % 2])
    assert directory.find("ann") == ann
    directory.close()
    again = Directory(path, seal=SECOND)
    assert again.find("ann") == ann
    again.close()


def test_a_process_that_missed_a_sealing_refuses_instead_of_minting_ids_twice(path, people):
    unaware = Directory(path)
    Directory(path, seal=FIRST).close()
    number = people[7].number
    for act in (
        lambda: unaware.find(number),
        lambda: unaware.find(people[7].id),
        lambda: unaware.add([number]),
        lambda: unaware.add(["somebody new"]),
        lambda: list(unaware),
    ):
        with pytest.raises(ConfigError, match="sealed anew"):
            act()
    unaware.close()
    again = Directory(path, seal=FIRST)
    assert_holds(again, people)
    assert len(again) == len(NUMBERS) - 2
    again.close()


def test_an_altered_entry_is_refused_and_so_is_one_of_another_customer(path):
    directory = Directory(path, seal=FIRST)
    ann, bob, cat = directory.add(["ann", "bob", "cat"])
    directory.close()
    with sqlite3.connect(path) as db:
        entry = db.execute("SELECT entry FROM customer WHERE id = ?", (ann.id,)).fetchone()[0]
        wrong = entry[:-1] + bytes([entry[-1] ^ 1])
        db.execute("UPDATE customer SET entry = ? WHERE id = ?", (wrong, ann.id))
        db.execute("UPDATE customer SET entry = ? WHERE id = ?", (entry, bob.id))
    again = Directory(path, seal=FIRST)
    for each in (ann, bob):
        with pytest.raises(ConfigError, match=f"{each.hex}.*altered"):
            again.find(each.id)
    assert again.find("cat") == cat
    again.close()


def test_equal_numbers_cannot_be_recognised_across_files(tmp_path):
    indexes = set()
    for name in ("a.db", "b.db"):
        directory = Directory(tmp_path / name, seal=FIRST)
        directory.add(["ann"])
        directory.close()
        with sqlite3.connect(tmp_path / name) as db:
            indexes.add(db.execute("SELECT number FROM customer").fetchone()[0])
    assert len(indexes) == 2


def test_a_key_service_is_asked_once_a_file_not_once_a_customer(path, people):
    service = KeyService()
    Directory(path, seal=service).close()
    assert service.contexts == {sealing.CONTEXT}
    service = KeyService()
    again = Directory(path, seal=service)
    again.add(f"more-{n}" for n in range(100))
    assert_holds(again, people)
    assert service.asked == 1
    again.close()


def test_a_key_service_out_of_reach_is_one_line_and_touches_nothing(path, people):
    class Unreachable(KeyService):
        def open(self, sealed, context):
            raise OSError("no route\nto host")

    Directory(path, seal=KeyService()).close()
    before = files(path)
    with pytest.raises(ConfigError, match="no route to host"):
        Directory(path, seal=Unreachable())
    assert files(path) == before


@pytest.mark.parametrize("give", [lambda key: key, lambda key: b"x" * 60])
def test_a_seal_that_does_not_close_seals_nothing(path, people, give):
    class Broken(KeyService):
        def close(self, key, context):
            return give(key)

        def open(self, sealed, context):
            return sealed

    with pytest.raises(ConfigError, match="does not close it"):
        Directory(path, seal=Broken())
    plain = Directory(path)
    assert_holds(plain, people)
    plain.close()


def sealing_run(path, seals, kill_at):
    def seal_in_turn(step):
        count_statements(step)
        directory = Directory(path, seal=seals[0])
        for seal in seals[1:]:
            directory.reseal(seal)
        directory.close()

    return run_to(kill_at, seal_in_turn)


def test_a_sealing_killed_at_any_statement_loses_nobody(tmp_path):
    # Given how many statements it takes to seal three customers, and to change the master key
    def prepared(name):
        folder = tmp_path / name
        folder.mkdir()
        directory = Directory(folder / "rapport.db")
        people = directory.add(["ann", "bob", "cat"])
        directory.close()
        return folder / "rapport.db", people

    code, steps = sealing_run(prepared("whole")[0], [FIRST, SECOND], None)
    assert code == 0
    ends = set()
    for kill_at in range(1, steps + 1):
        path, people = prepared(f"killed-{kill_at}")
        assert sealing_run(path, [FIRST, SECOND], kill_at) == (-signal.SIGKILL, None)
        for seal in (None, FIRST, SECOND):
            try:
                found = Directory(path, seal=seal)
            except ConfigError:
                continue
            ends.add("nobody" if seal is None else seal.name)
            assert_holds(found, people)
            found.close()
            break
        else:
            pytest.fail(f"nothing opens what was killed at {kill_at}")
    assert ends == {"nobody", FIRST.name, SECOND.name}


def test_registering_thousands_takes_a_blink(path):
    directory = Directory(path, seal=FIRST)
    started = time.process_time()
    directory.add(f"c-{n}" for n in range(2357))
    assert time.process_time() - started < 3
    started = time.process_time()
    for _ in range(3):
        for n in range(2357):
            directory.find(f"c-{n}")
    assert time.process_time() - started < 3
    directory.close()
