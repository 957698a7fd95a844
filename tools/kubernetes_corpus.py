"""Holds every chart and every kustomization of real repositories against Helm and Kustomize.

    python tools/kubernetes_corpus.py FOLDER [NAME...]

FOLDER holds one repository in each folder; nothing in it is changed. Dependencies that a chart does not carry are cut
out of a copy. Charts and kustomizations that the real program does not take are counted and left out. Prints every
value that is read as known and is another one, then the counts; ends with status 1 when there was one.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm.manifests import render
from flake8_celery_oom.resolve.kustomize.build import NAMES, Builder
from flake8_celery_oom.sources.kubernetes_objects import facts_of
from tests.oracles import containers, kubernetes_tools
from tests.oracles.containers import Container, Count

_SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)


def texts(folder: Path) -> dict[str, SourceText]:
    """The texts below a folder by path."""
    found: dict[str, SourceText] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and "/.git/" not in f"/{inside}" and path.stat().st_size < 500_000:
            data = path.read_bytes()
            if b"\0" not in data[:4096]:
                found[inside] = SourceText.from_bytes(inside, data)
    return found


def compared(wanted: list[tuple[str, str, Container]], got: list[Launch], where: str, count: Count) -> None:
    """Compare containers with the launches of their file that may be called so: names may hold what is not known."""
    count.inputs += 1
    waiting = list(got)
    for file, name, container in wanted:
        own = next((one for one in waiting if _file(one) == file and _called(one, name)), None)
        if own is None:
            count.wrong.append(f"{where}: {name} is not found in {file}")
            continue
        waiting.remove(own)
        before = len(count.wrong)
        containers.compare(name, container, containers.read(own), count)
        count.wrong[before:] = [f"{where}: {one}" for one in count.wrong[before:]]


def _file(launch: Launch) -> str:
    return launch.container.partition(":")[0]


def _called(launch: Launch, name: str) -> bool:
    called = launch.name.removesuffix(" (init)")
    pattern = ".*".join(re.escape(part) for part in re.split(r"\{\{.*?\}\}", called, flags=re.DOTALL))
    if "/" not in called:
        pattern = f"{pattern}/{pattern}"
    return re.fullmatch(f"(?:[\\w-]+/)?{pattern}", name) is not None


# --- Helm -------------------------------------------------------------------------------------------------------------


def charts(folder: Path) -> Iterator[Path]:
    """The charts that are no part of another one."""
    for description in sorted(folder.rglob("Chart.yaml")):
        if not any((parent / "Chart.yaml").exists() for parent in description.parent.parents):
            yield description.parent


def without_absent_parts(chart: Path) -> None:
    """Cut dependencies out of a copy of a chart that it does not carry."""
    for file in ("Chart.yaml", "requirements.yaml"):
        path = chart / file
        said = yaml.safe_load(path.read_text()) if path.exists() else None
        if not isinstance(said, dict) or not said.get("dependencies"):
            continue
        there = {part.name for part in (chart / "charts").glob("*")} if (chart / "charts").is_dir() else set()
        kept = [
            one
            for one in said["dependencies"]
            if one["name"] in there or str(one.get("repository", "")).startswith("file://")
        ]
        path.write_text(yaml.safe_dump({**said, "dependencies": kept}))
    (chart / "Chart.lock").unlink(missing_ok=True)


def hold_chart(chart: Path, count: Count) -> None:
    """One chart against ``helm template``."""
    helm = kubernetes_tools.program("helm")
    assert helm is not None
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "chart"
        shutil.copytree(chart, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        without_absent_parts(copy)
        status, written, errors = kubernetes_tools.run(helm, "template", str(copy))
        if status != 0:
            count.refused.append(f"{chart}: {errors.strip().splitlines()[0][:150] if errors.strip() else ''}")
            return
        wanted: list[tuple[str, str, Container]] = []
        for part in re.split(r"^---\n", written, flags=re.MULTILINE):
            source = _SOURCE.search(part)
            file = source[1] if source is not None else ""
            for document in containers.documents(part):
                wanted.extend((file, name, one) for name, one in containers.real(document).items())
        found = texts(copy)
        name = _name_of(copy)
        inside = {f"{name}/{path}": SourceText(f"{name}/{path}", one.text) for path, one in found.items()}
        made = render(frozenset(inside), inside.get)
        compared(wanted, [fact for fact in made.facts if isinstance(fact, Launch)], str(chart), count)


def _name_of(chart: Path) -> str:
    said = yaml.safe_load((chart / "Chart.yaml").read_text())
    return str(said["name"])


# --- Kustomize --------------------------------------------------------------------------------------------------------


def hold_kustomizations(repository: Path, count: Count) -> None:
    """All kustomizations of a repository against ``kubectl kustomize``."""
    kubectl = kubernetes_tools.program("kubectl")
    assert kubectl is not None
    folders = sorted({path.parent for name in NAMES for path in repository.rglob(name)})
    if not folders:
        return
    found = texts(repository)
    builder = Builder(frozenset(found), found.get)
    for folder in folders:
        status, written, errors = kubernetes_tools.run(kubectl, "kustomize", str(folder))
        if status != 0:
            count.refused.append(f"{folder}: {errors.strip()[:150]}")
            continue
        objects = containers.documents(written)
        wanted = [("", name, one) for document in objects for name, one in containers.real(document).items()]
        inside = folder.relative_to(repository).as_posix().removeprefix(".")
        made = [fact for one in builder.build(inside) for fact in facts_of(one.node, one.path, "kubernetes")]
        launches = [replace(fact, container="") for fact in made if isinstance(fact, Launch)]
        compared(wanted, launches, str(folder), count)


def main() -> int:
    """Run over all repositories."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    helm, kustomize = Count(), Count()
    for repository in sorted(arguments.folder.iterdir()):
        if repository.is_dir() and (not arguments.names or repository.name in arguments.names):
            for chart in charts(repository):
                hold_chart(chart, helm)
            hold_kustomizations(repository, kustomize)
    for name, count in (("helm", helm), ("kustomize", kustomize)):
        print("\n".join(f"refused: {one}" for one in count.refused))
        print("\n".join(f"wrong: {one}" for one in count.wrong))
        print(f"{name}: {count.share()}, {len(count.refused)} not taken by the program")
    return 1 if helm.wrong or kustomize.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
