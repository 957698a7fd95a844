"""Fuzz one parser or evaluator with atheris: ``python tools/fuzz.py TARGET [libFuzzer options]`` (extra ``fuzz``).

``python tools/fuzz.py --all SECONDS`` runs every target one after the other, ``--list`` names them. The seeds are the
examples of ``fixtures/sources`` and ``fixtures/hostile``. A target fails where something raises that nobody foresaw,
where a mistake of the program is met, and where one input takes more than ten seconds or 1,000 MB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SOURCES, HOSTILE = ROOT / "fixtures" / "sources", ROOT / "fixtures" / "hostile"
MISTAKE = "mistake in celery-oom"
LIMITS = ["-timeout=10", "-rss_limit_mb=1000", "-max_len=4096"]

PROCFILE = {"Procfile": "w: celery -A shop worker\n"}
APP = {"shop.py": "from celery import Celery\napp = Celery('shop')\n"}
CHART = {"c/Chart.yaml": "name: c\nversion: 1\n", "c/values.yaml": "a: {b: 1, c: [x]}\nimage: shop\n"}
# An evaluator: the file that is fuzzed, where its seeds are, and the files beside it.
EVALUATORS: dict[str, tuple[str, str, dict[str, str]]] = {
    "evaluate python": ("shop.py", "python", PROCFILE),
    "evaluate shell": ("run.sh", "shell", {"Procfile": "w: bash run.sh a b\n", **APP}),
    "evaluate dockerfile": ("Dockerfile", "dockerfile", {"compose.yml": "services: {w: {build: .}}\n", **APP}),
    "evaluate compose": ("docker-compose.yml", "compose", {".env": "A=1\nB=$A\n", **APP}),
    "evaluate helm": ("c/templates/worker.yaml", "helm", CHART),
    "evaluate makefile": ("Makefile", "makefile", {"Procfile": "w: make worker\n", **APP}),
    "evaluate ansible": ("site.yml", "ansible", APP),
}


def targets() -> dict[str, tuple[Callable[[bytes], None], list[Path]]]:
    """Every target with its seeds: the reader of each kind of file, each evaluator, and what reads other texts."""
    from flake8_celery_oom.masking import masked
    from flake8_celery_oom.sources import kinds

    found: dict[str, tuple[Callable[[bytes], None], list[Path]]] = {}
    for kind in kinds.kinds():
        name = kind.__name__.rpartition(".")[2]
        path = (kind.NAMES or (name,))[0].replace("**/", "").replace("*", "x")
        found[f"read {name}"] = (_reader(kind, path), seeds(name))
    for name, (path, folder, beside) in EVALUATORS.items():
        found[name] = (_evaluator(path, beside), seeds(folder))
    found["masking"] = (lambda data: _same(masked(masked(_text(data))), masked(_text(data))), seeds("dotenv"))
    found["why"] = (_why, [*(ROOT / "tests" / "data" / "deaths").rglob("*.log")])
    return found


def seeds(kind: str) -> list[Path]:
    """The examples of a kind of file."""
    folders = (SOURCES / kind, HOSTILE / kind)
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return found or sorted((ROOT / "fixtures" / "projects").rglob("*.py"))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _reader(kind: object, path: str) -> Callable[[bytes], None]:
    from flake8_celery_oom.core.source import SourceText

    def read(data: bytes) -> None:
        try:
            text = SourceText.from_bytes(path, data)
        except UnicodeError:
            return
        if "\0" not in text.text:
            list(kind.read(text))  # type: ignore[attr-defined]

    return read


def _evaluator(path: str, beside: dict[str, str]) -> Callable[[bytes], None]:
    from flake8_celery_oom.config import Config
    from flake8_celery_oom.workspace import Workspace

    def evaluate(data: bytes) -> None:
        if b"\0" in data:
            return
        workspace = Workspace(ROOT / "fixtures" / "none", Config(), {**beside, path: _text(data)}, only=[])
        workspace.findings()
        met = [one.message for one in workspace.project().problems if MISTAKE in one.message]
        if met:
            raise AssertionError(met)

    return evaluate


def _why(data: bytes) -> None:
    from flake8_celery_oom.deaths.reading import evidence
    from flake8_celery_oom.deaths.verdict import death

    death([evidence(_text(data), "log")])


def _same(one: str, other: str) -> None:
    if one != other:
        raise AssertionError(one, other)


def main(words: list[str]) -> int:
    """Run one target until an option of libFuzzer ends it, or all of them."""
    match words:
        case ["--list"]:
            print("\n".join(targets()))
            return 0
        case ["--all", seconds]:
            return max(_run(name, seconds) for name in targets())
        case [name, *options] if not name.startswith("-"):
            return _fuzz(name, options)
        case _:
            print(__doc__)
            return 2


def _run(name: str, seconds: str) -> int:
    command = [sys.executable, __file__, name, f"-max_total_time={seconds}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    rounds = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
    print(f"{name}: {'ok' if done.returncode == 0 else 'FELL'} {' '.join(rounds)}", flush=True)
    if done.returncode:
        print("\n".join(_told(done.stderr + done.stdout)), flush=True)
    return done.returncode


def _told(text: str) -> Iterator[str]:
    """The end of the traceback and the input that made it."""
    lines = text.splitlines()
    yield from (line for line in lines if "Error" in line or 'File "' in line or "Base64" in line)


def _fuzz(name: str, options: list[str]) -> int:
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: pip install 'flake8-celery-oom[fuzz]' (Linux)")
        return 2
    with atheris.instrument_imports(include=["flake8_celery_oom"]):
        known = targets()
    if name not in known:
        print(f"there is no target {name!r}: see --list")
        return 2
    run, examples = known[name]
    with tempfile.TemporaryDirectory() as corpus:
        for number, path in enumerate(examples):
            Path(corpus, str(number)).write_bytes(path.read_bytes())
        atheris.Setup([sys.argv[0], *LIMITS, f"-artifact_prefix={corpus}/", *options, corpus], run)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
