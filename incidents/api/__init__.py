"""The doors for machines and the part of the API that is about incidents."""
