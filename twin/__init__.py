"""A digital twin of distribution-ERP middleware: the middleware is real, the world around it is simulated."""
