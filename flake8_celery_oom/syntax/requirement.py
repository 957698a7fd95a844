"""Requirements as people write them: lines of requirement files, pip's and conda's command lines, Poetry's carets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText

_REQUIREMENT = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:[ \t]*\[([^\]]*)\])?"
    r"(?:[ \t]*(?:\([ \t]*)?((?:===|==|~=|!=|<=|>=|<|>)[^;#@)]*)\)?|[ \t]*@[ \t]*(\S+))?(?:[ \t]*;(.*)|[ \t]*)\Z",
    re.DOTALL,
)
_LONGEST = 1_000
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*v?([0-9][A-Za-z0-9.!+_-]*(?:\.\*)?)\Z")
_EGG = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([^\]]*)\])?")
_HASH = re.compile(r"\s--(?:hash|global-option|config-settings?)\b.*", re.DOTALL)
_COMMENT = re.compile(r"(?:\A|\s)#.*")
_ABSENT = re.compile(
    r"""python_version\s*(?:<=?\s*["'](?:2|3\.[0-7]\b|3["'])|<\s*["']3\.8["']|==\s*["'](?:2|3\.[0-6]\b))"""
    r"""|(?:sys_platform\s*==\s*["']win32|platform_system\s*==\s*["']Windows|os_name\s*==\s*["']nt)"""
)
_NAME_RUN = re.compile(r"[-_.]+")
_WORD = re.compile(r"""(?:[^\s"'\\;&|()<>]|\\\S|"(?:[^"\\]|\\.)*"|'[^']*'|(?<=\S)[<>](?==))+|\n|[;&|()<>]""", re.DOTALL)
_SEPARATORS = frozenset({"\n", ";", "&", "|", "(", ")", "<", ">"})
_PIP = re.compile(r"pip[0-9.]*\Z")
_VERBS = {
    "uv": "add",
    "poetry": "add",
    "pdm": "add",
    "rye": "add",
    "pipenv": "install",
    "conda": "install",
    "mamba": "install",
    "micromamba": "install",
}
_OPTIONS_WITH_VALUE = re.compile(
    r"(?:-[rceiftpnGE]|--(?:requirement|constraint|editable|(?:extra-|default-)?index(?:-url)?|find-links|target|prefix|root"
    r"|src|trusted-host|proxy|cert|cache-dir|no-binary|only-binary|platform|python-version|implementation|abi"
    r"|upgrade-strategy|progress-bar|timeout|retries|log|report|group|extras|source|python|name|channel|optional))\Z"
)


def normalised(name: str) -> str:
    """A package name as indexes compare them: ``Sentry_SDK`` is ``sentry-sdk``."""
    return _NAME_RUN.sub("-", name).lower()


def requirement_lines(text: MappedText) -> Iterator[MappedText]:
    """The logical lines of a requirement file: continuations joined, without those that only give hashes."""
    pieces: list[MappedText] = []
    position = 0
    content = text.text
    while position < len(content):
        end = content.find("\n", position)
        end = len(content) if end < 0 else end
        line = content[position:end].rstrip()
        continued = line.endswith("\\") and not line.lstrip().startswith("#")
        if not pieces or not line.lstrip().startswith("--"):
            pieces.append(text[position : position + len(line) - continued])
        position = end + 1
        if not continued:
            yield _one_line(pieces)
            pieces = []
    if pieces:
        yield _one_line(pieces)


def _one_line(pieces: list[MappedText]) -> MappedText:
    return pieces[0] if len(pieces) == 1 else MappedText.joined(pieces)


def from_requirement_line(text: MappedText) -> Requirement | None:
    """The requirement of one logical line of a requirement file, or None: options, comments, nonsense."""
    content = text.text
    comment = _COMMENT.search(content)
    options = _HASH.search(content)
    stop = min(match.start() if match else len(content) for match in (comment, options))
    line = content[:stop]
    start = len(line) - len(line.lstrip())
    line = line.strip()
    if not line or len(content) > _LONGEST:
        return None
    at = text.location(start, start + len(line))
    if line.startswith("-"):
        if not line.startswith(("-e", "--editable")):
            return None
        return _from_egg(content, at)
    return parsed(line, at) or _from_egg(content, at)


def _from_egg(line: str, at: Location) -> Requirement | None:
    egg = _EGG.search(line)
    return Requirement(normalised(egg[1]), "", _extras(egg[2]), at) if egg else None


def parsed(line: str, at: Location) -> Requirement | None:
    """The requirement that ``line`` is (PEP 508), or None. One for a platform or Python long gone counts as none."""
    match = _REQUIREMENT.match(line.strip()) if len(line) <= _LONGEST else None
    if match is None or (match[5] and _ABSENT.search(match[5])):
        return None
    return Requirement(normalised(match[1]), specifier(match[3] or ""), _extras(match[2]), at)


def specifier(text: str) -> str:
    """A specifier without blanks, or "" when it is none (a version that a template or a variable fills in)."""
    clauses = [clause.strip() for clause in text.split(",") if clause.strip()]
    matches = [_CLAUSE.match(clause) for clause in clauses]
    if not all(matches):
        return ""
    return ",".join(f"{match[1]}{match[2]}" for match in matches if match)


def _extras(text: str | None) -> frozenset[str]:
    return frozenset(normalised(extra.strip()) for extra in (text or "").split(",") if extra.strip())


def poetry_specifier(constraint: str) -> str:
    """Poetry's constraint as a specifier: ``^5.2`` is ``>=5.2,<6``, ``~5.2`` is ``>=5.2,<5.3``, ``5.4`` is ``==5.4``.

    Alternatives stay such (``^4 || ^5`` is ``>=4,<5||>=5,<6``); what is no version is "".
    """
    alternatives = [poetry_specifier(one) for one in constraint.split("|") if one.strip()] if "|" in constraint else []
    if alternatives:
        return "||".join(alternatives) if all(alternatives) else ""
    clauses = re.findall(r"(?:\^|~(?!=)|===?|~=|!=|<=|>=|<|>)?\s*v?[0-9*][^\s,]*", constraint)
    found = [_poetry_clause(re.sub(r"\s", "", clause)) for clause in clauses]
    return specifier(",".join(clause for clause in found if clause))


def _poetry_clause(clause: str) -> str:
    if clause == "*":
        return ""
    if clause[0] not in "^~" or clause.startswith("~="):
        return clause if clause[0] in "=!<>~" else f"=={clause}"
    version = clause[1:].lstrip("v")
    release = re.match(r"\d+(?:\.\d+)*", version)
    if release is None:
        return ""
    numbers = [int(number) for number in release[0].split(".")]
    return f">={version},<{_next(numbers, caret=clause[0] == '^')}"


def _next(numbers: Sequence[int], *, caret: bool) -> str:
    """The first release that is too new."""
    if caret:
        raised = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        raised = min(1, len(numbers) - 1)
    return ".".join(str(number) for number in [*numbers[:raised], numbers[raised] + 1])


def conda_specifier(text: str) -> str:
    """What follows the name in a conda requirement.

    ``=5.2`` is ``==5.2.*``; ``=5.2.7`` and ``=5.2.7=build`` are ``==5.2.7``.
    """
    text = text.strip()
    fuzzy = re.match(r"=?\s*([0-9][0-9A-Za-z.]*)(\.\*|\*)?(\s*=\s*\S+|\s+\S+)?\Z", text)
    if fuzzy is None or text.startswith("=="):
        return specifier(text.split()[0] if text and " " not in text.split(",")[0] else text)
    whole = fuzzy[3] or (not fuzzy[2] and fuzzy[1].rstrip(".").count(".") >= 2)
    return f"=={fuzzy[1]}" if whole else f"=={fuzzy[1].rstrip('.')}.*"


def from_install_command(text: MappedText) -> list[Requirement]:
    """What shell text installs: ``pip install "celery[redis]==5.4"``, ``uv add``, ``poetry add``, ``conda install``."""
    if "install" not in text.text and " add" not in text.text:
        return []
    found: list[Requirement] = []
    command: list[MappedText] = []
    comment = False
    for match in _WORD.finditer(text.text.replace("\\\n", "  ")):
        comment = match[0] != "\n" and (comment or match[0].startswith("#"))
        if match[0] in _SEPARATORS:
            found += _installed(command)
            command = []
        elif not comment:
            command.append(text[match.start() : match.end()])
    found += _installed(command)
    return found


def _installed(command: list[MappedText]) -> Iterator[Requirement]:
    tool, start = _installer(command)
    skip = False
    for word in command[start:]:
        plain = re.sub(r"""["'\\]""", "", word.text)
        if skip:
            skip = False
        elif plain.startswith("-"):
            skip = _OPTIONS_WITH_VALUE.match(plain) is not None
        elif not plain.startswith((".", "/")):
            requirement = _installed_word(tool, plain, word.location())
            if requirement is not None:
                yield requirement


def _installed_word(tool: str, word: str, at: Location) -> Requirement | None:
    if tool.endswith(("conda", "mamba")):
        return from_conda(word, at)
    if "/" in word and "@" not in word:
        return None
    name, mark, constraint = word.partition("@")
    if tool == "poetry" and mark:
        bare = parsed(name, at)
        spec = poetry_specifier(constraint)
        return bare and Requirement(bare.name, spec, bare.extras, at)
    variable = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?)[=<>~!]=?.*[$`{]", word)
    return parsed(variable[1] if variable else word, at)


def from_conda(text: str, at: Location) -> Requirement | None:
    """The requirement of a conda spec: ``conda-forge::celery=5.2``."""
    match = len(text) <= _LONGEST and re.match(
        r"(?:[\w./-]+::)?([A-Za-z0-9][\w.-]*?)\s*(?:\[.*\])?\s*([=<>!~ ].*)?\Z", text.strip()
    )
    if not match:
        return None
    return Requirement(normalised(match[1]), conda_specifier(match[2] or ""), frozenset(), at)


def _installer(command: list[MappedText]) -> tuple[str, int]:
    """The tool and the place after its verb, or the end of the command when it installs nothing."""
    texts = [posixpath.basename(word.text.strip("\"'")) for word in command]
    for index, text in enumerate(texts):
        verb = "install" if _PIP.match(text) else _VERBS.get(text)
        if verb is None:
            continue
        for later in range(index + 1, len(texts)):
            if texts[later] == verb:
                return text, later + 1
            if not texts[later].startswith("-"):
                break
    return "", len(command)
