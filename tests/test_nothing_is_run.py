"""Looking at a project starts no program, whatever its ``.git`` says, and never waits for a pipe.

Each form is made with the real git where git is needed. Every program that git or a shell could start for it is
a recorder: the only folder on PATH holds recorders, and the settings name one by its path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.listing.git_repositories import git, needs_git

pytestmark = needs_git

COMPOSE = "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker\n"
PROGRAMS = ("git", "sh", "bash", "ssh", "python", "python3", "cat", "gpg", "less", "vi", "git-remote-ext", "watchman")
STALL_SECONDS = 2.0


class Hostile:
    """A checkout with one worker, and a program that leaves a trace when it is started."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.trace = folder / "trace"
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.program = self.bin / "recorder"
        self._record(self.program)
        for name in PROGRAMS:
            self._record(self.bin / name)
        self.root.mkdir()
        (self.root / "compose.yml").write_text(COMPOSE)
        (self.root / "noise.py").write_text("import os\n")
        git(self.root, "init", "-q")
        git(self.root, "add", ".")
        git(self.root, "commit", "-q", "-m", "one")

    def _record(self, path: Path) -> None:
        path.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{self.trace}'\n")
        path.chmod(0o755)

    @property
    def git_folder(self) -> Path:
        return self.root / ".git"

    def configure(self, text: str, name: str = "config") -> None:
        with (self.git_folder / name).open("a") as file:
            file.write(text.replace("PROGRAM", str(self.program)))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project with recorders only on PATH; it may not stall."""
        environment = {"PATH": str(self.bin), "HOME": str(self.bin.parent / "home"), "LANG": "C.UTF-8"}
        start = time.monotonic()
        run = subprocess.run(
            [sys.executable, *command], cwd=self.root, env=environment, capture_output=True, text=True, timeout=60
        )
        self.seconds = time.monotonic() - start
        return run


def fsmonitor(it: Hostile) -> None:
    it.configure("[core]\n\tfsmonitor = PROGRAM\n\tfsmonitorHookVersion = 1\n")


def included_configuration(it: Hostile) -> None:
    (it.root / "harmless.txt").write_text(f"[core]\n\tfsmonitor = {it.program}\n")
    it.configure('[include]\n\tpath = ../harmless.txt\n[includeIf "gitdir:**"]\n\tpath = ../harmless.txt\n')


def folder_named_by_a_file(it: Hostile) -> None:
    fsmonitor(it)
    it.git_folder.rename(it.root / "dotgit")
    it.git_folder.write_text("gitdir: dotgit\n")


def worktree_configuration(it: Hostile) -> None:
    it.configure("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tworktreeConfig = true\n")
    it.configure("[core]\n\tfsmonitor = PROGRAM\n", "config.worktree")


def worktree_elsewhere(it: Hostile) -> None:
    it.configure("[core]\n\tworktree = /\n\tbare = true\n")


def hooks(it: Hostile) -> None:
    it.configure(f"[core]\n\thooksPath = {it.root / 'hooks'}\n")
    for folder in (it.root / "hooks", it.git_folder / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("post-index-change", "fsmonitor-watchman", "query-watchman", "pre-commit", "post-checkout"):
            shutil.copy(it.program, folder / name)


def filters(it: Hostile) -> None:
    it.configure(
        '[filter "x"]\n\tclean = PROGRAM\n\tsmudge = PROGRAM\n\tprocess = PROGRAM\n[diff "x"]\n\ttextconv = PROGRAM\n'
    )
    (it.root / ".gitattributes").write_text("* filter=x diff=x\n")


def programs_of_git(it: Hostile) -> None:
    it.configure(
        "[core]\n\tsshCommand = PROGRAM\n\tpager = PROGRAM\n\teditor = PROGRAM\n\n\taskPass = PROGRAM\n"
        "[alias]\n\tls-files = !PROGRAM\n[gpg]\n\tprogram = PROGRAM\n[credential]\n\thelper = PROGRAM\n"
    )


def partial_clone(it: Hostile) -> None:
    it.configure(
        "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n"
        '[remote "origin"]\n\turl = ../away\n\tpromisor = true\n\tuploadpack = PROGRAM\n'
        '[remote "other"]\n\turl = ext::PROGRAM\n\tpromisor = true\n[protocol]\n\tallow = always\n'
    )
    for each in (it.git_folder / "objects").glob("??"):
        shutil.rmtree(each)


def sparse_index_without_objects(it: Hostile) -> None:
    (it.root / "away").mkdir()
    (it.root / "away" / "a.py").touch()
    git(it.root, "add", ".")
    git(it.root, "commit", "-q", "-m", "two")
    git(it.root, "sparse-checkout", "set", "--cone", "--sparse-index", "none")
    partial_clone(it)


def excludes_file_that_is_a_pipe(it: Hostile) -> None:
    os.mkfifo(it.root / "pipe")
    it.configure(f"[core]\n\texcludesFile = {it.root / 'pipe'}\n\tattributesFile = {it.root / 'pipe'}\n")


def pipes_everywhere(it: Hostile) -> None:
    (it.git_folder / "info").mkdir(exist_ok=True)
    for path in (".gitignore", ".gitattributes", ".gitmodules", ".git/info/exclude", ".git/commondir", "celery.py"):
        (it.root / path).unlink(missing_ok=True)
        os.mkfifo(it.root / path)


def index_that_is_a_pipe(it: Hostile) -> None:
    (it.git_folder / "index").unlink()
    os.mkfifo(it.git_folder / "index")


def head_that_is_a_pipe(it: Hostile) -> None:
    (it.git_folder / "HEAD").unlink()
    os.mkfifo(it.git_folder / "HEAD")


def git_file_that_is_a_pipe(it: Hostile) -> None:
    shutil.rmtree(it.git_folder)
    os.mkfifo(it.git_folder)


def alternates(it: Hostile) -> None:
    (it.git_folder / "objects" / "info").mkdir(exist_ok=True)
    os.mkfifo(it.git_folder / "objects" / "info" / "alternates")


def history_of_pipes(it: Hostile) -> None:
    (it.git_folder / "objects" / "pack").mkdir(exist_ok=True)
    for path in ("refs/heads/other", "packed-refs", "objects/pack/pack-1.idx", "objects/pack/pack-1.pack", "shallow"):
        os.mkfifo(it.git_folder / path)


def ignore_rules_that_take_long(it: Hostile) -> None:
    (it.root / ".gitignore").write_text(
        "\n".join(["/" + "**/*a*a*a*/" * 60 + "b", "*a" * 500 + "b", "[a-" * 9000]) + "\n"
    )
    deep = it.root.joinpath(*["a" * 100] * 12)
    deep.mkdir(parents=True)
    (deep / ("a" * 200)).touch()


def submodule(it: Hostile) -> None:
    inner = it.root / "lib"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "a.py").touch()
    git(inner, "add", ".")
    git(inner, "commit", "-q", "-m", "one")
    git(it.root, "add", "lib")
    (it.root / ".gitmodules").write_text('[submodule "lib"]\n\tpath = lib\n\turl = ext::sh\n\tupdate = !sh\n')
    with (inner / ".git" / "config").open("a") as file:
        file.write(f"[core]\n\tfsmonitor = {it.program}\n")
    it.configure('[submodule "lib"]\n\tactive = true\n\tupdate = !PROGRAM\n[diff]\n\tignoreSubmodules = none\n')


def modules_of_the_project(it: Hostile) -> None:
    """Modules with the names of ours, of flake8's and of libraries, which python -m could find first."""
    text = f"import os\nos.system('{it.program}')\n"
    for name in (
        "yaml",
        "rich",
        "pathspec",
        "libcst",
        "tomllib",
        "json",
        "hashlib",
        "argparse",
        "packaging",
        "tree_sitter",
    ):
        (it.root / f"{name}.py").write_text(text)


