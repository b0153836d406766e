"""How dates and times are written where Django writes them (the admin, the trail): as on every page of the portal."""
