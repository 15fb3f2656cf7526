"""Production objects of well-known libraries as policies, so that they run under simulated time, unchanged."""
