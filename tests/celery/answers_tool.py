"""The recorder of tools/, as the tests use it: the questions are made here, a process of its own answers them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

TOOL = Path(__file__).parents[2] / "tools" / "record_command_lines.py"
RECORDED = Path(__file__).parents[1] / "data"
RELEASES = sorted(path.stem.removeprefix("command_lines_") for path in RECORDED.glob("command_lines_*.json"))


def recorder() -> ModuleType:
    """The recorder as a module."""
    specification = importlib.util.spec_from_file_location("record_command_lines", TOOL)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@cache
def recorded(release: str) -> dict[str, list[list[Any]]]:
    """Questions with the answers of a release."""
    found: dict[str, list[list[Any]]] = json.loads((RECORDED / f"command_lines_{release}.json").read_text("utf-8"))
    return found


def asked(questions: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Answers of the Celery that is installed here."""
    done = subprocess.run(
        [sys.executable, str(TOOL), "--answer"], input=json.dumps(questions), capture_output=True, text=True, check=True
    )
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found
