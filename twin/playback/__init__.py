"""Recorded histories: read, played again through the real middleware, compared, made smaller."""
