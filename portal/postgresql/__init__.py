"""The database backend that ``DATABASE_URL`` with ``postgresql://`` gets."""
