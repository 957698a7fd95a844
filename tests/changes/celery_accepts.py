"""What Celery itself says of a command line, without starting a worker."""

from __future__ import annotations

import io
import shlex
from contextlib import redirect_stderr, redirect_stdout
from typing import Any


def refusal(words: list[str], concurrency: object = 2, max_memory_per_child: object = 200_000) -> str:
    """Why Celery's own command refuses the words of a worker's command, or takes other numbers; empty when all is well.

    None as a number stands for any.
    """
    import click
    from celery import Celery
    from celery.bin.base import CLIContext
    from celery.bin.worker import worker

    context = click.Context(worker, info_name="worker")
    context.obj = CLIContext(app=Celery(set_as_current=False), no_color=True, workdir=None)
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            worker.parse_args(context, _arguments(words))
    except (click.ClickException, click.exceptions.Exit) as error:
        return str(getattr(error, "message", error))
    return _differs(context.params, {"concurrency": concurrency, "max_memory_per_child": max_memory_per_child})


def _arguments(words: list[str]) -> list[str]:
    """The words behind ``worker``."""
    if "multi" in words:
        return _of_first_node(words[words.index("multi") + 2 :])
    position = 1
    while words[position].startswith("-"):
        position += 1 if "=" in words[position] else 2
    assert words[position] == "worker", words
    return words[position + 1 :]


def _of_first_node(words: list[str]) -> list[str]:
    """The words that ``celery multi start`` gives the worker of its first node."""
    from celery.apps.multi import MultiParser, NamespacedOptionParser

    parser = NamespacedOptionParser(words)
    parser.parse()
    node = next(iter(MultiParser(cmd="celery worker").parse(parser)))
    joined = shlex.split(" ".join(node.argv))
    return joined[joined.index("worker") + 1 :]


def _differs(params: dict[str, Any], wanted: dict[str, object]) -> str:
    return "; ".join(f"{name} {params.get(name)}" for name in wanted if wanted[name] not in {None, params.get(name)})
