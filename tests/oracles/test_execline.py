"""Scripts of execline held against execlineb itself: the words that the program at the end of the chain gets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.amount import derandomized, examples
from tests.resolve.started_project import follow

FOLDERS = ("/usr/lib/execline/bin", "/command", "/usr/bin", "/bin")
EXECLINEB = next((path for folder in FOLDERS if (path := Path(folder) / "execlineb").exists()), None)
pytestmark = pytest.mark.skipif(EXECLINEB is None, reason="needs execlineb (the Debian package execline)")

NAMES = st.sampled_from(["one", "two", "three"])
VALUES = st.sampled_from(["shop", "3", "/srv/x", "a-b", "x${one}", "${two}/y", "$one", "z$two"])
LINKS = st.one_of(
    st.builds("define {} {}".format, NAMES, VALUES),
    st.builds("export {} {}".format, st.sampled_from(["A", "B"]), VALUES),
    st.sampled_from(
        [
            "fdmove -c 2 1",
            "foreground { true }",
            "if { test -d / }",
            "cd /usr",
            "unexport B",
            "backtick -E noise { true }",
            "redirfd -a 2 /dev/null",
            "# define one other",
        ]
    ),
    st.builds("ifthenelse -s {{ false }} {{ define {0} {1} }} {{ define {0} {2} }}".format, NAMES, VALUES, VALUES),
)
WORDS = st.lists(
    st.sampled_from(["-c", "3", "-n", "w@${one}", "$two", "x$three", "$one/y", "${one}${two}", "-Q", '"a b"']),
    max_size=5,
)
MARK = "celery"


@settings(max_examples=examples(400), derandomize=derandomized(), deadline=None)
@given(links=st.lists(LINKS, max_size=6), words=WORDS)
def test_known_words_are_those_that_the_program_gets(
    links: list[str], words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("script")
    line = " ".join(["celery", "-A", "shop", "worker", *words])
    script = "\n".join(["#!/usr/bin/execlineb -P", *links, line]) + "\n"
    (found,) = follow(folder, {"services/jobs/run": script})
    recorder = folder / "celery"
    recorder.write_text('#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n')
    recorder.chmod(0o755)
    path = ":".join([str(folder), *FOLDERS])
    ran = subprocess.run(
        [shutil.which("env") or "env", "-i", f"PATH={path}", str(EXECLINEB), "-P", str(folder / "services/jobs/run")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    got = [word.text for word in found.command.words[1:]]
    assert ran.returncode == 0, ran.stderr
    expected = ran.stdout.splitlines()
    assert len(got) == len(expected)
    assert [theirs for own, theirs in zip(got, expected, strict=True) if own is not None] == [
        own for own in got if own is not None
    ]
