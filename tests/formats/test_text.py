from __future__ import annotations

from dataclasses import replace

from flake8_celery_oom.core.findings import Edit, Finding, Fix, Related
from flake8_celery_oom.formats.report import Report, reported
from flake8_celery_oom.formats.text import advice_lines, finding_lines, plain, printable, summary_line
from tests.rules.workers import at


def finding(related: int = 0) -> Finding:
    others = tuple(Related(at("start.sh", number), f"place {number}") for number in range(1, related + 1))
    return Finding("CO101", "concurrency-unset", "warning", at(line=4, column=14), "too many", others)


def text(*findings: Finding) -> str:
    return plain(finding_lines(reported(findings)))


def test_a_line_is_one_of_flake8() -> None:
    assert text(finding()) == "compose.yml:4:14: CO101 warning: too many [concurrency-unset]\n"


def test_places_that_belong_to_it_follow() -> None:
    assert text(finding(2)) == (
        "compose.yml:4:14: CO101 warning: too many [concurrency-unset]\n"
        "    start.sh:1:1: place 1\n    start.sh:2:1: place 2\n"
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
    assert (
        shown
        == "../shop/compose.yml:4:14: CO101 warning: too many [concurrency-unset]\n    ../shop/start.sh:1:1: place 1\n"
    )


def test_a_path_cannot_break_the_line() -> None:
    assert printable("a\nb\x1b[1m\udcff é") == "a?b?[1m? é"
    odd = Finding("CO101", "x", "warning", at("a\nb.yml"), "m")
    assert text(odd) == "a?b.yml:1:1: CO101 warning: m [x]\n"


def report(*findings: Finding, **counts: int) -> Report:
    return Report(tuple(reported(findings)), {"workers": 5, "unknown": 2, "files": 42, "suppressed": 0, **counts})


def summary(*findings: Finding, **counts: int) -> str:
    return plain([summary_line(report(*findings, **counts))])


def advice(*findings: Finding, **counts: int) -> list[str]:
    return plain(advice_lines(report(*findings, **counts))).splitlines()


def test_the_summary_counts_causes_and_places() -> None:
    nine, error = replace(finding(), places=9), replace(finding(), severity="error")
    assert summary(nine, error) == "1 error and 1 warning (10 places) in 42 files, 5 workers, 2 values unknown\n"
    assert summary(finding(), files=1, workers=1, unknown=1, suppressed=1) == (
        "1 warning in 1 file, 1 worker, 1 value unknown, 1 finding suppressed\n"
    )
    assert summary(unknown=0) == "no findings in 42 files, 5 workers, 0 values unknown\n"


def test_what_to_do_next() -> None:
    edit = Edit(at(), "x")
    safe, unsafe = (replace(finding(), fix=Fix("", safety, (edit,))) for safety in ("safe", "unsafe"))
    assert advice(safe, unsafe, finding()) == ["celery-oom fix mends 1 of them; --diff shows how"]
    assert advice(unsafe)[0].startswith("celery-oom fix --unsafe-fixes mends 1 of them")
    assert advice(finding()) == ["celery-oom explain CO101 says why and what to do"]
    assert advice() == ["celery-oom workers --origins says what is not known, and why"]
    assert advice(unknown=0) == []


def test_a_blind_look_does_not_read_as_clean() -> None:
    assert advice(workers=0, unknown=0, without_worker=1) == [
        "Celery is used here, and no worker was found: how it runs is not known"
    ]


def test_details_are_for_those_who_ask() -> None:
    detailed = replace(finding(7), details=("no -c",))
    assert "no -c" not in text(detailed)
    lines = plain(finding_lines(reported([detailed]), with_details=True)).splitlines()
    assert lines[1] == "    no -c"
    assert len(lines) == 9


def test_styles_are_apart_from_the_text() -> None:
    (line,) = finding_lines(reported([finding()]))
    assert [style for _, style in line] == ["bold", "", "bold yellow", "", "dim"]


def test_places_of_several_findings_in_a_row_are_said_once() -> None:
    lines = text(finding(2), finding(2), finding(1), finding()).splitlines()
    assert [line.strip().partition(" ")[0] for line in lines] == [
        *2 * ["compose.yml:4:14:"],
        "start.sh:1:1:",
        "start.sh:2:1:",
        "compose.yml:4:14:",
        "start.sh:1:1:",
        "compose.yml:4:14:",
    ]
