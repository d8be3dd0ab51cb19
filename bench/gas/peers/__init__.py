"""The peers, each deployed as its own authors deploy it, from its own package.

They are treated kindly: the cheapest of their ways where there are several, the fewest bytes they
accept, a minter without a role where the library has none, and points as plain integers.
"""

from __future__ import annotations

from bench.gas.chain import Chain
from bench.gas.figures import PeerFigure
from bench.gas.peers import onchainid, openzeppelin, thirdweb, trex


def measure(chain: Chain) -> list[PeerFigure]:
    """Every peer, on a chain that our suite may share."""
    figures = [*openzeppelin.measure(chain), *thirdweb.measure(chain)]
    identities, identity = onchainid.measure(chain)
    return [*figures, *identities, *trex.measure(chain, identity)]
