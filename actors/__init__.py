"""The parties of the simulated world, and the shells that run the middleware in simulated time."""
