"""Command line, flake8 and language server: no analysis in here."""
