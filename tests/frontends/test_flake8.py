"""The flake8 plugin in one process, with a stand-in for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flake8.main.cli import main  # type: ignore[import-untyped]

from flake8_celery_oom.config import Config
from flake8_celery_oom.frontends import flake8 as plugin
from flake8_celery_oom.frontends.flake8 import mentions_celery

PYTHON = 'import celery\n\napp = celery.Celery("proj")\n'
DOCKERFILE = 'FROM python:3.12\nCMD ["celery", "-A", "proj", "worker"]\n'
COMPOSE = "services:\n  worker:\n    command: celery -A proj worker\n"
ALL_IN_ORDER = [
    "./Dockerfile:2:7: CO101 a message",
    "./Procfile:1:9: CO101 a message",
    "./app.py:1:8: CO101 a message",
    "./deploy/compose.yml:3:14: CO101 a message",
]


@pytest.fixture
def tree(project: Path) -> Path:
    (project / "app.py").write_text(PYTHON)
    (project / "Dockerfile").write_text(DOCKERFILE)
    (project / "Procfile").write_text("worker: celery -A proj worker\n")
    (project / "deploy").mkdir()
    (project / "deploy" / "compose.yml").write_text(COMPOSE)
    (project / "README.md").write_text("how to run celery   \n")
    return project


@pytest.mark.usefixtures("engine", "tree")
class TestPlainRun:
    def test_python_and_infra_files_are_reported(self, flake8: Any) -> None:
        output = flake8(".")
        assert output.lines == ALL_IN_ORDER
        assert output.exit_code == 1
        assert output.stderr == ""

    def test_without_arguments(self, flake8: Any) -> None:
        assert flake8().lines == ALL_IN_ORDER

    def test_a_clean_project_exits_with_zero(self, flake8: Any, tree: Path) -> None:
        for name in ("app.py", "Dockerfile", "Procfile", "deploy/compose.yml"):
            (tree / name).unlink()
        output = flake8(".")
        assert (output.lines, output.exit_code) == ([], 0)

    @pytest.mark.parametrize(
        ("arguments", "shown"),
        [
            (["deploy"], ["deploy/compose.yml"]),
            (["Dockerfile"], ["Dockerfile"]),
            (["Dockerfile", "app.py"], ["Dockerfile", "app.py"]),
            (["--exclude=deploy", "."], ["./Dockerfile", "./Procfile", "./app.py"]),
            (["--extend-exclude=*.yml,Procfile", "."], ["./Dockerfile", "./app.py"]),
            (["--per-file-ignores=Dockerfile:CO101 deploy/*:CO1", "."], ["./Procfile", "./app.py"]),
            (["--filename=*.txt", "."], ["./Dockerfile", "./Procfile", "./app.py", "./deploy/compose.yml"]),
            (["--filename=", "."], ["./Dockerfile", "./Procfile", "./app.py", "./deploy/compose.yml"]),
            (["--ignore=CO101", "."], []),
            (["--extend-ignore=CO", "."], []),
            (["--select=CO", "."], [line.split(":")[0] for line in ALL_IN_ORDER]),
            (["--select=F", "."], []),
            (["--select=E,F,W", "--extend-select=CO1", "."], [line.split(":")[0] for line in ALL_IN_ORDER]),
            (["--select=CO2", "."], []),
            (["--celery-oom-infra=no", "."], ["./app.py"]),
        ],
    )
    def test_options_of_flake8_hold_for_every_file(self, flake8: Any, arguments: list[str], shown: list[str]) -> None:
        output = flake8("--extend-ignore=E902,E999" if arguments[0] == "--filename=" else "--color=never", *arguments)
        assert [line.split(":")[0] for line in output.lines] == shown
        assert output.exit_code == bool(shown)

    def test_no_infra_file_is_opened_for_codes_that_are_not_wanted(self, flake8: Any) -> None:
        assert any(
            line.split()[:4] == ["1", "total", "files", "processed"]
            for line in flake8("--select=E", "--benchmark", ".").lines
        )
        assert any(
            line.split()[:4] == ["4", "total", "files", "processed"] for line in flake8("--benchmark", ".").lines
        )

    def test_files_that_no_pattern_of_flake8_can_name(self, flake8: Any, tree: Path) -> None:
        (tree / "bin").mkdir()
        (tree / "bin" / "go").write_text("#!/bin/sh\nexec celery worker\n")
        (tree / "bin" / "beet").write_text("celery worker\n")
        assert flake8("bin").lines == ["bin/go:2:6: CO101 a message"]
        assert "./bin/go:2:6: CO101 a message" in flake8(".").lines

    def test_folders_of_any_name(self, flake8: Any, tree: Path) -> None:
        (tree / "supervisor").mkdir()
        (tree / "supervisor" / "tasks.conf").write_text("[program:celery]\n")
        assert flake8("supervisor").lines == ["supervisor/tasks.conf:1:10: CO101 a message"]
        assert "./supervisor/tasks.conf:1:10: CO101 a message" in flake8(".").lines

    def test_absolute_paths(self, flake8: Any, tree: Path) -> None:
        name = str(tree / "deploy" / "compose.yml")
        assert flake8(name).lines == [f"{name}:3:14: CO101 a message"]

    def test_two_processes(self, flake8: Any) -> None:
        assert flake8("-j2", ".").lines == ALL_IN_ORDER

    def test_source_is_shown(self, flake8: Any) -> None:
        assert flake8("--show-source", "Dockerfile").lines == [
            "Dockerfile:2:7: CO101 a message",
            'CMD ["celery", "-A", "proj", "worker"]',
            "      ^",
        ]

    def test_statistics_and_count(self, flake8: Any) -> None:
        assert "4     CO101 a message" in flake8("--statistics", "--count", ".").lines
        assert flake8("--count", "-q", ".").lines[-1] == "4"

    def test_the_next_run_in_the_process_starts_anew(self, flake8: Any, tree: Path) -> None:
        assert flake8(".").lines == ALL_IN_ORDER
        assert [line.split(":")[0] for line in flake8("--celery-oom-infra=no", ".").lines] == ["./app.py"]
        (tree / "Procfile").write_text("web: celery\n")
        assert "./Procfile:1:6: CO101 a message" in flake8(".").lines
        assert flake8(".").lines == flake8(".").lines


class TestNoqa:
    @pytest.mark.parametrize(
        ("comment", "silent"),
        [("# noqa", True), ("# noqa: CO101", True), ("# noqa:CO1,E501", True), ("# noqa: CO201", False), ("#", False)],
    )
    @pytest.mark.parametrize("name", ["compose.yml", "app.py"])
    def test_at_the_end_of_the_line(
        self, flake8: Any, engine: Any, project: Path, comment: str, silent: bool, name: str
    ) -> None:
        text = "import celery  " if name == "app.py" else "command: celery worker  "
        (project / name).write_text(f"{text}{comment}\n")
        assert (flake8("--ignore=E,F", name).lines == []) is silent
        assert flake8("--ignore=E,F", "--disable-noqa", name).lines != []
        stdin = flake8("--ignore=E,F", "--stdin-display-name", name, "-", stdin=f"{text}{comment}\n")
        assert (stdin.lines == []) is silent

    def test_lines_are_those_of_the_file_and_not_of_python(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "Dockerfile").write_text("CMD celery \\\n  worker  # noqa\n")
        assert flake8(".").lines == ["./Dockerfile:1:5: CO101 a message"]
        odd = "a:\n    b: 1\n  command: celery worker  # noqa\n"
        assert flake8("--stdin-display-name=compose.yml", "-", stdin=odd).lines == []

    def test_whole_file(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "compose.yml").write_text("# flake8: noqa\ncommand: celery worker\n")
        assert flake8(".").lines == []
        assert flake8("--disable-noqa", ".").lines == ["./compose.yml:2:10: CO101 a message"]


class TestOnlyOurFindings:
    def test_other_plugins_see_no_infra_file(self, flake8: Any, engine: Any, tree: Path) -> None:
        (tree / "others.py").write_text(
            "def tree_plugin(tree):\n    yield 1, 0, 'XT1 seen', None\n\n\n"
            "def physical_plugin(physical_line):\n    return 0, 'XP1 seen'\n\n\n"
            "def logical_plugin(logical_line):\n    yield 0, 'XL1 seen'\n"
        )
        (tree / ".flake8").write_text(
            "[flake8:local-plugins]\npaths = .\nextension =\n"
            "  XT=others:tree_plugin\n  XP=others:physical_plugin\n  XL=others:logical_plugin\n"
        )
        (tree / "deploy" / "compose.flow.yaml").write_text("[ celery, undefined_name ]   " + "x" * 100)
        (tree / "deploy" / "compose.python.yaml").write_text("celery\nimport os   \n")
        lines = flake8(".").lines
        assert {"XT1", "XP1", "XL1"} <= {line.split()[1] for line in lines if line.startswith("./app.py")}
        assert {line.split()[1] for line in lines if ".py:" not in line} == {"CO101"}
        assert any(line.startswith("./deploy/compose.flow.yaml:1:3:") for line in lines)

    def test_broken_python_is_e999_and_nothing_else(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "app.py").write_text("import celery\ndef (:\n")
        assert [line.split()[1] for line in flake8(".").lines] == ["E999"]

    def test_a_broken_link_is_no_finding_unless_it_was_asked_for(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "compose.yml").symlink_to("nowhere.yml")
        assert flake8(".").lines == []
        assert [line.split()[1] for line in flake8("compose.yml").lines] == ["E902"]
        assert [line.split()[1] for line in flake8("compose.missing.yml").lines] == ["E902"]

    def test_a_comment_that_looks_like_a_coding_cookie(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "compose.a.yml").write_bytes("# Content-Encoding: base64\nñ: celery\n".encode())
        (project / "compose.b.yml").write_bytes("# Content-Encoding: gzip\nñ: celery\n".encode())
        (project / "compose.c.yml").write_bytes("# encoding: latin-1\nñ: celery\n".encode("latin-1"))
        assert flake8(".").lines == [f"./compose.{name}.yml:2:4: CO101 a message" for name in "abc"]

    @pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00c", b"\n", b"\xef\xbb\xbf", b"\x00\x01"])
    def test_odd_files(self, flake8: Any, engine: Any, project: Path, data: bytes) -> None:
        (project / "compose.a.yml").write_bytes(data)
        assert flake8(".").lines == []

    def test_an_engine_that_fails_is_a_finding_beside_those_of_flake8(
        self, flake8: Any, engine: Any, tree: Path
    ) -> None:
        engine.error = ValueError("no such thing")
        (tree / "app.py").write_text("import os\nimport celery\n")
        for name, others in (("app.py", {"F401"}), ("Procfile", set()), (".", {"F401"})):
            output = flake8(name)
            assert output.exit_code == 1
            assert {line.split()[1] for line in output.lines} == {"CO001", *others}
            assert "(ValueError: no such thing): a mistake in celery-oom" in "".join(output.lines)


class TestPositions:
    def test_columns_count_characters(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "app.py").write_text("é = '𝄞'; import celery\n", encoding="utf-8")
        (project / "compose.a.yml").write_bytes("é: 𝄞 celery\r\n".encode())
        (project / "compose.b.yml").write_bytes(b"\xef\xbb\xbfcelery: 1\r\n")
        assert flake8("--select=CO", ".").lines == [
            "./app.py:1:17: CO101 a message",
            "./compose.a.yml:1:6: CO101 a message",
            "./compose.b.yml:1:1: CO101 a message",
        ]

    @pytest.mark.parametrize(
        ("text", "offset", "place"),
        [
            ("celery\nworker\n", 99, "2:7"),
            ("celery\nworker", 13, "2:7"),
            ("celery\n", 7, "1:1"),
            ("celery\r\nworker\r\n", 16, "2:1"),
        ],
    )
    def test_no_line_outside_the_file(
        self, flake8: Any, engine: Any, project: Path, text: str, offset: int, place: str
    ) -> None:
        (project / "compose.a.yml").write_bytes(text.encode())
        engine.location = lambda source: source.location(offset, offset)
        assert flake8(".").lines == [f"./compose.a.yml:{place}: CO101 a message"]

    def test_an_empty_file_has_no_line_to_report(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "compose.a.yml").write_text("")
        (project / "setup.cfg").write_text("celery")
        engine.location = lambda source: source.location(0, 0)
        assert flake8("compose.a.yml").lines == []

    def test_messages_are_one_line_and_can_be_printed(self, flake8: Any, engine: Any, project: Path) -> None:
        engine.message = "first\nsecond\r\n\tthird \udcff \x1b[31m"
        (project / "Procfile").write_text("w: celery\n")
        (project / "app.py").write_text("import celery\n")
        lines = flake8("--select=CO", ".").lines
        assert lines == [
            "./Procfile:1:4: CO101 first second third ? [31m",
            "./app.py:1:8: CO101 first second third ? [31m",
        ]


class TestPythonPrefilter:
    @pytest.mark.parametrize(
        "line",
        [
            "from celery import Celery",
            "CELERY_WORKER_CONCURRENCY = 4",
            "worker_max_memory_per_child = 200",
            "@app.task(acks_late=True)",
            "\nDEBUG = True",
            "result_expires = None",
        ],
    )
    def test_words_that_matter(self, line: str) -> None:
        assert mentions_celery(["import os\n", line])

    def test_others_do_not(self) -> None:
        assert not mentions_celery(["import os\n", "workers = 3\n", "if DEBUG:\n"])

    def test_without_them_no_workspace_is_opened(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "app.py").write_text("import os\n\nprint(os.name)\n")
        assert flake8("app.py").lines == []
        assert engine.opened == []

    def test_a_project_without_the_word_stays_unread(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "app.py").write_text("worker_count = 1\n")
        (project / "Procfile").write_text("web: gunicorn\n")
        engine.location = lambda source: source.location(0, 1)
        assert flake8(".").lines == []
        assert engine.asked == []

    def test_one_workspace_serves_all_files(self, flake8: Any, engine: Any, tree: Path) -> None:
        flake8(".")
        assert [root for root, _, _ in engine.opened] == [tree]
        assert set(engine.asked) == {"Dockerfile", "Procfile", "app.py", "deploy/compose.yml"}


class TestStdin:
    @pytest.mark.parametrize("name", ["app.py", "./app.py", "Dockerfile", "compose.new.yml", "ABSOLUTE/Procfile"])
    def test_the_buffer_overlays_the_disk(self, flake8: Any, engine: Any, tree: Path, name: str) -> None:
        shown = name.replace("ABSOLUTE", str(tree))
        text = "\n\n# celery é\n"
        output = flake8("--select=CO", "--stdin-display-name", shown, "-", stdin=text)
        assert output.lines == [f"{shown}:3:3: CO101 a message"]
        path = name.replace("ABSOLUTE/", "").replace("./", "")
        assert [overlays for _, _, overlays in engine.opened] == [{path: text}]

    def test_without_a_name_it_is_python(self, flake8: Any, engine: Any, tree: Path) -> None:
        assert flake8("-", stdin=PYTHON).lines == ["stdin:1:8: CO101 a message"]
        assert engine.asked == ["stdin.py"]
        assert [line.split()[1] for line in flake8("-", stdin="web: celery: worker\n").lines] == ["E999"]

    def test_excluded_names(self, flake8: Any, engine: Any, tree: Path) -> None:
        assert flake8("--exclude=c.yml", "--stdin-display-name=deploy/c.yml", "-", stdin=COMPOSE).lines == []

    def test_line_ends_of_windows(self, flake8: Any, engine: Any, tree: Path) -> None:
        output = flake8("--stdin-display-name=compose.yml", "-", stdin=COMPOSE.replace("\n", "\r\n"))
        assert output.lines == ["compose.yml:3:14: CO101 a message"]

    def test_other_files_in_the_same_run_come_from_the_disk(self, flake8: Any, engine: Any, tree: Path) -> None:
        for names in (["-", "Procfile"], ["Procfile", "-"]):
            output = flake8("--stdin-display-name=deploy/compose.yml", *names, stdin="x: celery\n")
            assert output.lines == ["Procfile:1:9: CO101 a message", "deploy/compose.yml:1:4: CO101 a message"]


class TestWhatIsInfra:
    def test_a_script_that_was_asked_for(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "go").write_text("#!/bin/sh\nexec celery worker\n")
        assert flake8(".").lines == ["./go:2:6: CO101 a message"]
        assert flake8("go").lines == ["go:2:6: CO101 a message"]
        assert flake8("--filename=*.py,./g*", ".").lines == ["./go:2:6: CO101 a message"]

    def test_a_python_program_stays_python_where_it_was_asked_for(
        self, flake8: Any, engine: Any, project: Path
    ) -> None:
        (project / "start.sh").write_text("#!/usr/bin/env python3\nimport celery\n")
        assert {line.split()[1] for line in flake8("start.sh").lines} == {"CO101", "F401"}
        assert {line.split()[1] for line in flake8("--filename=*.sh", ".").lines} == {"CO101", "F401"}
        assert flake8(".").lines == []  # flake8 is not asked about it, and it is no shell script

    def test_a_file_of_no_known_kind_is_left_to_flake8(self, flake8: Any, engine: Any, project: Path) -> None:
        (project / "notes.txt").write_text("celery is a vegetable\n")
        assert flake8(".").lines == []
        assert [line.split()[1] for line in flake8("notes.txt").lines] == ["E999"]

    def test_switched_off(self, flake8: Any, engine: Any, tree: Path) -> None:
        assert [line.split()[1] for line in flake8("--celery-oom-infra=no", "Procfile").lines] == ["E999"]

    def test_where_no_code_is_selected_the_plugin_does_nothing(self, flake8: Any, engine: Any, tree: Path) -> None:
        assert [line.split()[1] for line in flake8("--select=E,F,W", "Procfile").lines] == ["E999"]
        assert engine.asked == []


class TestRoot:
    def test_a_file_below_the_working_directory(self, flake8: Any, engine: Any, tree: Path, monkeypatch: Any) -> None:
        monkeypatch.chdir(tree / "deploy")
        assert flake8(".").lines == ["./compose.yml:3:14: CO101 a message"]
        assert [root for root, _, _ in engine.opened] == [tree]

    def test_a_file_elsewhere(self, flake8: Any, engine: Any, tree: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        (other / ".git").mkdir(parents=True)
        (other / "sub").mkdir()
        (other / "sub" / "Procfile").write_text("w: celery\n")
        assert flake8("../other/sub/Procfile", "Procfile").lines == [
            "../other/sub/Procfile:1:4: CO101 a message",
            "Procfile:1:9: CO101 a message",
        ]
        assert sorted(root for root, _, _ in engine.opened) == [other, tree]

    def test_a_link_to_the_working_directory(self, flake8: Any, engine: Any, tree: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tree, target_is_directory=True)
        name = str(tmp_path / "link" / "Procfile")
        assert flake8(name).lines == [f"{name}:1:9: CO101 a message"]
        assert [root for root, _, _ in engine.opened] == [tree]

    @pytest.mark.parametrize("start", ["/", "~", "plain"])
    def test_the_working_directory_does_not_matter(
        self, flake8: Any, engine: Any, tree: Path, monkeypatch: pytest.MonkeyPatch, start: str
    ) -> None:
        if start == "~":
            monkeypatch.setenv("HOME", str(tree.parent))
            (tree.parent / ".git").mkdir()
        monkeypatch.chdir("/" if start == "/" else tree.parent)
        flake8("--isolated", str(tree / "Procfile"))
        assert [root for root, _, _ in engine.opened] == [tree]
        (tree / ".git").rmdir()
        flake8("--isolated", str(tree / "Procfile"))
        assert engine.opened[-1][0] == tree

    def test_a_folder_from_above_reads_its_project_only(
        self, flake8: Any, engine: Any, tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tree.parent / "other").mkdir()
        (tree.parent / "other" / "Procfile").write_text("w: celery\n")
        monkeypatch.chdir(tree.parent)
        assert [line.split(":")[0] for line in flake8("project").lines] == [
            line.split(":")[0].replace("./", "project/") for line in ALL_IN_ORDER
        ]
        assert [root for root, _, _ in engine.opened] == [tree]
        assert flake8("other").lines == ["other/Procfile:1:4: CO101 a message"]
        assert engine.opened[-1][0] == tree.parent / "other"

    def test_a_file_that_lies_in_the_home_folder_is_looked_at_alone(
        self, flake8: Any, engine: Any, tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tree))
        assert flake8("Procfile").lines == ["Procfile:1:9: CO101 a message"]
        assert flake8("--stdin-display-name=start.sh", "-", stdin="celery\n").lines == ["start.sh:1:1: CO101 a message"]
        assert flake8("-", stdin=PYTHON).lines == ["stdin:1:8: CO101 a message"]
        opened = [(root, dict(overlays or {})) for root, _, overlays in engine.opened]
        assert opened == [
            (tree, {"Procfile": "worker: celery -A proj worker\n"}),
            (tree, {"start.sh": "celery\n"}),
            (tree, {"stdin.py": PYTHON}),
        ]
        assert flake8(".").lines == ALL_IN_ORDER  # it is marked as a project, and was asked for as a folder
        (tree / ".git").rmdir()
        assert flake8(".").lines == ["./app.py:1:8: CO101 a message"]

    def test_a_plain_folder_is_one_workspace(self, flake8: Any, engine: Any, tree: Path) -> None:
        (tree / ".git").rmdir()
        (tree / "deploy" / "setup.cfg").write_text("")
        flake8(".")
        assert [root for root, _, _ in engine.opened] == [tree]
        assert flake8("--stdin-display-name=sub/Procfile", "-", stdin="w: celery\n").lines != []
        assert (engine.opened[-1][0], engine.asked[-1]) == (tree / "sub", "Procfile")  # as `check sub/Procfile` does


class TestOptions:
    def config(self, engine: Any) -> Config:
        config: Config = engine.opened[-1][1]
        return config

    def test_none(self, flake8: Any, engine: Any, tree: Path) -> None:
        flake8(".")
        assert self.config(engine) == Config()

    def test_command_line(self, flake8: Any, engine: Any, tree: Path) -> None:
        flake8("--celery-oom-extend-select=CO303,CO2", "--celery-oom-version=5.4", ".")
        assert self.config(engine) == Config(extend_select=("CO303", "CO2"), celery_version="==5.4.*")

    @pytest.mark.parametrize("dash", ["-", "_"])
    def test_configuration_file(self, flake8: Any, engine: Any, tree: Path, dash: str) -> None:
        names = [name.replace("-", dash) for name in ("celery-oom-extend-select", "celery-oom-version")]
        (tree / ".flake8").write_text(f"[flake8]\n{names[0]} =\n  CO209,\n  # why\n  CO303\n{names[1]} = >=5.2,<6\n")
        flake8(".")
        assert self.config(engine) == Config(extend_select=("CO209", "CO303"), celery_version=">=5.2,<6")
        (tree / ".flake8").write_text("[flake8]\ncelery-oom-infra = no\n")
        assert [line.split(":")[0] for line in flake8(".").lines] == ["./app.py"]

    @pytest.mark.parametrize(
        ("arguments", "codes"),
        [
            (["--extend-select=CO209"], ("CO209",)),
            (["--select=CO303,E,CO2"], ("CO303",)),
            (["--select=CO"], ()),
            (["--ignore=W"], ()),
            (["--ignore=CO209"], ()),
        ],
    )
    def test_only_a_whole_code_selects_a_rule_that_is_off(
        self, flake8: Any, engine: Any, tree: Path, arguments: list[str], codes: tuple[str, ...]
    ) -> None:
        flake8(*arguments, ".")
        assert self.config(engine) == Config(extend_select=codes)

    def test_the_table_in_pyproject_is_read_too(self, flake8: Any, engine: Any, tree: Path) -> None:
        (tree / "pyproject.toml").write_text(
            '[tool.celery-oom]\nextend-select = ["CO303"]\ncelery-version = "4.4.7"\nconcurrency = 3\n'
        )
        flake8("--celery-oom-extend-select=CO209", ".")
        expected = Config(extend_select=("CO303", "CO209"), celery_version="==4.4.7", concurrency=3)
        assert self.config(engine) == expected
        flake8("--celery-oom-version=5.5.0", ".")
        assert self.config(engine).celery_version == "==5.5.0"

    @pytest.mark.parametrize(
        ("option", "says"),
        [
            ("--celery-oom-extend-select=E501", "--celery-oom-extend-select: 'E501'"),
            ("--celery-oom-extend-select=CO999", "--celery-oom-extend-select: no rule is called CO999"),
            ("--celery-oom-version=new", "--celery-oom-version is 'new'"),
            ("--select=E,CO999", "--select: no rule is called CO999"),
            ("--extend-select=CO8", "--extend-select: no rule is called CO8"),
        ],
    )
    def test_an_option_that_means_nothing(
        self, flake8: Any, tree: Path, option: str, says: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            flake8(option, ".")
        assert ended.value.code == 2
        captured = capfd.readouterr()
        assert captured.out == ""
        assert captured.err.splitlines()[-1].startswith(f"flake8: error: {says}")

    @pytest.mark.parametrize("name", ["Procfile", "app.py", "."])
    @pytest.mark.parametrize(
        ("table", "says"),
        [
            ("concurency = 3", "tool.celery-oom knows no 'concurency' (did you mean 'concurrency'?)"),
            ('select = ["CO999"]', "no rule is called CO999"),
            ("select = ", "is no TOML"),
        ],
    )
    def test_a_table_that_means_nothing(
        self, flake8: Any, tree: Path, name: str, table: str, says: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        (tree / "pyproject.toml").write_text(f"[tool.celery-oom]\n{table}\n")
        with pytest.raises(SystemExit) as ended:
            flake8(name)
        assert ended.value.code == 2
        assert says in capfd.readouterr().err.splitlines()[-1]

    def test_a_hint_where_the_plugin_is_configured_and_no_code_selected(self, flake8: Any, tree: Path) -> None:
        plugin._said.clear()
        assert flake8("--select=E", ".").stderr == ""
        (tree / "pyproject.toml").write_text("[tool.celery-oom]\nconcurrency = 3\n")
        assert "no CO code is selected" in flake8("--select=E", ".").stderr
        assert flake8("--select=E", ".").stderr == ""


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    for option in ("--celery-oom-infra", "--celery-oom-extend-select", "--celery-oom-version"):
        assert option in shown
