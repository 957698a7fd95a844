"""The pictures of the documentation show what the program prints now."""

from __future__ import annotations

import html
import re
import struct
from pathlib import Path

from tools import make_pictures

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
MAKE = "run `python tools/make_pictures.py`"
ESCAPE = re.compile(r"\x1b\[[\d;]*m")


def test_the_terminal_shows_what_is_printed() -> None:
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", (PICTURES / "check.svg").read_text())
    shown = "".join(html.unescape("".join(drawn)).split())
    printed = "".join(ESCAPE.sub("", make_pictures.printed([*make_pictures.COMMAND, "--color", "always"])).split())
    assert printed
    assert printed in shown, MAKE


def test_the_page_is_the_one_that_is_printed_now() -> None:
    page = make_pictures.printed(["workers", "--no-cache", "--format", "html"])
    assert texts((PICTURES / "workers.png").read_bytes())["Source"] == make_pictures.digest(page), MAKE


def test_pictures_load_nothing_from_elsewhere() -> None:
    assert "url(http" not in (PICTURES / "check.svg").read_text()


def texts(png: bytes) -> dict[str, str]:
    """The text chunks of a picture."""
    found = {}
    position = 8
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        if kind == b"tEXt":
            name, _, text = png[position + 8 : position + 8 + length].partition(b"\0")
            found[name.decode()] = text.decode()
        position += 12 + length
    return found
