// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISubscriptions} from "../../../contracts/interfaces/ISubscriptions.sol";
import {Offer, Offers} from "../../../contracts/libraries/Offers.sol";
import {Periods} from "../../../contracts/libraries/Periods.sol";
import {Dues, Record, Records, Standing} from "../../../contracts/libraries/Records.sol";
import {Proofs} from "./Proofs.sol";

/// @title Proofs about subscriptions, for every record and every moment there is
/// @notice Discounts and the cost of a change are not among them: their divisions are beyond the solvers. They
/// are tested against exact fractions instead.
contract SalesProofs is Proofs {
    using Periods for Standing;

    function check_a_subscription_begins_as_it_was_agreed(address payer, bool earning, uint96 cap, uint32 planId)
        public
        pure
    {
        ISubscriptions.Subscription memory s =
            Record(Records.begin(payer, earning), Records.agree(cap, planId)).unpack();
        assert(s.payer == payer && s.mode == ISubscriptions.Mode.Running && s.earning == earning && !s.noted);
        assert(s.paidThrough == 0 && s.cycles == 0 && s.seq == 0 && s.lastPaid == 0 && s.nextPlanId == 0);
        assert(s.priceCap == cap && s.planId == planId);
    }

    function check_a_change_of_one_field_leaves_all_others(
        uint256 first,
        uint256 second,
        uint40 time,
        uint8 mode,
        uint96 cap,
        uint96 paid,
        uint32 nextPlanId
    ) public pure {
        VM.assume(uint8(first >> 232) <= uint8(type(ISubscriptions.Mode).max));
        VM.assume(mode <= uint8(type(ISubscriptions.Mode).max));
        Standing standing = Standing.wrap(first);
        Dues dues = Dues.wrap(second);
        ISubscriptions.Subscription memory s = Record(standing, dues).unpack();

        standing = standing.withPaidThrough(time).withMode(ISubscriptions.Mode(mode)).withNote().decided();
        dues = dues.withPriceCap(cap).withLastPaid(paid).withNextPlan(nextPlanId);

        s.paidThrough = time;
        s.mode = ISubscriptions.Mode(mode);
        s.noted = true;
        unchecked {
            ++s.seq;
        }
        s.priceCap = cap;
        s.lastPaid = paid;
        s.nextPlanId = nextPlanId;
        assert(keccak256(abi.encode(Record(standing, dues).unpack())) == keccak256(abi.encode(s)));
    }

    function check_a_plan_takes_the_place_of_both(uint256 word, uint32 planId) public pure {
        Dues dues = Dues.wrap(word).withPlan(planId);
        assert(dues.planId() == planId && !dues.hasNextPlan() && dues.nextPlan() == planId);
        assert(dues.priceCap() == uint96(word) && dues.lastPaid() == uint96(word >> 96));
    }

    function check_a_charge_moves_time_and_count_and_nothing_else(uint256 word, uint32 period) public pure {
        VM.assume(uint8(word >> 232) <= uint8(type(ISubscriptions.Mode).max));
        Standing standing = Standing.wrap(word);
        VM.assume(standing.cycles() < type(uint16).max);
        VM.assume(standing.paidThrough() < type(uint40).max - period);
        ISubscriptions.Subscription memory s = Record(standing, Dues.wrap(0)).unpack();
        s.paidThrough += period;
        s.cycles += 1;
        assert(
            keccak256(abi.encode(Record(standing.charged(period), Dues.wrap(0)).unpack())) == keccak256(abi.encode(s))
        );
    }

    function check_a_note_comes_out_as_it_went_in(ISubscriptions.Note memory n) public pure {
        assert(keccak256(abi.encode(Records.pack(n).unpack())) == keccak256(abi.encode(n)));
    }

    function check_a_plan_comes_out_as_it_went_in(ISubscriptions.Plan memory p) public pure {
        VM.assume(!p.closed);
        Offer memory offer = Offers.pack(p);
        assert(keccak256(abi.encode(offer.unpack())) == keccak256(abi.encode(p)));
        assert(offer.basis.hasExtras() || (p.callerFee == 0 && p.trial == 0 && p.maxCycles == 0));
        offer.basis = offer.basis.close();
        p.closed = true;
        assert(keccak256(abi.encode(offer.unpack())) == keccak256(abi.encode(p)));
    }

    function check_a_price_leaves_the_rest_of_a_plan(ISubscriptions.Plan memory p, uint96 price, uint96 fee)
        public
        pure
    {
        VM.assume(!p.closed);
        Offer memory offer = Offers.pack(p);
        offer.setPrice(price, fee);
        p.price = price;
        p.callerFee = fee;
        assert(keccak256(abi.encode(offer.unpack())) == keccak256(abi.encode(p)));
        assert(offer.basis.hasExtras() || fee == 0);
    }

    function check_what_is_past_due_is_charged_for_a_period_that_is_not_over(
        Standing standing,
        Offer memory next,
        uint40 timestamp
    ) public pure {
        VM.assume(next.basis.grace() <= next.basis.period());
        VM.assume(standing.statusAt(next, timestamp) == ISubscriptions.Status.PastDue);
        assert(!standing.isPaused() && !standing.isCancelled());
        assert(timestamp >= standing.paidThrough());
        assert(timestamp < standing.paidThrough() + next.basis.period());
        assert(next.extras.maxCycles() == 0 || standing.cycles() < next.extras.maxCycles());
    }

    function check_after_a_charge_nothing_is_due(Standing standing, Offer memory next, uint40 timestamp) public pure {
        VM.assume(next.basis.grace() <= next.basis.period());
        VM.assume(standing.cycles() < type(uint16).max);
        VM.assume(standing.paidThrough() < type(uint40).max - next.basis.period());
        VM.assume(standing.statusAt(next, timestamp) == ISubscriptions.Status.PastDue);
        assert(standing.charged(next.basis.period()).statusAt(next, timestamp) == ISubscriptions.Status.Active);
    }

    function check_what_has_lapsed_never_falls_due_again_by_itself(
        Standing standing,
        Offer memory next,
        uint40 timestamp,
        uint40 later
    ) public pure {
        VM.assume(later >= timestamp);
        VM.assume(standing.statusAt(next, timestamp) == ISubscriptions.Status.Lapsed);
        assert(standing.statusAt(next, later) == ISubscriptions.Status.Lapsed);
    }

    function check_a_pause_and_a_cancellation_are_stronger_than_any_date(
        Standing standing,
        Offer memory next,
        uint256 timestamp
    ) public pure {
        ISubscriptions.Status status = standing.statusAt(next, timestamp);
        assert(standing.isCancelled() == (status == ISubscriptions.Status.Cancelled));
        assert(standing.isPaused() == (status == ISubscriptions.Status.Paused));
    }

    function check_a_price_without_a_discount_is_the_price(uint96 price, ISubscriptions.Note memory n) public pure {
        n.discountCycles = 0;
        assert(Periods.discounted(price, n) == price);
    }
}
