"""Papers: what the portal writes down to be read elsewhere, as a tree that says nothing about looks.

A read makes a ``Paper``; a page, a PDF, a Markdown and a JSON file are made of the same one.
"""

from .as_json import as_json
from .as_markdown import as_markdown
from .tree import Block, Course, Facts, Line, Paper, Points, Section, Table, Text, Value, said, shortened, words

__all__ = [
    "Block",
    "Course",
    "Facts",
    "Line",
    "Paper",
    "Points",
    "Section",
    "Table",
    "Text",
    "Value",
    "as_json",
    "as_markdown",
    "said",
    "shortened",
    "words",
]
