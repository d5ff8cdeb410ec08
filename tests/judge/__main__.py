"""`python -m tests.judge FOLDER...`: the table of what the sanitisers make of real files, and everything worth a look."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.judge.sheet import judge, table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.judge", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--profile", default="rebuild", help="method (default: rebuild)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the outputs there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = arguments.keep or Path(scratch)
        rows = [judge(folder, place / folder.name, profile=arguments.profile) for folder in arguments.folders]
    print(table(rows))
    for row in rows:
        print(
            f"\n## {row.folder}",
            *(f"{count} {reason}" for reason, count in row.reasons.most_common()),
            *row.remarks,
            sep="\n- ",
        )


if __name__ == "__main__":
    main()
