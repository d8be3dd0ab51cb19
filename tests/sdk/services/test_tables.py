"""Reading files row by row: damage stays where it is."""

from __future__ import annotations

import csv
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.errors import InputError
from rapport.ingest.layout import Layout
from rapport.ingest.orders import Accepted, Duplicate, Rejected, read_orders
from rapport.ingest.rejects import Rejects
from rapport.ingest.tables import open_table
from rapport.merkle import root_of

cells = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r\n"), max_size=8
)


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")

    def write(content, name="t.csv"):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@given(rows=st.lists(st.tuples(cells, cells, cells), max_size=12))
def test_what_csv_writes_is_read_back(file, rows):
    path = file("")
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(["a", "b", "c"])
        writer.writerows(rows)
    found = list(open_table(path, delimiter=",").rows())
    assert [tuple(each.values.values()) for each in found] == rows
    assert not any(each.fault for each in found)


@given(junk=st.binary(max_size=60).filter(lambda raw: b"\n" not in raw and b"\r" not in raw))
def test_a_line_of_junk_never_takes_its_neighbours_along(file, junk):
    path = file(b"a,b\n1,2\n" + junk + b"\n3,4\n")
    found = [tuple(each.values.values()) for each in open_table(path).rows() if not each.fault]
    assert ("1", "2") in found
    assert ("3", "4") in found


def test_a_field_over_several_lines_is_one_row(file):
    (row,) = open_table(file('a,b\n"x\ny",2\n')).rows()
    assert row.values == {"a": "x\ny", "b": "2"}
    assert row.line == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfea\0", "UTF-16"),
        (b",,\n1,2,3\n", "no header"),
        (b"a,a\n1,2\n", "more than once"),
        (b"a\xff,b\n", "not utf-8"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_as_a_whole(file, content, words):
    with pytest.raises(InputError, match=words):
        open_table(file(content))


def test_a_line_without_end_is_refused_in_bounded_memory(file):
    path = file(b"a,b\n1,2\n" + b"x" * 30_000_000 + b"\n3,4\n")
    tracemalloc.start()
    found = list(open_table(path).rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [bool(each.fault) for each in found] == [False, True, False]
    assert peak < 15_000_000


def orders(file, text, **settings):
    table = open_table(file("order,customer,amount,currency\n" + text))
    return list(read_orders(table, Layout().with_settings(settings)))


def test_duplicates_are_told_from_contradictions(file):
    found = orders(file, "1,a,5,USD\n1,a,5.00,USD\n1,a,6,USD\n1,b,5,USD\n1,a,5,EUR\n")
    kinds = [Accepted, Duplicate, Rejected, Rejected, Rejected]
    assert [type(each) for each in found] == kinds
    assert found[1].first_line == 2


def test_a_rejected_row_does_not_occupy_its_number(file):
    found = orders(file, "1,a,oops,USD\n1,a,5,USD\n")
    assert [type(each) for each in found] == [Rejected, Accepted]


@pytest.mark.parametrize(
    ("amount", "accepted"),
    [
        ("5", True),
        (".5", True),
        ("5.", True),
        ("+5", True),
        ("1e3", False),
        ("NaN", False),
        ("Infinity", False),
        ('"1,000"', False),
        ("$5", False),
        ("5 ", True),
        ("٣", False),
        ("5.001", False),
        (str(2**96), False),
    ],
)
def test_only_plain_amounts_are_read(file, amount, accepted):
    (found,) = orders(file, f"1,a,{amount},USD\n")
    assert isinstance(found, Accepted) is accepted


def test_yen_have_no_decimals(file):
    good, bad = orders(file, "1,a,5,JPY\n2,a,5.5,JPY\n")
    assert good.order.amount == Decimal(5)
    assert "no decimals" in bad.reason


def test_free_orders_are_recorded_if_asked(file):
    (refused,) = orders(file, "1,a,0,USD\n")
    (kept,) = orders(file, "1,a,0,USD\n", free_orders=True)
    assert isinstance(refused, Rejected)
    assert isinstance(kept, Accepted)


def test_a_large_file_streams_in_bounded_memory(file):
    # Kept at once they would take 10 MB; tracing makes each row three times as slow.
    text = "".join(f"{i},c{i % 99},5,USD\n" for i in range(15_000))
    table = open_table(file("order,customer,amount,currency\n" + text))
    tracemalloc.start()
    count = sum(isinstance(each, Accepted) for each in read_orders(table, Layout()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 15_000
    assert peak < 500_000


def test_rejects_never_overwrite_what_is_imported(file):
    path = file("a,b\n1,2\n")
    with pytest.raises(InputError, match="being imported"), Rejects(open_table(path), path):
        pass


def test_merkle_roots_are_those_of_openzeppelin():
    # The example of OpenZeppelin's merkle-tree: two leaves of (address, uint256).
    leaves = [
        bytes(12) + b"\x11" * 20 + (5 * 10**18).to_bytes(32, "big"),
        bytes(12) + b"\x22" * 20 + (25 * 10**17).to_bytes(32, "big"),
    ]
    root = "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"
    assert root_of(leaves).hex() == root
    assert root_of(leaves[::-1]).hex() == root
    assert root_of([]) == bytes(32)
