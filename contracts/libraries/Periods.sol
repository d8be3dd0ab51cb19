// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISubscriptions} from "../interfaces/ISubscriptions.sol";

/// @title What a subscription is at a moment, and what a change of it is worth
/// @notice Status, price and proration, as pure functions of the record and the time.
library Periods {
    uint256 internal constant MAX_BPS = 10_000;

    /// @notice The status of one that exists, where `next` is the plan that the next charge is under.
    function statusAt(
        ISubscriptions.Subscription memory s,
        ISubscriptions.Plan memory next,
        uint256 timestamp
    ) internal pure returns (ISubscriptions.Status) {
        if (s.mode == ISubscriptions.Mode.Cancelled) return ISubscriptions.Status.Cancelled;
        if (s.mode == ISubscriptions.Mode.Paused) return ISubscriptions.Status.Paused;
        if (timestamp < s.paidThrough) {
            return s.cycles == 0 ? ISubscriptions.Status.Trialing : ISubscriptions.Status.Active;
        }
        if (next.maxCycles != 0 && s.cycles >= next.maxCycles) return ISubscriptions.Status.Completed;
        // The grace is at most a period, so a charge within it never pays for a period that is over.
        if (timestamp < uint256(s.paidThrough) + next.grace) return ISubscriptions.Status.PastDue;
        return ISubscriptions.Status.Lapsed;
    }

    /// @notice The plan that the next charge is under.
    function nextPlan(ISubscriptions.Subscription memory s) internal pure returns (uint32) {
        return s.nextPlanId == 0 ? s.planId : s.nextPlanId;
    }

    /// @notice A price less the discount of a note; the discount rounds down.
    function discounted(uint96 price, ISubscriptions.Note memory n) internal pure returns (uint96) {
        if (n.discountCycles == 0) return price;
        // Safe cast: a discount of at most 10,000 basis points is at most the price.
        return price - uint96(uint256(price) * n.discountBps / MAX_BPS);
    }

    /// @notice Whether a plan costs more for the same time. What was paid is another matter: a discount or a
    /// refund makes no plan cheaper.
    function dearer(ISubscriptions.Plan memory to, ISubscriptions.Plan memory from) internal pure returns (bool) {
        return uint256(to.price) * from.period > uint256(from.price) * to.period;
    }

    /// @notice What the rest of the period costs under another plan, above what is paid for it already.
    /// @dev `basis` is what a whole period of the present plan was paid with. What is new rounds up and what
    /// is paid rounds down, so that changing often is never cheaper than changing once.
    function difference(
        ISubscriptions.Plan memory from,
        ISubscriptions.Plan memory to,
        uint256 basis,
        uint256 remaining
    ) internal pure returns (uint256) {
        uint256 worth = Math.ceilDiv(uint256(to.price) * remaining, to.period);
        uint256 paid = basis * remaining / from.period;
        return worth > paid ? worth - paid : 0;
    }
}
