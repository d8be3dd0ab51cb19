"""Who is who: the brand's customer numbers, the random ids on chain, and the key of each customer.

The chain knows a customer only as 32 random bytes. This table is the one place where a number
of the brand meets that id, and where the customer's key lies, under which references become
``ref``s. Erasing a customer destroys number and key, after which nothing on chain can be
connected with the person again.

The table shares the SQLite file of the outbox's journal, so that one back-up holds both. Numbers
and keys are sealed there once a master key is given: see :mod:`rapport.sealing`.
"""

from rapport.directory.directory import Directory
from rapport.directory.people import Closing, Person, Standing
from rapport.sealing import Seal

__all__ = ["Closing", "Directory", "Person", "Seal", "Standing"]
