"""A free port for a server that has to be told one; elsewhere ``--port 0`` lets it pick."""

from __future__ import annotations

import secrets
import socket

# Below the ports that systems lend to outgoing connections: Linux begins at 32768, macOS at 49152.
# A port from there could be lent to another program before the server takes it.
_PORTS = range(20_000, 30_000)


def is_free(port: int) -> bool:
    """Whether a server on this machine could listen there now."""
    with socket.socket() as probe:
        # As servers do: connections of the last one that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose() -> int:
    """A port that is free and that no outgoing connection takes before the server does."""
    while not is_free(port := secrets.choice(_PORTS)):
        pass
    return port
