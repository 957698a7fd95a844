"""Make the pictures of the documentation: ``python tools/make_pictures.py`` (needs chromium).

``docs/pictures/check.svg`` is what a terminal shows of ``celery-oom check`` in ``fixtures/projects/shop``,
``workers.png`` the page of ``celery-oom workers`` there, with the digest of the page as its text ``Source``.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
PROJECT = ROOT / "fixtures" / "projects" / "shop"
PICTURES = ROOT / "docs" / "pictures"
COMMAND = ["check", "--no-cache", "--quiet"]
WIDTH, WINDOW = 150, "1100,1000"


def main() -> int:
    """Write both pictures."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "check.svg").write_text(terminal(printed([*COMMAND, "--color", "always"])))
    page = printed(["workers", "--no-cache", "--format", "html"])
    (PICTURES / "workers.png").write_bytes(with_source(screenshot(page), page))
    return 0


def printed(words: list[str]) -> str:
    """What a command prints in a copy of the project of the pictures."""
    from flake8_celery_oom.frontends import cli

    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        project = shutil.copytree(PROJECT, Path(folder, PROJECT.name))
        Path(project, ".git").mkdir()
        os.chdir(project)
        try:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                cli.main(words)
            return out.getvalue()
        finally:
            os.chdir(before)


def terminal(text: str) -> str:
    """The text of a terminal, with its colours, as SVG that loads nothing from elsewhere."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    console.print(Text("$ celery-oom check", style="bold"))
    console.print(Text.from_ansi(text))
    svg = console.export_svg(title="celery-oom check", unique_id="celery-oom")
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def screenshot(page: str) -> bytes:
    """A page as PNG, as chromium shows it."""
    browser = shutil.which("chromium") or sys.exit("chromium is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source, picture = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(page, "utf-8")
        command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--user-data-dir={folder}/profile", f"--window-size={WINDOW}", f"--screenshot={picture}"]
        subprocess.run([*command, source.as_uri()], check=True, capture_output=True, timeout=120)
        return picture.read_bytes()


def digest(page: str) -> str:
    """What a picture says of the page that it shows."""
    return hashlib.sha256(page.encode()).hexdigest()


def with_source(png: bytes, page: str) -> bytes:
    """The picture with the digest of its page, as the text chunk ``Source`` before the last chunk (PNG, 11.3.4.3)."""
    content = b"tEXtSource\0" + digest(page).encode()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return png[:-12] + chunk + png[-12:]


if __name__ == "__main__":
    sys.exit(main())
