"""Commands of this repository. Not part of the ``rapport`` package.

``ape run`` lists every module here, and executes on listing those that mention the name ``cli``.
"""
