from __future__ import annotations

from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.formats.inventory import Entry, entries
from flake8_celery_oom.formats.markdown import LONGEST, code, comment, escaped
from flake8_celery_oom.quantity import MIB
from tests.rules.workers import at, project, worker


def shown(*workers: Worker, findings: tuple[Finding, ...] = ()) -> list[Entry]:
    return entries(workers, project(*workers), findings)


def test_a_comment() -> None:
    here = at()
    one = worker(
        "web_1",
        here,
        concurrency=Known(4, here),
        max_memory_per_child=Known(153600, here),
        memory_limit=Known(480 * MIB, here, "limit"),
    )
    found = Finding("CO301", "x", "warning", here, "worker `web_1`: too much")
    assert (
        comment(shown(one, findings=(found,)))
        == """\
| worker | pool | processes | recycling | limit | memory | findings |
| --- | --- | --- | --- | --- | --- | --- |
| **web\\_1**<br>`compose.yml:1` | prefork | 1 + 4 | at 150 MiB | 480 MiB | ❌ 540 MiB of 480 MiB: exceeds | CO301 |

- **CO301** worker \\`web\\_1\\`: too much
"""
    )


def test_no_workers() -> None:
    assert comment([]) == "No Celery workers found.\n"


def test_origins_are_folded() -> None:
    text = comment(shown(worker("web")), with_origins=True)
    assert "<details><summary>web compose.yml:1</summary>\n\n| | value | where |\n" in text
    assert "| pool | prefork | default |\n" in text


def test_a_finding_of_two_workers_is_said_once() -> None:
    command = at("start.sh", 8)
    found = Finding("CO101", "x", "warning", command, "too many")
    ones = (worker("a", at(line=1), command), worker("b", at(line=2), command))
    assert comment(shown(*ones, findings=(found,))).count("too many") == 1


def test_a_comment_that_hosts_take() -> None:
    many = shown(*(worker(f"worker-{number}", at(line=number)) for number in range(1, 900)))
    for with_origins in (False, True):
        text = comment(many, with_origins=with_origins)
        assert len(text) <= LONGEST + 200
    assert "workers more_" in comment(many)
    assert "would be too long" in comment(many[:300], with_origins=True)


def test_text_stays_text() -> None:
    assert escaped("a|b <img> *x*\ny") == r"a\|b &lt;img&gt; \*x\* y"
    assert code("a`b|c") == r"``a`b\|c``"
    assert code("`x") == "`` `x ``"
