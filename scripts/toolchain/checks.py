"""Looks at what set-up installed: is it all there, is it what was locked, does it run?"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

from scripts.toolchain import node, paths
from scripts.toolchain.anvil import AnvilError, LocalChain
from scripts.toolchain.findings import Finding, answer, broken, ok, rpc
from scripts.toolchain.setup import plan
from scripts.toolchain.steps import SetupError


def check_steps() -> Iterator[Finding]:
    steps = plan(["analysis"])
    if not any(step.result.exists() for step in steps):
        yield broken("set-up", "nothing is installed yet")
        return
    for step in steps:
        place = step.result.relative_to(paths.ROOT)
        if step.is_current():
            yield ok(f"set-up: {step.name}", f"{place} is up to date")
        elif step.name == "analysis" and not step.result.exists():
            yield ok(f"set-up: {step.name}", "not installed; `make check` does it")
        elif step.result.exists():
            yield broken(f"set-up: {step.name}", "unfinished, or older than its lock")
        else:
            yield broken(f"set-up: {step.name}", f"{place} is missing")


def check_environments() -> Iterator[Finding]:
    for name in ("ape", "sdk", "analysis"):
        if not paths.ENVIRONMENTS[name].exists():
            continue
        version = answer(
            paths.python(name), "-c", "import platform as p; print(p.python_version())"
        )
        if version is None:
            yield broken(f".venv/{name}", "its Python is gone")
            continue
        wrong = differing(name)
        if wrong:
            yield broken(
                f".venv/{name}",
                f"{', '.join(wrong[:3])}" + (f" and {len(wrong) - 3} more" if wrong[3:] else ""),
                f"rm .tools/stamps/{name}; make setup",
            )
        else:
            yield ok(f".venv/{name}", f"Python {version.strip()}, packages as locked")


def differing(environment: str) -> list[str]:
    """Packages that are missing, or whose version is not the locked one."""
    lock = (paths.REQUIREMENTS / f"{environment}.txt").read_text()
    locked: dict[str, set[str]] = {}
    everywhere = set()  # not only on some platform or Python
    for package, version, rest in re.findall(r"(?m)^([\w.-]+)==(\S+) (.*)$", lock):
        locked.setdefault(normal(package), set()).add(version)
        if not rest.startswith(";"):
            everywhere.add(normal(package))
    present = {}
    for folder in paths.ENVIRONMENTS[environment].glob("lib/python3.*/site-packages/*.dist-info"):
        package, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        present[normal(package)] = version
    return [f"{package} is missing" for package in sorted(everywhere - present.keys())] + [
        f"{package} is {version}, locked {'/'.join(locked[package])}"
        for package, version in sorted(present.items())
        if package in locked and version not in locked[package]
    ]


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def check_npm() -> Iterator[Finding]:
    if not (paths.NODE_MODULES / ".package-lock.json").exists():
        return
    version = answer(paths.NODE, "--version")
    yield ok("node", version.strip()) if version else broken("node", "does not start")
    manifest = json.loads((paths.ROOT / "package.json").read_text())
    present = {name: version for name, version, _ in node.installed(paths.ROOT)}
    for package, wanted in (manifest["dependencies"] | manifest["devDependencies"]).items():
        if present.get(package) != wanted:
            yield broken(f"npm {package}", f"{present.get(package, 'missing')}, wanted {wanted}")
    try:
        node.verify(paths.ROOT)
        yield ok("npm archives", f"{len(present)} packages, as recorded in requirements/npm.txt")
    except SetupError as error:
        yield broken("npm archives", error.problem, error.remedy)


def check_compiler() -> Iterator[Finding]:
    manifest = json.loads((paths.ROOT / "package.json").read_text())
    pinned = manifest["dependencies"] | manifest["devDependencies"]
    named = {
        "package.json": pinned["solc"],
        "ape-config.yaml": setting("ape-config.yaml", r"^  version: ([\d.]+)"),
        "foundry.toml": setting("foundry.toml", r'^solc = ".*solc-v([\d.]+)"'),
    }
    for file, version in named.items():
        if version != paths.SOLC_VERSION:
            yield broken("solc", f"{file} names {version}, paths.py {paths.SOLC_VERSION}",
                         "name the same version everywhere")  # fmt: skip
    library = setting("ape-config.yaml", r"^    version: ([\d.]+)")
    if library != pinned["@openzeppelin/contracts"]:
        yield broken("openzeppelin", f"ape-config.yaml names {library}, package.json "
                     f"{pinned['@openzeppelin/contracts']}",
                     "name the same version in both")  # fmt: skip
    for ape, forge in (("evm_version", "evm_version"), ("via_ir", "via_ir"),
                       ("optimization_runs", "optimizer_runs")):  # fmt: skip
        here = setting("ape-config.yaml", rf"^\s+{ape}: (\S+)")
        there = setting("foundry.toml", rf'^{forge} = "?([\w]+)')
        if here != (there or "").replace("_", ""):
            yield broken("solc", f"{ape}: ape-config.yaml says {here}, foundry.toml {there}",
                         "let both say the same")  # fmt: skip
    if not paths.SOLC.exists():
        return
    banner = answer(paths.SOLC, "--version") or ""
    if f"Version: {paths.SOLC_VERSION}+" not in banner:
        yield broken("solc", "does not tell its version", "rm .tools/stamps/solc; make setup")
    elif compiles():
        yield ok("solc", f"{paths.SOLC_VERSION} compiles, with an import, past 65,536 bytes")
    else:
        yield broken("solc", "does not compile", "rm .tools/stamps/solc; make setup")


def setting(file: str, pattern: str) -> str | None:
    found = re.search(pattern, (paths.ROOT / file).read_text(), re.MULTILINE)
    return found.group(1) if found else None


def compiles() -> bool:
    """Whether a whole answer arrives through a pipe, for a source that imports OpenZeppelin."""
    request = {
        "language": "Solidity",
        "sources": {
            "A.sol": {
                "content": 'pragma solidity ^0.8.0; import "@openzeppelin/contracts/token/ERC20/'
                'extensions/ERC20Permit.sol"; contract A is ERC20Permit("A") '
                '{ constructor() ERC20("A", "A") {} }'
            }
        },
        "settings": {"outputSelection": {"*": {"": ["ast"], "A": ["evm.bytecode.object"]}}},
    }
    output = answer(
        *(paths.SOLC, "--standard-json", "--base-path", paths.NODE_MODULES),
        input=json.dumps(request),
    )
    try:
        built = json.loads(output or "")["contracts"]["A.sol"]["A"]["evm"]["bytecode"]["object"]
    except (ValueError, KeyError):
        return False
    return len(built) > 1_000 and len(output or "") > 65_536


def check_foundry() -> Iterator[Finding]:
    if not paths.NODE_MODULES.exists():
        return
    for tool in (paths.ANVIL, paths.FORGE):
        if not tool.exists():
            yield broken(tool.name, f"npm has no native {tool.name} for this kind of machine",
                         "use Linux or macOS on x86-64 or ARM")  # fmt: skip
        elif not (banner := answer(tool, "--version")):
            yield broken(tool.name, "does not start (is this a musl system?)", "use glibc Linux")
        elif tool == paths.FORGE:
            yield ok(tool.name, banner.split()[2])
        else:
            yield check_anvil(banner.split()[2])


def check_anvil(version: str) -> Finding:
    try:
        with LocalChain() as chain:
            if rpc(int(chain.url.rpartition(":")[2]), "eth_chainId", seconds=5) == "0x7a69":
                return ok("anvil", f"{version} answers")
    except AnvilError as error:
        return broken("anvil", str(error), "run it by hand")
    return broken("anvil", f"{version} starts but does not answer", "stop your firewall")


def check_ape() -> Iterator[Finding]:
    ape = paths.ENVIRONMENTS["ape"] / "bin" / "ape"
    if not ape.exists():
        return
    environment = os.environ | paths.recipe_environment("ape")
    plugins = "import ape_foundry, ape_solidity"
    # Ape goes on without a plugin that fails to import, and may lose `ape compile` with it.
    if answer(paths.python("ape"), "-c", plugins, env=environment) is None:
        yield broken("ape", "its plugins do not load", "rm .tools/stamps/ape; make setup")
    elif answer(ape, "compile", "--help", env=environment) is None:
        yield broken("ape", "has no `compile` command", "rm .tools/stamps/ape; make setup")
    else:
        yield ok("ape", "starts, with its plugins")
