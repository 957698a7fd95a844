"""What launchd, PyCharm and pm2 start, held against readers of their formats where one is here."""

from __future__ import annotations

import json
import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Argv, Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import launchd, pm2, pycharm
from flake8_celery_oom.syntax import javascript, xml
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence


def shown(launch: object) -> str:
    assert isinstance(launch, Launch)
    assert launch.command is not None
    if isinstance(launch.command, Argv):
        return " ".join(word.shown for word in launch.command.words)
    return launch.command.text.text


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="{}"), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS.map(str.strip).filter(bool), min_size=1, max_size=5), st.dictionaries(st.just("A"), WORDS))
def test_property_lists_say_what_plistlib_reads(words: list[str], variables: dict[str, str]) -> None:
    document = {"Label": "x", "ProgramArguments": words, "EnvironmentVariables": variables, "KeepAlive": {"A": False}}
    written = plistlib.dumps(document).decode()
    (launch,) = launchd.read(SourceText("x.plist", written))
    assert isinstance(launch, Launch)
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words] == words
    assert {name: word.text for name, word in launch.environment.items()} == {
        name: value.strip() for name, value in variables.items() if value.strip()
    }


@pytest.mark.parametrize(
    ("program", "arguments", "expected"),
    [
        ("/opt/celery", ["celery", "-A", "shop", "worker"], "/opt/celery -A shop worker"),
        ("/opt/celery", ["/opt/celery", "worker"], "/opt/celery worker"),
        ("celery", ["worker", "-c", "2"], "celery worker -c 2"),
        ("/opt/run.sh", [], "/opt/run.sh"),
    ],
)
def test_a_program_and_its_arguments(program: str, arguments: list[str], expected: str) -> None:
    written = plistlib.dumps({"Label": "x", "Program": program, "ProgramArguments": arguments}).decode()
    (launch,) = launchd.read(SourceText("x.plist", written))
    assert shown(launch) == expected


def configuration(kind: str, options: dict[str, str]) -> str:
    lines = [f'    <option name="{name}" value="{value}" />' for name, value in options.items()]
    return f'<component>\n  <configuration name="jobs" type="{kind}">\n' + "\n".join(lines) + "\n  </configuration>\n"


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        (
            "PythonConfigurationType",
            {"SCRIPT_NAME": "celery", "PARAMETERS": "-A shop worker -n &quot;a b&quot;", "MODULE_MODE": "true"},
            ["python -m 'celery' -A shop worker -n \"a b\""],
        ),
        (
            "PythonConfigurationType",
            {"SCRIPT_NAME": "$PROJECT_DIR$/env/bin/celery", "PARAMETERS": "worker"},
            ["python './env/bin/celery' worker"],
        ),
        ("PythonConfigurationType", {"SCRIPT_NAME": "", "PARAMETERS": "worker"}, []),
        (
            "ShConfigurationType",
            {"SCRIPT_TEXT": "cd x &amp;&amp; celery worker", "EXECUTE_SCRIPT_FILE": "false"},
            ["cd x && celery worker"],
        ),
        ("ShConfigurationType", {"SCRIPT_PATH": "$PROJECT_DIR$/run.sh", "SCRIPT_OPTIONS": "2"}, ["'./run.sh' 2"]),
        ("DjangoTestsConfigurationType", {"SCRIPT_NAME": "celery", "PARAMETERS": "worker"}, []),
    ],
)
def test_run_configurations(kind: str, options: dict[str, str], expected: list[str]) -> None:
    found = pycharm.read(SourceText("app/.run/jobs.run.xml", configuration(kind, options)))
    assert [shown(launch) for launch in found] == expected


@pytest.mark.parametrize(
    ("folder", "expected"), [("$PROJECT_DIR$/src", "app/src"), ("", "app"), ("/srv", "app"), ("$OTHER$/x", "app")]
)
def test_the_folder_of_a_run_configuration(folder: str, expected: str) -> None:
    options = {"SCRIPT_NAME": "celery", "PARAMETERS": "worker", "WORKING_DIRECTORY": folder}
    text = configuration("PythonConfigurationType", options)
    (launch,) = pycharm.read(SourceText("app/.idea/runConfigurations/jobs.xml", text))
    assert isinstance(launch, Launch)
    assert launch.workdir == expected


