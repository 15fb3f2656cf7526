"""One module a foreign format: each yields rows, and says of every one where it stands in its file."""
