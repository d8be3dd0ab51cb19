"""What directory and journal make of customers who were merged or erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rapport import privacy
from rapport.directory import Closing, Directory, Standing
from rapport.errors import NotFound
from rapport.outbox import Outbox, State
from rapport.services.drafts import Draft


def announce(directory: Directory, draft: Draft) -> None:
    """Notes that a merge or an erasure is about to be kept, so that it can be followed up."""
    into = draft.payload.get("into")
    directory.announce(
        bytes.fromhex(draft.payload["customer"][2:]),
        draft.key,
        None if into is None else bytes.fromhex(into[2:]),
    )


class Closings:
    """The merges and erasures that were announced and are not yet followed up."""

    def __init__(
        self,
        directory: Directory,
        outbox: Outbox,
        shelves: Callable[[], Sequence[privacy.Shelf]],
    ) -> None:
        self._directory = directory
        self._outbox = outbox
        self._shelves = shelves

    def follow_up(self) -> None:
        """Goes on with each as far as the chain has made it final; again changes nothing."""
        for closing in self._directory.announced():
            if self._followed(closing):
                self._directory.withdraw(closing.customer)
                self._directory.truncate()

    def _followed(self, closing: Closing) -> bool:
        """True if nothing is left to be done for it."""
        if closing.into is None and self._erased_here(closing.customer):
            return self._destroyed(closing.customer)
        try:
            entry = self._outbox.show(closing.key).entry
        except NotFound:
            return True
        if entry.state is not State.FINAL or entry.outcome is None or not entry.outcome.ok:
            return entry.state.ended
        if closing.into is None:
            return self._destroyed(closing.customer)
        self._directory.merge(closing.customer, closing.into)
        return True

    def _destroyed(self, customer_id: bytes) -> bool:
        return privacy.destroy(self._directory, self._outbox, customer_id, self._shelves())

    def _erased_here(self, customer_id: bytes) -> bool:
        try:
            return self._directory.find(customer_id).state is Standing.ERASED
        except NotFound:
            return False
