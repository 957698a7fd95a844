"""CODEOWNERS, as GitHub and GitLab read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.api.owners import Owners

GITHUB = """\
# everything
*       @global1 @global2
*.js    @js-owner #inline
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/scripts/ @doctocat @octocat
**/logs @logger
/apps/github
with\\ space/ @space
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("a.py", ("@global1", "@global2")),
        ("deep/a.js", ("@js-owner",)),
        ("build/logs/x.txt", ("@logger",)),
        ("docs/a.md", ("docs@example.com",)),
        ("docs/inner/a.md", ("@global1", "@global2")),
        ("lib/apps/a", ("@octocat",)),
        ("scripts/a", ("@doctocat", "@octocat")),
        ("lib/scripts/a", ("@global1", "@global2")),
        ("a/logs/b", ("@logger",)),
        ("apps/github/a", ()),
        ("with space/a", ("@space",)),
    ],
)
def test_the_examples_of_githubs_documentation(path: str, owners: tuple[str, ...]) -> None:
    assert Owners(GITHUB)(path) == owners


GITLAB = """\
* @admin

[README Owners]
README.md @user1

[Documentation][2] @docs-team
docs/
README.md

^[Database] @database-team
model/db/
config/db/database-setup.md @docs-team
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", ("@admin", "@user1", "@docs-team")),
        ("docs/a.md", ("@admin", "@docs-team")),
        ("model/db/a", ("@admin", "@database-team")),
        ("config/db/database-setup.md", ("@admin", "@docs-team")),
    ],
)
def test_the_sections_of_gitlabs_documentation(path: str, owners: tuple[str, ...]) -> None:
    assert Owners(GITLAB)(path) == owners


def test_the_first_of_the_usual_places_counts(tmp_path: Path) -> None:
    assert Owners.of(tmp_path)("a") == ()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "CODEOWNERS").write_text("* @docs\n")
    (tmp_path / "CODEOWNERS").write_bytes(b"\xef\xbb\xbf* @root\r\n")
    assert Owners.of(tmp_path)("a") == ("@root",)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "CODEOWNERS").write_text("* @github\n")
    assert Owners.of(tmp_path)("a") == ("@github",)


def test_what_is_no_pattern_of_code_owners_owns_nothing() -> None:
    assert Owners("/ @a\n!x @b\n[] @c\n\\\n" + "*" * 5000 + "x @d\n")("x") == ("@d",)
