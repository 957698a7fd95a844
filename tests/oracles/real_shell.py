"""Runs scripts in a real shell in which every command of interest only records what it was called with.

Nothing but the recorder and a few harmless tools is on PATH. The scripts come from :mod:`shell_scripts`, which writes
no path outside of their own folder.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TOOLS = tuple("bash basename cat cut dirname echo env grep head make nohup sed seq sort tail tr xargs".split())  # noqa: SIM905
"""Real programs that scripts may call; make may be absent."""
QUIET = ("alembic", "flask", "pip", "python", "sleep", "nc", "gunicorn")
"""Programs that do nothing and succeed."""
RECORDED = ("celery",)
VARIABLES = ("CELERY_WORKER_CONCURRENCY", "CELERY_WORKER_MAX_TASKS_PER_CHILD", "CELERY_WORKER_POOL")
_RECORDER = """#!{shell}
printf '%s\\0' {variables} "$@" '<end>' >>"${{0%/*}}/../record"
"""


@dataclass(frozen=True)
class Call:
    """One call of a recorded program: its arguments, and what it found of VARIABLES in its environment."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Trial:
    """Files of one project, the command that starts it, and the environments in which it is started."""

    files: Mapping[str, str]
    command: tuple[str, ...]
    environments: tuple[Mapping[str, str], ...] = ({},)


def available() -> bool:
    """Whether the shells are here."""
    return all(shutil.which(name) for name in ("dash", *TOOLS) if name != "make")


def run(trials: Sequence[Trial], folder: Path) -> list[list[list[Call]]]:
    """For each trial and each of its environments the calls that were made, in their order."""
    tools = _tools(folder / "tools")
    lines = ["ulimit -t 5", "exec </dev/null"]
    records: list[list[Path]] = []
    for number, trial in enumerate(trials):
        made = []
        for turn, environment in enumerate(trial.environments):
            here = folder / f"{number}" / f"{turn}"
            for path, text in trial.files.items():
                target = here / "project" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
                target.chmod(0o755)
            (here / "bin").mkdir()
            for name in RECORDED:
                (here / "bin" / name).symlink_to(tools / "recorder")
            pairs = {**environment, "PATH": f"{here}/bin:{tools}"}
            words = ["env", "-i", *(f"{name}={value}" for name, value in pairs.items()), *trial.command]
            lines.append(f"(cd {shlex.quote(str(here / 'project'))} && exec {shlex.join(words)})")
            made.append(here / "record")
        records.append(made)
    script = folder / "all.sh"
    script.write_text("\n".join(lines) + "\n")
    bash = shutil.which("bash") or "bash"
    subprocess.run([bash, str(script)], capture_output=True, timeout=300, check=False)
    return [[_calls(path) for path in made] for made in records]


def _tools(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    dash = shutil.which("dash")
    for name in TOOLS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    (folder / "sh").symlink_to(dash or "dash")
    for name in QUIET:
        _write(folder / name, f"#!{dash}\nexit 0\n")
    variables = " ".join(f'"${{{name}-}}"' for name in VARIABLES)
    _write(folder / "recorder", _RECORDER.format(shell=dash, variables=variables))
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _calls(record: Path) -> list[Call]:
    if not record.exists():
        return []
    made: list[Call] = []
    words: list[str] = []
    for word in record.read_text().split("\0"):
        if word == "<end>":
            values = dict(zip(VARIABLES, words, strict=False))
            made.append(Call(tuple(words[len(VARIABLES) :]), {name: value for name, value in values.items() if value}))
            words = []
        else:
            words.append(word)
    return made
