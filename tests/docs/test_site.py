"""The documentation is built by MkDocs, strictly: every link and anchor leads somewhere, every page has its place."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="mkdocs-material is not installed (extra docs)")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if line.startswith(("WARNING", "ERROR"))]
    assert (done.returncode, said) == (0, []), done.stderr
    return folder


class _Page(HTMLParser):
    """What a page loads, where it links to, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag in {"script", "img"} and "src" in given:
            self.loaded.append(given["src"])
        if tag == "link" and given.get("rel") == "stylesheet":
            self.loaded.append(given["href"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    pages = [path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")]
    navigation = _Page((site / "index.html").read_text()).links
    for page in pages:
        folder = "" if page.name == "index" else f"{page.as_posix()}/"
        assert (site / folder / "index.html").is_file()
        assert (folder or ".") in navigation, page


def test_pages_load_nothing_from_elsewhere_and_links_lead_to_anchors(site: Path) -> None:
    pages = {path.resolve(): _Page(path.read_text()) for path in site.rglob("index.html")}
    assert len(pages) > 20
    for path, page in pages.items():
        assert not [one for one in page.loaded if re.match(r"(https?:)?//", one)], path
        for link in page.links:
            target, _, anchor = link.partition("#")
            if anchor and not re.match(r"\w+:", link):
                where = path if not target else path.parent / target / "index.html"
                assert anchor in pages[where.resolve()].anchors, (path, link)
