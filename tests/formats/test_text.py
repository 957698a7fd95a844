from __future__ import annotations

from flake8_celery_oom.core.findings import Finding, Related
from flake8_celery_oom.formats.report import Report, reported
from flake8_celery_oom.formats.text import finding_lines, plain, printable, summary_line
from tests.rules.workers import at


def finding(related: int = 0) -> Finding:
    others = tuple(Related(at("start.sh", number), f"place {number}") for number in range(1, related + 1))
    return Finding("CO101", "concurrency-unset", "warning", at(line=4, column=14), "too many", others)


def text(*findings: Finding) -> str:
    return plain(finding_lines(reported(findings)))


def summary(number: int, counts: dict[str, int]) -> str:
    return plain([summary_line(Report(tuple(reported([finding()] * number)), counts))])


def test_a_line_is_one_of_flake8() -> None:
    assert text(finding()) == "compose.yml:4:14: CO101 too many\n"


def test_places_that_belong_to_it_follow() -> None:
    assert text(finding(2)) == (
        "compose.yml:4:14: CO101 too many\n    start.sh:1:1: place 1\n    start.sh:2:1: place 2\n"
    )


def test_many_places_are_cut_short() -> None:
    assert text(finding(4)).count("\n") == 5
    assert text(finding(7)).splitlines()[1:] == [
        "    start.sh:1:1: place 1",
        "    start.sh:2:1: place 2",
        "    start.sh:3:1: place 3",
        "    and 4 places more",
    ]


def test_paths_are_called_what_the_reader_calls_them() -> None:
    shown = plain(finding_lines(reported([finding(1)], lambda path: f"../shop/{path}")))
    assert shown == "../shop/compose.yml:4:14: CO101 too many\n    ../shop/start.sh:1:1: place 1\n"


def test_a_path_cannot_break_the_line() -> None:
    assert printable("a\nb\x1b[1m\udcff é") == "a?b?[1m? é"
    odd = Finding("CO101", "x", "warning", at("a\nb.yml"), "m")
    assert text(odd) == "a?b.yml:1:1: CO101 m\n"


def test_the_summary_counts() -> None:
    counts = {"workers": 5, "unknown": 2, "files": 42, "suppressed": 0}
    assert summary(3, counts) == "3 findings in 42 files; 5 workers, 2 values unknown\n"
    one = {"workers": 1, "unknown": 1, "files": 1, "suppressed": 1}
    assert summary(1, one) == "1 finding in 1 file; 1 worker, 1 value unknown, 1 finding suppressed\n"
    none = {"workers": 0, "unknown": 0, "files": 3}
    assert summary(0, none) == "no findings in 3 files; 0 workers, 0 values unknown\n"


def test_styles_are_apart_from_the_text() -> None:
    (line,) = finding_lines(reported([finding()]))
    assert [style for _, style in line] == ["bold", "", "bold yellow", ""]
