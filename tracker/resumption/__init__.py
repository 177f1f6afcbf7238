"""Resumption: who has come back after a closure, whom to call, and where those train whose host is closed."""
