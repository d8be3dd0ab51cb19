"""How a request is shown to be the desk's, and of now."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from rapport import units
from rapport.desk.bodies import iso
from rapport.desk.delivery import Unsigned


def mac(key: bytes | str, *parts: bytes | str, algorithm: str = "sha256") -> bytes:
    """The HMAC of parts put together."""
    raw = key.encode() if isinstance(key, str) else key
    signed = b"".join(each.encode() if isinstance(each, str) else each for each in parts)
    return hmac.new(raw, signed, algorithm).digest()


def require_same(expected: str, met: str) -> None:
    """
    Compares signatures in constant time.

    Raises:
        Unsigned: They differ.
    """
    if not hmac.compare_digest(expected.encode(), met.encode("utf-8", "surrogateescape")):
        raise Unsigned("the signature is not that of this request under the secret configured")


def require_fresh(sent: str, now: datetime | None, tolerance: timedelta) -> None:
    """
    Compares the time at which a request was signed, Unix seconds or ISO 8601, with the present.

    Raises:
        Unsigned: It is no time, or too far from now.
    """
    if now is None:
        return
    try:
        moment = units.from_timestamp(int(sent)) if sent.isdecimal() else iso(sent)
    except ValueError as error:
        raise Unsigned(f"the time of the signature cannot be read: {sent[:40]!r}") from error
    if abs(now - moment) > tolerance:
        raise Unsigned(
            f"it was signed at {units.iso(moment)}, more than {units.span(tolerance)} from now; "
            "set this machine's clock, or allow more with tolerance"
        )
