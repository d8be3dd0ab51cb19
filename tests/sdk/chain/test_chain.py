"""Reading a chain, sync and async alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rapport import errors, reverts
from rapport.artifacts import AddressBook
from rapport.chain import AsyncChain, Chain, Logged, Patience, Read
from tests.sdk.support.faulty_rpc import FaultyRpc
from tests.sdk.support.kinds import customer_id
from tests.sdk.support.suite import Suite

NOWHERE = "http://127.0.0.1:9"
ONCE = Patience(tries=1)


class Both:
    """Runs a method on the sync and on the async chain and insists on one result."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite

    def __call__(self, method: str, *args: Any, url: str | None = None, **options: Any) -> Any:
        sync = self._caught(lambda: getattr(self.suite.connect(url), method)(*args, **options))
        twin = self._caught(lambda: asyncio.run(self._twin(method, url, *args, **options)))
        if isinstance(sync, Exception):
            assert type(twin) is type(sync)
            assert str(twin) == str(sync)
            raise sync
        assert twin == sync
        return sync

    async def _twin(self, method: str, url: str | None, *args: Any, **options: Any) -> Any:
        target = url or self.suite.anvil.url
        async with AsyncChain(target, chain_id=31337, book=self.suite.book) as chain:
            return await getattr(chain, method)(*args, **options)

    @staticmethod
    def _caught(run: Callable[[], Any]) -> Any:
        try:
            return run()
        except errors.RapportError as error:
            return error


@pytest.fixture
def both(suite: Suite) -> Both:
    return Both(suite)


def test_views_are_read_one_or_many_at_a_time(both: Both) -> None:
    assert both("call", "CustomerRegistry", "statusOf", customer_id(1)) == 1
    reads = [Read("LoyaltyPoints", "balanceOf", (customer_id(n),)) for n in range(3)]
    assert both("batch", reads) == [0, 0, 0]


def test_structs_come_back_by_the_names_of_their_fields(both: Both) -> None:
    customer = both("call", "CustomerRegistry", "customer", customer_id(1))
    assert customer["status"] == 1
    assert customer["wallet"] == "0x0000000000000000000000000000000000000000"


def test_a_view_that_reverts_raises_the_contracts_error(both: Both) -> None:
    with pytest.raises(reverts.UnknownCustomer) as refusal:
        both("call", "CustomerRegistry", "activeWallet", customer_id(999))
    assert refusal.value.customer_id == customer_id(999)


def test_a_simulated_write_without_the_role_raises_the_contracts_error(
    both: Both, suite: Suite
) -> None:
    data = suite.chain_contract("LoyaltyPoints").encode("award", customer_id(1), b"\1" * 32, 5, 0)
    to = suite.address("LoyaltyPoints")
    stranger = "0x000000000000000000000000000000000000dEaD"
    for method in ("simulate", "estimate"):
        with pytest.raises(reverts.AccessControlUnauthorizedAccount):
            both(method, to, data, sender=stranger)


def test_events_come_back_decoded(both: Both, suite: Suite) -> None:
    suite.transact(suite.backend, "LoyaltyPoints", "award", customer_id(1), b"\x01" * 32, 5, 0)
    (event,) = both("events", "LoyaltyPoints", names=["Awarded"], topics=[customer_id(1)])
    assert event.args["points"] == 5
    assert event.args["ref"] == b"\x01" * 32
    assert both("events", "LoyaltyPoints", names=["Redeemed"]) == []


def test_what_was_logged_is_answered_among_other_questions(both: Both, suite: Suite) -> None:
    known, unknown = customer_id(1), b"\xfe" * 32
    answers = both(
        "batch",
        [
            Logged("CustomerRegistry", ["Registered"], [known]),
            Read("CustomerRegistry", "statusOf", (known,)),
            Logged("CustomerRegistry", ["Registered"], [unknown]),
            Read("CustomerRegistry", "statusOf", (unknown,)),
        ],
    )
    assert [each.args["customerId"] for each in answers[0]] == [known]
    assert answers[1:] == [1, [], 0]


def test_the_times_of_events_are_those_of_their_blocks(both: Both, suite: Suite) -> None:
    events = suite.connect().events("LoyaltyPoints")
    times = both("times", events)
    assert set(times) == {each.log.block_number for each in events}
    assert times[events[0].log.block_number] == both("block", events[0].log.block_number).timestamp

    unknown = replace(events[0], log=replace(events[0].log, block_number=10**9))
    with pytest.raises(errors.RpcError, match="the node has no block 1000000000"):
        both("times", [unknown])


def test_blocks_balances_and_codes_are_read(both: Both, suite: Suite) -> None:
    assert both("block").number == both("block", "latest").number
    assert both("balance", suite.admin.address) > 0
    assert both("nonce", suite.admin.address) > 0
    assert both("code", suite.address("EarnRules"))
    assert both("code", suite.admin.address) == b""
    assert both("receipts", ["0x" + "00" * 32]) == [None]
    assert both("fees").priority_fee >= 0
    assert int(both("request", "eth_chainId"), 16) == 31337


def test_a_block_that_is_not_there_is_an_error(both: Both) -> None:
    with pytest.raises(errors.RpcError, match="no block 99999"):
        both("block", 99_999)


