"""Each format of ``check`` is read back by what reads such files, or by the demands of its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom import rules
from flake8_celery_oom.core.findings import Edit, Finding, Fix, Related
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.fingerprint import fingerprints
from flake8_celery_oom.formats import findings as formats
from flake8_celery_oom.formats.findings import sarif
from flake8_celery_oom.formats.report import Report, in_order, reported
from tests.rules.workers import at

COUNTS = {"workers": 2, "unknown": 1, "files": 3, "suppressed": 1}
PLACE = Location("deploy/compose.yml", 30, 44, 4, 14, 4, 28)
FIX = Fix("add --concurrency=2", "unsafe", (Edit(PLACE, "-c 2"),))
TOO_MANY = "too many: 50% <of> \"all\" & more, 'x'"
DETAILS = ("looked at: command",)
FINDINGS = (
    Finding("CO101", "concurrency-unset", "warning", PLACE, TOO_MANY, (), FIX, details=DETAILS),
    Finding("CO001", "unreadable-file", "error", at("a b#é.yml", 2), "is no YAML", (Related(at("x.sh", 7), "here"),)),
    Finding("CO501", "leaky-release", "info", at("requirements.txt", 1), "leaks"),
)


def report(*findings: Finding, view: Callable[[str], str] = lambda path: path) -> Report:
    return Report(in_order(reported(findings or FINDINGS, view)), COUNTS)


def test_all_formats_are_known_by_their_modules() -> None:
    assert formats.names() == (
        *("checkstyle", "concise", "full", "github", "gitlab", "html", "json", "json-lines", "junit", "markdown"),
        *("rdjson", "sarif"),
    )
    assert set(formats.ALIASES.values()) <= set(formats.names())


@pytest.mark.parametrize("name", formats.names())
def test_nothing_found_is_a_whole_document(name: str) -> None:
    empty = formats.render(name, Report((), COUNTS))
    assert empty == "" or empty.endswith("\n")
    if name in {"json", "gitlab", "rdjson", "sarif"}:
        json.loads(empty)
    if name in {"checkstyle", "junit"}:
        ET.fromstring(empty)


@pytest.mark.parametrize("name", formats.names())
def test_a_format_is_the_same_each_time_and_keeps_to_the_paths_of_the_reader(name: str) -> None:
    shown = formats.render(name, report(view=lambda path: f"../shop/{path}"))
    assert shown == formats.render(name, report(view=lambda path: f"../shop/{path}"))
    shown = shown.partition('"columnKind"')[2] or shown  # the pages of rules hold examples
    assert shown.count("compose.yml") == shown.count("../shop/deploy/compose.yml")


@pytest.mark.parametrize("name", formats.names())
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_text_breaks_a_format_or_turns_a_terminal(name: str, text: str) -> None:
    finding = Finding(
        "CO101", "concurrency-unset", "warning", at(text.lstrip("/") or "x"), text, (Related(at("y"), text),)
    )
    shown = formats.render(name, report(finding))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]", shown)
    READERS[name](shown)


def test_paths_in_messages_are_those_of_the_reader() -> None:
    finding = Finding("CO101", "c", "warning", at("a.yml"), "no worker_concurrency in shop/celery.py; see shop, a.yml.")
    (one,) = reported([finding], lambda path: f"../{path}", {"shop/celery.py", "a.yml", "shop"})
    assert one.message == "no worker_concurrency in ../shop/celery.py; see shop, ../a.yml."


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json() -> None:
    shown = json.loads(formats.render("json", report()))
    assert list(shown) == ["version", "findings", "summary"]
    assert shown["summary"] == {**COUNTS, "baselined": 0, "unread": 0}
    place = {"path": "deploy/compose.yml", "line": 4, "column": 14, "end_line": 4, "end_column": 28}
    (found,) = (one for one in shown["findings"] if one["code"] == "CO101")
    assert found == {
        "code": "CO101",
        "name": "concurrency-unset",
        "severity": "warning",
        **place,
        "message": FINDINGS[0].message,
        "details": ["looked at: command"],
        "places": 1,
        "related": [],
        "fix": {"title": "add --concurrency=2", "safety": "unsafe", "edits": [{**place, "replacement": "-c 2"}]},
        "fingerprint": fingerprints(FINDINGS)[0],
    }
    assert [json.loads(line) for line in formats.render("json-lines", report()).splitlines()] == shown["findings"]


# --- SARIF ------------------------------------------------------------------------------------------------------------


def test_sarif_as_the_standard_and_github_want_it() -> None:
    log = json.loads(formats.render("sarif", report()))
    check_sarif(log)
    (run,) = log["runs"]
    results = {one["ruleId"]: one for one in run["results"]}
    assert {code: one["level"] for code, one in results.items()} == {
        "CO001": "error",
        "CO101": "warning",
        "CO501": "note",
    }
    uri = results["CO001"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == "a b#é.yml"
    (change,) = results["CO101"]["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 4, "startColumn": 14, "endLine": 4, "endColumn": 28},
            "insertedContent": {"text": "-c 2"},
        }
    ]


def check_sarif(log: dict[str, Any]) -> None:
    """The demands of sarif-schema-2.1.0.json on what is used of it, and those of GitHub's code scanning."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert driver["name"]
        identifiers = [rule["id"] for rule in driver["rules"]]
        assert len(set(identifiers)) == len(identifiers)
        for rule in driver["rules"]:
            assert rule["shortDescription"]["text"]
            assert rule["fullDescription"]["text"]
            assert len(rule["fullDescription"]["text"]) <= 1024
            assert rule["help"]["text"]
            assert rule["help"]["markdown"]
            assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note", "none"}
            assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}
            assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}
        for result in run["results"]:
            assert identifiers[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in {"error", "warning", "note", "none"}
            assert result["message"]["text"] is not None
            assert all(isinstance(one, str) for one in result["partialFingerprints"].values())
            for place in [*result["locations"], *result.get("relatedLocations", [])]:
                check_place(place["physicalLocation"])


def check_place(place: dict[str, Any]) -> None:
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri)
    assert not uri.startswith("/")
    region = place["region"]
    assert 1 <= region["startLine"] <= region["endLine"]
    assert min(region["startColumn"], region["endColumn"]) >= 1


