"""Commands that work on a server: they look like those that work here."""
