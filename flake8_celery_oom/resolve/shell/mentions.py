"""What the text of a shell command mentions: the variables that it uses, assigns and exports."""

from __future__ import annotations

import re

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell.states import ARGUMENTS
from flake8_celery_oom.syntax import shell_tree
from flake8_celery_oom.syntax.shell_arithmetic import assigned_in

ASSIGNING = frozenset({"read", "mapfile", "readarray", "unset"})


MOVING = frozenset({"shift", "getopts"})


_NAMES = re.compile(r"\$\{?[#!]?([A-Za-z_]\w*|[@*0-9])")


_IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*")


_ASSIGNED_ON_THE_WAY = re.compile(r"\$\{([A-Za-z_]\w*):?=")


POSITIONAL = frozenset("@*123456789")


_SETS_ARGUMENTS = re.compile(r"\bset\s+(--(?:\s|$)|[^-+\s])")


def names_in(text: str) -> frozenset[str]:
    """The variables and positional arguments that a text expands."""
    names = frozenset(_NAMES.findall(text))
    return names | frozenset(_IDENTIFIER.findall(text)) if "((" in text else names


def makes_reference(node: shell_tree.Simple, text: str) -> bool:
    """``local -n name=other``: what is assigned to one name is another variable from there on."""
    flags = [text[span.start : span.end] for span in node.declared]
    return node.keyword in {"local", "declare", "typeset"} and any(re.fullmatch(r"-\w*n\w*", flag) for flag in flags)


def named_in_sum(node: shell_tree.Arithmetic, text: MappedText) -> frozenset[str]:
    """The variables in an arithmetic expression, with or without a dollar sign."""
    own = text.text[node.expression.start : node.expression.end]
    return uses_in(own) | frozenset(_IDENTIFIER.findall(own))


def uses_in(text: str) -> frozenset[str]:
    """The variables that a text expands; all positional arguments are one name, ``ARGUMENTS``."""
    names = names_in(text)
    return (names - POSITIONAL) | {ARGUMENTS} if names & POSITIONAL else names


def assigned_by(node: shell_tree.Simple, text: MappedText) -> frozenset[str]:
    """The variables to which a command may give another value."""
    whole = text.text[node.span.start : node.span.end]
    names = set(_ASSIGNED_ON_THE_WAY.findall(whole))
    if not node.words:
        names |= {one.name.partition("[")[0] for one in node.assignments if one.value is not None}
        return frozenset(names)
    words = [text.text[span.start : span.end] for span in node.words]
    if words[0] in MOVING or _SETS_ARGUMENTS.search(whole):
        names |= {ARGUMENTS, *(words[2:3] if words[0] == "getopts" else ())}
    elif words[0] == "let":
        names |= set(assigned_in(whole.partition("let")[2]))
    elif words[0] in ASSIGNING:
        names |= {word for word in words[1:] if word.isidentifier()}
    return frozenset(names)


def exported_by(node: shell_tree.Simple, text: MappedText, exports_all: bool) -> frozenset[str]:
    """The variables that a command hands to the programs that are started later."""
    if node.keyword == "export" or exports_all:
        return frozenset(assignment.name for assignment in node.assignments)
    if node.keyword in {"declare", "typeset"} and "x" in text.text[node.span.start : node.span.end].split()[1]:
        return frozenset(assignment.name for assignment in node.assignments)
    return frozenset()
