"""A real VS Code (code-server, in Chromium): the extension starts the server, a squiggle is mended and saved.

``CELERY_OOM_VSCODE`` is a folder with code-server in its ``node_modules`` and the packed extension, as `.ci/run` makes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.files import write_files

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

HOME = os.environ.get("CELERY_OOM_VSCODE", "")
PATIENCE_SECONDS = 120.0
BROWSER = ("chromium", "chromedriver", "node")
pytestmark = pytest.mark.skipif(
    not HOME or not all(map(shutil.which, BROWSER)), reason="no code-server, Chromium or Node.js here"
)
FILES = {
    "pyproject.toml": "",
    "shop/__init__.py": 'from celery import Celery\n\napp = Celery("shop")\napp.config_from_object("shop.conf")\n',
    "shop/conf.py": 'broker_url = "redis://"\n',
    "compose.yml": "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker -c 2\n    mem_limit: 1g\n",
}
SETTING = "worker_max_memory_per_child = 200000"


def project(root: Path, files: dict[str, str]) -> Path:
    """A project with an environment of its own, in which the extension finds the server."""
    write_files(root, files)
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "celery-oom").symlink_to(Path(sys.executable).with_name("celery-oom"))
    return root


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Callable[[Path], Window]]:
    """Opens a folder in a VS Code of its own."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    server = Path(HOME) / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    places = ["--extensions-dir", str(tmp_path / "extensions"), "--user-data-dir", str(tmp_path / "data")]
    quiet = ["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"]
    program = ["node", str(server), *places]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "share")}
    (packed,) = Path(HOME).glob("celery-oom-*.vsix")
    subprocess.run([*program, "--install-extension", str(packed)], check=True, capture_output=True, env=environment)
    serving = subprocess.Popen(
        [*program, "--auth", "none", "--bind-addr", f"127.0.0.1:{port}", *quiet],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    options = ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900", "--lang=en-US"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path / 'browser'}")
    chrome = Chrome(options, Service(shutil.which("chromedriver")))
    try:
        yield lambda folder: Window(chrome, port, folder)
    finally:
        chrome.quit()
        serving.terminate()
        serving.wait(PATIENCE_SECONDS)


class Window:
    """One window of VS Code, used by its keyboard."""

    def __init__(self, chrome: Chrome, port: int, folder: Path) -> None:
        self.chrome = chrome
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        chrome.get(f"http://127.0.0.1:{port}/?folder={folder}")
        self.await_(".explorer-folders-view .monaco-list-row")

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements("css selector", selector)

    def await_(self, selector: str, text: str = "") -> WebElement:
        """Wait until an element with a text is there."""
        found: WebElement = self.until(
            lambda: next((one for one in self.all(selector) if text in self.text(one)), None), f"{selector} {text!r}"
        )
        return found

    def until(self, found: Callable[[], object], what: str) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException

        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                one = found()
            except StaleElementReferenceException:
                one = None
            if one:
                return one
            time.sleep(0.1)
        self.picture("lost")
        raise AssertionError(f"{what} does not come")

    def text(self, one: WebElement) -> str:
        return (one.text or one.get_attribute("textContent") or "").replace("\xa0", " ")

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        chain = ActionChains(self.chrome)
        for key in keys[:-1]:
            chain = chain.key_down(key)
        chain = chain.send_keys(keys[-1])
        for key in keys[:-1]:
            chain = chain.key_up(key)
        chain.perform()

    def run(self, command: str) -> None:
        """Run a command of the palette by its title."""
        self.until(lambda: self._choose(f">{command}", command), command)

    def edit(self, path: str) -> None:
        """Open a file."""
        name = path.rpartition("/")[2]

        def is_open() -> bool:
            return self._choose(path, name) and self._comes(
                lambda: any(name in self.text(one) for one in self.all(".tab.active"))
            )

        self.until(is_open, path)

    def _choose(self, words: str, row: str) -> bool:
        """Type into the palette and take the row; its list may come late, or be made anew before Enter."""
        from selenium.webdriver import Keys

        self.press(Keys.ESCAPE)
        self.press(Keys.F1)
        if not self._comes(lambda: any(one.is_displayed() for one in self.all(".quick-input-widget input.input"))):
            return False
        self.press(Keys.CONTROL, "a")
        self.press(words)
        rows = ".quick-input-list .monaco-list-row"
        if not self._comes(lambda: row in "".join(map(self.text, self.all(rows)[:1]))):
            return False
        self.press(Keys.ENTER)
        return self._comes(lambda: not any(one.is_displayed() for one in self.all(".quick-input-widget")))

    def _comes(self, holds: Callable[[], bool]) -> bool:
        """Whether something holds within some seconds."""
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:
            if holds():
                return True
            time.sleep(0.1)
        return False

    def await_page(self, text: str) -> None:
        """Wait until a text stands in the page beside the editor, two frames deep."""

        def says() -> bool:
            from selenium.common.exceptions import NoSuchElementException, NoSuchFrameException

            try:
                self.chrome.switch_to.frame(self.all("iframe.webview")[0])
                self.chrome.switch_to.frame("active-frame")
                return any(text in self.text(one) for one in self.all("body"))
            except (IndexError, NoSuchElementException, NoSuchFrameException):
                return False
            finally:
                self.chrome.switch_to.default_content()

        self.until(says, text)

    def picture(self, name: str) -> None:
        """Leave a picture where the documentation's are made, if somebody asks for it."""
        folder = os.environ.get("CELERY_OOM_PICTURES")
        if folder:
            self.chrome.save_screenshot(f"{folder}/vscode-{name}.png")


