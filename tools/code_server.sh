#!/bin/bash
# Lays out what the test of the extension needs: code-server, which is VS Code in a browser, and the packed extension.
# usage: tools/code_server.sh FOLDER, then CELERY_OOM_VSCODE=FOLDER pytest tests/frontends/language_server/test_vscode.py
# Needs Node.js 20 with npm, a compiler, and ripgrep, with which VS Code looks for files.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
mkdir -p "$folder"
cd "$folder"
quiet="--silent --no-audit --no-fund"
# shellcheck disable=SC2086
npm install $quiet --ignore-scripts --prefix . code-server@4.99.4
vscode=$folder/node_modules/code-server/lib/vscode
# shellcheck disable=SC2086
(cd "$vscode" && npm install $quiet --ignore-scripts --omit=dev && npm rebuild --silent native-watchdog @vscode/spdlog @parcel/watcher)
mkdir -p "$vscode/node_modules/@vscode/ripgrep/bin"
ln -sf "$(command -v rg)" "$vscode/node_modules/@vscode/ripgrep/bin/rg"
npm rebuild --silent argon2
"${PYTHON:-python3}" "$here/tools/vscode_extension.py" --out "$folder"
