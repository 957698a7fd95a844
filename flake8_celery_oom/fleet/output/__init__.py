"""What a fleet's results look like: one module a format, pure functions from an overview to text."""
