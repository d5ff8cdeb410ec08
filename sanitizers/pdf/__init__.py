"""PDF: every dictionary that a reader can reach is cut down to the keys of its type, then the file is written anew.

`grammar` is the allow-list (formats.md 4, D7-D9), `prune` applies it, `link` `annotation` `form` `navigation` `picture` rebuild
what needs more than a list of keys, `source` opens the file.  Pages as pictures and text only are not here.
"""

from __future__ import annotations

from sanitizers.pdf.document import sanitise

__all__ = ["sanitise"]
