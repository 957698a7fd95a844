"""Makes a fleet: repositories from the cases of ``fixtures/rules`` with mutations, among files that say nothing.

    python benchmarks/fleet_repositories.py FOLDER --count 10000 --celery 0.2

The same seed makes the same files. Each repository is a checkout as git leaves it, but for its objects: the index is
real, the commit is a number.
"""

from __future__ import annotations

import argparse
import os
import random
import re
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from struct import pack

CASES = Path(__file__).parents[1] / "fixtures" / "rules"
_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_NUMBER = re.compile(r"(?<=[ =])(\d{1,6})(?=\s*$)", re.MULTILINE)
_SPOKEN = ("order", "invoice", "customer", "basket", "voucher", "parcel", "stock", "ledger", "quote", "refund", "shelf")


def cases() -> list[dict[str, str]]:
    """The files of every case, by path."""
    found = []
    for page in sorted(CASES.glob("CO*.md")):
        for case in re.split(r"^## ", page.read_text(), flags=re.MULTILINE)[1:]:
            files = {
                title[1]: fence["body"] for fence in _FENCE.finditer(case) if (title := _TITLE.search(fence["info"]))
            }
            if files and not any(path.startswith("/") or ".." in path for path in files):
                found.append(files)
    return found


def repository(number: int, seed: int, share: float, every: list[dict[str, str]]) -> dict[str, bytes]:
    """The files of one repository; ``share`` of them hold a case."""
    chance = random.Random(f"{seed} {number}")
    files = dict(_padding(chance, round(chance.lognormvariate(3.2, 0.9))))
    if chance.random() < share:
        files |= {path: text.encode() for path, text in _mutated(chance, chance.choice(every)).items()}
    return files


def _mutated(chance: random.Random, files: dict[str, str]) -> dict[str, str]:
    """A case with other numbers, other line ends, or in a folder of a service."""
    kind = chance.randrange(5)
    if kind == 1:
        return {path: _NUMBER.sub(lambda found: str(int(found[1]) * 2), text) for path, text in files.items()}
    if kind == 2:
        return {path: text if path.endswith(".sh") else text.replace("\n", "\r\n") for path, text in files.items()}
    if kind == 3:
        return {f"services/{chance.choice(_SPOKEN)}/{path}": text for path, text in files.items()}
    if kind == 4:
        return {path: text.replace("worker", chance.choice(_SPOKEN)) for path, text in files.items()}
    return files


def _padding(chance: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Files of a project that has nothing to do with Celery: code, pages, pictures, configuration."""
    for number in range(max(3, count)):
        word, other = chance.choice(_SPOKEN), chance.choice(_SPOKEN)
        folder = f"{chance.choice(['src', 'app', 'lib', 'web', 'docs'])}/{word}"
        lines = chance.randrange(5, 120)
        kind = chance.randrange(10)
        if kind < 3:
            body = "".join(f"def {word}_{line}({other}):\n    return {other} + {line}\n\n" for line in range(lines))
            yield f"{folder}/{other}_{number}.py", f"import json\n\n\n{body}".encode()
        elif kind < 6:
            yield f"{folder}/{other}{number}.ts", f"export const {word} = (x) => x;\n".encode() * lines
        elif kind < 7:
            yield f"{folder}/{other}{number}.md", f"# {word}\n\nThe {other} of the {word}.\n".encode() * lines
        elif kind < 8:
            yield f"{folder}/{other}{number}.png", chance.randbytes(50 * lines)
        elif kind < 9:
            yield f"{folder}/{other}{number}.yml", f"{word}:\n  {other}: {number}\n".encode()
        else:
            yield f"{folder}/{other}{number}.json", f'{{"{word}": [{", ".join(map(str, range(lines)))}]}}\n'.encode()


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write a checkout."""
    for path, data in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    commit(folder, files)


def commit(folder: Path, files: dict[str, bytes]) -> None:
    """What git would leave of a commit of these files, without objects."""
    git = folder / ".git"
    for inner in ("objects", "refs/heads"):
        (git / inner).mkdir(parents=True, exist_ok=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    every = sorted(files, key=str.encode)
    entries = b"".join(_entry(folder, path, files[path]) for path in every)
    (git / "refs/heads/main").write_text(sha1(entries).hexdigest() + "\n")
    content = pack(">4sLL", b"DIRC", 2, len(every)) + entries
    (git / "index").write_bytes(content + sha1(content).digest())


def _entry(folder: Path, path: str, data: bytes) -> bytes:
    """One entry of an index of version 2."""
    os.utime(folder / path, (1_700_000_000, 1_700_000_000))
    status = (folder / path).stat()
    name = path.encode()
    times = (0, 0, 1_700_000_000, 0)
    fixed = pack(">10L", *times, 0, status.st_ino & 0xFFFFFFFF, 0o100644, 0, 0, len(data))
    entry = fixed + sha1(b"blob %d\0" % len(data) + data).digest() + pack(">H", min(len(name), 0xFFF)) + name
    return entry + b"\0" * (8 - len(entry) % 8)


def make(folder: Path, count: int, *, seed: int = 1, share: float = 0.2) -> None:
    """Write a fleet."""
    every = cases()
    for number in range(count):
        write(folder / f"group{number % 20:02}" / f"repository{number:05}", repository(number, seed, share, every))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--celery", type=float, default=0.2, help="the share of repositories with Celery")
    options = parser.parse_args()
    make(options.folder, options.count, seed=options.seed, share=options.celery)


if __name__ == "__main__":
    main()
