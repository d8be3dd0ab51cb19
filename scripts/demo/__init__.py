"""The demo: eighteen months of a real shop's orders, its help desk and its club, on a chain of its
own.

``make demo`` runs it. The orders are real (CDNOW, January 1997 to June 1998); which of them are
returned, and what is redeemed, is drawn with a fixed seed, since the data set does not say.
"""
