"""Search path of the drivers: shipped, checkout, the user's own.

A driver is one file imported as ``labapp.drivers.<name>``. In a wheel the shipped ones lie
in this folder; in a checkout they lie in ``drivers/`` at the root, which has no
``__init__.py`` so that it can never be taken for a package. Shipped names win over a user's.
"""

from __future__ import annotations

from labapp import paths

for _folder in (paths.bundled("drivers"), paths.user("drivers")):
    if str(_folder) not in __path__:
        __path__.append(str(_folder))
