"""
Collecting what is due: subscriptions found in the chain's logs, charged when their time has come,
asked again while their grace lasts, and told of to whoever writes to the customers::

    collector = client.renewals()
    report = collector.turn()          # once; any number of collectors may run at the same time
    collector.tell(to_stdout)          # dunning events, each once

Nothing is ever charged twice, whatever crashes: the contract charges a period once, and the key of
a charge names the subscription, its cycle and the try.
"""

from rapport.renewals.book import Book
from rapport.renewals.collector import Collector, Report
from rapport.renewals.deciding import EVENTS
from rapport.renewals.rounds import Rounds
from rapport.renewals.schedule import Schedule
from rapport.renewals.telling import to_file, to_stdout

__all__ = ["EVENTS", "Book", "Collector", "Report", "Rounds", "Schedule", "to_file", "to_stdout"]
