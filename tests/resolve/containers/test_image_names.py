"""Which Dockerfile an image is built from, and what it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow

IMAGE_OF_JOBS = """
    FROM debian
    COPY run.sh /run.sh
    ENTRYPOINT ["/run.sh"]
    """
RUN_JOBS = """
    #!/bin/sh
    case "$1" in
      jobs) exec celery -A shop worker -c 2 ;;
      *) exec gunicorn shop ;;
    esac
    """


@pytest.mark.parametrize(
    ("image", "reached"),
    [
        ("shop/jobs:1.2", True),
        ("registry.example.org/shop/jobs", True),
        ("jobs", False),
        ("shop/other", False),
        ("shop/$NAME", False),
    ],
)
def test_an_image_that_is_called_like_the_only_dockerfile(tmp_path: Path, image: str, *, reached: bool) -> None:
    found = follow(
        tmp_path,
        {
            "jobs/Dockerfile": IMAGE_OF_JOBS,
            "jobs/run.sh": RUN_JOBS,
            "plugin/jobs.Dockerfile": "FROM shop/jobs:1.2\nRUN true\n",
            "web/Dockerfile": "FROM debian\n",
            "compose.yml": f"services:\n  jobs:\n    image: {image}\n    command: jobs\n",
        },
    )
    assert any(one.kind == "compose" for one in found) is reached


def test_a_compose_file_in_a_folder_whose_paths_start_at_the_root(tmp_path: Path) -> None:
    service = (
        "services:\n  jobs:\n    image: jobs:dev\n    build:\n      context: .\n      dockerfile: jobs.Dockerfile\n"
    )
    found = follow(
        tmp_path,
        {
            "jobs.Dockerfile": IMAGE_OF_JOBS,
            "run.sh": RUN_JOBS,
            "compose.yml": service + "    command: jobs\n",
            "deploy/compose/debug.yml": service + "    command: jobs\n",
            "deploy/compose/named.yml": "services:\n  more:\n    image: jobs:v2\n    command: jobs\n",
        },
    )
    assert {one.site.path for one in found if one.kind == "compose"} == {
        "compose.yml",
        "deploy/compose/debug.yml",
        "deploy/compose/named.yml",
    }


@pytest.mark.parametrize(
    ("image", "reached"),
    [("ghcr.io/acme/jobs:3", True), ("ghcr.io/acme/JOBS", True), ("jobs", False), ("ghcr.io/acme/web", False)],
)
def test_an_image_that_is_called_like_a_stage(tmp_path: Path, image: str, *, reached: bool) -> None:
    stages = 'FROM python AS web\nCMD ["gunicorn"]\nFROM web AS jobs\nCMD ["celery", "-A", "a", "worker"]\nFROM web\n'
    files = {"Dockerfile": stages, "compose.yml": f"services:\n  x:\n    image: {image}\n"}
    assert any(one.kind == "compose" for one in follow(tmp_path, files)) is reached


@pytest.mark.parametrize(
    ("image", "reached"),
    [
        ("shop-jobs", True),
        ("shop_jobs:1.2", True),
        ("my-shop-jobs:latest", True),
        ("jobs", False),
        ("shopjobs", False),
        ("example.org/shop-jobs", False),
        ("shop-web-jobs", False),
        ("shop-own", False),
    ],
)
def test_an_image_that_compose_names_after_the_service_it_builds(tmp_path: Path, image: str, *, reached: bool) -> None:
    compose = """
        services:
          jobs:
            build: images/first
            command: web
          web-jobs:
            build: images/second
            command: web
          own:
            image: something
            build: images/first
        """
    manifest = f"""
        apiVersion: v1
        kind: Pod
        metadata: {{name: jobs}}
        spec:
          containers:
            - {{name: jobs, image: "{image}", args: [jobs]}}
        """
    found = follow(
        tmp_path,
        {
            "images/first/Dockerfile": IMAGE_OF_JOBS,
            "images/first/run.sh": RUN_JOBS,
            "images/second/Dockerfile": "FROM debian\n",
            "compose.yml": compose,
            "pod.yml": manifest,
        },
    )
    assert any(one.kind == "kubernetes" for one in found) is reached


WORKFLOW = """
    on: push
    env:
      OWNER: acme
    jobs:
      images:
        strategy:
          matrix:
            include:
              - {{name: web, file: web/Dockerfile}}
              - {{name: jobs, file: deploy/jobs.Dockerfile}}
        steps:
          - id: meta
            uses: docker/metadata-action@v5
            with:
              images: ghcr.io/${{{{ env.OWNER }}}}/shop-${{{{ matrix.name }}}}
          - uses: {uses}
            with:
{inputs}
    """


@pytest.mark.parametrize(
    ("uses", "inputs", "reached"),
    [
        (
            "docker/build-push-action@v6",
            {"context": ".", "file": "${{ matrix.file }}", "tags": "${{ steps.meta.outputs.tags }}"},
            True,
        ),
        (
            "docker/build-push-action@v6",
            {"file": "${{ matrix.file }}", "tags": "ghcr.io/${{ github.repository_owner }}/shop-${{ matrix.name }}:1"},
            True,
        ),
        ("push-to-ghcr@v1", {"dockerfile": "${{matrix.file}}", "image_name": "acme/shop-${{matrix.name}}"}, True),
        ("x/buildah-build@v2", {"containerfiles": "${{matrix.file}}", "image": "shop-${{matrix.name}}"}, True),
        ("docker/build-push-action@v6", {"file": "web/Dockerfile", "tags": "ghcr.io/acme/shop-jobs"}, False),
        ("docker/build-push-action@v6", {"file": "deploy/jobs.Dockerfile", "tags": "ghcr.io/acme/other"}, False),
        ("actions/upload-artifact@v4", {"file": "deploy/jobs.Dockerfile", "name": "acme/shop-jobs"}, False),
    ],
)  # fmt: skip
def test_an_image_that_a_workflow_builds_with_an_action(
    tmp_path: Path, uses: str, inputs: dict[str, str], *, reached: bool
) -> None:
    lines = "\n".join(f"              {name}: {value}" for name, value in inputs.items())
    found = follow(
        tmp_path,
        {
            "deploy/jobs.Dockerfile": 'FROM debian\nWORKDIR /app\nCOPY . /app\nENTRYPOINT ["sh", "run.sh"]\n',
            "run.sh": "#!/bin/sh\nexec celery -A shop worker -c 2\n",
            "web/Dockerfile": "FROM debian\nCMD gunicorn shop\n",
            ".github/workflows/images.yml": WORKFLOW.format(uses=uses, inputs=lines),
            "compose.yml": "services:\n  jobs:\n    image: ghcr.io/acme/shop-jobs:latest\n",
        },
    )
    assert any(one.kind == "compose" for one in found) is reached


def test_an_image_that_cloud_build_builds(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "jobs/Dockerfile": "FROM debian\nCMD celery -A shop worker -c 2\n",
            "web/Dockerfile": "FROM debian\nCMD gunicorn shop\n",
            "cloudbuild.yaml": """
                steps:
                  - name: gcr.io/cloud-builders/docker
                    args: [build, -t, gcr.io/$PROJECT_ID/shop-jobs, jobs]
                """,
            "compose.yml": "services:\n  jobs:\n    image: gcr.io/acme/shop-jobs\n",
        },
    )
    assert any(one.kind == "compose" for one in found)


def test_the_longest_name_that_fits_is_the_image(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        {
            "jobs/Dockerfile": "FROM debian\nCMD celery -A shop worker -c 2\n",
            "web/Dockerfile": "FROM debian\nCMD gunicorn shop\n",
            "build.sh": "docker build -t $ORG-app web\ndocker build -t $ORG-jobs-app jobs\n",
            "compose.yml": "services:\n  a:\n    image: acme/shop-jobs-app\n  b:\n    image: acme/shop-app\n",
        },
    )
    assert [one.name for one in found if one.kind == "compose"] == ["a"]


MAKEFILE = """
name := shop/jobs

build:
\tdocker build . -f live.Dockerfile -t ${name}:live

base:
\tdocker build . -f base.Dockerfile -t ${name}:base
"""


@pytest.mark.parametrize(("tag", "reached"), [("live", True), ("base", False), ("other", False)])
def test_the_tag_tells_images_of_one_name_apart(tmp_path: Path, tag: str, *, reached: bool) -> None:
    files = {
        "base.Dockerfile": 'FROM debian\nWORKDIR /srv\nCMD ["bash"]\n',
        "live.Dockerfile": 'FROM shop/jobs:base\nCOPY jobs .\nENTRYPOINT ["/srv/run.sh"]\nCMD ["jobs"]\n',
        "jobs/run.sh": RUN_JOBS,
        "compose.yml": f"services:\n  worker:\n    image: shop/jobs:{tag}\n",
        "Makefile": MAKEFILE,
    }
    assert any(one.site.path == "compose.yml" for one in follow(tmp_path, files)) is reached
