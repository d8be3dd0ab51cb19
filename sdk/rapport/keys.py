"""Keys: the V3 keystore that Ape makes, behind a ``Signer`` that never shows what it holds.

A key is never an argument of a command, never in a log, an exception or a ``repr``. The keys that
development chains publish are refused everywhere else.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rapport import units
from rapport.errors import ConfigError, InputError

# eth_account and eth_keys take a second to load, and most commands need no key: they are imported
# where a key is used.
if TYPE_CHECKING:
    from eth_account.messages import SignableMessage
    from eth_account.types import PrivateKeyType

TEST_CHAINS = frozenset({1337, 31337, 61, 131277322940537})
"""Chain ids of local development nodes."""

_DEV_MNEMONIC = "test test test test test test test test test test test junk"

# The accounts 0 to 19 of that mnemonic, which every development node funds.
DEV_ADDRESSES = frozenset(
    {
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
        "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
        "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
        "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
        "0xBcd4042DE499D14e55001CcbB24a551F3b954096",
        "0x71bE63f3384f5fb98995898A86B02Fb2426c5788",
        "0xFABB0ac9d68B0B445fB7357272Ff202C5651694a",
        "0x1CBd3b2770909D4e10f157cABC84C7264073C9Ec",
        "0xdF3e18d64BC6A983f673Ab319CCaE4f1a57C7097",
        "0xcd3B766CCDd6AE721141F452C550Ca635964ce71",
        "0x2546BcD3c84621e976D8185a91A922aE77ECEc30",
        "0xbDA5747bFD65F08deb54cb465eB87D40e51B197E",
        "0xdD2FD4581271e230360230F9337D5c0430Bf44C0",
        "0x8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199",
    }
)


@runtime_checkable
class Signer(Protocol):
    """
    Whoever can sign for one account: a keystore, a key service, a device.

    ``sign_digest`` returns 65 bytes: r, s (low) and the parity 0 or 1.
    """

    @property
    def address(self) -> str: ...

    def sign_digest(self, digest: bytes) -> bytes: ...


class KeySigner:
    """A signer with its key in memory. Make it with :func:`load_keystore` where you can."""

    __slots__ = ("__sign", "address")

    address: str

    def __init__(self, key: bytes) -> None:
        from eth_keys.datatypes import PrivateKey

        if len(key) != 32:
            raise ConfigError("a private key has 32 bytes")
        try:
            plain = PrivateKey(key)
            self.address = plain.public_key.to_checksum_address()
        except Exception:
            raise ConfigError("not a private key of this curve") from None
        self.__sign = _fast(key) or (lambda digest: plain.sign_msg_hash(digest).to_bytes())

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes."""
        return self.__sign(digest)

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not copied or pickled")


def _fast(key: bytes) -> Callable[[bytes], bytes] | None:
    """Signing by coincurve (extra `fast`), some ten times as fast; ``None`` without it."""
    try:
        from coincurve import PrivateKey as FastKey
    except ImportError:
        return None
    fast = FastKey(key)
    return lambda digest: fast.sign_recoverable(digest, hasher=None)


def _eth_account() -> ModuleType:
    """
    The library, imported so that it leaves Python's recursion limit alone: it loads ``py_ecc``,
    which raises the limit so far that a text as deep as a well would end the interpreter.
    """
    limit = sys.getrecursionlimit()
    import eth_account
    import eth_account.messages

    sys.setrecursionlimit(limit)
    return eth_account


def load_keystore(path: Path | str, password: str) -> KeySigner:
    """
    The signer of a V3 keystore file, such as ``~/.ape/accounts/<alias>.json``.

    Raises:
        ConfigError: No such file, not a keystore, or a wrong password.
    """
    path = Path(path)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the keystore {path}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{path} is not a V3 keystore: it is not JSON") from None
    if not isinstance(record, dict) or "crypto" not in {k.lower() for k in record}:
        raise ConfigError(f"{path} is not a V3 keystore: it has no `crypto` part")
    try:
        key = bytes(_eth_account().Account.decrypt(record, password))
    except ValueError as error:
        if "MAC" in str(error):
            raise ConfigError(f"wrong password for the keystore {path}") from None
        raise ConfigError(f"{path} is not a V3 keystore this version can open") from None
    except (KeyError, TypeError, AttributeError):
        raise ConfigError(f"{path} is not a V3 keystore this version can open") from None
    return KeySigner(key)


def write_keystore(path: Path | str, key: bytes, password: str, *, overwrite: bool = False) -> str:
    """
    Encrypt a key into a V3 keystore with mode 0600, and return its address.

    Raises:
        ConfigError: The file exists already, or cannot be written.
    """
    path = Path(path)
    encrypt: PrivateKeyType = key
    record = _eth_account().Account.encrypt(encrypt, password)
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path} exists; it is not overwritten") from None
    except OSError as error:
        raise ConfigError(f"cannot write the keystore {path}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(record, file)
    path.chmod(0o600)
    return KeySigner(key).address


def dev_signer(index: int = 0) -> KeySigner:
    """Account ``index`` of the mnemonic that development nodes fund. Test chains only."""
    accounts = _eth_account().Account
    accounts.enable_unaudited_hdwallet_features()
    account = accounts.from_mnemonic(_DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return KeySigner(bytes(account.key))


def require_safe(signer: Signer, chain_id: int, extra: Iterable[int] = ()) -> None:
    """
    Refuse a published development key on any chain that is not a test chain.

    Raises:
        ConfigError: Anybody could spend from this account.
    """
    if signer.address in DEV_ADDRESSES and chain_id not in TEST_CHAINS.union(extra):
        raise ConfigError(
            f"{signer.address} is a published development key; anybody can use it on chain "
            f"{chain_id}: use a keystore of your own"
        )


def sign_typed_data(signer: Signer, message: dict[str, Any]) -> bytes:
    """The 65-byte signature (r, s, v of 27 or 28) over EIP-712 typed data, as contracts take it."""
    signature = signer.sign_digest(typed_data_digest(message))
    return signature[:64] + bytes([signature[64] + 27])


def typed_data_digest(message: dict[str, Any]) -> bytes:
    """What is signed: ``keccak256(0x1901 || domain separator || struct hash)``."""
    from eth_utils.crypto import keccak

    messages = _eth_account().messages
    signable: SignableMessage = messages.encode_typed_data(full_message=message)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def recover(digest: bytes, signature: bytes) -> str:
    """
    Whose key made this signature (65 bytes, v of 0, 1, 27 or 28).

    Raises:
        InputError: Not a signature: another length, a high s, or no point of the curve.
    """
    from eth_keys.datatypes import Signature

    if len(signature) != 65:
        raise InputError(f"a signature has 65 bytes; met {len(signature)}")
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        raise InputError("the signature has a high s; contracts refuse it")
    parity = signature[64] - 27 if signature[64] >= 27 else signature[64]
    try:
        found = Signature(signature[:64] + bytes([parity])).recover_public_key_from_msg_hash(digest)
    except Exception:
        raise InputError("not a valid signature") from None
    return units.address(found.to_checksum_address())


HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Signatures with a greater s are twins of others, and refused."""
