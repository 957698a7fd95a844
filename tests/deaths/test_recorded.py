"""What real workers of four releases printed, and real kernels: ``tools/record_deaths.py`` recorded it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.deaths.reading import evidence
from flake8_celery_oom.deaths.verdict import Death, death

DATA = Path(__file__).parents[1] / "data" / "deaths"
RELEASES = sorted(folder.name for folder in DATA.iterdir() if folder.is_dir())
KINDS = {
    "child-killed": "child-killed",
    "child-segfault": "crashed",
    "child-left": "left",
    "hard-time-limit": "hard-time-limit",
    "soft-time-limit": "soft-time-limit",
    "container-limit": "child-killed",
}


def read(*names: str) -> Death | None:
    return death([evidence((DATA / name).read_text(), name) for name in names])


def test_there_are_recordings() -> None:
    assert [release.partition(".")[0] for release in RELEASES] == ["3", "4", "5", "5"]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_the_kind_is_told(release: str, name: str, kind: str) -> None:
    found = read(f"{release}/{name}.log")
    assert found is not None
    assert found.kind == kind
    assert {sign.kind for sign in found.others} <= {"left", "soft-time-limit"} - {kind}
    assert found.subject.node == "shop@worker"


def test_a_child_that_a_time_limit_killed_was_not_killed_for_memory() -> None:
    texts = {release: (DATA / release / "hard-time-limit.log").read_text() for release in RELEASES}
    assert [release for release, text in texts.items() if "exited with 'signal 9" in text] == ["3.1.26.post2"]
    for text in texts.values():
        assert {sign.kind for sign in evidence(text, "log").signs} == {"hard-time-limit"}


@pytest.mark.parametrize("release", [release for release in RELEASES if not release.startswith("3.")])
def test_celery_says_nothing_of_a_child_that_it_recycles_at_this_level(release: str) -> None:
    assert read(f"{release}/memory-recycled.log") is None


@pytest.mark.parametrize("release", RELEASES)
def test_the_kernel_says_whose_limit_it_was(release: str) -> None:
    found = read(f"{release}/container-limit.log", "kernel-container-limit.log")
    assert found is not None
    assert (found.kind, found.certainty) == ("container-limit", "certain")
    assert {sign.kind for sign in found.others} == {"child-killed"}
    assert [sign.used for sign in found.signs] == [295748 * 1024]


STATISTICS = sorted(path.relative_to(DATA).as_posix() for path in DATA.glob("*/stats.*"))


def test_statistics_of_three_releases_are_recorded() -> None:
    assert [name.partition(".")[0] for name in STATISTICS] == ["3", "4", "4", "5", "5"]


@pytest.mark.parametrize("name", STATISTICS)
def test_a_living_worker_says_its_pool(name: str) -> None:
    (running,) = evidence((DATA / name).read_text(), name).running
    assert (running.node, running.pool, running.concurrency) == ("shop@worker", "prefork", 3)
    assert running.main_rss is None or running.main_rss > 20 << 20


@pytest.mark.parametrize("release", [one for one in RELEASES if (DATA / one / "report.txt").exists()])
def test_a_report_says_its_release(release: str) -> None:
    (running,) = evidence((DATA / release / "report.txt").read_text(), "report").running
    assert running.release == release
