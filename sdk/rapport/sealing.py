"""What is kept of customers, unreadable at rest.

Two layers, as key services advise. A **seal** holds the master key, here or in a key service, and
closes one data key, which lies in the file in that form only. The **vault** closes each customer's
number and key with the data key. So a key service is asked once when the file is opened, never once
a customer, and a change of the master key is one transaction.

Both use AES-256 in Galois/Counter Mode (NIST SP 800-38D) with random 96-bit nonces. A customer's
entry is bound to the customer's id, so that entries cannot be exchanged within a file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import importlib
import re
import secrets
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

# This is pycryptodome, which goes on under the module name of the abandoned pyCrypto.
from Crypto.Cipher import AES  # nosec B413

from rapport.errors import ConfigError, RapportError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
GROUP = "rapport.seal"
"""The entry points of packages that bring a seal."""

CONTEXT = b"rapport customer directory"
"""What a seal binds the data key to."""

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_MAKE = 'python -c "import secrets; print(secrets.token_hex(32))"'


@runtime_checkable
class Seal(Protocol):
    """
    Holds a master key, or asks the key service that does. It closes data keys of 32 bytes; what
    :meth:`close` gives is stored as it is and handed to :meth:`open`, perhaps years later.
    """

    @property
    def name(self) -> str:
        """Tells people which master key this is. Stored in clear; no secret."""
        ...

    def close(self, key: bytes, context: bytes) -> bytes:
        """``key`` closed under the master key, authenticated together with ``context``."""
        ...

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The key within ``sealed``; any exception means that it cannot be opened."""
        ...


class MasterKey:
    """A seal whose master key of 32 bytes is here, from the environment or a file."""

    __slots__ = ("__key", "name")

    name: str

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ConfigError(f"a master key has {KEY_BYTES} bytes; met {len(key)}")
        self.__key = key
        self.name = "master key " + _derived(key, "name")[:4].hex()

    @classmethod
    def parse(cls, text: str, where: str) -> MasterKey:
        """
        A master key written as 64 hexadecimal digits or as base64.

        Raises:
            ConfigError: Neither of the two; the line never repeats the text.
        """
        text = text.strip()
        try:
            if _HEX.fullmatch(text):
                key = bytes.fromhex(text)
            else:
                key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES:
            raise ConfigError(
                f"{where} is no master key: {KEY_BYTES} bytes are required, as 64 hexadecimal "
                f"digits or as base64; make one with: {_MAKE}"
            )
        return cls(key)

    def close(self, key: bytes, context: bytes) -> bytes:
        return _encrypt(self.__key, key, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        return _decrypt(self.__key, sealed, context)

    def __repr__(self) -> str:
        return f"MasterKey({self.name!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not copied or pickled")


class Vault(Protocol):
    """Closes customers' entries, and finds them by number. ``generation`` is of its data key."""

    @property
    def generation(self) -> int: ...

    def close(self, secret: bytes, customer_id: bytes) -> bytes:
        """The entry of a customer."""
        ...

    def open(self, entry: bytes, customer_id: bytes) -> bytes:
        """What a customer's entry holds."""
        ...

    def index(self, number: str) -> bytes:
        """Under what a number is found; nobody without the key can tell it or try it."""
        ...


class OpenVault:
    """Keeps entries as they are, protected by the permissions of the file alone."""

    generation = 0

    def close(self, secret: bytes, customer_id: bytes) -> bytes:
        return b"\0" + secret

    def open(self, entry: bytes, customer_id: bytes) -> bytes:
        _require(self.generation, entry)
        return entry[1:]

    def index(self, number: str) -> bytes:
        return number.encode()


class SealedVault:
    """Keeps entries under a data key: its generation, a nonce, the secret, a tag of 16 bytes."""

    __slots__ = ("__index", "__key", "generation")

    generation: int

    def __init__(self, generation: int, key: bytes) -> None:
        # Entries and index have keys of their own, so that neither tells anything of the other.
        self.generation = generation
        self.__key = _derived(key, "entries")
        self.__index = _derived(key, "numbers")

    def close(self, secret: bytes, customer_id: bytes) -> bytes:
        mark = bytes([self.generation])
        return mark + _encrypt(self.__key, secret, mark + customer_id)

    def open(self, entry: bytes, customer_id: bytes) -> bytes:
        _require(self.generation, entry)
        try:
            return _decrypt(self.__key, entry[1:], entry[:1] + customer_id)
        except ValueError:
            raise ConfigError(
                f"the entry of customer 0x{customer_id.hex()} in the customer directory was "
                "altered; restore the file from a backup"
            ) from None

    def index(self, number: str) -> bytes:
        return hmac.new(self.__index, number.encode(), hashlib.sha256).digest()

    def __repr__(self) -> str:
        return f"SealedVault({self.generation})"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not copied or pickled")


