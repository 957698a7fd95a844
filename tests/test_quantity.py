from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.quantity import (
    cloud_foundry_bytes,
    docker_bytes,
    human_bytes,
    human_kib,
    kubernetes_bytes,
    systemd_bytes,
)

READERS: list[Callable[[str], int | None]] = [kubernetes_bytes, docker_bytes, systemd_bytes, cloud_foundry_bytes]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("512Mi", 512 * 1024**2),
        ("1.5Gi", 3 * 512 * 1024**2),
        ("1G", 10**9),
        ("500M", 5 * 10**8),
        ("128974848", 128974848),
        ("129e6", 129000000),
        ("129M", 129000000),
        ("1E", 10**18),
        ("1e3", 1000),
        ("500m", 1),
        ("1k", 1000),
        (".5Gi", 512 * 1024**2),
        ("+1Ki", 1024),
        ("-1Ki", None),
        ("1K", None),
        ("512mi", None),
        ("512MB", None),
        ("1.5.5Gi", None),
        ("Mi", None),
        ("", None),
        ("X" * 100, None),
    ],
)
def test_kubernetes(text: str, count: int | None) -> None:
    assert kubernetes_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1.5g", 3 * 512 * 1024**2),
        ("512m", 512 * 1024**2),
        ("512M", 512 * 1024**2),
        ("512mb", 512 * 1024**2),
        ("512MiB", 512 * 1024**2),
        ("300k", 300 * 1024),
        ("1073741824b", 1024**3),
        ("1073741824", 1024**3),
        ("1 g", 1024**3),
        ("1x", None),
        ("-1g", None),
        ("${LIMIT}", None),
        ("", None),
    ],
)
def test_docker(text: str, count: int | None) -> None:
    assert docker_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1G", 1024**3),
        ("512M", 512 * 1024**2),
        ("1.5G", 3 * 512 * 1024**2),
        ("1024", 1024),
        ("infinity", None),
        ("20%", None),
    ],
)
def test_systemd(text: str, count: int | None) -> None:
    assert systemd_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1G", 1024**3),
        ("512M", 512 * 1024**2),
        ("1GB", 1024**3),
        ("1.5G", 3 * 512 * 1024**2),
        ("64B", 64),
        ("512", None),
    ],
)
def test_cloud_foundry(text: str, count: int | None) -> None:
    assert cloud_foundry_bytes(text) == count


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (512 * 1024**2, "512 MiB"),
        (3 * 512 * 1024**2, "1.5 GiB"),
        (1024**3 - 1, "1 GiB"),
        (int(3.125 * 1024**3), "3.12 GiB"),
        (16 * 1024**3, "16 GiB"),
        (2 * 1024**4, "2 TiB"),
    ],
)
def test_bytes_for_people(count: int, text: str) -> None:
    assert human_bytes(count) == text


def test_kib_for_people() -> None:
    assert human_kib(200_000) == "195 MiB"
    assert human_kib(0) == "0 bytes"


@given(st.integers(1, 10**6), st.sampled_from(["Ki", "Mi", "Gi"]))
def test_binary_units_are_powers_of_1024(number: int, unit: str) -> None:
    count = number * 1024 ** ("KMG".index(unit[0]) + 1)
    assert kubernetes_bytes(f"{number}{unit}") == count
    assert {docker_bytes(f"{number}{unit[0].lower()}"), systemd_bytes(f"{number}{unit[0]}")} == {count}
    assert cloud_foundry_bytes(f"{number}{unit[0]}") == count


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(st.sampled_from("0123456789.eEkKmMiGgBb+- ")), st.sampled_from(READERS))
def test_any_text_gives_an_amount_or_nothing(text: str, reader: Callable[[str], int | None]) -> None:
    count = reader(text)
    assert count is None or count >= 0


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**15))
def test_what_people_read_is_within_half_a_percent(count: int) -> None:
    number, unit = human_bytes(count).split()
    size = {"byte": 1, "bytes": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}[unit]
    assert abs(float(number) * size - count) <= count * 0.005
