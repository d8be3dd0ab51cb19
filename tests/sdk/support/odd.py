"""Money that misbehaves."""

from __future__ import annotations

import re
from functools import cache

from rapport import units
from rapport.artifacts import Interface
from rapport.codec import abi_encode
from tests.sdk.support.suite import ROOT, Suite, account, compiled, creation_code, send

_SOURCE = ROOT / "contracts" / "mocks" / "OddToken.sol"


class Odd:
    """A token that can be turned odd. Account 6 has 100 of it."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._abi = Interface("OddToken", compiled()["OddToken"]["abi"])
        code = creation_code("OddToken") + abi_encode(["uint8"], [6])
        receipt = send(suite.anvil, account(0), None, code)
        self.address = units.address(receipt["contractAddress"])
        self._do("mint", account(6).address, 100 * 10**6)

    def turn(self, oddity: str) -> None:
        """From now on it behaves so, as the mock's enum has it."""
        self._do("turn", _oddities().index(oddity))

    def block(self, who: str) -> None:
        """An account is blocked, for the oddities that block."""
        self._do("setBlocked", who, True)

    def of(self, holder: str) -> int:
        """What an account has, in the smallest unit."""
        call = {"to": self.address, "data": f"0x{self._abi.encode('balanceOf', holder).hex()}"}
        return int(self._suite.anvil.ask("eth_call", call, "latest"), 16)

    def _do(self, function: str, *args: object) -> None:
        send(self._suite.anvil, account(0), self.address, self._abi.encode(function, *args))


@cache
def _oddities() -> list[str]:
    """The names of the mock's enum, in its order."""
    body = _SOURCE.read_text("utf-8").split("enum Oddity {", 1)[1].split("}", 1)[0]
    return re.findall(r"^\s*(\w+)", body, re.MULTILINE)