FORMS: list[Callable[[Hostile], None]] = [
    fsmonitor,
    included_configuration,
    folder_named_by_a_file,
    worktree_configuration,
    worktree_elsewhere,
    hooks,
    filters,
    programs_of_git,
    partial_clone,
    sparse_index_without_objects,
    excludes_file_that_is_a_pipe,
    pipes_everywhere,
    index_that_is_a_pipe,
    head_that_is_a_pipe,
    git_file_that_is_a_pipe,
    alternates,
    history_of_pipes,
    ignore_rules_that_take_long,
    submodule,
    modules_of_the_project,
]
CHECK = ("-m", "flake8_celery_oom", "check", "--no-cache")
TRACKED_ONLY = ["--select=CO", "-j1", "--celery-oom-tracked-only=yes", "."]
COMMANDS = {
    "check": CHECK,
    "check, remembered": ("-m", "flake8_celery_oom", "check"),
    "workers": ("-m", "flake8_celery_oom", "workers", "--no-cache"),
    "fix": ("-m", "flake8_celery_oom", "fix", "--diff"),
    "plan": ("-m", "flake8_celery_oom", "plan", "--limit", "1Gi"),
    "flake8": (
        "-c",
        "from flake8.main.cli import main; raise SystemExit(main(['--select=CO', '-j1', 'compose.yml', 'noise.py']))",
    ),
    "hook: check": ("-m", "flake8_celery_oom", "check", "--no-cache", "--tracked-only"),
    "hook: flake8": (
        "-c",
        f"from flake8.main.cli import main; raise SystemExit(main({TRACKED_ONLY}))",
    ),
    "hook: fix": ("-m", "flake8_celery_oom", "fix", "--tracked-only"),
    "diff": ("-m", "flake8_celery_oom", "diff", "HEAD"),
    "check, new": ("-m", "flake8_celery_oom", "check", "--new-from", "HEAD"),
    "fix, written": ("-m", "flake8_celery_oom", "fix", "--unsafe-fixes"),
}

