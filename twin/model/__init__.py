"""The canonical model: the values that every room speaks in."""
