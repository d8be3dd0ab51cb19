"""The peers, each deployed as its own authors deploy it, from its own package.

They are treated kindly: the cheapest of their ways where there are several, the fewest bytes they
accept, a minter without a role where the library has none, and points as plain integers.
"""

from __future__ import annotations

from bench.gas.chain import Chain
from bench.gas.figures import Operation, PeerFigure
from bench.gas.money import Money
from bench.gas.peers import (
    allowance,
    apepay,
    eas,
    ethr_did,
    kleros,
    onchainid,
    openzeppelin,
    sablier,
    superfluid,
    thirdweb,
    trex,
    unlock,
)
from bench.gas.reading import Reader


def measure(chain: Chain, money: Money) -> list[PeerFigure]:
    """Every peer, on a chain that our suite may share, paid in the money that ours is paid in."""
    reader = Reader(chain)
    identities, claimed = onchainid.measure(chain)
    figures = [
        *openzeppelin.measure(chain),
        *thirdweb.measure(chain),
        *identities,
        *trex.measure(chain, claimed, reader),
        *eas.measure(chain, reader),
        *ethr_did.measure(chain, reader),
    ]
    # Last, since they let months pass.
    paid = [
        *allowance.measure(money),
        *unlock.measure(money, reader),
        *sablier.measure(money, reader),
        *apepay.measure(money, reader),
        *superfluid.measure(money, reader),
        *kleros.measure(money),
    ]
    return [*figures, *_onboarded(figures), *paid]


def _onboarded(figures: list[PeerFigure]) -> list[PeerFigure]:
    """What stands for onboarding in one transaction, from figures of the same run.

    An identity for a wallet, and one signed statement about all seven purposes: two transactions.
    In the DID registry every wallet is an identity, so the statement alone is the whole of it.
    """

    def measured(operation: Operation, call: str) -> PeerFigure:
        """The cheapest of that call's figures."""
        found = [f for f in figures if (f.operation, f.call) == (operation, call)]
        return min(found, key=lambda figure: figure.gas)

    identity = measured(Operation.REGISTER, "createIdentity")
    attested = measured(Operation.SAVE_SIGNED_FIRST, "attestByDelegation")
    said = measured(Operation.SAVE_SIGNED_FIRST, "setAttributeSigned")
    return [
        PeerFigure(
            Operation.ONBOARD_NEW,
            f"{identity.peer} and {attested.peer}",
            f"{identity.call} + {attested.call}",
            identity.gas + attested.gas,
            f"one signature for both, all or nothing, {attested.without}",
            attested.retried,
        ),
        PeerFigure(
            Operation.ONBOARD_NEW,
            said.peer,
            said.call,
            said.gas,
            f"an id that outlives the wallet, what the brand knows the customer by, {said.without}",
            said.retried,
        ),
    ]
