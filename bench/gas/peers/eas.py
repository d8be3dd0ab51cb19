"""EAS, the Ethereum Attestation Service: a consent is an attestation that the customer makes.

The customer's wallet attests and the brand is the schema, so that neither a recipient nor a
reference is stored: five slots, the fewest that EAS writes. What ours keeps in its word and its
log (purpose, notice, receipt) is one slot of data, its age the attestation's expiry. Shown in each
way that EAS has: an attestation for each purpose, one call for seven of them, and one attestation
that speaks for all seven, which is cheapest and has to be made anew when one of them changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.packed import encode_packed
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from bench.gas import packages
from bench.gas.chain import GENESIS, Chain, Contract
from bench.gas.figures import REFUSED, Operation, PeerFigure
from bench.gas.packages import Artifact, BenchError
from bench.gas.reading import Reader

PACKAGE = "@ethereum-attestation-service/eas-contracts"
PURPOSES = 7
SCHEMA = "uint8 purpose,uint16 notice,bytes28 receipt"
_NOBODY = "0x" + 40 * "0"
_NOTHING = bytes(32)
_YEAR = 365 * 86_400
_DEADLINE = GENESIS + 60 * 86_400
_ALL = 0x7F  # one attestation for all purposes names them by a mask
_WITHOUT = "the state of a purpose by customer (who asks must know the attestation's UID), notices"
_SEQUENCE = f"{_WITHOUT}, signatures that do not wait for each other"
_STAYS = "an end to what was attested before, which stays valid"
_AGAIN = "attests again"
_ATTEST = (
    *(("attester", "address"), ("schema", "bytes32"), ("recipient", "address")),
    *(("expirationTime", "uint64"), ("revocable", "bool"), ("refUID", "bytes32")),
    *(("data", "bytes"), ("value", "uint256"), ("nonce", "uint256"), ("deadline", "uint64")),
)
_REVOKE = (
    *(("revoker", "address"), ("schema", "bytes32"), ("uid", "bytes32")),
    *(("value", "uint256"), ("nonce", "uint256"), ("deadline", "uint64")),
)
_DOMAIN = (
    *(("name", "string"), ("version", "string")),
    *(("chainId", "uint256"), ("verifyingContract", "address")),
)

Request = tuple[Any, ...]


def measure(chain: Chain, reader: Reader) -> list[PeerFigure]:
    """The figures; those of single signed attestations serve the comparison of onboarding too."""
    eas = _Eas(chain)
    return [*_by_wallet(eas), *_revoked(eas), *_signed(eas), *_asked(eas, reader)]


class _Eas:
    """EAS with one schema, and customers who attest."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.peer = f"EAS {packages.version_of(PACKAGE)}"
        admin = chain.actor("eas admin")
        schemas = chain.deploy(_artifact("SchemaRegistry"), admin)
        self.contract: Contract = chain.deploy(_artifact("EAS"), admin, schemas.address)
        schemas.send(admin, "register", SCHEMA, _NOBODY, True)
        self.schema = keccak(encode_packed(["string", "address", "bool"], [SCHEMA, _NOBODY, True]))
        self.relayer = chain.actor("eas relayer")

    def customer(self, label: str) -> LocalAccount:
        account: LocalAccount = Account.from_key(keccak(text=f"rapport bench eas {label}"))
        self.chain.fund(account.address)
        return account

    def request(self, purpose: int, notice: int = 1) -> Request:
        """A consent for a year: whose purpose, under which notice, by which receipt."""
        receipt = keccak(text=f"rapport bench receipt {purpose} {notice}")[:28]
        evidence = encode_packed(["uint8", "uint16", "bytes28"], [purpose, notice, receipt])
        return _NOBODY, GENESIS + _YEAR, True, _NOTHING, evidence, 0

    def uid(self, account: LocalAccount, request: Request) -> bytes:
        """
        The UID of what was attested in the latest block.

        Raises:
            BenchError: Nothing of the kind was attested, or it is revoked.
        """
        recipient, expires, revocable, reference, evidence, _ = request
        types = ["bytes32", "address", "address", "uint64", "uint64", "bool", "bytes32", "bytes"]
        values = [self.schema, recipient, account.address, self.chain.now, expires, revocable]
        uid = keccak(encode_packed([*types, "uint32"], [*values, reference, evidence, 0]))
        if not self.stands(uid) or self.contract.call("getAttestation", uid)[-1] != evidence:
            raise BenchError(f"{self.peer}: what was attested does not stand")
        return uid

    def stands(self, uid: bytes) -> bool:
        found = self.contract.call("getAttestation", uid)
        return bool(found[0] == uid and found[4] == 0)

    def once(self, sender: str, function: str, *arguments: Any) -> int:
        """Gas of a call that is refused when it is repeated."""
        gas = self.contract.send(sender, function, *arguments).gas
        self.refused(sender, function, *arguments)
        return gas

    def refused(self, sender: str, function: str, *arguments: Any) -> None:
        """
        Raises:
            BenchError: The call was repeated; the table says that this reverts.
        """
        if self.contract.attempt(sender, function, *arguments).succeeded:
            raise BenchError(f"{self.peer}: {function} can be repeated; the table says it cannot")

    def nonce(self, account: LocalAccount) -> int:
        nonce: int = self.contract.call("getNonce", account.address)
        return nonce

    def signature(
        self, account: LocalAccount, primary: str, values: Sequence[Any]
    ) -> tuple[int, bytes, bytes]:
        members = {"Attest": _ATTEST, "Revoke": _REVOKE}[primary]
        message = {
            "types": {
                "EIP712Domain": [{"name": n, "type": t} for n, t in _DOMAIN],
                primary: [{"name": n, "type": t} for n, t in members],
            },
            "primaryType": primary,
            "domain": {
                "name": "EAS",
                "version": "1.4.0",
                "chainId": self.chain.chain_id,
                "verifyingContract": self.contract.address,
            },
            "message": {name: value for (name, _), value in zip(members, values, strict=True)},
        }
        signed = Account.sign_typed_data(account.key, full_message=message)
        return signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32)

    def attested_by(self, account: LocalAccount, request: Request, nonce: int) -> Request:
        """The customer's signature under an attestation."""
        values = (account.address, self.schema, *request, nonce, _DEADLINE)
        return self.signature(account, "Attest", values)

    def revoked_by(self, account: LocalAccount, uid: bytes, nonce: int) -> Request:
        """The customer's signature under a revocation."""
        values = (account.address, self.schema, uid, 0, nonce, _DEADLINE)
        return self.signature(account, "Revoke", values)


