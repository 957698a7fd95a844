"""Conditions are held against a real bash: what is said of them is what it does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.resolve.started_project import follow

BEFORE = 'N=3\nE=\nW="two words"\nP=prefork\nset -- first second\n'
CONDITIONS = [
    '[ "$N" = 3 ]',
    '[ "$N" != 3 ]',
    '[ "$N" -gt 2 ]',
    '[ "$N" -ge 4 ]',
    '[ "$N" -lt 4 -a "$P" = prefork ]',
    '[ "$N" -le 2 -o "$P" = prefork ]',
    '[ "$N" -eq 3 ] && [ "$N" -ne 4 ]',
    '[ -n "$E" ]',
    '[ -z "$E" ]',
    '[ ! -z "$E" ]',
    '[ "$W" ]',
    '[ "$E" ]',
    'test "$P" = prefork',
    'test -n "$E"',
    'test ! "$P" = prefork',
    "test ! -n x",
    '! [ "$P" = prefork ]',
    "[[ $P == pre* ]]",
    "[[ $P != pre* ]]",
    '[[ $N -gt 2 && -z "$E" ]]',
    "[[ $N -gt 9 || $W == two* ]]",
    "[[ ! $E ]]",
    '[ "$1" = first ]',
    '[ "$#" -eq 2 ]',
    "[ $# -gt 2 ]",
    '[ "x$E" = x ]',
    '[ "$N" = 4 -a "$N" = 5 -o "$P" = prefork ]',
    '[ ! "$N" = 4 -a -n "$P" ]',
    '[ "!" = "!" ]',
    "[ -n = -n ]",
    "true",
    "false",
    "! true",
    "true && false",
    "false || true",
    ":",
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_what_bash_says(condition: str, tmp_path: Path) -> None:
    said = subprocess.run(["bash", "-c", f"{BEFORE}if {condition}; then echo 1; else echo 2; fi"], capture_output=True)
    script = (
        f"#!/bin/bash\n{BEFORE}if {condition}; then\ncelery -A shop worker -c 1\nelse\ncelery -A shop worker -c 2\nfi\n"
    )
    found = follow(tmp_path, {"start.sh": script})
    assert [one.command.words[-1].text for one in found] == [said.stdout.decode().strip()]


@pytest.mark.parametrize(
    "condition",
    [
        '[ "$UNSAID" = 3 ]',
        '[ -f "$N" ]',
        '[ "$UNSAID" -gt 2 ]',
        '[ "$UNSAID" = 3 -a "$N" = 3 ]',
        '[[ $UNSAID == a* || -d "$P" ]]',
        "(( N > UNSAID ))",
        "grep -q x y",
        '! [ "$UNSAID" = 3 ]',
        '[ "${UNSAID:-y}" = y ]',
    ],
)
def test_what_is_not_known_goes_both_ways(condition: str, tmp_path: Path) -> None:
    script = (
        f"#!/bin/bash\n{BEFORE}if {condition}; then\ncelery -A shop worker -c 1\nelse\ncelery -A shop worker -c 2\nfi\n"
    )
    found = follow(tmp_path, {"start.sh": script})
    assert sorted(one.command.words[-1].text or "" for one in found) == ["1", "2"]
