from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.masking import MASK, masked


@pytest.mark.parametrize(
    "text",
    [
        "amqp://shop:SECRET@broker:5672//",
        "postgres://:SECRET@db/shop",
        "DATABASE_PASSWORD=SECRET",
        'AWS_SECRET_ACCESS_KEY: "SECRET"',
        "export API_TOKEN='SECRET x'",
        "celery -A shop worker --broker-password SECRET -c 2",
        '{"apiKey": "SECRET"}',
        "sentry_token = SECRET, and more",
        "  token: SECRET",
        "- password: SECRET",
        "the variable API_KEY: SECRET",
        "redis://user:SECRET@a redis://user:SECRET@b",
    ],
)
def test_secrets_are_not_shown(text: str) -> None:
    assert "SECRET" not in masked(text).replace("AWS_SECRET", "")
    assert MASK in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "worker `worker` never replaces a child that grew: set --max-memory-per-child (KiB)",
        "app `shop`, key --max-tasks-per-child=200",
        "https://docs.celeryq.dev/en/stable",
        "the token is read from a Secret",
        "$POOL of django-secret is not known",
        "a-very-long-name-with-a-token in the project",
        "CELERY_WORKER_CONCURRENCY=4",
        "while scanning for the next token: found character that cannot start any token",
    ],
)
def test_everything_else_is(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize("text", ["token" * 5_000, "token = " * 5_000, "://" + "a" * 50_000, "-" * 50_000 + "password"])
def test_long_texts_take_no_long_time(text: str) -> None:
    masked(text)
