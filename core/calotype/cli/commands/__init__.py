"""One module per command. Each has one function of the command's name (`list_` where Python has the word taken)."""
