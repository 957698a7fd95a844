from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp

from tests.files import write_files
from tests.frontends.language_server.editor import PULLING, Editor, encoding

SETTINGS = 'broker_url = "redis://"\n'
APP = 'from celery import Celery\n\napp = Celery("shop")\napp.config_from_object("shop.conf")\n'
COMPOSE = "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker -c 2\n    mem_limit: 1g\n"
FOLDED = COMPOSE.replace("command: celery -A shop worker -c 2", "command: >\n      celery -A shop\n      worker -c 2")
"""A command inside which no comment can stand."""
FILES = {"shop/__init__.py": APP, "shop/conf.py": SETTINGS, "compose.yml": COMPOSE, "pyproject.toml": ""}
COMMAND = lsp.Position(3, 20)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_files(tmp_path, FILES)
    return tmp_path


def checked(root: Path) -> list[tuple[str, str, int]]:
    """What the command line says: path, code and line (from 1) of every finding."""
    run = subprocess.run(
        [sys.executable, "-m", "flake8_celery_oom", "check", "--no-cache", "--format", "json"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    return sorted((one["path"], one["code"], one["line"]) for one in json.loads(run.stdout)["findings"])


def published(editor: Editor) -> list[tuple[str, str, int]]:
    return sorted(
        (path, str(one.code), one.range.start.line + 1) for path, found in editor.shown.items() for one in found
    )


def test_what_is_shown_is_what_check_says_and_follows_unsaved_edits_across_files(shop: Path) -> None:
    with Editor(shop) as editor:
        editor.await_codes("compose.yml", ["CO201"])
        assert published(editor) == checked(shop)
        editor.open("compose.yml")
        editor.open("shop/conf.py")
        editor.edit("shop/conf.py", SETTINGS + "worker_max_memory_per_child = 200000\n")
        editor.await_codes("compose.yml", [])
        assert editor.versions["compose.yml"] == 1
        editor.edit("compose.yml", COMPOSE.replace(" -c 2", ""))
        editor.await_codes("compose.yml", ["CO101"])
        assert editor.versions["compose.yml"] == 2
        editor.close("shop/conf.py")
        editor.await_codes("compose.yml", ["CO101", "CO201"])
        editor.close("compose.yml")
        editor.await_codes("compose.yml", ["CO201"])


def test_a_file_that_another_program_writes_counts(shop: Path) -> None:
    with Editor(shop, PULLING) as editor:
        editor.await_(lambda: editor.refreshes)
        assert editor.registered == [lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]
        assert editor.progress[:1] == ["created"]
        assert editor.progress.count("told") == 2
        seen = editor.refreshes
        editor.outside("shop/conf.py", SETTINGS + "worker_max_memory_per_child = 200000\n")
        editor.await_(lambda: editor.refreshes > seen)
        report = editor.ask(
            editor.client.text_document_diagnostic_async(lsp.DocumentDiagnosticParams(editor.document("compose.yml")))
        )
        assert isinstance(report, lsp.RelatedFullDocumentDiagnosticReport)
        assert report.items == ()


def test_a_client_that_asks_is_told_what_is_new(shop: Path) -> None:
    with Editor(shop, PULLING) as editor:
        ask = editor.client.workspace_diagnostic_async
        first = editor.ask(ask(lsp.WorkspaceDiagnosticParams([])))
        one = first.items[0]
        assert isinstance(one, lsp.WorkspaceFullDocumentDiagnosticReport)
        assert [editor.path(one.uri), [item.code for item in one.items]] == ["compose.yml", ["CO201"]]
        before = [lsp.PreviousResultId(one.uri, one.result_id or "")]
        again = editor.ask(ask(lsp.WorkspaceDiagnosticParams(before)))
        assert isinstance(again.items[0], lsp.WorkspaceUnchangedDocumentDiagnosticReport)
        editor.outside("compose.yml", COMPOSE.replace("worker -c 2", "beat"))
        mended = editor.ask(ask(lsp.WorkspaceDiagnosticParams(before)))
        assert [(editor.path(one.uri), getattr(one, "items", None)) for one in mended.items] == [("compose.yml", ())]
        assert editor.shown == {}, "nothing is pushed to a client that asks"


def test_a_fix_is_what_the_command_line_makes(shop: Path) -> None:
    with Editor(shop) as editor:
        editor.await_codes("compose.yml", ["CO201"])
        editor.open("compose.yml")
        fix = next(one for one in editor.actions("compose.yml", 3) if one.title.startswith("set max-memory"))
        assert (fix.is_preferred, "unsafe" in fix.title) == (None, True)
        assert [one.code for one in fix.diagnostics or ()] == ["CO201"]
        texts = editor.applied(fix)
    assert list(texts) == ["compose.yml"]
    subprocess.run(
        [sys.executable, "-m", "flake8_celery_oom", "fix", "--unsafe-fixes"], cwd=shop, capture_output=True, check=False
    )
    assert texts["compose.yml"] == (shop / "compose.yml").read_text() != COMPOSE


def test_a_client_that_cannot_ask_for_edits_gets_those_that_can_be_made(shop: Path) -> None:
    (shop / "compose.yml").write_text(FOLDED)
    with Editor(shop, lsp.ClientCapabilities()) as editor:
        editor.await_codes("compose.yml", ["CO201"])
        (fix,) = editor.actions("compose.yml", editor.shown["compose.yml"][0].range.start.line)
        assert fix.title.startswith("set max-memory")
        assert fix.edit is not None
        assert fix.edit.document_changes is None
        assert "--max-memory-per-child" in editor.applied(fix)["compose.yml"]
        assert editor.messages == []


def test_fix_all_leaves_unsafe_fixes_out(tmp_path: Path) -> None:
    conf = SETTINGS + "worker_max_memory_per_children = 200000  # KiB\n"
    comment = "# celery-oom: ignore[CO104] no reason any more\n"
    write_files(tmp_path, {**FILES, "shop/conf.py": conf, "compose.yml": comment + COMPOSE.replace(" -c 2", "")})
    with Editor(tmp_path) as editor:
        editor.await_codes("compose.yml", ["CO002", "CO101", "CO201"])
        fixes = editor.actions("compose.yml", 0, ["source.fixAll"])
        assert [one.kind for one in fixes] == ["source.fixAll.celery-oom"]
        assert editor.applied(fixes[0]) == {"compose.yml": COMPOSE.replace(" -c 2", "")}
        assert editor.actions("compose.yml", 4, ["refactor"]) == []


def test_a_finding_is_silenced_by_a_comment_where_one_can_stand(tmp_path: Path) -> None:
    write_files(tmp_path, {**FILES, "folded/compose.yml": FOLDED})
    with Editor(tmp_path) as editor:
        editor.await_(lambda: {"compose.yml", "folded/compose.yml"} <= set(editor.shown))
        silence = next(one for one in editor.actions("compose.yml", 3) if one.title.startswith("Silence CO201"))
        text = editor.applied(silence)["compose.yml"]
        assert text.splitlines()[3] == "    # celery-oom: ignore[CO201] reason: "
        (tmp_path / "compose.yml").write_text(text)
        assert [path for path, _, _ in checked(tmp_path)] == ["folded/compose.yml"]
        line = editor.shown["folded/compose.yml"][0].range.start.line
        inside = next(one for one in editor.actions("folded/compose.yml", line) if one.title.startswith("Silence"))
        assert editor.applied(inside) == {}, "a comment in the middle of a folded text would be words of the command"
        assert any("cannot be changed here" in one for one in editor.messages)


@pytest.mark.parametrize("units", ["utf-8", "utf-16", "utf-32"])
def test_positions_are_counted_as_the_client_asks(tmp_path: Path, units: str) -> None:
    line = 'MOOD=\U0001f600; : "\u00e9"; exec  celery worker'
    write_files(tmp_path, {"run.sh": f"#!/bin/sh\n{line}\n"})
    with Editor(tmp_path, encoding(units)) as editor:
        editor.await_(lambda: editor.codes("run.sh"))
        assert editor.answer.capabilities.position_encoding == units
        head = line[: line.index("exec")]
        sizes = {"utf-8": len(head.encode()), "utf-16": len(head.encode("utf-16-le")) // 2, "utf-32": len(head)}
        found = editor.shown["run.sh"][0].range.start
        assert (found.line, found.character) == (1, sizes[units])


def test_hover_shows_the_values_with_their_origins_and_the_rule(shop: Path) -> None:
    with Editor(shop) as editor:
        hover = editor.ask(
            editor.client.text_document_hover_async(lsp.HoverParams(editor.document("compose.yml"), COMMAND))
        )
        assert hover is not None
        assert isinstance(hover.contents, lsp.MarkupContent)
        text = hover.contents.value
        assert "**CO201 max-memory-unset**" in text
        assert "| concurrency | 2 | command line, compose.yml:4 |" in text
        nothing = lsp.HoverParams(editor.document("compose.yml"), lsp.Position(0, 0))
        assert editor.ask(editor.client.text_document_hover_async(nothing)) is None


def test_hover_of_a_setting_says_who_reads_it(shop: Path) -> None:
    (shop / "shop/conf.py").write_text("worker_max_memory_per_child = 200000\nCELERY_WORKER_CONCURRENCY = 3\n")
    with Editor(shop) as editor:
        ask = editor.client.text_document_hover_async
        read, dead = (
            editor.ask(ask(lsp.HoverParams(editor.document("shop/conf.py"), lsp.Position(line, 3)))) for line in (0, 1)
        )
        assert read is not None
        assert isinstance(read.contents, lsp.MarkupContent)
        assert read.contents.value == "`worker_max_memory_per_child` of app `shop:app`: read by 1 worker (jobs)"
        assert dead is not None
        assert isinstance(dead.contents, lsp.MarkupContent)
        assert "no worker of app `shop:app` reads this" in dead.contents.value


def _places(found: Any) -> list[tuple[str, int]]:
    assert isinstance(found, (list, tuple))
    return [(one.uri.rpartition("/")[2], one.range.start.line + 1) for one in found]


def test_definition_and_references_join_command_app_and_setting(shop: Path) -> None:
    (shop / "shop/conf.py").write_text("worker_max_memory_per_child = 200000\n")
    with Editor(shop) as editor:
        definition = lsp.DefinitionParams(editor.document("compose.yml"), COMMAND)
        assert _places(editor.ask(editor.client.text_document_definition_async(definition)))[0] == ("__init__.py", 3)
        references = lsp.ReferenceParams(
            lsp.ReferenceContext(include_declaration=False), editor.document("shop/conf.py"), lsp.Position(0, 3)
        )
        assert _places(editor.ask(editor.client.text_document_references_async(references))) == [("compose.yml", 4)]


def test_completion_knows_the_options_and_settings_of_this_celery(shop: Path) -> None:
    (shop / "requirements.txt").write_text("celery==4.4.7\n")
    with Editor(shop) as editor:
        editor.open("compose.yml", COMPOSE.replace("-c 2", "--max"))
        editor.open("shop/conf.py", SETTINGS + "worker_max")
        ask = editor.client.text_document_completion_async
        end = lsp.Position(3, len("    command: celery -A shop worker --max"))
        options = editor.ask(ask(lsp.CompletionParams(editor.document("compose.yml"), end)))
        assert isinstance(options, lsp.CompletionList)
        labels = {item.label: item.detail for item in options.items}
        assert labels["--max-memory-per-child"] == "int, in KiB"
        assert "--pool-start-method" not in labels  # new in Celery 5.7
        settings = editor.ask(ask(lsp.CompletionParams(editor.document("shop/conf.py"), lsp.Position(1, 10))))
        assert isinstance(settings, lsp.CompletionList)
        assert [item.label for item in settings.items] == ["worker_max_memory_per_child", "worker_max_tasks_per_child"]
        elsewhere = editor.ask(ask(lsp.CompletionParams(editor.document("compose.yml"), lsp.Position(1, 3))))
        assert isinstance(elsewhere, lsp.CompletionList)
        assert elsewhere.items == ()


def test_lenses_count_workers_and_hints_are_off_unless_asked_for(shop: Path) -> None:
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(9, 0))
    for options, hints in ((None, []), ({"inlayHints": True}, ["prefork, 1 + 2 processes"])):
        with Editor(shop, options=options) as editor:
            hint = lsp.InlayHintParams(editor.document("compose.yml"), whole)
            found = editor.ask(editor.client.text_document_inlay_hint_async(hint)) or []
            assert [str(one.label).partition(", at least")[0].partition(", 4")[0][:24] for one in found] == hints
            lens = editor.ask(
                editor.client.text_document_code_lens_async(lsp.CodeLensParams(editor.document("compose.yml")))
            )
            assert [one.command.title for one in lens or () if one.command] == ["1 worker starts here"]


def test_a_broken_configuration_is_told_once_and_read_again_when_it_is_mended(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.celery-oom]\nselekt = []\n")
    with Editor(shop) as editor:
        editor.await_(lambda: editor.messages)
        assert "selekt" in editor.messages[0]
        editor.outside("pyproject.toml", "")
        editor.await_codes("compose.yml", ["CO201"])
        assert len(editor.messages) == 1


def test_a_file_in_no_project_is_looked_at_alone(tmp_path: Path) -> None:
    with Editor(tmp_path) as editor:
        editor.open("Procfile", "jobs: celery -A shop worker\n")
        editor.await_(lambda: editor.codes("Procfile"))


EDITS = (
    ("compose.yml", [COMPOSE, COMPOSE.replace(" -c 2", ""), COMPOSE.replace("worker", "beat"), "services: [", ""]),
    (
        "shop/conf.py",
        [SETTINGS, "worker_max_memory_per_child = 1\n", "worker_concurrency =", "CELERYD_CONCURRENCY = 3\n"],
    ),
    ("shop/__init__.py", [APP, APP.replace("shop.conf", "shop.other"), "x = (", "from celery import Celery\n"]),
)


def test_after_many_edits_what_is_shown_is_what_check_says(shop: Path) -> None:
    chance = random.Random(14)
    with Editor(shop) as editor:
        for path, _ in EDITS:
            editor.open(path)
        last: dict[str, str] = {}
        for _ in range(60):
            path, texts = chance.choice(EDITS)
            last[path] = chance.choice(texts)
            editor.edit(path, last[path])
        for path, text in last.items():
            (shop / path).write_text(text)
        wanted = checked(shop)
        editor.await_(lambda: published(editor) == wanted, lambda: f"{published(editor)} is not {wanted}")


def test_a_file_whose_reading_fails_ends_nothing(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A module that Python loads at its start makes the reading of one kind of files fail."""
    broken = tmp_path_factory.mktemp("broken")
    (broken / "sitecustomize.py").write_text(
        "import flake8_celery_oom.sources.makefile as makefile\n\n\n"
        "def read(source):\n    raise RuntimeError('no makefile is read')\n\n\nmakefile.read = read\n"
    )
    (shop / "Makefile").write_text("worker:\n\tcelery -A shop worker\n")
    with Editor(shop, environment={"PYTHONPATH": str(broken)}) as editor:
        editor.await_codes("compose.yml", ["CO201"])
        assert editor.codes("Makefile") == ["CO001"]
        editor.open("compose.yml")
        editor.edit("compose.yml", COMPOSE.replace(" -c 2", ""))
        editor.await_codes("compose.yml", ["CO101", "CO201"])


FAILING = """
import flake8_celery_oom.frontends.language_server.analysis as analysis

look = analysis.Workspace.findings


def findings(self):
    if any("BOOM" in text for text in self.overlays.values()):
        raise RuntimeError("boom")
    return look(self)


analysis.Workspace.findings = findings
"""


def test_a_look_that_fails_is_told_and_takes_nothing_back(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    broken = tmp_path_factory.mktemp("broken")
    (broken / "sitecustomize.py").write_text(FAILING)
    with Editor(shop, PULLING, environment={"PYTHONPATH": str(broken)}) as editor:
        ask = editor.client.text_document_diagnostic_async
        asked = lsp.DocumentDiagnosticParams(editor.document("compose.yml"))
        before = editor.ask(ask(asked))
        editor.open("shop/conf.py", SETTINGS + "# BOOM\n")
        after = editor.ask(ask(asked))
        assert isinstance(after, lsp.RelatedFullDocumentDiagnosticReport)
        assert [one.code for one in after.items] == ["CO201"]
        assert after == before
        assert any("could not look at" in one for one in editor.messages)
        editor.edit("shop/conf.py", SETTINGS + "worker_max_memory_per_child = 200000\n")
        mended = editor.ask(ask(asked))
        assert isinstance(mended, lsp.RelatedFullDocumentDiagnosticReport)
        assert mended.items == ()


def test_folders_come_and_go(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    write_files(other, FILES)
    folder = lsp.WorkspaceFolder(other.as_uri(), "other")
    with Editor(shop) as editor:
        editor.await_codes("compose.yml", ["CO201"])
        place = editor.path((other / "compose.yml").as_uri())
        editor.change_folders([folder], [])
        editor.await_codes(place, ["CO201"])
        editor.change_folders([], [folder])
        editor.await_codes(place, [])
        assert editor.codes("compose.yml") == ["CO201"]


def test_only_what_is_new_is_published(shop: Path) -> None:
    (shop / "Procfile").write_text("worker: celery -A shop worker -c 2\n")
    with Editor(shop) as editor:
        editor.await_codes("Procfile", ["CO201"])
        editor.await_codes("compose.yml", ["CO201"])
        editor.open("compose.yml")
        editor.await_(lambda: editor.versions["compose.yml"] == 1)
        editor.told.clear()
        editor.edit("compose.yml", COMPOSE.replace(" -c 2", ""))
        editor.await_codes("compose.yml", ["CO101", "CO201"])
        assert editor.told == ["compose.yml"]
