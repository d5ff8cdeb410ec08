"""Who is who in the house: people, sections, roles, deputies (requirements AC-03, AC-04, AC-08, AC-10, ML-10).

`model` the values and their questions · `importing` YAML and CSV · `ldap` from an LDAP server · `bind` whose password it is
there · `difference` the preview · `book` the version that counts.
"""

from gateway.directory.book import Book, Stale
from gateway.directory.difference import Change, difference, wanting
from gateway.directory.model import Attribute, Authority, Deputy, Directory, Person, Role, Section

__all__ = [
    "Attribute",
    "Authority",
    "Book",
    "Change",
    "Deputy",
    "Directory",
    "Person",
    "Role",
    "Section",
    "Stale",
    "difference",
    "wanting",
]
