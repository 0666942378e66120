"""The built-in nodes: the first plugin, found like every other one."""