def _artifact(name: str) -> Artifact:
    return packages.shipped(PACKAGE, f"artifacts/contracts/{name}.sol/{name}.json")


def _by_wallet(eas: _Eas) -> list[PeerFigure]:
    account = eas.customer("by wallet")
    requests = [eas.request(purpose) for purpose in range(PURPOSES)]

    def attest(request: Request) -> int:
        gas = eas.contract.send(account.address, "attest", (eas.schema, request)).gas
        eas.uid(account, request)
        return gas

    each = [attest(request) for request in requests]
    multi = eas.contract.send(account.address, "multiAttest", [(eas.schema, requests)]).gas
    for request in requests:
        eas.uid(account, request)
    eas.contract.send(account.address, "attest", (eas.schema, requests[0]))
    eas.contract.send(account.address, "multiAttest", [(eas.schema, requests)])
    mask = attest(eas.request(_ALL))

    figures = []
    for operation, without in (
        (Operation.SAVE_FIRST, _WITHOUT),
        (Operation.SAVE_LATER, f"{_WITHOUT}, {_STAYS}"),
    ):
        for peer, call, gas in (
            (eas.peer, f"attest x {PURPOSES}", sum(each)),
            (eas.peer, "multiAttest", multi),
            (f"{eas.peer}, one for all seven", "attest", mask),
        ):
            figures.append(PeerFigure(operation, peer, call, gas, without, _AGAIN))
    return [
        *figures,
        PeerFigure(Operation.SAVE_ONE_FIRST, eas.peer, "attest", each[0], _WITHOUT, _AGAIN),
        PeerFigure(
            Operation.SAVE_ONE_LATER,
            eas.peer,
            "attest",
            each[0],
            f"{_WITHOUT}, {_STAYS}",
            _AGAIN,
        ),
    ]


def _revoked(eas: _Eas) -> list[PeerFigure]:
    account = eas.customer("revoking")
    sender = account.address
    requests = [eas.request(purpose) for purpose in range(PURPOSES)]
    eas.contract.send(sender, "multiAttest", [(eas.schema, requests)])
    uids = [eas.uid(account, request) for request in requests]
    mask = eas.request(_ALL)
    eas.contract.send(sender, "attest", (eas.schema, mask))
    every = eas.uid(account, mask)

    many = [(eas.schema, [(uid, 0) for uid in uids])]
    all_ = eas.once(sender, "multiRevoke", many)
    one = eas.once(sender, "revoke", (eas.schema, (every, 0)))
    if any(eas.stands(uid) for uid in (*uids, every)):
        raise BenchError(f"{eas.peer}: a revoked attestation stands")
    kept = "withdrawal without an attestation's UID, and of what was never attested"
    return [
        PeerFigure(Operation.WITHDRAW_ONE, eas.peer, "revoke", one, kept, REFUSED),
        PeerFigure(Operation.WITHDRAW_ALL, eas.peer, "multiRevoke", all_, kept, REFUSED),
        PeerFigure(
            Operation.WITHDRAW_ALL,
            f"{eas.peer}, one for all seven",
            "revoke",
            one,
            kept,
            REFUSED,
        ),
    ]


