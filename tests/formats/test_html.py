"""The page is looked at in a real browser where one is installed (Debian's chromium and chromium-driver)."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.formats.html import by_risk, page
from flake8_celery_oom.formats.inventory import Entry, entries
from flake8_celery_oom.quantity import MIB
from flake8_celery_oom.workspace import Workspace
from tests.rules.workers import at, project, worker

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

VOID = {"meta", "br"}


def inventory() -> list[Entry]:
    """One worker of each verdict, one without a limit, one that is not known, one whose name is hostile."""
    ones = [
        worker(
            name,
            at(line=line),
            concurrency=Known(4, at(line=line)),
            max_memory_per_child=Known(153600, at(line=line)),
            memory_limit=Known(limit * MIB, at(line=line), "limit"),
        )
        for line, (name, limit) in enumerate((("over", 480), ("near", 600), ("fine", 1024)), start=1)
    ]
    ones.append(worker("cpus", at(line=8), concurrency=Known(HostCpus("$(nproc)"), at(line=8))))
    ones.append(worker("blind", at(line=9), pool=Unknown(Cause("$P"), at(line=9))))
    ones.append(worker('<img src=x onerror="alert(1)">', at("x&y.yml", 10)))
    found = Finding("CO301", "budget-exceeds-limit", "warning", at(line=1), "worker `over`: <too> much")
    return entries(ones, project(*ones), (found,))


def test_what_is_in_danger_comes_first() -> None:
    names = [one.name for one in by_risk(list(reversed(inventory())))]
    assert names[:2] == ["over", "near"]
    assert names[-1] == "fine"


def test_a_finding_stands_open_and_a_container_has_one_bar(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text(
        "services:\n  web:\n    image: shop\n    mem_limit: 1g\n    command: >-\n"
        "      sh -c 'celery -A shop worker -c 2 & celery -A shop worker -c 3'\n"
    )
    workspace = Workspace(tmp_path, Config())
    text = page(entries(workspace.project().workers, workspace.project(), workspace.findings()), "shop")
    assert text.count("<svg") == 1
    assert text.count("counted with web") == 1
    before, _, _ = text.partition("<details>")
    assert "<strong>CO201</strong>" in before


# --- the text of the page ---------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """The tags of a page, which must close in order; its text; what it refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.references: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.references += [value or "" for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    found.close()
    assert not found.open
    return found


def test_the_page_stands_alone() -> None:
    text = page(inventory(), "shop")
    found = outline(text)
    assert not found.references
    assert not {"script", "link", "img", "iframe", "object"} & set(found.seen)
    assert not re.search(r"url\(|@import|https?:", text)
    assert 'onerror="alert(1)">' in "".join(found.words)


def test_the_page_says_everything() -> None:
    words = " ".join("".join(outline(page(inventory(), "a & b")).words).split())
    assert "Celery workers of a & b" in words
    assert "6 workers; 1 above the limit; 1 within it only while children share memory; 1 within the limit; 3" in words
    assert "1 value is not known from the files." in words
    for text in ("540 MiB of 480 MiB: exceeds", "worker `over`: <too> much", "$(nproc), command line, compose.yml:8"):
        assert text in words


def test_a_project_without_workers() -> None:
    assert "No workers found." in "".join(outline(page([], "shop")).words)


# --- the page in a browser --------------------------------------------------------------------------------------------


def browser_missing() -> str:
    """Why no browser can be driven here; empty when one can."""
    programs = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(programs)} not installed" if programs else ""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    if browser_missing():
        pytest.skip(browser_missing())
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    quiet = ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-dev-shm-usage")
    for name in (*quiet, "disable-background-networking", "disable-component-update", "disable-sync"):
        options.add_argument(f"--{name}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options.add_argument(f"--user-data-dir={profile}")
        driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            driver.set_window_size(1100, 800)
            yield driver
        finally:
            driver.quit()


@pytest.fixture
def shown(browser: Chrome, tmp_path: Path) -> Chrome:
    (tmp_path / "workers.html").write_text(page(inventory(), "shop"), "utf-8")
    browser.get((tmp_path / "workers.html").as_uri())
    return browser


def test_a_browser_shows_the_bars(shown: Chrome, tmp_path: Path) -> None:
    bars = shown.find_elements("css selector", "svg")
    assert len(bars) == 3
    assert all(bar.size["height"] > 8 and bar.size["width"] > 100 for bar in bars)
    assert bars[0].get_attribute("aria-label") == (
        "main process 27.8 MiB, with idle children 107 MiB, at their peak 540 MiB; limit 480 MiB"
    )
    limits = [bar.find_elements("css selector", "rect")[-1].rect["x"] - bar.rect["x"] for bar in bars]
    widths = [bar.rect["width"] for bar in bars]
    assert [round(limit / width, 2) for limit, width in zip(limits, widths, strict=True)] == [0.89, 0.99, 0.99]
    folder = Path(os.environ.get("CELERY_OOM_SCREENSHOTS", tmp_path))
    picture = folder / "workers.png"
    assert shown.save_screenshot(str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000


def test_nothing_hostile_runs_and_nothing_is_fetched(shown: Chrome) -> None:
    assert not shown.find_elements("css selector", "img, script")
    assert shown.execute_script("return performance.getEntriesByType('resource').length") == 0
    log = shown.execute("getLog", {"type": "browser"})["value"]
    assert not [line for line in log if line["level"] == "SEVERE"]


def test_the_keyboard_opens_what_is_folded(shown: Chrome) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    first = shown.find_element("css selector", "details")
    table = first.find_element("css selector", "table")
    assert not table.is_displayed()
    assert "CO301 worker `over`: <too> much" in shown.find_element("css selector", "body").text
    ActionChains(shown).send_keys(Keys.TAB).perform()
    focused = shown.switch_to.active_element
    assert focused.tag_name == "summary"
    assert shown.execute_script("return getComputedStyle(arguments[0]).outlineStyle", focused) == "solid"
    ActionChains(shown).send_keys(Keys.ENTER).perform()
    assert table.is_displayed()
    assert "weighed as" in first.text


def test_text_is_readable_in_light_and_in_dark(shown: Chrome) -> None:
    for scheme in ("dark", "light"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        back = brightness(shown, "body", "backgroundColor")
        assert (back > 0.5) is (scheme == "light")
        for part in ("body", "p", "code", "summary", ".exceeds", ".tight", ".fits"):
            ink = brightness(shown, part, "color")
            lighter, darker = max(ink, back), min(ink, back)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (scheme, part)


def brightness(browser: Chrome, part: str, name: str) -> float:
    """The relative luminance of a colour, as WCAG 2 defines it."""
    script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    colour = [int(number) / 255 for number in re.findall(r"\d+", browser.execute_script(script, part, name))[:3]]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_narrow_window_needs_no_sideways_scrolling_of_the_page(shown: Chrome) -> None:
    shown.set_window_size(500, 800)
    try:
        assert shown.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    finally:
        shown.set_window_size(1100, 800)
