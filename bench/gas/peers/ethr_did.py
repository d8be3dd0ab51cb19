"""The DID registry of ERC-1056: a consent is an attribute of the customer's wallet, or a delegate.

An attribute is a log and a block number: the cheapest way to say something on chain, which no
contract can read. A delegate (the brand, for one purpose) can be read by contracts, and has room
for neither a notice nor a receipt. Both are shown.
"""

from __future__ import annotations

from typing import Any

from eth_abi.packed import encode_packed
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from bench.gas import packages
from bench.gas.chain import Chain, Contract, address_of
from bench.gas.figures import REFUSED, Operation, PeerFigure
from bench.gas.packages import BenchError
from bench.gas.reading import Reader

PACKAGE = "ethr-did-registry"
PURPOSES = 7
_YEAR = 365 * 86_400
_ALL = 0x7F  # one attribute for all purposes names them by a mask
_ATTRIBUTE = "state that contracts can read, notices, customers without a wallet"
_DELEGATE = "notice, receipt, customers without a wallet"
_SIGNED = f"{_ATTRIBUTE}, deadline and chain in what is signed"
_AGAIN = "says it again"


def measure(chain: Chain, reader: Reader) -> list[PeerFigure]:
    """The figures; the first signed one serves the comparison of onboarding too."""
    did = _Did(chain)
    return [*_attributes(did), *_signed_attributes(did), *_delegates(did, reader)]


