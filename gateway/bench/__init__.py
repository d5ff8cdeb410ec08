"""What `mugai bench` measures with: `cdr` for the sanitisers, `mail` for the whole path (performance.md).

Only ratios taken in one run count: each sanitiser runs beside its floor (`floor`, `stopwatch`), in the same locked process.
"""

SIZES = ("small", "medium", "large")  # of the synthetic set
KINDS = ("text", "docx", "mixed")
