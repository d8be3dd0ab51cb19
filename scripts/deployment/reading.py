"""Reading one table of a settings file, so that each mistake in it gets a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.deployment.errors import DeploymentError


class Table:
    """One table of the file: every key is asked for once, and none may be left over."""

    def __init__(self, origin: str, name: str, values: Mapping[str, Any]) -> None:
        self.origin = origin
        self.name = name
        self.values = dict(values)

    def fail(self, key: str, what: str) -> DeploymentError:
        where = f"{self.name}.{key}" if self.name else key
        return DeploymentError(f"{self.origin}: {where} {what}")

    def number(self, key: str, bits: int, default: int | None = None, least: int = 0) -> int:
        return self._whole(key, default, least, 2**bits, f"2**{bits} - 1")

    def among(self, key: str, least: int, most: int) -> int:
        return self._whole(key, None, least, most + 1, f"{most:,}")

    def _whole(self, key: str, default: int | None, least: int, end: int, most: str) -> int:
        value = self.values.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < end:
            raise self.fail(key, f"must be a whole number, {least} to {most}; met {value!r}")
        return value

    def text(self, key: str, what: str, most: int = 200) -> str:
        value = self.values.pop(key, None)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.fail(key, f"must be {what}; met {value!r}")
        if len(value) > most:
            raise self.fail(key, f"must have at most {most} characters; met {len(value)}")
        return value

    def numbers(self, key: str, bits: int, default: list[int] | None = None) -> list[int]:
        values = self.values.pop(key, default)
        if not isinstance(values, list):
            raise self.fail(key, f"must be a list of whole numbers; met {values!r}")
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**bits:
                raise self.fail(key, f"holds {value!r}; 1 to 2**{bits} - 1 is needed")
        return values

    def truth(self, key: str, default: bool) -> bool:
        value = self.values.pop(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, f"must be true or false; met {value!r}")
        return value

    def done(self) -> None:
        for key in self.values:
            raise self.fail(key, "is no setting; see scripts/deployment/deploy.toml")
