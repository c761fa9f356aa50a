"""For tests of what uses modeldeck: a pytest plugin that is there as soon as modeldeck is installed."""
