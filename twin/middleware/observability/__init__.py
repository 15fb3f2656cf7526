"""What can be known of the middleware from outside: the traces that cases belong to."""
