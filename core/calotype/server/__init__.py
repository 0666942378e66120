"""The HTTP server: an adapter over the same services as the command line. Imports no torch and no code of plugins."""