def _signed(eas: _Eas) -> list[PeerFigure]:
    """By signature: the first of a wallet also writes its nonce for the first time."""
    figures = []
    for first, label in ((True, "first"), (False, "later")):
        operation = Operation.SAVE_SIGNED_FIRST if first else Operation.SAVE_SIGNED_LATER
        without = _SEQUENCE if first else f"{_SEQUENCE}, {_STAYS}"
        for peer, call, gas in (
            (eas.peer, f"attestByDelegation x {PURPOSES}", _each_signed(eas, f"{label} 1", first)),
            (eas.peer, "multiAttestByDelegation", _many_signed(eas, f"{label} 2", first)),
            (
                f"{eas.peer}, one for all seven",
                "attestByDelegation",
                _one_signed(eas, f"{label} 3", first),
            ),
        ):
            figures.append(PeerFigure(operation, peer, call, gas, without, REFUSED))
    return [*figures, *_revoked_signed(eas)]


def _delegated(eas: _Eas, account: LocalAccount, request: Request) -> Request:
    signature = eas.attested_by(account, request, eas.nonce(account))
    return eas.schema, request, signature, account.address, _DEADLINE


def _signer(eas: _Eas, label: str, first: bool) -> LocalAccount:
    account = eas.customer(label)
    if not first:
        earlier = _delegated(eas, account, eas.request(0, notice=9))
        eas.contract.send(eas.relayer, "attestByDelegation", earlier)
    return account


def _one_signed(eas: _Eas, label: str, first: bool) -> int:
    account, request = _signer(eas, label, first), eas.request(_ALL)
    delegated = _delegated(eas, account, request)
    gas = eas.contract.send(eas.relayer, "attestByDelegation", delegated).gas
    eas.uid(account, request)
    eas.refused(eas.relayer, "attestByDelegation", delegated)
    return gas


def _each_signed(eas: _Eas, label: str, first: bool) -> int:
    account, gas = _signer(eas, label, first), 0
    for purpose in range(PURPOSES):
        request = eas.request(purpose)
        delegated = _delegated(eas, account, request)
        gas += eas.contract.send(eas.relayer, "attestByDelegation", delegated).gas
        eas.uid(account, request)
    return gas


def _many_signed(eas: _Eas, label: str, first: bool) -> int:
    """One call, for which the customer signs seven times."""
    account = _signer(eas, label, first)
    requests = [eas.request(purpose) for purpose in range(PURPOSES)]
    start = eas.nonce(account)
    signatures = [
        eas.attested_by(account, request, start + place) for place, request in enumerate(requests)
    ]
    many = (eas.schema, requests, signatures, account.address, _DEADLINE)
    gas = eas.contract.send(eas.relayer, "multiAttestByDelegation", [many]).gas
    for request in requests:
        eas.uid(account, request)
    eas.refused(eas.relayer, "multiAttestByDelegation", [many])
    return gas


def _revoked_signed(eas: _Eas) -> list[PeerFigure]:
    account = _signer(eas, "revoking by signature", first=False)
    requests = [eas.request(purpose) for purpose in (*range(PURPOSES), _ALL)]
    eas.contract.send(account.address, "multiAttest", [(eas.schema, requests)])
    *uids, every = [eas.uid(account, request) for request in requests]
    start = eas.nonce(account)
    signatures = [eas.revoked_by(account, uid, start + n) for n, uid in enumerate(uids)]
    many = (eas.schema, [(uid, 0) for uid in uids], signatures, account.address, _DEADLINE)
    all_ = eas.once(eas.relayer, "multiRevokeByDelegation", [many])
    signature = eas.revoked_by(account, every, eas.nonce(account))
    single = (eas.schema, (every, 0), signature, account.address, _DEADLINE)
    one = eas.once(eas.relayer, "revokeByDelegation", single)
    if any(eas.stands(uid) for uid in (*uids, every)):
        raise BenchError(f"{eas.peer}: an attestation revoked by signature stands")
    operation = Operation.WITHDRAW_ALL_SIGNED
    without = "one signature for all purposes, signatures that do not wait for each other"
    kept = "withdrawal of what was never attested, signatures that do not wait for each other"
    mask = f"{eas.peer}, one for all seven"
    return [
        PeerFigure(operation, eas.peer, "multiRevokeByDelegation", all_, without, REFUSED),
        PeerFigure(operation, mask, "revokeByDelegation", one, kept, REFUSED),
    ]


def _asked(eas: _Eas, reader: Reader) -> list[PeerFigure]:
    account, request = eas.customer("asked about"), eas.request(0)
    eas.contract.send(account.address, "attest", (eas.schema, request))
    uid = eas.uid(account, request)
    call = "getAttestation"
    gas = reader.gas(eas.contract, call, uid)
    return [PeerFigure(Operation.GRANTED_ASKED, eas.peer, call, gas, _WITHOUT, "")]