def test_another_chain_than_configured_is_refused(suite: Suite) -> None:
    chain = Chain(suite.anvil.url, chain_id=1)
    with pytest.raises(errors.WrongChain, match="serves chain 31337, configured is chain 1"):
        _ = chain.chain_id


def test_a_node_that_is_not_there_is_named_by_host_only(both: Both) -> None:
    chain = Chain("http://user:secret@127.0.0.1:9/key", patience=ONCE)
    with pytest.raises(
        errors.RpcError, match=r"cannot reach the node at 127\.0\.0\.1:9"
    ) as refusal:
        _ = chain.chain_id
    assert "secret" not in str(refusal.value)
    assert "key" not in str(refusal.value)


async def test_the_async_chain_names_an_absent_node_as_well() -> None:
    async with AsyncChain(NOWHERE, patience=ONCE) as chain:
        with pytest.raises(errors.RpcError, match=r"cannot reach the node at 127\.0\.0\.1:9"):
            await chain.chain_id()


def test_the_environments_proxy_is_used_where_it_is_meant_to_be(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with FaultyRpc(suite.anvil.url, faults=()) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        beyond = Chain("http://node.example", patience=ONCE)
        assert beyond.chain_id == 31337

        monkeypatch.setenv("http_proxy", NOWHERE)
        assert Chain(suite.anvil.url, patience=ONCE).chain_id == 31337
        with pytest.raises(errors.RpcError, match=r"cannot reach the node at node\.example"):
            _ = Chain("http://node.example", patience=ONCE).chain_id

        # What was found is not looked for again at every post.
        assert beyond.block().number >= 0


@pytest.mark.parametrize("url", ["", "localhost:8545", "ws://127.0.0.1"])
def test_what_is_no_rpc_address_is_refused(url: str) -> None:
    with pytest.raises(errors.ConfigError, match="http:// or https:// is required"):
        Chain(url)


def test_reads_survive_a_faulty_node(both: Both, suite: Suite) -> None:
    faults = [f for f in FaultyRpc.EVERY if not f.startswith("stale")]
    with FaultyRpc(suite.anvil.url, seed=3, chance=0.3, faults=faults) as node:
        chain = suite.connect(node.url, patience=Patience(tries=12, first=0.001, longest=0.01))
        for _ in range(30):
            assert chain.call("CustomerRegistry", "statusOf", customer_id(1)) == 1
        assert len(node.met) > 3


def test_a_contract_without_an_address_is_not_deployed(suite: Suite) -> None:
    chain = Chain(suite.anvil.url, book=AddressBook(31337, {}))
    with pytest.raises(errors.NotDeployed, match="EarnRules has no address on this chain"):
        chain.contract("EarnRules")


def test_an_address_without_code_is_not_deployed(suite: Suite, tmp_path: Path) -> None:
    path = suite.write_book(tmp_path / "book.json")
    path.write_text(path.read_text().replace(suite.address("EarnRules"), "0x" + "00" * 19 + "aa"))
    chain = Chain(suite.anvil.url, addresses=str(path))
    with pytest.raises(errors.NotDeployed, match="EarnRules has no code"):
        chain.call("EarnRules", "currency", b"EUR")


def test_a_book_of_another_chain_is_refused(suite: Suite) -> None:
    chain = Chain(suite.anvil.url, book=AddressBook(1, suite.book.entries))
    with pytest.raises(errors.ConfigError, match="address book is of chain 1"):
        chain.contract("EarnRules")


@pytest.mark.parametrize(
    ("function", "args", "said"),
    [
        ("balanceOf", (), "takes 1 arguments; 0 were given"),
        ("balanceOf", ("x",), "balanceOf"),
        ("award", (b"\1" * 32, b"\1" * 32, -1, 0), "award"),
        ("award", (b"\1" * 32, b"\1" * 32, 2**32, 0), "award"),
        ("nothing", (), "has no function 'nothing'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_before_the_node_is_asked(
    suite: Suite, function: str, args: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(errors.InputError, match=said):
        suite.connect().call("LoyaltyPoints", function, *args)


class Narrow(Chain):
    """A node that answers for few blocks at once, as public ones do."""

    most = 3

    def _post(self, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
            (query,) = asked["params"]
            last = query["toBlock"]
            wide = last == "latest" or int(last, 16) - int(query["fromBlock"], 16) >= self.most
            if wide:
                error = {"code": -32005, "message": "query exceeds max block range 3"}
                return 200, json.dumps({"id": asked["id"], "error": error}).encode()
        return super()._post(body)


def test_events_of_a_long_range_are_asked_for_in_parts(suite: Suite) -> None:
    ids = [bytes([number]) * 32 for number in range(1, 9)]
    for customer in ids:
        suite.transact(suite.backend, "CustomerRegistry", "register", customer, bytes(32))
        suite.anvil.mine(2)
    for most in (3, 1):
        narrow = Narrow(suite.anvil.url, chain_id=31337, book=suite.book)
        narrow.most = most
        found = narrow.events("CustomerRegistry", first=1, names=["Registered"])
        assert [each.args["customerId"] for each in found][-8:] == ids
        (same,) = narrow.batch([Logged("CustomerRegistry", ["Registered"])])
        assert same == found
    deaf = Narrow(suite.anvil.url, chain_id=31337, book=suite.book)
    deaf.most = 0
    with pytest.raises(errors.RpcError, match="block range"):
        deaf.events("CustomerRegistry", first=1)
