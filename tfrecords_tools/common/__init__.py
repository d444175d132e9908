"""What both packages stand on: errors, files, locks, the command line, sheets of pictures."""
