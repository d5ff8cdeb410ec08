"""The subcommands of `mugai`, one module each: `add(subparsers)` declares it, `run(arguments)` does it.

The exit code: 0 = done, 1 = done but something was held, withheld or found wrong, 2 = usage or set-up.
"""
