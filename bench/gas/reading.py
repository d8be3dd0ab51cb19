"""What it costs a contract to ask another one, in a transaction that has touched neither before."""

from __future__ import annotations

from typing import Any

from bench.gas import packages
from bench.gas.chain import Chain, Contract
from bench.gas.packages import BenchError


class Reader:
    """A contract that asks before it acts (``bench/contracts/Reader.sol``)."""

    def __init__(self, chain: Chain) -> None:
        artifact = packages.compiled("Reader.sol")["Reader"]
        self._contract = chain.deploy(artifact, chain.actor("admin"))

    def gas(self, asked: Contract, question: str, *arguments: Any) -> int:
        """
        Gas of a call that is answered with yes: the cold address and what is executed there.

        Raises:
            BenchError: The answer is no, which often costs less than a yes.
        """
        data = asked.calldata(question, arguments)
        used, answer = self._contract.values("ask", asked.address, data)
        if not answer:
            raise BenchError(f"{asked.name}.{question} says no, where the table measures a yes")
        gas: int = used
        return gas
