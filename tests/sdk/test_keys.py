"""Keys open with their password and never show themselves."""

from __future__ import annotations

import copy
import json
import pickle
import stat
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from eth_account import Account

from rapport import keys
from rapport.errors import ConfigError, InputError
from rapport.keys import KeySigner, dev_signer, load_keystore, require_safe, write_keystore

KEY = b"\x42" * 32
PASSWORD = "correct horse"


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    """A keystore as eth-account, and so Ape, writes it."""
    path = tmp_path / "brand.json"
    path.write_text(json.dumps(Account.encrypt(KEY, PASSWORD, kdf="pbkdf2", iterations=2)))
    return path


def test_a_keystore_opens_with_its_password(keystore: Path) -> None:
    assert load_keystore(keystore, PASSWORD).address == Account.from_key(KEY).address


def test_a_wrong_password_is_told_in_one_line_without_the_key(keystore: Path) -> None:
    with pytest.raises(ConfigError, match="wrong password for the keystore") as refusal:
        load_keystore(keystore, "wrong")

    told = "".join(traceback.format_exception(refusal.value))
    assert KEY.hex() not in told
    assert '"wrong"' not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot read"), ("{", "not JSON"), ("[]", "no `crypto`"), ('{"crypto": {}}', "open")],
)
def test_what_is_no_keystore_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=said):
        load_keystore(path, PASSWORD)


def test_a_written_keystore_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    address = write_keystore(path, KEY, PASSWORD)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keystore(path, PASSWORD).address == address
    with pytest.raises(ConfigError, match="not overwritten"):
        write_keystore(path, KEY, PASSWORD)


def test_a_signer_shows_its_address_and_nothing_else() -> None:
    signer = KeySigner(KEY)

    assert repr(signer) == f"KeySigner({signer.address})"
    assert KEY.hex() not in repr(signer) + str(signer)
    for attempt in (lambda: pickle.dumps(signer), lambda: copy.copy(signer)):
        with pytest.raises(TypeError, match="not copied"):
            attempt()
    assert not hasattr(signer, "__dict__")


def test_signatures_are_those_of_eth_account_with_and_without_coincurve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = b"\x07" * 32
    expected = Account.unsafe_sign_hash(digest, KEY)
    words = expected.r.to_bytes(32, "big") + expected.s.to_bytes(32, "big")

    assert KeySigner(KEY).sign_digest(digest) == words + bytes([expected.v - 27])
    monkeypatch.setattr(keys, "_fast", lambda key: None)
    assert KeySigner(KEY).sign_digest(digest) == words + bytes([expected.v - 27])


@pytest.mark.parametrize("key", [b"", b"\x01" * 31, bytes(32), b"\xff" * 32])
def test_what_is_no_private_key_is_refused_without_being_shown(key: bytes) -> None:
    with pytest.raises(ConfigError) as refusal:
        KeySigner(key)
    assert not key or key.hex() not in str(refusal.value)


@pytest.mark.parametrize("index", [0, 1, 9, 19])
def test_published_keys_are_refused_off_test_chains(index: int) -> None:
    signer = dev_signer(index)

    assert signer.address in keys.DEV_ADDRESSES
    require_safe(signer, 31337)
    with pytest.raises(ConfigError, match="published development key"):
        require_safe(signer, 8453)


def test_a_key_of_ones_own_is_taken_anywhere() -> None:
    require_safe(KeySigner(KEY), 8453)


def test_a_signature_tells_whose_it_is_and_a_bad_one_is_refused() -> None:
    signer, digest = KeySigner(KEY), b"\x07" * 32
    signature = signer.sign_digest(digest)

    assert keys.recover(digest, signature) == signer.address
    high = (2**256 - 1).to_bytes(32, "big")
    for wrong in (signature[:-1], signature[:32] + high + signature[64:], bytes(64) + b"\x05"):
        with pytest.raises(InputError):
            keys.recover(digest, wrong)


def test_a_key_leaves_pythons_recursion_limit_alone(tmp_path: Path) -> None:
    """Else a line of an import that is nested deeply enough would end the interpreter."""
    script = """
import sys
from rapport.keys import dev_signer
before = sys.getrecursionlimit()
dev_signer()
assert sys.getrecursionlimit() == before
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
