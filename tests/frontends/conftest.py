from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flake8 import utils  # type: ignore[import-untyped]
from flake8.main.cli import main  # type: ignore[import-untyped]

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.frontends import flake8 as plugin
from flake8_celery_oom.frontends import flake8_infra
from flake8_celery_oom.sources.kinds import kinds_of


@dataclass
class Output:
    """What one run of flake8 printed."""

    lines: list[str]
    stderr: str
    exit_code: int


@dataclass
class FakeEngine:
    """Stands for ``flake8_celery_oom.workspace``: findings are what a test says, and every opening is remembered."""

    message: str = "a message"
    code: str = "CO101"
    opened: list[tuple[Path, Config, Mapping[str, str] | None]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    location: Callable[[SourceText], Any] | None = None
    error: Exception | None = None

    def find(self, root: Path, overlays: Mapping[str, str] | None, path: str) -> list[Finding]:
        self.asked.append(path)
        if self.error is not None:
            raise self.error
        if overlays and path in overlays:
            source = SourceText(path, overlays[path])
        else:
            source = SourceText.from_bytes(path, (root / path).read_bytes())
        if self.location is not None:
            return [Finding(self.code, "a-rule", "warning", self.location(source), self.message)]
        start = source.text.find("celery")
        if start < 0:
            return []
        return [Finding(self.code, "a-rule", "warning", source.location(start, start + 6), self.message)]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """An engine that reports the first word ``celery`` of each file."""
    fake = FakeEngine()

    class Workspace:
        def __init__(
            self,
            root: Path,
            config: Config,
            overlays: Mapping[str, str] | None = None,
            *,
            only: Sequence[str] | None = None,
            tracked_only: bool = False,
        ) -> None:
            fake.opened.append((root, config, overlays))
            self.root, self.overlays = root, overlays or {}
            found = (path for path in sorted(root.rglob("*")) if path.is_file())
            self.files = only if only is not None else [path.relative_to(root).as_posix() for path in found]

        def findings(self) -> list[Finding]:
            """Of every file of a known kind."""
            texts = {path: (self.root / path).read_text("latin-1") for path in self.files}
            known = [path for path, text in texts.items() if kinds_of(path, text)]
            return [finding for path in known for finding in fake.find(self.root, None, path)]

        def findings_in(self, path: str) -> list[Finding]:
            return fake.find(self.root, self.overlays, path)

    module = ModuleType("flake8_celery_oom.workspace")
    module.Workspace = Workspace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return fake


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project; it is the working directory."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def flake8(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Output]]:
    """Runs flake8 in this process; ``stdin`` is what it reads there."""

    def run(*arguments: str, stdin: str | bytes | None = None) -> Output:
        if stdin is not None:
            data = stdin.encode() if isinstance(stdin, str) else stdin
            utils.stdin_get_value.cache_clear()
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capfd.readouterr()
        exit_code = main(list(arguments) if "-j2" in arguments else ["-j1", *arguments])
        captured = capfd.readouterr()
        return Output(captured.out.splitlines(), captured.err, exit_code)

    yield run
    flake8_infra.use(None)
    plugin.Plugin.session = None
