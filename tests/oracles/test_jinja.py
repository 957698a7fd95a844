"""Lines of templates held against Jinja: what we know of a command must hold however its conditions turn out."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.celery.command_line import read_commands
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.core.word import literal
from tests.oracles.amount import BATCH, derandomized, examples
from tests.resolve.started_project import follow

jinja2 = pytest.importorskip("jinja2")

OPTIONS = ("pool", "concurrency", "max_tasks_per_child", "queues", "hostname")
NOTATIONS = {
    "jobs.service.j2": "[Service]\nExecStart=/usr/bin/{}\n",
    "jobs.conf.j2": "[program:jobs]\ncommand={}\n",
    "Procfile.j2": "jobs: {}\n",
    "jobs.sh.j2": "#!/bin/sh\nexec {}\n",
    "docker-compose.yml.j2": "services:\n  jobs:\n    image: shop\n    command: {}\n",
}
"""Notations, and how a command line is written in them."""

GIVEN = st.sampled_from(
    ["-P gevent", "--pool=threads", "-P {{ pool }}", "-c 4", "--concurrency={{ n }}", "-c {{ n }}", "--concurrency 3",
     "--max-tasks-per-child=7", "-Q {{ queues }}", "--queues slow", "-n w@%h", "-E", "--without-gossip"]
)  # fmt: skip
OPTIONAL = st.builds(
    lambda test, body, blank: f"{{% if {test} %}}{body}{blank}{{% endif %}}",
    st.sampled_from(["a", "b", "not a", "n > 3"]),
    st.lists(GIVEN, min_size=1, max_size=2).map(" ".join),
    st.sampled_from(["", " "]),
)
CHOSEN = st.builds(
    lambda test, one, other: f"{{% if {test} %}}{one}{{% else %}}{other}{{% endif %}}",
    st.sampled_from(["a", "b"]),
    GIVEN,
    GIVEN,
)
IN_A_WORD = st.builds(
    lambda one, other: f"-c {{% if a %}}{one}{{% else %}}{other}{{% endif %}}", *[st.integers(1, 9)] * 2
)
LINES = st.lists(GIVEN | OPTIONAL | CHOSEN | IN_A_WORD, max_size=4).map(
    lambda pieces: " ".join(["celery -A shop worker", *pieces])
)
INPUTS = st.tuples(st.sampled_from(sorted(NOTATIONS)), LINES)


def rendered(line: str) -> list[dict[str, str | None]]:
    """The options of the line in every outcome of its conditions."""
    found = []
    for a, b in itertools.product([False, True], repeat=2):
        text = jinja2.Template(line).render(a=a, b=b, n=5, pool="solo", queues="quick")
        (command,) = read_commands([literal(word) for word in text.split()], CeleryVersion())
        options = {name: command.options[name] for name in OPTIONS}
        found.append({name: one.value.text if isinstance(one, Known) else None for name, one in options.items()})
    return found


@settings(
    max_examples=examples(160),
    deadline=None,
    database=None,
    derandomize=derandomized(),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(INPUTS, min_size=BATCH, max_size=BATCH))
def test_generated_lines(batch: list[tuple[str, str]]) -> None:
    files = {f"p{index}/{name}": NOTATIONS[name].format(line) for index, (name, line) in enumerate(batch)}
    with tempfile.TemporaryDirectory() as folder:
        started = {one.site.path: one for one in follow(Path(folder), files)}
    for index, (name, line) in enumerate(batch):
        one = started.get(f"p{index}/{name}")
        assert one is not None, (name, line)
        outcomes = rendered(line)
        for option in OPTIONS:
            ours = one.command.options[option]
            if isinstance(ours, Known) and ours.value.text is not None:
                assert {outcome[option] for outcome in outcomes} == {ours.value.text}, (option, name, line)
            if isinstance(ours, Known):
                assert None not in {outcome[option] for outcome in outcomes}, (option, name, line)
            if isinstance(ours, Unset):
                assert {outcome[option] for outcome in outcomes} == {None}, (option, name, line)


@pytest.mark.parametrize("name", sorted(NOTATIONS))
def test_an_option_that_comes_and_goes_says_nothing_of_others(name: str, tmp_path: Path) -> None:
    line = "celery -A shop worker {% if queues %}--queues {{ queues }} {% endif %}-c 4"
    (one,) = follow(tmp_path, {name: NOTATIONS[name].format(line)})
    assert isinstance(one.command.options["pool"], Unset)
    concurrency = one.command.options["concurrency"]
    assert isinstance(concurrency, Known)
    assert concurrency.value.text == "4"
