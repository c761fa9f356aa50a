"""A provider as small as one can be, for the kit to look at: lines of JSON over HTTP."""
