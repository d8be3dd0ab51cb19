// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {Offer} from "./Offers.sol";
import {Standing} from "./Records.sol";

/// @title What a subscription is at a moment, and what a change of it is worth
/// @notice Status, price and proration, as pure functions of the record and the time.
library Periods {
    uint256 internal constant MAX_BPS = 10_000;

    /// @notice The status of one that exists, where `next` is the plan that the next charge is under.
    function statusAt(Standing standing, Offer memory next, uint256 timestamp)
        internal
        pure
        returns (ISubscriptions.Status)
    {
        if (!standing.isRunning()) {
            return standing.isPaused() ? ISubscriptions.Status.Paused : ISubscriptions.Status.Cancelled;
        }
        uint256 dueAt = standing.paidThrough();
        if (timestamp < dueAt) {
            return standing.cycles() == 0 ? ISubscriptions.Status.Trialing : ISubscriptions.Status.Active;
        }
        uint256 most = next.extras.maxCycles();
        if (most != 0 && standing.cycles() >= most) return ISubscriptions.Status.Completed;
        // The grace is at most a period, so a charge within it never pays for a period that is over.
        if (timestamp < dueAt + next.basis.grace()) return ISubscriptions.Status.PastDue;
        return ISubscriptions.Status.Lapsed;
    }

    /// @notice A price less the discount of a note; the discount rounds down.
    function discounted(uint256 price, ISubscriptions.Note memory n) internal pure returns (uint256) {
        return n.discountCycles == 0 ? price : price - price * n.discountBps / MAX_BPS;
    }

    /// @notice Whether a plan costs more for the same time. What was paid is another matter: a discount or a
    /// refund makes no plan cheaper.
    function dearer(Offer memory to, Offer memory from) internal pure returns (bool) {
        return to.price.amount() * from.basis.period() > from.price.amount() * to.basis.period();
    }

    /// @notice What the rest of the period costs under another plan, above what is paid for it already.
    /// @dev `basis` is what a whole period of the present plan was paid with. What is new rounds up and what
    /// is paid rounds down, so that changing often is never cheaper than changing once.
    function difference(Offer memory from, Offer memory to, uint256 basis, uint256 remaining)
        internal
        pure
        returns (uint256)
    {
        uint256 worth = Math.ceilDiv(to.price.amount() * remaining, to.basis.period());
        uint256 paid = basis * remaining / from.basis.period();
        return worth > paid ? worth - paid : 0;
    }
}
