"""Speed, measured (DESIGN section 13): `make bench`, or `python -m tests.bench [names]` with DATABASE_URL set.

Every figure stands beside a baseline that was measured in the same run, because machines differ.
"""