def test_sarif_holds_no_more_than_github_takes() -> None:
    many = [Finding("CO501", "leaky-release", "info", at("a.txt", line), "m") for line in range(1, 5_001)]
    log = json.loads(formats.render("sarif", report(*many, *FINDINGS[:2])))
    assert len(log["runs"][0]["results"]) == sarif.MOST_RESULTS
    assert {"CO001", "CO101"} <= {one["ruleId"] for one in log["runs"][0]["results"]}


def test_every_rule_can_be_described_in_sarif() -> None:
    findings = [Finding(rule.code, rule.name, rule.severity, at("x"), "m") for rule in rules.rules()]
    check_sarif(json.loads(formats.render("sarif", report(*findings))))


# --- forges -----------------------------------------------------------------------------------------------------------


def read_github(text: str) -> list[tuple[str, dict[str, str], str]]:
    """As the runner of GitHub Actions reads commands (``ActionCommand.cs``)."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        assert match, line
        words = dict(pair.split("=", 1) for pair in match[2].split(","))
        unescaped = {key: unescape(value.replace("%3A", ":").replace("%2C", ",")) for key, value in words.items()}
        found.append((match[1], unescaped, unescape(match[3])))
    return found


def unescape(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_github() -> None:
    shown = read_github(formats.render("github", report()))
    assert [level for level, _, _ in shown] == ["error", "warning", "notice"]
    _, words, message = shown[1]
    assert words == {
        "title": "CO101 concurrency-unset",
        "file": "deploy/compose.yml",
        "line": "4",
        "col": "14",
        "endLine": "4",
        "endColumn": "28",
    }
    assert message == f"{FINDINGS[0].message}\n{DETAILS[0]}"
    assert shown[0][2] == "is no YAML\nx.sh:7: here"


def test_gitlab() -> None:
    issues = check_gitlab(formats.render("gitlab", report()))
    assert [one["severity"] for one in issues] == ["critical", "major", "info"]
    assert len({one["fingerprint"] for one in issues}) == 3


def check_gitlab(text: str) -> list[dict[str, Any]]:
    """The fields that GitLab needs ("Code Quality report format")."""
    issues: list[dict[str, Any]] = json.loads(text)
    for issue in issues:
        assert issue["description"]
        assert issue["check_name"]
        assert re.fullmatch(r"[0-9a-f]{64}", issue["fingerprint"])
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["path"]
        assert not issue["location"]["path"].startswith("./")
        assert issue["location"]["lines"]["begin"] >= 1
    return issues


def test_rdjson() -> None:
    check_rdjson(formats.render("rdjson", report()))


def check_rdjson(text: str) -> None:
    """What reviewdog's schema of a DiagnosticResult allows."""
    result = json.loads(text)
    assert set(result) <= {"diagnostics", "source", "severity"}
    for one in result["diagnostics"]:
        assert set(one) <= {"message", "location", "severity", "source", "code", "suggestions", "relatedLocations"}
        assert one["severity"] in {"ERROR", "WARNING", "INFO"}
        assert one["location"]["path"]
        assert one["location"]["range"]["start"]["line"] >= 1


