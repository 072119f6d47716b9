"""What Dana writes to register a version: three lines. Run it with a URI and the use cases' keys."""

import sys

if __name__ == "__main__":
    import mrm

    v = mrm.register(sys.argv[1], use_cases=sys.argv[2:])
    print(v.permission)  # noqa: T201
