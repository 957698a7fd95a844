"""A real editor server, python-lsp-server, that runs flake8 on the text of each open file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

import pytest

TIMEOUT = 60


class Server:
    """python-lsp-server at the other end of two pipes, spoken to in plain JSON-RPC."""

    def __init__(self, root: Path) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self.root = root
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pylsp"],
            cwd=root,
            env={**os.environ, "PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.received: Queue[dict[str, Any]] = Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.number = 0

    def read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while (message := read_message(stream)) is not None:
            self.received.put(message)

    def send(self, method: str, params: Any, *, answer: bool = False) -> Any:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if answer:
            self.number += 1
            message["id"] = self.number
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()
        return self.wait_for(lambda got: got.get("id") == self.number and "method" not in got) if answer else None

    def wait_for(self, wanted: Any) -> dict[str, Any]:
        while True:
            try:
                message = self.received.get(timeout=TIMEOUT)
            except Empty:
                pytest.fail("python-lsp-server did not answer")
            if wanted(message):
                return message

    def initialize(self) -> None:
        self.send("initialize", {"processId": None, "rootUri": self.root.as_uri(), "capabilities": {}}, answer=True)
        self.send("initialized", {})
        off = {name: {"enabled": False} for name in ("mccabe", "pycodestyle", "pyflakes", "pylint", "jedi_completion")}
        plugins = {**off, "flake8": {"enabled": True}}
        self.send("workspace/didChangeConfiguration", {"settings": {"pylsp": {"plugins": plugins}}})

    def diagnostics(self, name: str, language: str, text: str) -> list[dict[str, Any]]:
        """What the server publishes for a file that is opened with ``text``."""
        uri = (self.root / name).as_uri()
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})
        message = self.wait_for(
            lambda got: got.get("method") == "textDocument/publishDiagnostics" and got["params"]["uri"] == uri
        )
        found: list[dict[str, Any]] = message["params"]["diagnostics"]
        return found

    def close(self) -> None:
        self.send("shutdown", None, answer=True)
        self.send("exit", None)
        self.process.communicate(timeout=TIMEOUT)
        self.reader.join(TIMEOUT)


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if not length:
        return None
    message: dict[str, Any] = json.loads(stream.read(length))
    return message


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / ".git").mkdir()
    (tmp_path / "proj").mkdir()
    (tmp_path / "proj" / "__init__.py").write_text("")
    (tmp_path / "start.sh").write_text("#!/bin/sh\ncelery -A proj worker\n")
    server = Server(tmp_path)
    server.initialize()
    yield server
    server.close()


FILES = [
    (
        "proj/celery.py",
        "python",
        "from celery import Celery\n\napp = Celery('proj')\napp.conf.worker_concurrency = 0\n",
        3,
        "CO102",
    ),
    ("Dockerfile", "dockerfile", 'FROM python:3.12\nCMD ["celery", "-A", "gone", "worker"]\n', 1, "CO101"),
    ("compose.yml", "yaml", "services:\n  w:\n    image: p\n    command: celery -A gone worker\n", 3, "CO101"),
    ("Procfile", "plaintext", "worker: celery -A gone worker\n", 0, "CO101"),
]


def test_codes_reach_an_editor_for_every_kind_of_file(server: Server) -> None:
    for name, language, text, line, code in FILES:
        found = server.diagnostics(name, language, text)
        assert (line, code) in {(one["range"]["start"]["line"], one["code"]) for one in found}, (name, found)
        assert {one["code"][:2] for one in found} == {"CO"}, found
        assert all("\n" not in one["message"] for one in found)


def test_text_that_is_empty_or_broken_does_not_upset_the_server(server: Server) -> None:
    assert server.diagnostics("empty.yml", "yaml", "") == []
    server.diagnostics("broken.yml", "yaml", "services: [\n  command: celery worker\n :")
    assert server.diagnostics("Procfile", "plaintext", "web: gunicorn proj.wsgi\n") == []
