"""Test money for the demo's wallets: printed, and counted where it is afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from rapport import Client, tokens
from rapport.chain import Request
from rapport.codec import keccak
from rapport.keys import dev_signer
from scripts.demo.stage import BACKEND, Stage, mine

DECIMALS = 6
UNIT = 10**DECIMALS

_MONEY = "TestToken"
_MINT = keccak(b"mint(address,uint256)")[:4]


class Money:
    """The token that the demo pays in. Amounts are of its smallest unit."""

    def __init__(self, stage: Stage, client: Client) -> None:
        self.client = client
        entries = json.loads(stage.addresses.read_text(encoding="utf-8"))["contracts"]
        self.token: str = entries[_MONEY]["address"]
        self.printer = dev_signer(BACKEND + 8).address
        self.printed = 0

    def hand_out(self, money: Sequence[tuple[str, int]]) -> None:
        """Prints money for accounts, at once; numbered, since the node takes it in any order."""
        if not money:
            return
        chain = self.client.chain
        first = int(chain.request("eth_getTransactionCount", self.printer, "pending"), 16)
        chain.values(
            [
                Request("eth_sendTransaction", [self._minting(account, amount, first + place)])
                for place, (account, amount) in enumerate(money)
            ]
        )
        mine(chain)
        self.printed += sum(amount for _, amount in money)

    def with_account(self, account: str) -> int:
        return self.with_accounts([account])[0]

    def with_accounts(self, accounts: Sequence[str]) -> list[int]:
        """What each of them has."""
        asked = [tokens.ask(self.token, "balanceOf", each) for each in accounts]
        return [tokens.number(answer) or 0 for answer in self.client.chain.values(asked)]

    def _minting(self, account: str, amount: int, nonce: int) -> dict[str, str]:
        words = bytes(12) + bytes.fromhex(account[2:]) + amount.to_bytes(32, "big")
        call = {"from": self.printer, "to": self.token, "data": "0x" + (_MINT + words).hex()}
        return {**call, "nonce": hex(nonce), "gas": hex(100_000)}


def whole(amount: int) -> Decimal:
    """Whole units, as the SDK takes them."""
    return Decimal(amount).scaleb(-DECIMALS)
