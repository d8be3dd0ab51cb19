"""One local anvil, and contracts on it. Everything is fixed, so a second run gives the same gas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from eth_abi.abi import decode, encode
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, TxParams

from bench.gas.packages import Artifact, BenchError
from scripts.toolchain.anvil import AnvilError, LocalChain

# In the middle of a month, quarter and UTC day: no run ever crosses an epoch by accident.
GENESIS = 1_770_724_800  # 2026-02-10 12:00:00 UTC
GAS_LIMIT = 20_000_000
_WEI = 10**24


@dataclass(frozen=True)
class Receipt:
    """What a transaction cost, in gas, with its 21,000 and its calldata included."""

    gas: int
    succeeded: bool
    calldata: bytes
    created: str | None


def address_of(label: str) -> ChecksumAddress:
    """An address that nobody has a key of, the same at each run."""
    return to_checksum_address(keccak(text=f"rapport bench {label}")[12:])


class Chain:
    """A local chain. Any address may send, so actors need no keys here."""

    def __init__(self, hardfork: str) -> None:
        self.hardfork = hardfork
        self._node: LocalChain | None = None
        self.web3 = Web3()

    def __enter__(self) -> Self:
        words = ["--hardfork", self.hardfork, "--timestamp", str(GENESIS), "--accounts", "1"]
        try:
            self._node = LocalChain(*words)
        except AnvilError as error:
            raise BenchError(str(error)) from None
        try:
            # web3 asks for the chain's id before each call: once is enough.
            known = {RPCEndpoint("eth_chainId")}
            provider = HTTPProvider(
                self._node.url, cache_allowed_requests=True, cacheable_requests=known
            )
            self.web3 = Web3(provider)
            self._ask("anvil_autoImpersonateAccount", True)
            # One second a block, so that the run's own speed is nowhere in the figures.
            self._ask("anvil_setBlockTimestampInterval", 1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._node is not None:
            self._node.close()

    def _ask(self, method: str, *params: Any) -> Any:
        answer = self.web3.provider.make_request(RPCEndpoint(method), list(params))
        if "error" in answer:
            raise BenchError(f"{method}: {answer['error']}")
        return answer.get("result")

    @property
    def client(self) -> str:
        """What the node calls itself: ``anvil/v1.7.1``."""
        return self.web3.client_version

    @property
    def chain_id(self) -> int:
        return self.web3.eth.chain_id

    @property
    def now(self) -> int:
        """Unix seconds of the latest block."""
        return self.web3.eth.get_block("latest")["timestamp"]

    def actor(self, label: str) -> ChecksumAddress:
        """An address that can pay for its transactions."""
        return self.fund(address_of(label))

    def fund(self, address: ChecksumAddress) -> ChecksumAddress:
        self._ask("anvil_setBalance", address, hex(_WEI))
        return address

    def wait(self, seconds: int) -> None:
        self._ask("evm_setNextBlockTimestamp", self.now + seconds)
        self._ask("evm_mine")

    def send(self, sender: str, data: bytes, to: str | None = None) -> Receipt:
        transaction: TxParams = {
            "from": to_checksum_address(sender),
            "data": data,
            "gas": GAS_LIMIT,
            # Named, so that web3 asks for no estimate and no fees.
            "maxFeePerGas": self.web3.to_wei(10, "gwei"),
            "maxPriorityFeePerGas": self.web3.to_wei(0, "gwei"),
        }
        if to is not None:
            transaction["to"] = to_checksum_address(to)
        sent = self.web3.eth.send_transaction(transaction)
        mined = self.web3.eth.wait_for_transaction_receipt(sent, timeout=60, poll_latency=0.01)
        return Receipt(mined["gasUsed"], mined["status"] == 1, data, mined["contractAddress"])

    def broadcast(self, transaction: bytes) -> None:
        """
        Sends what somebody else has signed.

        Raises:
            BenchError: It reverted.
        """
        sent = self.web3.eth.send_raw_transaction(transaction)
        mined = self.web3.eth.wait_for_transaction_receipt(sent, timeout=60, poll_latency=0.01)
        if mined["status"] != 1:
            raise BenchError("a transaction that was signed elsewhere reverted")

    def deploy(self, artifact: Artifact, sender: str, *arguments: Any) -> Contract:
        """Deploys a contract as its artifact has it."""
        makers = (e["inputs"] for e in artifact.abi if e["type"] == "constructor")
        data = bytes.fromhex(artifact.creation[2:]) + encode(_types(next(makers, [])), arguments)
        receipt = self.send(sender, data)
        if not receipt.succeeded or receipt.created is None:
            raise BenchError(f"{artifact.name} cannot be deployed on {self.client}")
        return Contract(self, artifact, to_checksum_address(receipt.created))

    def at(self, artifact: Artifact, address: str) -> Contract:
        """A contract that stands already, as a proxy of this artifact does."""
        if not self.web3.eth.get_code(to_checksum_address(address)):
            raise BenchError(f"no code at {address}, where {artifact.name} was to be")
        return Contract(self, artifact, to_checksum_address(address))


class Contract:
    """A deployed contract. ``send`` must succeed, ``attempt`` may be refused."""

    def __init__(self, chain: Chain, artifact: Artifact, address: ChecksumAddress) -> None:
        self.chain = chain
        self.name = artifact.name
        self.abi = artifact.abi
        self.address = address
        functions = [e for e in artifact.abi if e["type"] == "function"]
        # An overloaded one is called by its signature: "create_stream(address,uint256,bytes32[])".
        self._functions = {e["name"]: e for e in functions} | {_signature(e): e for e in functions}

    def calldata(self, function: str, arguments: Sequence[Any]) -> bytes:
        entry = self._functions[function]
        selector = keccak(text=_signature(entry))[:4]
        return selector + encode(_types(entry["inputs"]), arguments)

    def attempt(self, sender: str, function: str, *arguments: Any) -> Receipt:
        return self.chain.send(sender, self.calldata(function, arguments), self.address)

    def send(self, sender: str, function: str, *arguments: Any) -> Receipt:
        """
        Raises:
            BenchError: It reverted; a figure of a failed call would be worth nothing.
        """
        receipt = self.attempt(sender, function, *arguments)
        if not receipt.succeeded:
            why = self.refusal(sender, function, *arguments)
            raise BenchError(f"{self.name}.{function} reverted: {why}")
        return receipt

    def refuses(self, sender: str, function: str, *arguments: Any) -> None:
        """
        Raises:
            BenchError: It succeeded, where the table says that it reverts.
        """
        if self.attempt(sender, function, *arguments).succeeded:
            raise BenchError(f"{self.name}.{function} succeeds; the table says that it reverts")

    def call(self, function: str, *arguments: Any) -> Any:
        """The one value that a view returns."""
        (value,) = self.values(function, *arguments)
        return value

    def values(self, function: str, *arguments: Any) -> tuple[Any, ...]:
        """All that a view returns."""
        answer = self.chain.web3.eth.call(
            {"to": self.address, "data": self.calldata(function, arguments)}
        )
        return decode(_types(self._functions[function]["outputs"]), answer)

    def refusal(self, sender: str, function: str, *arguments: Any) -> str:
        """What a call says on refusing, at the latest block."""
        data = self.calldata(function, arguments)
        try:
            self.chain.web3.eth.call(
                {"from": to_checksum_address(sender), "to": self.address, "data": data}
            )
        except Exception as error:  # whatever the node or web3 makes of it, it is only quoted
            return str(getattr(error, "data", None) or error)
        return "it would succeed now"


def _signature(function: dict[str, Any]) -> str:
    return f"{function['name']}({','.join(_types(function['inputs']))})"


def _types(members: Sequence[dict[str, Any]]) -> list[str]:
    """The types of an ABI's members as signatures have them: ``(bytes32,uint32)[]``."""
    return [
        f"({','.join(_types(member['components']))}){member['type'].removeprefix('tuple')}"
        if member["type"].startswith("tuple")
        else member["type"]
        for member in members
    ]
