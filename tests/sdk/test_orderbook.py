"""The orders that a shop has made, by its own numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rapport.errors import ConfigError
from rapport.orderbook import Booked, OrderBook

HERE = "31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ELSEWHERE = "1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
CUSTOMER = b"\x07" * 32


def booked(number: str, order_id: int, text: str = "Beans") -> Booked:
    return Booked(number, bytes([order_id]) * 32, {"order": {}, "lines": [[text, "1"]]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rapport.db"


def test_the_first_order_under_a_number_stands(path: Path) -> None:
    book = OrderBook(path)
    assert book.enter(HERE, booked("1", 1), None).id == b"\x01" * 32
    assert book.enter(HERE, booked("1", 2), None).id == b"\x01" * 32
    assert book.enter(ELSEWHERE, booked("1", 2), None).id == b"\x02" * 32
    assert [each.id for each in book.all(HERE)] == [b"\x01" * 32]
    assert OrderBook(path).identified(HERE, b"\x01" * 32) == booked("1", 1)


def test_only_the_order_that_is_named_gives_way(path: Path) -> None:
    book = OrderBook(path)
    book.enter(HERE, booked("1", 1), None)
    assert book.enter(HERE, booked("1", 2), None, replacing=b"\x09" * 32).id == b"\x01" * 32
    assert book.enter(HERE, booked("1", 2), None, replacing=b"\x01" * 32).id == b"\x02" * 32
    assert book.identified(HERE, b"\x01" * 32) is None


def test_a_number_raced_for_is_one_order(path: Path) -> None:
    books = [OrderBook(path) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        entered = pool.map(
            lambda pair: pair[1].enter(HERE, booked("1", pair[0] + 1), None).id, enumerate(books)
        )
        assert len(set(entered)) == 1


def test_a_customer_s_orders_are_told_and_destroyed_to_the_last_byte(path: Path) -> None:
    book = OrderBook(path)
    book.enter(HERE, booked("theirs", 1, "a secret taste"), CUSTOMER)
    book.enter(HERE, booked("other", 2), None)
    assert [each.number for each in book.made_for(HERE, [CUSTOMER])] == ["theirs"]
    traces = book.traces([CUSTOMER])
    assert any(b"a secret taste" in trace for trace in traces)
    book.destroy([CUSTOMER])
    assert book.traces([CUSTOMER]) == []
    assert [each.number for each in book.all(HERE)] == ["other"]
    book.close()
    held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert not any(trace in held for trace in traces)


def test_a_file_that_is_no_database_is_a_configuration_error(path: Path) -> None:
    path.write_bytes(b"not a database, and long enough to be sure of it" * 50)
    with pytest.raises(ConfigError, match="cannot be used"):
        OrderBook(path)
