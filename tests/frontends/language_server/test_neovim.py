"""A real Neovim, without a screen: a file is opened, its squiggle is there, a quick fix is taken and saved."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.files import write_files

NVIM = shutil.which("nvim")
pytestmark = pytest.mark.skipif(NVIM is None, reason="no Neovim here")

SESSION = """
local said = {}
local function finish()
  local file = io.open("said.json", "w")
  file:write(vim.fn.json_encode(said))
  file:close()
  vim.cmd("qall!")
end
local function when(holds, go, left)
  if holds() then return go() end
  if left == 0 then return finish() end
  vim.defer_fn(function() when(holds, go, left - 1) end, 100)
end
local function codes(buffer)
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(buffer)) do table.insert(found, one.code) end
  table.sort(found)
  return found
end
local id = vim.lsp.start_client({
  name = "celery-oom",
  cmd = { PYTHON, "-m", "flake8_celery_oom", "lsp" },
  root_dir = vim.fn.getcwd(),
  workspace_folders = {{ uri = vim.uri_from_fname(vim.fn.getcwd()), name = "shop" }},
})
vim.cmd("edit compose.yml")
local compose = vim.api.nvim_get_current_buf()
vim.lsp.buf_attach_client(compose, id)
when(function() return #codes(compose) == 2 end, function()
  said.before = codes(compose)
  local client = vim.lsp.get_client_by_id(id)
  local stretch = { start = { line = 3, character = 0 }, ["end"] = { line = 3, character = 40 } }
  local where = { textDocument = vim.lsp.util.make_text_document_params(compose), range = stretch,
                  context = { diagnostics = {} } }
  client.request("textDocument/codeAction", where, function(_, actions)
    client.request("codeAction/resolve", actions[1], function(_, action)
      vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
      vim.cmd("write")
      when(function() return #codes(compose) == 1 end, function()
        said.after = codes(compose)
        vim.cmd("edit shop/conf.py")
        local conf = vim.api.nvim_get_current_buf()
        vim.lsp.buf_attach_client(conf, id)
        vim.api.nvim_buf_set_lines(conf, -1, -1, false, { "worker_max_memory_per_child = 200000" })
        when(function() return #codes(compose) == 0 end, function()
          said.at_last = #codes(compose)
          finish()
        end, 300)
      end, 300)
    end, compose)
  end, compose)
end, 600)
"""


def test_squiggle_quick_fix_save_and_an_edit_in_another_file(tmp_path: Path) -> None:
    compose = "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker\n"
    app = 'from celery import Celery\n\napp = Celery("shop")\napp.config_from_object("shop.conf")\n'
    write_files(
        tmp_path,
        {"compose.yml": compose, "shop/__init__.py": app, "shop/conf.py": "timezone = 'UTC'\n", "pyproject.toml": ""},
    )
    (tmp_path / "session.lua").write_text(SESSION.replace("PYTHON", json.dumps(sys.executable)))
    assert NVIM is not None
    subprocess.run(
        [NVIM, "--headless", "--clean", "-c", "luafile session.lua"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=240,
        check=False,
    )
    said = json.loads((tmp_path / "said.json").read_text())
    assert said == {"before": ["CO101", "CO201"], "after": ["CO201"], "at_last": 0}
    assert (tmp_path / "compose.yml").read_text() == compose.replace("worker", "worker --concurrency=2")
