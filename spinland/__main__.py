"""``python -m spinland``: the same as the command ``spinland``."""

from .cli.main import main

if __name__ == "__main__":
    main()