def new_data_key(seal: Seal) -> tuple[bytes, bytes]:
    """
    A new data key, and the same closed by ``seal``.

    Raises:
        ConfigError: The seal cannot close it.
    """
    key = secrets.token_bytes(KEY_BYTES)
    try:
        sealed = bytes(seal.close(key, CONTEXT))
        opened = bytes(seal.open(sealed, CONTEXT))
    except RapportError:
        raise
    except Exception as error:
        raise ConfigError(f"{seal.name} cannot close a data key: {_line(error)}") from error
    if opened != key or key in sealed:
        raise ConfigError(f"{seal.name} does not give back what it closed, or does not close it")
    return key, sealed


def open_data_key(seal: Seal, sealed: bytes, closed_by: str) -> bytes:
    """
    The data key that lies in a file.

    Raises:
        ConfigError: It was closed by another master key, named ``closed_by``, or was altered.
    """
    try:
        key = bytes(seal.open(sealed, CONTEXT))
    except RapportError:
        raise
    except Exception as error:
        if seal.name != closed_by:
            why = f"it was sealed with {closed_by}"
        elif isinstance(seal, MasterKey):
            why = "its data key was altered; restore the file from a backup"
        else:
            why = _line(error)
        raise ConfigError(f"{seal.name} does not open the customer directory: {why}") from None
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{seal.name} gave a data key of {len(key)} bytes, not {KEY_BYTES}")
    return key


def load(
    key: str | None = None, key_file: Path | None = None, seal: str | None = None
) -> Seal | None:
    """
    The seal that is configured: a master key, a file with one, or the name of an installed seal
    (an entry point of the group ``rapport.seal``, or ``module:attribute``). ``None`` without any.

    Raises:
        ConfigError: More than one is configured, or the one cannot be used.
    """
    given = [
        name
        for name, value in (("seal_key", key), ("seal_key_file", key_file), ("seal", seal))
        if value is not None
    ]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} are both set; leave one of them")
    if key is not None:
        return MasterKey.parse(key, "RAPPORT_SEAL_KEY")
    if key_file is not None:
        return read_key(key_file)
    return None if seal is None else _installed(seal)


def read_key(path: Path) -> MasterKey:
    """
    The master key in a file.

    Raises:
        ConfigError: The file cannot be read, or holds none.
    """
    try:
        text = path.read_text("ascii")
    except OSError as error:
        raise ConfigError(f"the key file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        text = ""
    return MasterKey.parse(text, f"what {path} holds")


def _installed(name: str) -> Seal:
    try:
        if ":" in name:
            module, _, attribute = name.partition(":")
            found: Any = importlib.import_module(module)
            for part in attribute.split("."):
                found = getattr(found, part)
        else:
            brought = {each.name: each for each in entry_points(group=GROUP)}
            if name not in brought:
                known = ", ".join(sorted(brought)) or "none"
                raise ConfigError(
                    f"no seal {name!r} is installed (installed: {known}); "
                    "write it as module:attribute, or install its package"
                )
            found = brought[name].load()
        made = found() if isinstance(found, type) or not isinstance(found, Seal) else found
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"the seal {name!r} cannot be loaded: {_line(error)}") from error
    if not isinstance(made, Seal):
        raise ConfigError(f"{name!r} is no seal: it needs a name, close and open")
    return made


def _require(generation: int, entry: bytes) -> None:
    if entry[:1] != bytes([generation]):
        raise ConfigError(
            "the customer directory was sealed anew by another process; "
            "start this one again with the key that holds now"
        )


def _encrypt(key: bytes, secret: bytes, context: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=TAG_BYTES)
    cipher.update(context)
    text, tag = cipher.encrypt_and_digest(secret)
    return nonce + text + tag


def _decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise ValueError("too short")
    cipher = AES.new(key, AES.MODE_GCM, nonce=sealed[:NONCE_BYTES], mac_len=TAG_BYTES)
    cipher.update(context)
    text = cipher.decrypt_and_verify(sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:])
    return bytes(text)


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"rapport seal: {purpose}".encode(), hashlib.sha256).digest()


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
