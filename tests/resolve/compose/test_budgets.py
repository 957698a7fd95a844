"""Compose files that are made to take for ever: they end soon, and what stands in them plainly is still read."""

from __future__ import annotations

import time

import pytest

from tests.resolve.compose.project import launches

WORKER = "services:\n  worker:\n    image: x\n    command: celery -A a worker -c 2\n"


def _included_over_and_over() -> dict[str, str]:
    files = {
        f"f{level}.compose.yml": "include:\n"
        + "".join(f"  - f{level + 1}.compose.yml\n" for _ in range(8))
        + f"services: {{s{level}: {{image: x}}}}\n"
        for level in range(9)
    }
    return {
        **files,
        "f9.compose.yml": "services: {s9: {image: x}}\n",
        "compose.yml": f"include: [f0.compose.yml]\n{WORKER}",
    }


HOSTILE = {
    "includes": _included_over_and_over(),
    "options": {
        "compose.yml": WORKER,
        "up.sh": f"#!/bin/sh\ndocker compose -f compose.yml {'-a ' * 60}! -f compose.yml up\n",
    },
    "defaults": {"compose.yml": WORKER + f"    environment:\n      A: {'${A:-' * 5000}{'}' * 5000}\n"},
    "open braces": {"compose.yml": WORKER + f"    environment:\n      A: {'${A:-' * 20000}\n"},
    "doubling": {"compose.yml": WORKER, ".env": "A=xx\n" + "".join(f"A{i}=$A{i - 1}$A{i - 1}\n" for i in range(1, 60))},
    "aliases": {
        "compose.yml": "x-0: &a0 {A: b}\n"
        + "".join(f"x-{i}: &a{i} {{{', '.join(f'k{j}: *a{i - 1}' for j in range(9))}}}\n" for i in range(1, 12))
        + WORKER
        + "    deploy: *a11\n",
        "compose.override.yml": "services:\n  worker:\n    deploy: !override {resources: {limits: {memory: 1g}}}\n",
    },
    "a number": {"compose.yml": WORKER + f"    mem_limit: 1e30\n    environment:\n      A: 1{'_' * 50000}!\n"},
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_hostile_projects_end_soon(files: dict[str, str]) -> None:
    start = time.process_time()
    found = {launch.name: launch for launch in launches(files)}
    assert time.process_time() - start < 4
    assert found["worker"].command is not None
