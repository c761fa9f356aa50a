"""For tests of what uses modeldeck: a pytest plugin that is there as soon as modeldeck is installed.

`modeldeck_sandbox` is a fixture of every test. `Conformance` is the suite that a provider's author subclasses; it
needs the extra `testing`.
"""

from typing import TYPE_CHECKING

from modeldeck import _lazy

if TYPE_CHECKING or not _lazy.install(__name__):
    from modeldeck.testing.conformance import CardConformance as CardConformance
    from modeldeck.testing.conformance import Conformance as Conformance
    from modeldeck.testing.expectations import ANY as ANY
    from modeldeck.testing.expectations import GOOD as GOOD
    from modeldeck.testing.expectations import UNSEEN as UNSEEN
    from modeldeck.testing.expectations import Fails as Fails
    from modeldeck.testing.rows import Row as Row
