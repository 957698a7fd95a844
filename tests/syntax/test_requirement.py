from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Oracle
from packaging.utils import canonicalize_name

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.requirement import (
    conda_specifier,
    from_conda,
    from_install_command,
    from_requirement_line,
    parsed,
    poetry_specifier,
    requirement_lines,
)

HERE = Location("x", 0, 0, 1, 1, 1, 1)
PIECES = (
    "celery",
    "Django_x",
    "[redis]",
    "[a, b]",
    "==",
    ">=",
    "~=",
    "<",
    "5.4.0",
    "5.*",
    ",",
    " ",
    "(",
    ")",
    ";",
    "@",
)


def text(content: str) -> MappedText:
    return MappedText.plain(SourceText("requirements.txt", content))


def installed(command: str) -> list[tuple[str, str]]:
    return [(one.name, one.specifier) for one in from_install_command(text(command))]


@given(
    st.lists(st.sampled_from((*PIECES, 'python_version > "3"', "\\", "#", "-e ", "é", "\n")), max_size=9).map("".join)
)
@settings(max_examples=200, deadline=None)
def test_what_packaging_reads_is_read_alike(line: str) -> None:
    mine = parsed(line, HERE)
    for logical in requirement_lines(text(line)):
        from_requirement_line(logical)
    from_install_command(text(f"pip install {line}"))
    from_conda(line, HERE)
    try:
        oracle = Oracle(line)
    except InvalidRequirement:
        return
    if any(one.operator == "===" for one in oracle.specifier):
        return  # arbitrary equality takes any text for a version: "===="
    assert mine is not None
    assert mine.name == canonicalize_name(oracle.name)
    assert mine.extras == {canonicalize_name(extra) for extra in oracle.extras}
    assert set(mine.specifier.split(",")) == ({str(one) for one in oracle.specifier} or {""})


@pytest.mark.parametrize("line", ["a" * 5000, "a" + " " * 900 + "!", "a==1" + " " * 900 + "@", "#" * 900, "[" * 900])
def test_long_nonsense_is_refused_at_once(line: str) -> None:
    assert parsed(line, HERE) is None


@pytest.mark.parametrize(
    ("written", "specifier"),
    [
        ("^5.2", ">=5.2,<6"),
        ("^5.2.7", ">=5.2.7,<6"),
        ("^5", ">=5,<6"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~5.2", ">=5.2,<5.3"),
        ("~5", ">=5,<6"),
        ("~5.2.1", ">=5.2.1,<5.3"),
        ("~=5.2", "~=5.2"),
        ("5.4.0", "==5.4.0"),
        ("==5.4.0", "==5.4.0"),
        ("5.2.*", "==5.2.*"),
        ("*", ""),
        ("", ""),
        (">=5.0, <6", ">=5.0,<6"),
        (">=5.0 <6", ">=5.0,<6"),
        ("^4.4 || ^5.0", ">=4.4,<5||>=5.0,<6"),
        ("^4 || *", ""),
        ("^5.3.0b1", ">=5.3.0b1,<6"),
        ("latest", ""),
    ],
)
def test_poetry(written: str, specifier: str) -> None:
    assert poetry_specifier(written) == specifier


@pytest.mark.parametrize(
    ("written", "specifier"),
    [
        ("=5.2", "==5.2.*"),
        ("=5.2.*", "==5.2.*"),
        ("==5.2.7", "==5.2.7"),
        ("=5.2.7", "==5.2.7"),
        ("=5.2.7=py_0", "==5.2.7"),
        (" 5.2.7 py_0", "==5.2.7"),
        (">=5,<6", ">=5,<6"),
        ("", ""),
    ],
)
def test_conda(written: str, specifier: str) -> None:
    assert conda_specifier(written) == specifier


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ('pip install "celery[redis]==5.4"', [("celery", "==5.4")]),
        (
            "pip3.11 install -U --no-cache-dir -i https://x celery==5.4 'kombu>=5'",
            [("celery", "==5.4"), ("kombu", ">=5")],
        ),
        ("python -m pip install -r requirements.txt -e . ./x celery", [("celery", "")]),
        ("apt-get install -y celery && pip install kombu", [("kombu", "")]),
        ("uv pip install --system celery>=5; echo celery==4", [("celery", ">=5")]),
        ("uv add celery~=5.3", [("celery", "~=5.3")]),
        ("poetry add celery@^5.2 --group worker kombu==5.3", [("celery", ">=5.2,<6"), ("kombu", "==5.3")]),
        ("conda install -y -c conda-forge celery=5.2", [("celery", "==5.2.*")]),
        ("pip install \\\n  # pinned\n", []),
        ("pip install celery \\\n   kombu==5.3", [("celery", ""), ("kombu", "==5.3")]),
        ("# pip install celery==4\npip install vine", [("vine", "")]),
        ("pip install celery==$VERSION", [("celery", "")]),
        ("pip install https://x/celery-5.tar.gz", []),
        ("(pip install vine)", [("vine", "")]),
        ("pip download celery && echo install", []),
        ("npm install celery", []),
    ],
)
def test_install_commands(command: str, found: list[tuple[str, str]]) -> None:
    assert installed(command) == found


def test_an_installed_package_knows_its_place() -> None:
    command = "pip install \\\n  'celery==5.4.0'"
    (requirement,) = from_install_command(text(command))
    assert command[requirement.at.start : requirement.at.end] == "'celery==5.4.0'"
    assert requirement.at.line == 2


def test_lines_with_hashes_are_located_at_what_is_required() -> None:
    content = (
        "celery \\\r\n  ==5.4.0 \\\r\n  --hash=sha256:aa \\\r\n  --hash=sha256:bb\r\nvine==5.1.0 --hash=sha256:c\r\n"
    )
    found = [from_requirement_line(line) for line in requirement_lines(text(content))]
    assert [(one.name, one.specifier, one.at.line) for one in found if one] == [
        ("celery", "==5.4.0", 1),
        ("vine", "==5.1.0", 5),
    ]
