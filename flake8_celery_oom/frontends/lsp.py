"""``celery-oom lsp``: the language server, over standard input and output."""

from __future__ import annotations

import argparse
import logging
import sys

from flake8_celery_oom.frontends.refusal import RefusedError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    parser.add_argument("--log", metavar="FILE", help="write there what goes wrong")
    parser.add_argument("--stdio", action="store_true", help="accepted because editors give it; there is no other way")


def run(options: argparse.Namespace) -> int:
    """Serve until the client says goodbye; 2 when the server is not installed."""
    try:
        from flake8_celery_oom.frontends.language_server.features import make_server
    except ModuleNotFoundError as error:
        if error.name not in {"pygls", "lsprotocol"}:
            raise
        raise RefusedError("pygls is not installed: pip install 'flake8-celery-oom[lsp]'") from None
    handler = logging.FileHandler(options.log, encoding="utf-8") if options.log else logging.StreamHandler(sys.stderr)
    level = logging.INFO if options.log else logging.ERROR
    logging.basicConfig(handlers=[handler], level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.WARNING)  # at INFO it writes every text that is edited
    make_server().start_io()
    return 0
