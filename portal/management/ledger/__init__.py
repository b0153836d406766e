"""The parts of `manage.py audit`, one module each: ``arguments(parser)`` and ``handle(options, out)``."""
