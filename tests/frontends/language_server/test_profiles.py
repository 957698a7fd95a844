"""What real editors are told, each in the parts of the protocol that it says it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from lsprotocol import types as lsp

from tests.files import write_files
from tests.frontends.language_server.editor import Editor
from tests.frontends.language_server.test_random_edits import checked

FILES = {
    "shop/__init__.py": 'from celery import Celery\n\napp = Celery("shop")\napp.config_from_object("shop.conf")\n',
    "shop/conf.py": 'MOOD = "\U0001f600"; CELERY_WORKER_CONCURRENCY = 3\nworker_max_memory_per_child = 400000\n',
    "compose.yml": (
        "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker --concurrency 8\n    mem_limit: 1g\n"
    ),
    "Procfile": "# celery-oom: ignore[CO104] old\nweb: gunicorn\n",
    "bin/Procfile": "# celery-oom: ignore[CO104] old\nweb: gunicorn\n",
    "pyproject.toml": "",
}
client_capabilities = pytest.importorskip(
    "pytest_lsp", reason="pytest-lsp is not installed (extra test)"
).client_capabilities
EDITORS = {"visual-studio-code@v1.65.2": "utf-16", "neovim@v0.11.0": "utf-8", "emacs@v29.1": "utf-32"}
"""Each with the units of positions that it likes best."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    write_files(root, FILES)
    return root


@pytest.fixture(scope="module")
def editors(shop: Path) -> Iterator[dict[str, Editor]]:
    """One of each, started once: the tests only look."""
    with ExitStack() as running:
        yield {name: running.enter_context(Editor(shop, client_capabilities(name))) for name in EDITORS}


@pytest.fixture(params=EDITORS)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def editor(profile: str, editors: dict[str, Editor]) -> Editor:
    return editors[profile]


def found_in(editor: Editor, path: str) -> list[lsp.Diagnostic]:
    """As the client comes to them: it asks where it can, and waits for them where it cannot."""
    assert editor.answer.capabilities.diagnostic_provider is not None
    text = editor.capabilities.text_document
    if text and text.diagnostic:
        asked = lsp.DocumentDiagnosticParams(editor.document(path))
        report = editor.ask(editor.client.text_document_diagnostic_async(asked))
        assert isinstance(report, lsp.RelatedFullDocumentDiagnosticReport)
        assert not editor.shown
        return list(report.items)
    editor.await_(lambda: editor.shown.get(path))
    return editor.shown[path]


def test_every_editor_is_told_what_check_says(shop: Path, editor: Editor) -> None:
    expected = checked(shop)
    told = [
        (path, str(one.code), one.range.start.line + 1, one.message)
        for path in FILES
        if any(path == other for other, *_ in expected)
        for one in found_in(editor, path)
    ]
    assert sorted(told) == sorted((path, code, line, message) for path, code, line, _, message in expected)
    assert {code for _, code, *_ in told} >= {"CO206", "CO301", "CO002"}


def test_positions_are_counted_in_the_units_that_it_likes_best(shop: Path, editor: Editor, profile: str) -> None:
    head = 'MOOD = "\U0001f600"; '
    sizes = {"utf-8": len(head.encode()), "utf-16": len(head) + 1, "utf-32": len(head)}
    assert editor.answer.capabilities.position_encoding == EDITORS[profile]
    dead = next(one for one in found_in(editor, "shop/conf.py") if one.code == "CO206")
    assert dead.range.start == lsp.Position(0, sizes[EDITORS[profile]])


def test_parts_that_it_does_not_know_are_left_out(shop: Path, editor: Editor, profile: str) -> None:
    capabilities = editor.capabilities
    assert capabilities.text_document is not None
    known = capabilities.text_document.publish_diagnostics
    assert known is not None
    dead = next(one for one in found_in(editor, "shop/conf.py") if one.code == "CO206")
    budget = next(one for one in found_in(editor, "compose.yml") if one.code == "CO301")
    assert dead.tags == (lsp.DiagnosticTag.Unnecessary,)
    assert budget.tags is None
    assert bool(budget.related_information) is bool(known.related_information)
    for related in budget.related_information or ():
        assert editor.path(related.location.uri) in FILES
    assert (budget.code_description is not None) is bool(known.code_description_support)
    if budget.code_description is not None:
        assert _page(budget.code_description.href).startswith("# CO301 budget-exceeds-limit\n")


def _page(uri: str) -> str:
    return Path(unquote(urlparse(uri).path)).read_text("utf-8")


def test_a_fix_is_an_edit_of_the_version_that_it_has_open(shop: Path, editor: Editor, profile: str) -> None:
    found_in(editor, "compose.yml")
    editor.open("compose.yml")
    fix = next(one for one in editor.actions("compose.yml", 3) if one.title.startswith("set max-memory-per-child"))
    assert re.search(r"worker --max-memory-per-child=\d+ --concurrency 8\n", editor.applied(fix)["compose.yml"])
    editor.close("compose.yml")


def titles(actions: Sequence[lsp.CodeAction]) -> list[str]:
    return [one.title for one in actions]


def test_one_action_mends_what_a_rule_says_of_the_whole_project(shop: Path, editor: Editor, profile: str) -> None:
    found_in(editor, "Procfile")
    every = next(one for one in editor.actions("Procfile", 0) if one.title.startswith("Fix every CO002"))
    assert editor.applied(every) == {"Procfile": "web: gunicorn\n", "bin/Procfile": "web: gunicorn\n"}
    assert not any("every" in title for title in titles(editor.actions("compose.yml", 3)))


def test_it_opens_the_page_of_a_rule_where_it_opens_files(shop: Path, editor: Editor, profile: str) -> None:
    capabilities = editor.capabilities
    assert capabilities.window is not None
    found_in(editor, "compose.yml")
    pages = [one for one in editor.actions("compose.yml", 3) if one.title == "Open the page of CO301"]
    assert len(pages) == (capabilities.window.show_document is not None)
    for page in pages:
        assert page.command is not None
        params = lsp.ExecuteCommandParams(page.command.command, page.command.arguments)
        editor.ask(editor.client.workspace_execute_command_async(params))
        assert [_page(uri)[:7] for uri in editor.documents] == ["# CO301"]


def test_the_inventory_is_a_page(shop: Path, editor: Editor, profile: str) -> None:
    params = lsp.ExecuteCommandParams("celery-oom.workers", [shop.as_uri()])
    page = editor.ask(editor.client.workspace_execute_command_async(params))
    assert "<h1>Celery workers of" in str(page)
    assert "compose.yml:4" in str(page)
