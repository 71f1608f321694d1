# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of tools/klp-build, one concept in each file: see README.md beside this file."""


class Refused(Exception):
    """The edit cannot become a patch. `reasons`: lines "FILE[:LINE]: what: what to do instead".
    differing: the result of the comparison, for --json."""

    def __init__(self, *reasons):
        super().__init__("\n".join(reasons))
        self.reasons = list(reasons)
        self.differing = {}