# --- XML --------------------------------------------------------------------------------------------------------------


def test_junit() -> None:
    suites = ET.fromstring(formats.render("junit", report()))
    (suite,) = suites
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("3", "3")
    failures = [(case.get("classname"), case.find("failure")) for case in suite.iter("testcase")]
    assert [path for path, _ in failures] == ["a b#é.yml", "deploy/compose.yml", "requirements.txt"]
    assert failures[1][1] is not None
    assert failures[1][1].get("message") == FINDINGS[0].message
    clean = ET.fromstring(formats.render("junit", Report(())))
    assert [suite.get("tests") for suite in clean] == ["1"]


def test_checkstyle() -> None:
    root = ET.fromstring(formats.render("checkstyle", report()))
    assert root.tag == "checkstyle"
    assert [file.get("name") for file in root] == ["a b#é.yml", "deploy/compose.yml", "requirements.txt"]
    error = root[1][0]
    assert error.attrib == {
        "line": "4",
        "column": "14",
        "severity": "warning",
        "message": f"CO101 {FINDINGS[0].message}",
        "source": "celery-oom.CO101",
    }


# --- people -----------------------------------------------------------------------------------------------------------


def test_concise_is_one_line_a_finding() -> None:
    assert (
        formats.render("concise", report()).splitlines()[0]
        == "a b#é.yml:2:1: CO001 error: is no YAML [unreadable-file]"
    )
    assert formats.render("concise", report()).count("\n") == 3


def test_full_is_also_called_text() -> None:
    assert formats.render("text", report()) == formats.render("full", report())
    assert formats.render("full", report()).splitlines()[1] == "    x.sh:7:1: here"


def test_markdown_is_one_table_with_the_worst_first() -> None:
    lines = formats.render("markdown", report()).splitlines()
    assert lines[:4] == ["## celery-oom", "", "| severity | where | what |", "|---|---|---|"]
    assert [line.split(" | ")[0] for line in lines[4:7]] == ["| error", "| warning", "| info"]
    assert lines[-1].startswith("1 error, 1 warning and 1 note in 3 files, ")


TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "code", "b"}


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_html_shows_texts_and_runs_nothing() -> None:
    page = _Page(formats.render("html", report()))
    assert FINDINGS[0].message in page.words
    assert page.tags <= TAGS


def check_page(text: str) -> None:
    assert _Page(text).tags <= TAGS


READERS: dict[str, Callable[[str], object]] = {
    "checkstyle": ET.fromstring,
    "concise": lambda text: [re.fullmatch(r".+:\d+:\d+: CO\d{3} .*", line) for line in text.splitlines()],
    "full": str.splitlines,
    "github": read_github,
    "gitlab": check_gitlab,
    "html": check_page,
    "json": json.loads,
    "json-lines": lambda text: [json.loads(line) for line in text.splitlines()],
    "junit": ET.fromstring,
    "markdown": str.splitlines,
    "rdjson": check_rdjson,
    "sarif": lambda text: check_sarif(json.loads(text)),
}
