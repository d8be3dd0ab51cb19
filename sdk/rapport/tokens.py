"""Money on chain: what an ERC-20 token says of itself, and how it is asked.

Amounts are whole units as ``Decimal``, exact to the token's last decimal. What a token calls itself
was written by whoever deployed it, so its address alone says which token it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.artifacts import Interface
from rapport.chain import Request, requests
from rapport.codec import abi_decode
from rapport.errors import InputError, RapportError
from rapport.records import Asset

_LONGEST = 64  # characters of a name that are kept


def _function(name: str, inputs: str, outputs: str, *, mutates: bool = False) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": "", "type": kind} for kind in inputs.split()],
        "outputs": [{"name": "", "type": kind} for kind in outputs.split()],
        "stateMutability": "nonpayable" if mutates else "view",
    }


ERC20 = Interface(
    "ERC20",
    [
        _function("name", "", "string"),
        _function("symbol", "", "string"),
        _function("decimals", "", "uint8"),
        _function("balanceOf", "address", "uint256"),
        _function("allowance", "address address", "uint256"),
        _function("approve", "address uint256", "bool", mutates=True),
        _function("nonces", "address", "uint256"),
        _function("version", "", "string"),
        _function("DOMAIN_SEPARATOR", "", "bytes32"),
        _function("PERMIT_TYPEHASH", "", "bytes32"),
        _function("eip712Domain", "", "bytes1 string string uint256 address bytes32 uint256[]"),
        {
            "type": "event",
            "name": "Approval",
            "inputs": [
                {"name": "owner", "type": "address", "indexed": True},
                {"name": "spender", "type": "address", "indexed": True},
                {"name": "value", "type": "uint256", "indexed": False},
            ],
        },
    ],
)
"""What is used of ERC-20, of its permits (ERC-2612) and of their domain (ERC-5267)."""


@dataclass(frozen=True, slots=True)
class Token:
    """An ERC-20 token. ``name`` and ``symbol`` are its own words, cut to what prints."""

    address: str
    name: str
    symbol: str
    decimals: int

    @property
    def asset(self) -> Asset:
        """The token as what orders are paid in."""
        return Asset(self.symbol, units.token_asset(self.address), self.decimals)

    def to_base(self, amount: Decimal | int | str) -> int:
        """
        Base units from whole units; ``Decimal("1.5")`` of a token with 6 decimals is 1,500,000.

        Raises:
            InputError: Negative, finer than the smallest unit, or more than 96 bits hold.
        """
        return self.asset.to_base(amount)

    def from_base(self, base: int) -> Decimal:
        """Whole units from base units."""
        return units.from_base(base, self.decimals)

    def money(self, amount: Decimal) -> str:
        """An amount as people read it: ``9.99 tUSD``."""
        return f"{units.money(amount)} {self.symbol}"


def ask(token: str, function: str, *args: Any) -> Request:
    """
    The question to a token, answered with raw bytes, or with ``None`` where the token refuses: not
    every token answers as it should.
    """
    return replace(requests.call(token, ERC20.encode(function, *args)), refusable=True)


def questions(token: str) -> list[Request]:
    """What a token is asked to know which it is; :func:`token_of` takes the answers."""
    return [ask(token, each) for each in ("decimals", "name", "symbol")]


def number(answer: bytes | None) -> int | None:
    """A token's answer as a number; ``None`` if it is none."""
    return int.from_bytes(answer[:32], "big") if answer and len(answer) >= 32 else None


def words(answer: bytes | None) -> str:
    """
    A token's answer as text, as a string or, of older ones, as 32 bytes; empty if it is neither.
    What does not print is left out, so that no token writes on anybody's terminal.
    """
    if not answer:
        return ""
    text = ""
    try:
        text = str(abi_decode(["string"], answer)[0])
    except (ValueError, UnicodeDecodeError):
        if len(answer) == 32:
            text = answer.rstrip(b"\0").decode("utf-8", "replace")
    return "".join(each for each in text if each.isprintable()).strip()[:_LONGEST]


def signing_names(answer: bytes | None) -> tuple[str, str] | None:
    """Name and version under which a token signs, as ERC-5267 tells them, if it tells."""
    if not answer:
        return None
    try:
        found = ERC20.function("eip712Domain").decode(answer)
        return str(found[1]), str(found[2])
    except (RapportError, UnicodeDecodeError):
        return None


def token_of(
    address: str, decimals: bytes | None, name: bytes | None, symbol: bytes | None
) -> Token:
    """
    A token by its own answers to :func:`questions`; ``None`` where it gave none.

    Raises:
        InputError: It does not say how many decimals it has, so amounts would mean nothing.
    """
    places = number(decimals)
    if places is None or places > 255:
        raise InputError(
            f"{address} is no ERC-20 token on this chain: it does not say its decimals; "
            "check the address and the chain"
        )
    short = f"{address[:6]}…{address[-4:]}"
    return Token(address, words(name) or short, words(symbol) or short, places)
