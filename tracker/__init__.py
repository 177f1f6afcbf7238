"""Daftari, the apprenticeship register: the Flask application round the engine in `sync`."""

import sys
import warnings

# Three megabytes of a laptop's memory would guess the encoding of texts that do not name theirs; we ask requests for bytes.
if "requests" not in sys.modules and "charset_normalizer" not in sys.modules:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says once that it cannot guess
        sys.modules["charset_normalizer"] = None  # type: ignore[assignment]  # "there is none", as the import system writes it
        import requests as requests

    del sys.modules["charset_normalizer"]