class _Did:
    """The registry, and wallets that are their own identities."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.peer = f"ethr-did-registry {packages.version_of(PACKAGE)}"
        name = "EthereumDIDRegistry"
        artifact = packages.shipped(PACKAGE, f"artifacts/contracts/{name}.sol/{name}.json")
        self.contract: Contract = chain.deploy(artifact, chain.actor("did admin"))
        self.relayer = chain.actor("did relayer")

    def customer(self, label: str) -> LocalAccount:
        account: LocalAccount = Account.from_key(keccak(text=f"rapport bench did {label}"))
        self.chain.fund(account.address)
        return account

    def told(self, account: LocalAccount) -> None:
        """
        Raises:
            BenchError: The latest block says nothing about this identity.
        """
        latest = self.chain.web3.eth.block_number
        if self.contract.call("changed", account.address) != latest:
            raise BenchError(f"{self.peer}: an attribute is not on record")

    def signature(self, account: LocalAccount, verb: str, *signed: Any) -> tuple[int, bytes, bytes]:
        """As ERC-1056 has it: no typed data, no chain id, no deadline."""
        types = {
            "setAttribute": ["bytes32", "bytes", "uint256"],
            "revokeAttribute": ["bytes32", "bytes"],
        }[verb]
        nonce = self.contract.call("nonce", account.address)
        content = encode_packed(
            ["bytes1", "bytes1", "address", "uint256", "address", "string", *types],
            [b"\x19", b"\0", self.contract.address, nonce, account.address, verb, *signed],
        )
        made = Account.unsafe_sign_hash(keccak(content), account.key)
        return made.v, made.r.to_bytes(32), made.s.to_bytes(32)


def purpose_name(purpose: int) -> bytes:
    return f"did/consent/{purpose}".encode().ljust(32, b"\0")


def _evidence(purpose: int) -> bytes:
    """The notice and the receipt, as many bytes as EAS is given."""
    receipt = keccak(text=f"rapport bench receipt {purpose} 1")[:28]
    return bytes(encode_packed(["uint8", "uint16", "bytes28"], [purpose, 1, receipt]))


def _attributes(did: _Did) -> list[PeerFigure]:
    def say(account: LocalAccount, purpose: int) -> int:
        values = (account.address, purpose_name(purpose), _evidence(purpose), _YEAR)
        gas = did.contract.send(account.address, "setAttribute", *values).gas
        did.told(account)
        return gas

    def unsay(account: LocalAccount, purpose: int) -> int:
        values = (account.address, purpose_name(purpose), _evidence(purpose))
        gas = did.contract.send(account.address, "revokeAttribute", *values).gas
        did.told(account)
        did.contract.send(account.address, "revokeAttribute", *values)
        return gas

    account, other = did.customer("each"), did.customer("mask")
    first = [say(account, purpose) for purpose in range(PURPOSES)]
    later = [say(account, purpose) for purpose in range(PURPOSES)]
    mask = f"{did.peer}, one for all seven"
    each, call = f"setAttribute x {PURPOSES}", "setAttribute"
    return [
        PeerFigure(Operation.SAVE_FIRST, did.peer, each, sum(first), _ATTRIBUTE, _AGAIN),
        PeerFigure(Operation.SAVE_FIRST, mask, call, say(other, _ALL), _ATTRIBUTE, _AGAIN),
        PeerFigure(Operation.SAVE_LATER, did.peer, each, sum(later), _ATTRIBUTE, _AGAIN),
        PeerFigure(Operation.SAVE_LATER, mask, call, say(other, _ALL), _ATTRIBUTE, _AGAIN),
        PeerFigure(Operation.SAVE_ONE_FIRST, did.peer, call, first[0], _ATTRIBUTE, _AGAIN),
        PeerFigure(Operation.SAVE_ONE_LATER, did.peer, call, later[0], _ATTRIBUTE, _AGAIN),
        PeerFigure(
            Operation.WITHDRAW_ONE,
            did.peer,
            "revokeAttribute",
            unsay(account, 0),
            _ATTRIBUTE,
            _AGAIN,
        ),
        PeerFigure(
            Operation.WITHDRAW_ALL, mask, "revokeAttribute", unsay(other, _ALL), _ATTRIBUTE, _AGAIN
        ),
    ]


def _signed_attributes(did: _Did) -> list[PeerFigure]:
    def say(account: LocalAccount, purpose: int) -> int:
        values = (purpose_name(purpose), _evidence(purpose), _YEAR)
        signature = did.signature(account, "setAttribute", *values)
        arguments = (account.address, *signature, *values)
        gas = did.contract.send(did.relayer, "setAttributeSigned", *arguments).gas
        did.told(account)
        if did.contract.attempt(did.relayer, "setAttributeSigned", *arguments).succeeded:
            raise BenchError(f"{did.peer}: a signature was taken twice; the table says it is not")
        return gas

    account, other = did.customer("each signed"), did.customer("mask signed")
    mask = f"{did.peer}, one for all seven"
    each, call = f"setAttributeSigned x {PURPOSES}", "setAttributeSigned"
    first, later = Operation.SAVE_SIGNED_FIRST, Operation.SAVE_SIGNED_LATER
    figures = [
        PeerFigure(
            operation,
            did.peer,
            each,
            sum(say(account, purpose) for purpose in range(PURPOSES)),
            _SIGNED,
            REFUSED,
        )
        for operation in (first, later)
    ]
    figures += [
        PeerFigure(operation, mask, call, say(other, _ALL), _SIGNED, REFUSED)
        for operation in (first, later)
    ]
    values = (purpose_name(_ALL), _evidence(_ALL))
    signature = did.signature(other, "revokeAttribute", *values)
    arguments = (other.address, *signature, *values)
    gas = did.contract.send(did.relayer, "revokeAttributeSigned", *arguments).gas
    did.told(other)
    if did.contract.attempt(did.relayer, "revokeAttributeSigned", *arguments).succeeded:
        raise BenchError(f"{did.peer}: a signature was taken twice; the table says it is not")
    call, operation = "revokeAttributeSigned", Operation.WITHDRAW_ALL_SIGNED
    return [*figures, PeerFigure(operation, mask, call, gas, _SIGNED, REFUSED)]


def _delegates(did: _Did, reader: Reader) -> list[PeerFigure]:
    """The brand is the delegate of the customer's wallet, one purpose a type."""
    account, brand = did.customer("delegating"), address_of("brand")

    def valid(purpose: int) -> bool:
        arguments = (account.address, purpose_name(purpose), brand)
        return bool(did.contract.call("validDelegate", *arguments))

    def name(purpose: int) -> int:
        values = (account.address, purpose_name(purpose), brand, _YEAR)
        gas = did.contract.send(account.address, "addDelegate", *values).gas
        if not valid(purpose):
            raise BenchError(f"{did.peer}: a delegate is not valid")
        return gas

    def end(purpose: int) -> int:
        values = (account.address, purpose_name(purpose), brand)
        gas = did.contract.send(account.address, "revokeDelegate", *values).gas
        if valid(purpose):
            raise BenchError(f"{did.peer}: a revoked delegate is valid")
        did.contract.send(account.address, "revokeDelegate", *values)
        return gas

    peer = f"{did.peer}, by delegates"
    first = [name(purpose) for purpose in range(PURPOSES)]
    later = [name(purpose) for purpose in range(PURPOSES)]
    asked = reader.gas(did.contract, "validDelegate", account.address, purpose_name(0), brand)
    ended = [end(purpose) for purpose in range(PURPOSES)]
    added, revoked = f"addDelegate x {PURPOSES}", f"revokeDelegate x {PURPOSES}"
    return [
        PeerFigure(Operation.SAVE_FIRST, peer, added, sum(first), _DELEGATE, _AGAIN),
        PeerFigure(Operation.SAVE_LATER, peer, added, sum(later), _DELEGATE, _AGAIN),
        PeerFigure(Operation.SAVE_ONE_FIRST, peer, "addDelegate", first[0], _DELEGATE, _AGAIN),
        PeerFigure(Operation.SAVE_ONE_LATER, peer, "addDelegate", later[0], _DELEGATE, _AGAIN),
        PeerFigure(Operation.WITHDRAW_ONE, peer, "revokeDelegate", ended[0], _DELEGATE, _AGAIN),
        PeerFigure(Operation.WITHDRAW_ALL, peer, revoked, sum(ended), _DELEGATE, _AGAIN),
        PeerFigure(
            Operation.GRANTED_ASKED,
            peer,
            "validDelegate",
            asked,
            "opt-out purposes, notice, customers without a wallet",
            "",
        ),
    ]
