"""Currencies that orders are counted in, and how many decimals each has.

Codes and minor units: ISO 4217, list one (active codes), maintained by SIX Financial Information.
Two decimals are the rule; the exceptions are below. The chain counts an order in the currency's
smallest unit and keys the currency by its three letters, left-aligned in 32 bytes.
"""

from __future__ import annotations

from rapport.errors import InputError

_CODES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN
    BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR
    FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY
    KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
    TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER
    ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - one code a word reads better than 160 quoted strings
)
_DECIMALS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),  # noqa: SIM905
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),  # noqa: SIM905
    "CLF": 4,
    "UYW": 4,
}


def known(code: str) -> bool:
    """Whether this is a currency of ISO 4217, in capitals."""
    return code in _CODES


def decimals(code: str) -> int:
    """
    Decimals of a currency: ``decimals("USD") == 2``, ``decimals("JPY") == 0``.

    Raises:
        InputError: Not a currency of ISO 4217, in capitals.
    """
    if not known(code):
        raise InputError(f"{code!r} is no ISO 4217 currency code; use three capitals such as EUR")
    return _DECIMALS.get(code, 2)


def asset_key(code: str) -> bytes:
    """
    The key under which the chain keeps a currency's rule, as ``EarnRules.currency`` gives it.

    Raises:
        InputError: Not a currency of ISO 4217, in capitals.
    """
    decimals(code)
    return code.encode("ascii").ljust(32, b"\0")
