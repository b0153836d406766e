"""One search over everything that the apps name in ``registry.searched``: an index that follows the ledger."""
