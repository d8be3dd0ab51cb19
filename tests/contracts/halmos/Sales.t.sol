// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISubscriptions} from "../../../contracts/interfaces/ISubscriptions.sol";
import {Periods} from "../../../contracts/libraries/Periods.sol";
import {Records} from "../../../contracts/libraries/Records.sol";
import {Proofs} from "./Proofs.sol";

/// @title Proofs about subscriptions, for every record and every moment there is
/// @notice Discounts and the cost of a change are not among them: their divisions are beyond the solvers. They
/// are tested against exact fractions instead.
contract SalesProofs is Proofs {
    using Periods for ISubscriptions.Subscription;
    using Records for Records.One;
    using Records for Records.Two;
    using Records for Records.Three;

    Records.One private _one;
    Records.Two private _two;
    Records.Three private _three;

    function check_a_subscription_comes_out_as_it_went_in(ISubscriptions.Subscription memory s) public {
        _two.store(s);
        ISubscriptions.Subscription memory again;
        _two.load(again);
        assert(keccak256(abi.encode(again)) == keccak256(abi.encode(s)));
    }

    function check_a_note_comes_out_as_it_went_in(ISubscriptions.Note memory n) public {
        _one.store(n);
        ISubscriptions.Note memory again;
        _one.load(again);
        assert(keccak256(abi.encode(again)) == keccak256(abi.encode(n)));
    }

    /// @dev Also where another one was before, whose third slot is not read any more.
    function check_a_plan_comes_out_as_it_went_in(
        ISubscriptions.Plan memory before,
        ISubscriptions.Plan memory p
    ) public {
        _three.store(before);
        _three.store(p);
        ISubscriptions.Plan memory again;
        _three.load(again);
        assert(keccak256(abi.encode(again)) == keccak256(abi.encode(p)));
    }

    function check_what_is_past_due_is_charged_for_a_period_that_is_not_over(
        ISubscriptions.Subscription memory s,
        ISubscriptions.Plan memory next,
        uint40 timestamp
    ) public pure {
        VM.assume(s.mode != ISubscriptions.Mode.None); // nobody asks for the status of what there is not
        VM.assume(next.grace <= next.period);
        VM.assume(s.statusAt(next, timestamp) == ISubscriptions.Status.PastDue);
        assert(s.mode == ISubscriptions.Mode.Running);
        assert(timestamp >= s.paidThrough);
        assert(timestamp < uint256(s.paidThrough) + next.period);
        assert(next.maxCycles == 0 || s.cycles < next.maxCycles);
    }

    function check_after_a_charge_nothing_is_due(
        ISubscriptions.Subscription memory s,
        ISubscriptions.Plan memory next,
        uint40 timestamp
    ) public pure {
        VM.assume(next.grace <= next.period);
        VM.assume(s.cycles < type(uint16).max);
        VM.assume(s.paidThrough < type(uint40).max - next.period);
        VM.assume(s.statusAt(next, timestamp) == ISubscriptions.Status.PastDue);
        s.paidThrough += next.period;
        s.cycles += 1;
        assert(s.statusAt(next, timestamp) == ISubscriptions.Status.Active);
    }

    function check_what_has_lapsed_never_falls_due_again_by_itself(
        ISubscriptions.Subscription memory s,
        ISubscriptions.Plan memory next,
        uint40 timestamp,
        uint40 later
    ) public pure {
        VM.assume(later >= timestamp);
        VM.assume(s.statusAt(next, timestamp) == ISubscriptions.Status.Lapsed);
        assert(s.statusAt(next, later) == ISubscriptions.Status.Lapsed);
    }

    function check_a_pause_and_a_cancellation_are_stronger_than_any_date(
        ISubscriptions.Subscription memory s,
        ISubscriptions.Plan memory next,
        uint256 timestamp
    ) public pure {
        ISubscriptions.Status status = s.statusAt(next, timestamp);
        bool cancelled = s.mode == ISubscriptions.Mode.Cancelled;
        bool paused = s.mode == ISubscriptions.Mode.Paused;
        assert(cancelled == (status == ISubscriptions.Status.Cancelled));
        assert(paused == (status == ISubscriptions.Status.Paused));
    }

    function check_a_price_without_a_discount_is_the_price(uint96 price, ISubscriptions.Note memory n) public pure {
        n.discountCycles = 0;
        assert(Periods.discounted(price, n) == price);
    }
}
