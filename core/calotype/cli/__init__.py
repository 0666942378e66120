"""The command line: a thin adapter over `calotype.services`. One module per command, in `commands`, imported on use."""
