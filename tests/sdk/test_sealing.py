"""Master keys: how they are written, found and refused."""

from __future__ import annotations

import base64
import pickle

import pytest

from rapport import sealing
from rapport.errors import ConfigError
from rapport.sealing import MasterKey, SealedVault

KEY = bytes(range(32))


class Installed(MasterKey):
    """What a package would bring."""

    def __init__(self) -> None:
        super().__init__(KEY)


class Needs(MasterKey):
    def __init__(self) -> None:
        raise RuntimeError("no credentials\nfor the key service")


INSTANCE = MasterKey(KEY)
NOTHING = object()


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper() + "\n",
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(b"\xff" * 32).decode(),
    ],
)
def test_a_master_key_is_hexadecimal_or_base64(text):
    expected = KEY if "_" not in text and "/" not in text else b"\xff" * 32
    assert sealing.load(key=text).name == MasterKey(expected).name


@pytest.mark.parametrize("text", ["", "short", KEY.hex()[:-2], KEY.hex() + "00", "é" * 32])
def test_what_is_no_master_key_is_refused_without_being_shown(text):
    with pytest.raises(ConfigError, match="32 bytes") as refused:
        sealing.load(key=text)
    assert not text or text not in str(refused.value)


def test_a_master_key_comes_from_a_file(tmp_path):
    path = tmp_path / "seal.key"
    path.write_text(KEY.hex() + "\n")
    assert sealing.load(key_file=path).name == MasterKey(KEY).name
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"seal\.key"):
        sealing.load(key_file=path)
    with pytest.raises(ConfigError, match="cannot be read"):
        sealing.load(key_file=tmp_path / "nowhere")


def test_only_one_seal_is_configured(tmp_path):
    with pytest.raises(ConfigError, match="seal_key and seal "):
        sealing.load(key=KEY.hex(), seal="acme.kms:Seal")
    assert sealing.load() is None


@pytest.mark.parametrize("name", ["Installed", "INSTANCE", "INSTANCE.__class__.parse"])
def test_a_seal_is_loaded_by_module_and_attribute(name, request):
    where = f"{__name__}:{name}"
    if "parse" in name:
        with pytest.raises(ConfigError, match="cannot be loaded"):
            sealing.load(seal=where)
    else:
        assert sealing.load(seal=where).name == MasterKey(KEY).name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{__name__}:Needs", "no credentials for the key service"),
        (f"{__name__}:NOTHING", "TypeError|no seal"),
        (f"{__name__}:absent", "absent"),
        ("no.such.module:Seal", "no.such|ModuleNotFound"),
        ("nobody-brought-this", "is installed"),
    ],
)
def test_a_seal_that_cannot_be_loaded_is_one_line(name, words):
    with pytest.raises(ConfigError, match=words) as refused:
        sealing.load(seal=name)
    assert "\n" not in str(refused.value)


def test_a_package_brings_a_seal_by_entry_point(monkeypatch):
    class Point:
        name = "acme"

        def load(self):
            return Installed

    monkeypatch.setattr(sealing, "entry_points", lambda group: [Point()] * (group == sealing.GROUP))
    assert sealing.load(seal="acme").name == MasterKey(KEY).name


def test_a_key_is_neither_printed_nor_pickled():
    for secret in (MasterKey(KEY), SealedVault(1, KEY)):
        assert KEY.hex() not in repr(secret)
        with pytest.raises(TypeError):
            pickle.dumps(secret)


def test_the_same_secret_never_looks_the_same_twice():
    vault = SealedVault(1, KEY)
    entries = {vault.close(b"secret", b"i" * 32) for _ in range(50)}
    assert len(entries) == 50
    assert {vault.open(each, b"i" * 32) for each in entries} == {b"secret"}


@pytest.mark.parametrize("place", [0, 1, 12, 13, 18, 19, -1])
def test_an_entry_altered_by_one_bit_is_refused(place):
    vault = SealedVault(1, KEY)
    entry = bytearray(vault.close(b"secret", b"i" * 32))
    entry[place] ^= 1
    with pytest.raises(ConfigError):
        vault.open(bytes(entry), b"i" * 32)


def test_an_entry_opens_for_its_customer_only():
    vault = SealedVault(1, KEY)
    with pytest.raises(ConfigError, match="altered"):
        vault.open(vault.close(b"secret", b"i" * 32), b"j" * 32)


def test_an_entry_agrees_with_the_published_vector():
    # McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    sealed = bytes.fromhex(
        "cafebabefacedbaddecaf888"
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    context = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    assert MasterKey(key).open(sealed, context) == bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