@given(st.text(alphabet='<>/&;!-[]"= abx#1?', max_size=60))
def test_no_text_breaks_the_reader_of_xml(text: str) -> None:
    xml.parse(SourceText("x.xml", text))


def test_deep_and_long_xml_is_read_in_bounded_time() -> None:
    xml.parse(SourceText("x.xml", "<a>" * 50_000))
    xml.parse(SourceText("x.xml", "<a b='" * 5_000))


# --- pm2 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        ("{script: 'celery', args: '-A shop worker'}", "celery -A shop worker"),
        ("{script: 'celery -A shop worker'}", "celery -A shop worker"),
        ('{"script": "python", "args": ["-m", "celery", "worker"]}', "python -m celery worker"),
        (
            "{script: 'venv/bin/celery', interpreter: 'venv/bin/python', args: 'worker'}",
            "venv/bin/python venv/bin/celery worker",
        ),
        ("{script: 'jobs.py', args: ['x'], interpreter_args: '-u'}", "python -u jobs.py x"),
        ("{script: 'jobs.sh', interpreter: 'none'}", "jobs.sh"),
        ("{cmd: 'celery', args: [`worker`, // two\n '-c', '2',], }", "celery worker -c 2"),
    ],
)
def test_an_application(app: str, expected: str) -> None:
    (launch,) = pm2.read(SourceText("ecosystem.config.js", f"module.exports = {{ apps: [{app}] }};"))
    assert shown(launch) == expected


def test_what_javascript_computes_is_not_known() -> None:
    text = "module.exports = {apps: [{script: 'celery', args: ['worker', '-c', process.env.N || 2, f('a', {b: 1})]}]}"
    (launch,) = pm2.read(SourceText("ecosystem.config.js", text))
    assert isinstance(launch, Launch)
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words] == ["celery", "worker", "-c", None, None]


PLAIN = st.one_of(st.booleans(), st.none(), st.integers(-99, 99), st.text(alphabet="ab '\"\\/,:{}[]`$", max_size=8))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b c", "if"]), inner),
    max_leaves=8,
)
STYLES = st.tuples(st.sampled_from(["'", '"', "`"]), st.booleans(), st.sampled_from(["", " // ,}\n", "/* ] */", "\n"]))


def as_javascript(value: object, style: tuple[str, bool, str]) -> str:
    quote, trailing, blank = style
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace(quote, "\\" + quote)
        return quote + (text.replace("${", "\\${") if quote == "`" else text) + quote
    if isinstance(value, (list, dict)):
        parts = (
            [as_javascript(item, style) for item in value]
            if isinstance(value, list)
            else [f"{_key(key)}{blank}: {as_javascript(item, style)}" for key, item in value.items()]
        )
        inside = f",{blank}".join(parts) + ("," if trailing and parts else "")
        return f"[{blank}{inside}]" if isinstance(value, list) else f"{{{inside}{blank}}}"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if name == "a" else repr(name)


def data(node: Node | None) -> object:
    if isinstance(node, Mapping):
        return {name: data(value) for name, value in node.items()}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    assert isinstance(node, Scalar)
    assert not node.value.holes
    return node.value.text if node.style != "plain" else json.loads(node.value.text)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_literals_say_what_node_reads(tmp_path: Path) -> None:
    """Many literals in one run of node."""
    texts: list[str] = []

    @settings(max_examples=400, deadline=None, database=None)
    @given(st.dictionaries(st.sampled_from(["a", "b c"]), VALUES, min_size=1), STYLES)
    def collect(value: dict[str, object], style: tuple[str, bool, str]) -> None:
        texts.append(as_javascript(value, style))

    collect()
    program = tmp_path / "all.js"
    program.write_text(f"console.log(JSON.stringify([{','.join(f'({text})' for text in texts)}]))", encoding="utf-8")
    run = subprocess.run(["node", program], capture_output=True, text=True, check=True, timeout=60)
    for text, expected in zip(texts, json.loads(run.stdout), strict=True):
        assert data(javascript.exported(SourceText("x.js", f"module.exports = {text};"))) == expected, text


@given(st.text(alphabet="{}[]()'\"`,:;ab/*\\\n$", max_size=60))
def test_no_text_breaks_the_reader_of_javascript(text: str) -> None:
    javascript.exported(SourceText("x.js", f"module.exports = {{a: {text}"))
