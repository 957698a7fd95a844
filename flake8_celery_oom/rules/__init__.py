"""One module per rule; a rule looks only at the resolved project."""
