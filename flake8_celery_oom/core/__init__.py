"""The vocabulary of every layer: places, texts, values, facts, results, findings.

Here: frozen dataclasses without behaviour beyond looking at themselves. Not here: reading files, parsing, deciding.
"""