def mended_by_hand(root: Path) -> bytes:
    """What the command line makes of the file."""
    write_files(root, FILES)
    subprocess.run([sys.executable, "-m", "flake8_celery_oom", "fix", "--unsafe-fixes"], cwd=root, check=False)
    assert (root / "compose.yml").read_text() != FILES["compose.yml"]
    return (root / "compose.yml").read_bytes()


def test_a_squiggle_is_mended_and_saved(tmp_path: Path, window: Callable[[Path], Window]) -> None:
    from selenium.webdriver import Keys

    shop = project(tmp_path / "shop", FILES)
    code = window(shop)
    code.await_(".statusbar-item", "Celery: 1")
    code.edit("compose.yml")
    code.await_(".squiggly-warning")
    code.run("Problems: Focus on Problems View")
    code.await_(".markers-panel .monaco-list-row", "CO201")
    code.picture("problems")
    code.edit("shop/conf.py")
    code.press(Keys.CONTROL, Keys.END)
    code.press(SETTING)
    code.await_(".statusbar-item", "Celery: 0")
    code.press(Keys.CONTROL, "z")
    code.press(Keys.CONTROL, "z")
    code.await_(".statusbar-item", "Celery: 1")
    code.edit("compose.yml")
    code.run("Go to Next Problem (Error, Warning, Info)")
    code.press(Keys.ESCAPE)
    code.press(Keys.CONTROL, ".")
    code.await_(".action-widget .monaco-list-row", "set max-memory-per-child")
    code.picture("fixes")
    code.press(Keys.ENTER)
    code.await_(".statusbar-item", "Celery: 0")
    code.press(Keys.CONTROL, "s")
    mended = mended_by_hand(tmp_path / "by-hand")
    code.until(lambda: (shop / "compose.yml").read_bytes() == mended, "the saved fix")
    code.run("Celery OOM: Show Worker Inventory")
    code.await_page("Celery workers of shop")
    code.picture("workers")
    code.run("Celery OOM: Restart Server")
    code.await_(".statusbar-item", "Celery: 0")


def test_no_server_is_started_where_nothing_mentions_celery(tmp_path: Path, window: Callable[[Path], Window]) -> None:
    from selenium.webdriver import Keys

    code = window(project(tmp_path / "other", {"compose.yml": "services:\n  jobs:\n    image: shop\n"}))
    code.edit("compose.yml")
    code.run("Celery OOM: Show Worker Inventory")
    code.await_(".notification-toast", "celery-oom does not run")
    assert not any("Celery" in code.text(one) for one in code.all(".statusbar-item"))
    code.edit("compose.yml")
    code.press(Keys.CONTROL, Keys.END)
    code.press("    command: celery worker")
    code.press(Keys.CONTROL, "s")
    code.await_(".statusbar-item", "Celery: 2")
