"""Nodes: this machine, what waits, what was sent, and the exchange with the server."""
