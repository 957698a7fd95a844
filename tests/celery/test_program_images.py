"""Images whose entrypoint puts a word before the command."""

from __future__ import annotations

import pytest

from flake8_celery_oom.celery.program_images import program_image
from flake8_celery_oom.core.word import literal

IMAGES = [
    ("apache/airflow", "airflow"),
    ("apache/airflow:2.9.3-python3.12", "airflow"),
    ("registry.example.com:5000/mirror/apache/airflow:2", "airflow"),
    ("apache/airflow@sha256:0123", "airflow"),
    ("${AIRFLOW_IMAGE_NAME:-apache/airflow:2.10.4}", "airflow"),
    ("apache/airflow:${VERSION}", "airflow"),
    ("puckel/docker-airflow:1.10.9", "airflow"),
    ("acme/airflow", None),
    ("apache/airflow-tools:3", None),
    ("airflow", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("image", "program"), IMAGES)
def test_images_by_name(image: str | None, program: str | None) -> None:
    found = program_image(image)
    assert (found.program if found is not None else None) == program


@pytest.mark.parametrize(
    ("words", "run"),
    [
        ("celery worker", "airflow celery worker"),
        ("airflow celery worker", "airflow celery worker"),
        ("bash -c x", "bash -c x"),
        ("python -m celery", "python -m celery"),
        ("", ""),
    ],
)
def test_what_the_entrypoint_runs(words: str, run: str) -> None:
    image = program_image("apache/airflow")
    assert image is not None
    assert " ".join(word.shown for word in image.command([literal(word) for word in words.split()])) == run
