"""A neighbour: copies memory until it is ended, or a minute is over. `python -m tests.torture.copier`"""

import time

BYTES = 24 * 1024 * 1024  # more than a core has for itself, so that it takes from what all of them share
LONGEST_SECONDS = 60.0


def main() -> None:
    memory, end = bytearray(BYTES), time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        bytes(memory)


if __name__ == "__main__":
    main()
