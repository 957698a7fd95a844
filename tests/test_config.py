from __future__ import annotations

import json
from pathlib import Path

import pytest

from flake8_celery_oom import config_schema
from flake8_celery_oom.config import KEYS, Config, ConfigError, from_table, read_config, selectors, version_specifier
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.quantity import MIB


def written(root: Path, text: str, name: str = "pyproject.toml") -> Path:
    path = root / name
    path.write_text(text)
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    written(
        tmp_path,
        """
        [tool.celery-oom]
        select = ["CO1", "co2"]
        extend-select = ["CO209"]
        ignore = ["CO102"]
        exclude = ["docs/", "*.j2"]
        celery-version = ">=5.2,<6"
        concurrency = 4
        max-memory-per-child = 200_000
        max-tasks-per-child = 100
        fix-place = "settings"
        headroom = 10
        weights = {"shop.celery" = {parent = 53, parent-own = 28.5, child = 44, child-own = 22, one-process = 38}}
        """,
    )
    assert read_config(tmp_path) == Config(
        select=("CO1", "CO2"),
        extend_select=("CO209",),
        ignore=("CO102",),
        exclude=("docs/", "*.j2"),
        celery_version=">=5.2,<6",
        concurrency=4,
        max_memory_per_child=200_000,
        max_tasks_per_child=100,
        fix_place="settings",
        headroom=10,
        weights=(("shop.celery", Weights(53 * MIB, 57 * MIB // 2, 44 * MIB, 22 * MIB, 38 * MIB)),),
    )


def test_no_file_and_no_table_mean_the_defaults(tmp_path: Path) -> None:
    assert read_config(tmp_path) == Config()
    written(tmp_path, "[tool.ruff]\nline-length = 120\n")
    assert read_config(tmp_path) == Config()


def test_a_file_of_others_is_not_judged(tmp_path: Path) -> None:
    written(tmp_path, "[tool.ruff\n")
    assert read_config(tmp_path) == Config()


def test_a_byte_order_mark_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b'\xef\xbb\xbf[tool.celery-oom]\nselect = ["CO1"]\n')
    assert read_config(tmp_path).select == ("CO1",)


def test_a_named_file_comes_instead(tmp_path: Path) -> None:
    written(tmp_path, '[tool.celery-oom]\nselect = ["CO1"]\n')
    other = written(tmp_path, '[tool.celery-oom]\nselect = ["CO2"]\n', "lint.toml")
    assert read_config(tmp_path, other).select == ("CO2",)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[tool.celery-oom]\nselekt = []\n", "knows no 'selekt'"),
        ("[tool.celery-oom]\nselect = 'CO1'\n", "celery-oom.select is 'CO1': give a list"),
        ("[tool.celery-oom]\nselect = [1]\n", "give a list of texts"),
        ("[tool.celery-oom]\nselect = ['E501']\n", "'E501' is no code"),
        ("[tool.celery-oom]\nignore = ['CO1011']\n", "'CO1011' is no code"),
        ("[tool.celery-oom]\nconcurrency = 0\n", "celery-oom.concurrency is 0: give a whole number above 0"),
        ("[tool.celery-oom]\nconcurrency = true\n", "give a whole number"),
        ("[tool.celery-oom]\nmax-memory-per-child = '200MB'\n", "give a whole number"),
        ("[tool.celery-oom]\nheadroom = 91\n", "celery-oom.headroom is 91: give a percentage from 0 to 90"),
        ("[tool.celery-oom]\nheadroom = '20%'\n", "give a percentage"),
        ("[tool.celery-oom]\nweights = 3\n", "give a table for each app"),
        ("[tool.celery-oom.weights]\nshop = 3\n", "celery-oom.weights.shop is 3: give parent,"),
        ("[tool.celery-oom.weights]\nshop = {parnt = 3}\n", "weights.shop knows no 'parnt' (did you mean 'parent'?)"),
        ("[tool.celery-oom.weights]\nshop = {parent = 3}\n", "shop.parent-own is None: give a number of MiB"),
        (
            "[tool.celery-oom.weights]\nshop = {parent = 3, parent-own = 4, child = 3, child-own = 2}\n",
            "what a process has of its own cannot be more than all that it has",
        ),
        ("[tool.celery-oom]\ncelery-version = 5.4\n", "give a version as text"),
        ("[tool.celery-oom]\ncelery-version = 'new'\n", "give a version such as"),
        ("[tool]\ncelery-oom = 3\n", "is not a table"),
        ("[tool.celery-oom\n", "is no TOML"),
    ],
)
def test_what_means_nothing_is_said_in_one_line(tmp_path: Path, text: str, what: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path)
    assert what in str(caught.value)
    assert str(caught.value).startswith(path.as_posix())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[tool.ruff]\n", "[project]\nname = 'celery-oom'\n"])
