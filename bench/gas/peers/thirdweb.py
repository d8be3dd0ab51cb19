"""thirdweb's LoyaltyPoints and Airdrop: its published bytecode behind its own minimal clones."""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bench.gas import packages
from bench.gas.chain import GENESIS, Chain, Contract, address_of
from bench.gas.figures import BATCH, REFUSED, Operation, PeerFigure
from bench.gas.money import bare_erc20
from bench.gas.packages import BenchError

PACKAGE = "@thirdweb-dev/contracts"
NAME = "Points"
POINTS = 500
_NOBODY = "0x" + 40 * "0"
_NATIVE = "0x" + 40 * "e"
_LIFE = 60 * 86_400
_WITHOUT = "pending, expiry, cap, liability by date, customers without a wallet"
_AGAIN = "pays again"
_REQUEST = (
    ("to", "address"),
    ("primarySaleRecipient", "address"),
    ("quantity", "uint256"),
    ("price", "uint256"),
    ("currency", "address"),
    ("validityStartTimestamp", "uint128"),
    ("validityEndTimestamp", "uint128"),
    ("uid", "bytes32"),
)
_DOMAIN = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)


def measure(chain: Chain) -> list[PeerFigure]:
    peer = f"thirdweb {packages.version_of(PACKAGE)} LoyaltyPoints"
    admin: LocalAccount = Account.from_key(keccak(text="rapport bench thirdweb admin"))
    owner = chain.fund(admin.address)
    initial: tuple[Any, ...] = (owner, NAME, "PTS", "", [], owner, 0, owner)
    points = _clone(chain, owner, "LoyaltyPoints", *initial)
    return [
        *_minted(points, peer, owner),
        *_signed(points, peer, admin),
        *_taken(points, peer, owner),
        *_pushed(points, peer, owner),
    ]


def _clone(chain: Chain, owner: ChecksumAddress, name: str, *initial: Any) -> Contract:
    """An instance as thirdweb makes one: its factory clones the implementation (EIP-1167)."""
    artifact = packages.shipped(PACKAGE, f"abi/{name}.json")
    factory = packages.shipped(PACKAGE, "abi/TWMinimalFactory.json")
    implementation = chain.deploy(artifact, owner)
    salt = keccak(text=f"rapport bench {name}")
    setup = implementation.calldata("initialize", initial)
    maker = chain.deploy(factory, owner, implementation.address, setup, salt)
    # The factory is its constructor alone, which creates the clone by CREATE2.
    code = (
        bytes.fromhex("3d602d80600a3d3981f3363d3d373d3d3d363d73")
        + bytes.fromhex(implementation.address[2:])
        + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    )
    sender, made = bytes.fromhex(owner[2:]), bytes.fromhex(maker.address[2:])
    word = keccak(b"\xff" + made + keccak(sender + salt) + keccak(code))
    return chain.at(artifact, to_checksum_address(word[12:]))


def _minted(points: Contract, peer: str, owner: ChecksumAddress) -> list[PeerFigure]:
    holder = address_of("loyal holder")
    points.send(owner, "mintTo", address_of("first loyal holder"), POINTS)
    new = points.send(owner, "mintTo", holder, POINTS).gas
    existing = points.send(owner, "mintTo", holder, POINTS).gas
    if points.call("balanceOf", holder) != 2 * POINTS:
        raise BenchError(f"{peer}: a repeated mintTo did not pay again, as the table says")
    figures = {
        Operation.AWARD_NEW: new,
        Operation.AWARD_EXISTING: existing,
        Operation.AWARD_RETRIED: existing,
    }
    without = f"reference, {_WITHOUT}"
    return [
        *(
            PeerFigure(which, peer, "mintTo", gas, without, _AGAIN)
            for which, gas in figures.items()
        ),
        PeerFigure(
            Operation.REFUND,
            peer,
            "mintTo",
            existing,
            "a tie to the redemption, so that it cannot exceed it; cap",
            _AGAIN,
        ),
    ]


