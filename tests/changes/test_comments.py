"""Suppressions that silence nothing are taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.changes.projects import fix

FINE = "celery -A shop worker -c 4 --max-memory-per-child=400000"
CASES = [
    (f"{FINE} # celery-oom: ignore[CO101] why\n", f"{FINE}\n"),
    (f"{FINE}\t# celery-oom: ignore[CO101]", FINE),
    (f"{FINE} # celery-oom: ignore[CO101]  # shellcheck disable=SC1\n", f"{FINE} # shellcheck disable=SC1\n"),
    (f"# celery-oom: ignore[CO101, CO201]\n{FINE}\n", f"{FINE}\n"),
    (f"  # celery-oom: ignore[CO101] see #3\r\n{FINE}\r\n", f"{FINE}\r\n"),
    (f"{FINE} # noqa: CO101\n", f"{FINE}\n"),
    (f"{FINE} # noqa: CO101, E501\n", f"{FINE} # noqa: E501\n"),
    (f"{FINE} # noqa:E501,CO101\n", f"{FINE} # noqa:E501\n"),
    (f"{FINE} # noqa: CO101  # because\n", f"{FINE} # because\n"),
    (f"{FINE} # a remark # noqa: CO101\n", f"{FINE} # a remark\n"),
    (f"{FINE}\n# celery-oom: ignore[CO101]", FINE),
    (f"{FINE} # celery-oom: ignore\n", f"{FINE}\n"),
    (f"{FINE} # celery-oom: ignore[CO999]\n", f"{FINE}\n"),
]


@pytest.mark.parametrize(("before", "after"), CASES)
def test_what_silences_nothing_goes(before: str, after: str, tmp_path: Path) -> None:
    fixed = fix(tmp_path, {"run.sh": f"#!/bin/sh\n{before}"}, "CO002")
    assert fixed.texts["run.sh"] == f"#!/bin/sh\n{after}", fixed.reasons


def test_words_behind_a_noqa_keep_it(tmp_path: Path) -> None:
    fixed = fix(tmp_path, {"run.sh": f"#!/bin/sh\n{FINE} # noqa: CO101 keep me\n"}, "CO002")
    assert not fixed.outcome.texts
    assert "other words" in fixed.reasons["CO002"]


def test_a_code_that_is_used_stays(tmp_path: Path) -> None:
    text = "#!/bin/sh\ncelery -A shop worker -c 4 # celery-oom: ignore[CO101,CO201] why\n"
    fixed = fix(tmp_path, {"run.sh": text}, "CO002")
    assert fixed.texts["run.sh"] == text.replace("CO101,", "")


def test_in_a_dockerfile_and_in_yaml(tmp_path: Path) -> None:
    files = {
        "Dockerfile": f"FROM a\n# celery-oom: ignore[CO101]\nCMD {FINE}\n",
        "compose.yml": f"services:\n  w:\n    command: {FINE} # celery-oom: ignore[CO101] x\n",
    }
    fixed = fix(tmp_path, files, "CO002")
    assert fixed.texts["Dockerfile"] == f"FROM a\nCMD {FINE}\n"
    assert fixed.texts["compose.yml"] == f"services:\n  w:\n    command: {FINE}\n"