def test_a_named_file_must_hold_the_table(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"holds no \[tool.celery-oom\]"):
        read_config(tmp_path, written(tmp_path, text, "lint.toml"))


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_config(tmp_path, tmp_path / "lint.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("5.4.0", "==5.4.0"),
        ("5.4", "==5.4.*"),
        ("4", "==4.*"),
        (">=5.2, <6", ">=5.2, <6"),
        ("~=5.3", "~=5.3"),
        ("", ""),
    ],
)
def test_a_bare_version_is_that_version(given: str, meant: str) -> None:
    assert version_specifier(given, "x") == meant


def test_selectors_split_at_commas_and_blanks() -> None:
    assert selectors("CO1, co205  C", "--select") == ("CO1", "CO205", "C")
    assert selectors("", "--select") == ()


def test_a_table_is_enough() -> None:
    assert from_table({}, "setup.cfg") == Config()


def test_the_schema_knows_every_key_and_takes_what_is_read(tmp_path: Path) -> None:
    document = json.loads(config_schema.schema())
    assert tuple(sorted(document["properties"])) == tuple(sorted(KEYS))
    assert (Path(__file__).parents[1] / "docs" / "celery-oom.schema.json").read_text("utf-8") == config_schema.schema()


@pytest.mark.parametrize(
    ("table", "good"),
    [
        ({"select": ["CO1", "co201"], "ignore": ["CO"]}, True),
        ({"select": ["E501"]}, False),
        ({"select": "CO1"}, False),
        ({"nonsense": 1}, False),
        ({"concurrency": 0}, False),
        ({"concurrency": 2, "max-memory-per-child": 1, "max-tasks-per-child": 3}, True),
        ({"fix-place": "settings"}, True),
        ({"fix-place": "nowhere"}, False),
        ({"severity": {"CO501": "error", "CO2": "info"}}, True),
        ({"severity": {"CO501": "fatal"}}, False),
        ({"severity": {"E1": "error"}}, False),
        ({"per-file-ignores": {"a/": ["CO1"]}}, True),
        ({"per-file-ignores": {"a/": "CO1"}}, False),
        ({"require-reason": True, "inline-ignores": False, "baseline": "b.json", "celery-version": "5.4"}, True),
        ({"require-reason": "yes"}, False),
        ({"baseline": 3}, False),
        ({"exclude": [1]}, False),
    ],
)
def test_the_schema_and_the_program_agree(table: dict[str, object], good: bool) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    valid = jsonschema.Draft7Validator(json.loads(config_schema.schema())).is_valid(table)
    try:
        from_table(table, "pyproject.toml")
        read = True
    except ConfigError:
        read = False
    assert (valid, read) == (good, good)


def test_a_file_stands_on_another(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    written(
        tmp_path / "team", '[tool.celery-oom]\nselect = ["CO1"]\nconcurrency = 3\nextend = "org.toml"\n', "team.toml"
    )
    written(tmp_path / "team", '[tool.celery-oom]\nselect = ["CO2"]\nrequire-reason = true\n', "org.toml")
    written(tmp_path, '[tool.celery-oom]\nconcurrency = 4\nextend = "team/team.toml"\n')
    assert read_config(tmp_path) == Config(select=("CO1",), concurrency=4, require_reason=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("extend = 3", "extend is 3: give the path of a TOML file"),
        ('extend = "gone.toml"', "gone.toml: no such file"),
        ('extend = "pyproject.toml"', "these files extend each other"),
        ('extend = "empty.toml"', r"empty.toml holds no \[tool.celery-oom\]"),
    ],
)
def test_what_cannot_be_stood_on(tmp_path: Path, text: str, says: str) -> None:
    written(tmp_path, "", "empty.toml")
    written(tmp_path, f"[tool.celery-oom]\n{text}\n")
    with pytest.raises(ConfigError, match=says):
        read_config(tmp_path)


def test_the_reference_names_every_key(accept: bool) -> None:
    page = Path(__file__).parents[1] / "docs" / "configuration.md"
    head, begin, rest = page.read_text().partition("<!-- keys -->\n")
    _, end, tail = rest.partition("<!-- end of keys -->")
    if accept:
        page.write_text(f"{head}{begin}{config_schema.reference()}{end}{tail}")
    assert page.read_text() == f"{head}{begin}{config_schema.reference()}{end}{tail}"
    assert all(f"| `{key}` |" in config_schema.reference() for key in KEYS)
