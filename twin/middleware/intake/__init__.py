"""Intake: identity of what comes in, and the promise that answers it."""
