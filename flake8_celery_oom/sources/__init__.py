"""One module per kind of file: ``claims`` says whether a file is of that kind, ``read`` turns it into facts."""
