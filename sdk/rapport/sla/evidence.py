"""Evidence: on chain stands the digest of a file, the file stays with the parties.

The digest is SHA-256, and its name that of RFC 6920 (section 7): ``nih:sha-256;`` and 64
hexadecimal digits.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeAlias

from rapport import units
from rapport.errors import InputError
from rapport.sla.signed import NO_DIGEST

PREFIX = "nih:sha-256;"

Exhibit: TypeAlias = Path | bytes | str
"""A file by its path, or its digest: 32 bytes, 64 hex digits, or the name of the digest."""


def digest_of(exhibit: Exhibit | None) -> bytes:
    """
    The SHA-256 digest of a file, or the digest that is given; nothing gives zero.

    Raises:
        InputError: The file cannot be read, or the text is no digest.
    """
    if exhibit is None:
        return NO_DIGEST
    if isinstance(exhibit, Path):
        try:
            with exhibit.open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise InputError(f"the evidence {exhibit} cannot be read: {error.strerror}") from error
    if isinstance(exhibit, str):
        exhibit = exhibit.removeprefix(PREFIX)
    return units.bytes32(exhibit, "the digest of evidence")


def name_of(digest: bytes) -> str:
    """The name of a digest, as the contract writes it."""
    return PREFIX + digest.hex()
