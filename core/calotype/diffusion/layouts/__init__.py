"""Renaming: every layout that a model file may have, brought to the names of the modules that compute. No torch."""
