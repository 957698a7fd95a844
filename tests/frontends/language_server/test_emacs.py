"""A real Emacs with eglot, without a screen: a squiggle is shown, its quick fix is taken and saved."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.files import write_files

EMACS = shutil.which("emacs")

SESSION = r"""
(require 'eglot)
(require 'yaml-mode)
(require 'json)
(setq eglot-server-programs '(((yaml-mode python-mode) . (PYTHON "-m" "flake8_celery_oom" "lsp"))))
(setq last-nonmenu-event ?.)  ; the keyboard: there is no menu to click
(defvar said nil)
(defun say (name value) (push (cons name value) said))
(defun await (holds)
  (let ((left 600))
    (while (and (not (funcall holds)) (> left 0))
      (flymake-start)
      (accept-process-output nil 0.1)
      (setq left (1- left)))))
(defun shown ()
  (mapcar (lambda (one) (flymake-diagnostic-text one)) (flymake-diagnostics)))

(find-file "compose.yml")
(apply #'eglot (eglot--guess-contact))
(await #'shown)
(say 'before (shown))
(goto-char (point-min))
(search-forward "celery")
(say 'face (mapcar (lambda (one) (format "%s" (overlay-get one 'face))) (overlays-at (1- (point)))))
(cl-letf (((symbol-function 'completing-read)
           (lambda (_prompt items _ _ _ _ preferred) (say 'offered (mapcar #'car items)) preferred)))
  (eglot-code-actions (point) nil nil t))
(eglot--signal-textDocument/didChange)
(await (lambda () (= 1 (length (shown)))))
(say 'after (shown))
(save-buffer)
(let ((compose (current-buffer)))
  (find-file "shop/conf.py")
  (apply #'eglot--maybe-activate-editing-mode nil)
  (goto-char (point-max))
  (insert "worker_concurrency = 2\n")
  (eglot--signal-textDocument/didChange)
  (with-current-buffer compose
    (await (lambda () (not (shown))))
    (say 'at_last (length (shown)))))
(let ((coding-system-for-write 'utf-8))
  (write-region (json-encode said) nil PLACE))
(set-buffer-modified-p nil)
(ignore-errors (eglot-shutdown (eglot-current-server)))
(kill-emacs 0)
"""


@cache
def why_not() -> str:
    """What keeps a session from being had here."""
    if EMACS is None:
        return "no Emacs here"
    words = [
        EMACS,
        "--batch",
        "--eval",
        "(package-initialize)",
        "--eval",
        "(progn (require 'eglot) (require 'yaml-mode))",
    ]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else "no eglot or no yaml-mode in this Emacs"


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
def test_a_squiggle_is_mended_and_saved(tmp_path: Path) -> None:
    assert EMACS is not None
    compose = "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker\n    mem_limit: 1g\n"
    files = {
        "shop/__init__.py": 'from celery import Celery\n\napp = Celery("shop")\napp.config_from_object("shop.conf")\n',
        "shop/conf.py": 'broker_url = "redis://"\n',
        "compose.yml": compose,
        "pyproject.toml": '[tool.celery-oom]\nselect = ["CO101", "CO201"]\nmax-memory-per-child = 150000\n',
        ".git/HEAD": "ref: refs/heads/main\n",
    }
    write_files(tmp_path, files)
    script, said_at = tmp_path / "session.el", tmp_path / "said.json"
    script.write_text(SESSION.replace("PYTHON", json.dumps(sys.executable)).replace("PLACE", json.dumps(str(said_at))))
    words = [EMACS, "--batch", "--eval", "(package-initialize)", "--load", str(script)]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert said_at.exists(), run.stderr
    said = json.loads(said_at.read_text())
    assert sorted(one.partition("]")[0] for one in said["before"]) == ["celery-oom [CO101", "celery-oom [CO201"]
    assert said["face"], "nothing is underlined"
    assert "set concurrency to 2 (unsafe: look at what it changes)" in said["offered"]
    assert [one.partition("]")[0] for one in said["after"]] == ["celery-oom [CO101"], (
        "the safe fix is the preferred one"
    )
    mended = compose.replace("worker\n", "worker --max-memory-per-child=150000\n")
    assert (tmp_path / "compose.yml").read_bytes() == mended.encode()
    assert said["at_last"] == 0, "an edit of the settings counts, saved or not"
    assert (tmp_path / "shop/conf.py").read_text() == files["shop/conf.py"]
