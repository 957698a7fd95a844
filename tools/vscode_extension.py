"""Makes the extension for Visual Studio Code of ``editors/vscode``: ``dist/celery-oom-VERSION.vsix``.

usage: python tools/vscode_extension.py [--out FOLDER] [--kinds]
``--kinds`` only writes ``src/kinds.json``, the files that are handed to the server, from the kinds that are read.
All else needs Node.js 20 and npm, which brings the compiler, the bundler and the packer.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from flake8_celery_oom import __version__
from flake8_celery_oom.sources.kinds import kinds

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "editors" / "vscode"
KINDS = EXTENSION / "src" / "kinds.json"
LANGUAGES = ("dockercompose", "dockerfile", "helm", "ini", "makefile", "properties", "python", "shellscript", "yaml")
"""What VS Code calls files that are read whatever they are called: scripts without an ending, other endings of YAML."""


def document_patterns() -> list[str]:
    """Globs of the usual names of all kinds, as VS Code matches them: against the whole path."""
    names = {name for kind in kinds() for name in kind.NAMES}
    return sorted(name if name.startswith("**/") else f"**/{name}" for name in names)


def kinds_file() -> str:
    """What stands in ``src/kinds.json``."""
    return json.dumps({"patterns": document_patterns(), "languages": LANGUAGES}, indent=2) + "\n"


def run(*words: str) -> None:
    subprocess.run(words, cwd=EXTENSION, check=True)


def make(out: Path) -> Path:
    """The packed extension."""
    KINDS.write_text(kinds_file(), "utf-8")
    shutil.copyfile(ROOT / "LICENSE", EXTENSION / "LICENSE")
    run("npm", "ci", "--no-audit", "--no-fund")
    run("npm", "run", "check")
    run("npm", "run", "build")
    out.mkdir(parents=True, exist_ok=True)
    packed = out.resolve() / f"celery-oom-{__version__}.vsix"
    run("npm", "exec", "--", "vsce", "package", "--no-dependencies", "--allow-missing-repository", "--out", str(packed))
    return packed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--kinds", action="store_true")
    options = parser.parse_args()
    if options.kinds:
        KINDS.write_text(kinds_file(), "utf-8")
        return 0
    try:
        packed = make(options.out)
    except FileNotFoundError as error:
        print(f"{error.filename} is not here: install Node.js 20 with npm", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd[:2])} ended with {error.returncode}", file=sys.stderr)
        return 2
    print(f"made {packed} ({packed.stat().st_size / 1024:.0f} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
