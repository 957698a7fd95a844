from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.quantity import docker_bytes, kubernetes_bytes, systemd_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("512Mi", 512 * 1024**2),
        ("1.5Gi", 3 * 1024**3 // 2),
        ("1G", 1000**3),
        ("500M", 500 * 1000**2),
        ("129k", 129_000),
        ("1e9", 1000**3),
        ("1E3", 1000),
        ("2E", 2 * 1000**6),
        ("1500m", 2),
        ("134217728", 134217728),
        ("512mi", None),
        ("512MB", None),
        ("1K", None),
        ("", None),
        ("{{ x }}", None),
        ("-1Gi", None),
    ],
)
def test_kubernetes(text: str, count: int | None) -> None:
    assert kubernetes_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("512m", 512 * 1024**2),
        ("512M", 512 * 1024**2),
        ("512MB", 512 * 1024**2),
        ("1.5g", 3 * 1024**3 // 2),
        ("1GiB", 1024**3),
        ("64 kb", 64 * 1024),
        ("100b", 100),
        ("1073741824", 1073741824),
        ("0", 0),
        ("512x", None),
        ("m", None),
        ("", None),
    ],
)
def test_docker(text: str, count: int | None) -> None:
    assert docker_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("512M", 512 * 1024**2),
        ("1G", 1024**3),
        ("1.5G", 3 * 1024**3 // 2),
        ("2T", 2 * 1024**4),
        ("1048576", 1048576),
        ("infinity", None),
        ("50%", None),
        ("512m", None),
    ],
)
def test_systemd(text: str, count: int | None) -> None:
    assert systemd_bytes(text) == count


@given(st.text(alphabet="0123456789.eE+-KMGTPEimkbB%۱ ", max_size=12))
@settings(max_examples=200, deadline=None)
def test_anything_is_an_amount_or_none(text: str) -> None:
    for reader in (kubernetes_bytes, docker_bytes, systemd_bytes):
        assert reader(text) is None or reader(text) >= 0  # type: ignore[operator]
