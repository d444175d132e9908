"""Code that both packages share: errors, files, locks, the command line, contact sheets."""