SILENT = {"plan", "diff", "check, new"}
"""The commands that have nothing to say of a worker that was there before."""


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_nothing_starts_and_nothing_stalls(tmp_path: Path, form: Callable[[Hostile], None]) -> None:
    it = Hostile(tmp_path)
    it.run(*CHECK)
    usual = it.seconds
    form(it)
    it.trace.unlink(missing_ok=True)
    for name, command in COMMANDS.items():
        if form is pipes_everywhere and name == "hook: flake8":
            continue  # flake8 itself opens every *.py below the folder, a pipe too, with or without a plugin
        if form is modules_of_the_project and "flake8" in name:
            continue  # "python -c" keeps the working directory on the path of modules; flake8's own command does not
        run = it.run(*command)
        assert not it.trace.exists(), f"{name} started {it.trace.read_text()}"
        assert it.seconds < 5 * usual + STALL_SECONDS, name  # the machine may be busy with other things
        assert "Traceback" not in run.stderr, run.stderr
        if name not in SILENT and "fix" not in name:
            assert "compose.yml:4" in run.stdout, f"{name}: {run.stdout}{run.stderr}"
            assert ("CO201" in run.stdout) is (name != "workers")
    assert "--concurrency=2" in (it.root / "compose.yml").read_text(), "the fix was not written"


def test_the_hostile_settings_do_start_programs_under_git(tmp_path: Path) -> None:
    """Without this, the test above could pass because nothing was hostile."""
    for form in (fsmonitor, included_configuration, folder_named_by_a_file, worktree_configuration):
        folder = tmp_path / form.__name__
        folder.mkdir()
        it = Hostile(folder)
        form(it)
        git(it.root, "ls-files", "--others", check=False)
        assert it.trace.exists(), form.__name__


def test_python_with_m_imports_nothing_of_the_working_directory(tmp_path: Path) -> None:
    it = Hostile(tmp_path)
    modules_of_the_project(it)
    for command in COMMANDS.values():
        if command[0] == "-m":
            it.run(*command)
    assert not it.trace.exists()
    it.run("-c", "import yaml")
    assert it.trace.exists()
