"""What commands print for each other: which part of a pipeline reads another's output, and what that output is."""

from __future__ import annotations

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell.fields import Field
from flake8_celery_oom.resolve.shell.output import PRINTING, common, substituted
from flake8_celery_oom.resolve.shell.states import State
from flake8_celery_oom.syntax import shell_tree

SHELLS_THAT_READ = ("sh", "bash", "dash", "ash", "zsh", "ksh")


def plain_words(node: shell_tree.Node, text: MappedText) -> list[str]:
    """The words of a simple command that are written plainly."""
    if not isinstance(node, shell_tree.Simple):
        return []
    return [text.text[span.start : span.end].strip("\"'") for span in node.words]


def is_read_by_another(node: shell_tree.Pipeline, text: MappedText) -> bool:
    """Whether what the first command of a pipeline prints decides what another does: a shell, xargs, a loop."""
    for part in node.body[1:]:
        words = plain_words(part, text)
        if words in ([name] for name in SHELLS_THAT_READ) or words[:1] == ["xargs"]:
            return True
    return not isinstance(node.body[-1], shell_tree.Simple) and _prints(node.body[0], text)


def _prints(node: shell_tree.Node, text: MappedText) -> bool:
    words = plain_words(node, text)
    return bool(words) and words[0] in PRINTING


def one_output(states: list[State]) -> Field | None:
    """One output for all the ways in which a command may end."""
    outputs = [state.output for state in states if state.output is not None]
    if not outputs:
        return None
    fewest = min(state.detours for state in states)
    usual = next(index for index, state in enumerate(states) if state.detours == fewest)
    return substituted(common(outputs, usual))
