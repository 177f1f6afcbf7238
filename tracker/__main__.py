"""`python -m tracker` is the `daftari` command."""

from tracker.cli import main

if __name__ == "__main__":
    main()
