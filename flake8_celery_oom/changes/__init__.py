"""The only place that makes edits."""