def _signed(points: Contract, peer: str, admin: LocalAccount) -> list[PeerFigure]:
    relayer, holder = points.chain.actor("relayer"), address_of("signed holder")

    def request(uid: str) -> tuple[tuple[Any, ...], bytes]:
        ends, key = GENESIS + _LIFE, keccak(text=uid)
        values = (holder, _NOBODY, POINTS, 0, _NATIVE, GENESIS, ends, key)
        return values, _signature(points, admin, values)

    new = points.send(relayer, "mintWithSignature", *request("first")).gas
    again = request("second")
    existing = points.send(relayer, "mintWithSignature", *again).gas
    replayed = points.attempt(relayer, "mintWithSignature", *again)
    if replayed.succeeded or points.call("balanceOf", holder) != 2 * POINTS:
        raise BenchError(f"{peer}: a replayed uid was paid; the table says that it reverts")
    call = "mintWithSignature"
    return [
        PeerFigure(Operation.AWARD_NEW, peer, call, new, _WITHOUT, REFUSED),
        PeerFigure(Operation.AWARD_EXISTING, peer, call, existing, _WITHOUT, REFUSED),
        PeerFigure(
            Operation.AWARD_RETRIED, peer, call, replayed.gas, _WITHOUT, REFUSED, fails=True
        ),
    ]


def _signature(points: Contract, admin: LocalAccount, values: tuple[Any, ...]) -> bytes:
    message = {
        "types": {
            "EIP712Domain": [{"name": n, "type": t} for n, t in _DOMAIN],
            "MintRequest": [{"name": n, "type": t} for n, t in _REQUEST],
        },
        "primaryType": "MintRequest",
        "domain": {
            "name": NAME,
            "version": "1",
            "chainId": points.chain.chain_id,
            "verifyingContract": points.address,
        },
        "message": {name: value for (name, _), value in zip(_REQUEST, values, strict=True)},
    }
    return bytes(Account.sign_typed_data(admin.key, full_message=message).signature)


def _taken(points: Contract, peer: str, owner: ChecksumAddress) -> list[PeerFigure]:
    holder = points.chain.actor("spending holder")
    points.send(owner, "mintTo", holder, POINTS)
    cancelled = points.send(holder, "cancel", holder, 100).gas
    revoked = points.send(owner, "revoke", holder, 100).gas
    points.send(holder, "cancel", holder, 100)
    points.send(owner, "revoke", holder, 100)
    if points.call("balanceOf", holder) != POINTS - 400:
        raise BenchError(f"{peer}: a retried cancel and revoke did not take again")
    return [
        PeerFigure(
            Operation.REDEEM,
            peer,
            "cancel",
            cancelled,
            "reference, refund, the oldest first, customers without a wallet",
            "spends again",
        ),
        PeerFigure(
            Operation.REVERSE,
            peer,
            "revoke",
            revoked,
            "a tie to the award, debt for what was spent, cap",
            "takes again",
        ),
    ]


def _pushed(points: Contract, peer: str, owner: ChecksumAddress) -> list[PeerFigure]:
    """The airdrop of points that the owner minted to itself before (not counted)."""
    chain = points.chain
    airdrop = _clone(chain, owner, "Airdrop", owner, "")
    bare = bare_erc20(chain, chain.actor("admin"))
    points.send(owner, "mintTo", owner, 10**9)
    bare.send(owner, "mint", owner, 10**9)
    holders = [address_of(f"airdrop holder {n}") for n in range(BATCH)]
    version = packages.version_of(PACKAGE)
    figures = []
    for token, name in (
        (points, f"{peer} by Airdrop"),
        (bare, f"bare ERC-20 by thirdweb {version} Airdrop"),
    ):
        token.send(owner, "approve", airdrop.address, 2**256 - 1)
        contents = [(holder, POINTS) for holder in holders]
        new = airdrop.send(owner, "airdropERC20", token.address, contents).gas
        existing = airdrop.send(owner, "airdropERC20", token.address, contents).gas
        if token.call("balanceOf", holders[-1]) != 2 * POINTS:
            raise BenchError(f"{name}: a repeated airdrop did not pay again, as the table says")
        for operation, gas in (
            (Operation.AWARD_BATCH_NEW, new),
            (Operation.AWARD_BATCH_EXISTING, existing),
            (Operation.AWARD_BATCH_RETRIED, existing),
        ):
            figures.append(
                PeerFigure(
                    operation, name, "airdropERC20", gas, f"reference, {_WITHOUT}", _AGAIN, BATCH
                )
            )
    return figures
