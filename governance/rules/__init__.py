"""Pure rules over typed documents and plain facts: no Django, no input or output, no clock."""
