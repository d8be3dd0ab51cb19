"""A local chain as the SDK sees it, with what only a test may ask of it."""

from __future__ import annotations

from typing import Any

from rapport.chain import Chain
from scripts.toolchain.anvil import LocalChain

CHAIN_ID = 31337


class Anvil(LocalChain):
    """A running anvil; a context manager. ``options`` go to its command line."""

    def __init__(self, *options: str) -> None:
        super().__init__("--chain-id", str(CHAIN_ID), *options)
        self.chain = Chain(self.url, timeout=30)

    def ask(self, method: str, *params: Any) -> Any:
        """Any method of the node."""
        return self.chain.request(method, *params)

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def automine(self, on: bool) -> None:
        self.ask("evm_setAutomine", on)

    def reorg(self, depth: int) -> None:
        """Replace the last blocks by empty ones; their transactions are gone."""
        self.ask("anvil_reorg", depth, [])

    def base_fee(self, wei: int) -> None:
        """The base fee of the next block."""
        self.ask("anvil_setNextBlockBaseFeePerGas", hex(wei))

    def drop(self, tx_hash: str) -> None:
        """Forget a pending transaction."""
        self.ask("anvil_dropTransaction", tx_hash)

    def drop_all(self) -> None:
        """Forget all pending transactions."""
        self.ask("anvil_dropAllTransactions")

    def pending(self) -> dict[str, int]:
        """How many transactions wait, ``pending`` and ``queued``."""
        return {name: int(count, 16) for name, count in self.ask("txpool_status").items()}

    def set_balance(self, address: str, wei: int) -> None:
        self.ask("anvil_setBalance", address, hex(wei))
