"""Daftari, the apprenticeship register: the Flask application round the engine in `sync`."""
