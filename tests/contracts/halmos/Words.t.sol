// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoyaltyPoints} from "../../../contracts/interfaces/ILoyaltyPoints.sol";
import {Entries, PackedEntry} from "../../../contracts/libraries/Entries.sol";
import {Meter, Meters} from "../../../contracts/libraries/Meters.sol";
import {Proofs} from "./Proofs.sol";

/// @title Proofs about issuers' meters and entries, for every value there is
/// @notice The calendar is not among them: its divisions are beyond the solvers. It is tested against
/// Python's at every month from 1970 to 2400 instead.
contract WordsProofs is Proofs {
    function check_a_meter_counts_only_toward_its_day(uint256 word, uint64 points, uint16 day) public pure {
        Meter meter = Meter.wrap(word);
        uint256 left = meter.left(day);
        VM.assume(points <= left);
        Meter used = meter.use(points, day);
        assert(used.left(day) == left - points);
        assert(used.cap() == meter.cap());
        assert(used.share() == meter.share());
        assert(used.expiry() == meter.expiry());
        assert(uint8(Meter.unwrap(used)) == uint8(word));
    }

    function check_another_day_begins_with_the_whole_cap(uint256 word, uint64 points, uint16 day, uint16 next)
        public
        pure
    {
        Meter meter = Meter.wrap(word);
        VM.assume(day != next);
        VM.assume(points <= meter.left(day));
        assert(meter.use(points, day).left(next) == meter.cap());
    }

    function check_a_share_starts_empty_and_grows_by_the_points(uint256 word, uint16 expiry, uint64 points)
        public
        pure
    {
        Meter meter = Meter.wrap(word).startShare(expiry);
        assert(meter.share() == 0);
        assert(meter.expiry() == expiry);
        Meter grown = meter.addShare(points);
        assert(grown.share() == points);
        assert(grown.expiry() == expiry);
        assert(grown.cap() == Meter.wrap(word).cap());
        assert(Meter.unwrap(grown) >> 112 == word >> 112);
    }

    function check_a_cap_changes_nothing_but_the_cap(uint256 word, uint64 cap) public pure {
        Meter meter = Meter.wrap(word).withCap(cap);
        assert(meter.cap() == cap);
        assert(Meter.unwrap(meter) & type(uint192).max == word & type(uint192).max);
    }

    function check_an_entry_comes_out_as_it_went_in(
        bytes12 customer,
        uint32 points,
        uint32 undone,
        uint40 availableAt,
        uint16 epoch,
        uint32 terms,
        uint8 state
    ) public pure {
        VM.assume(state < 4);
        ILoyaltyPoints.Entry memory entry = ILoyaltyPoints.Entry({
            customer: customer,
            points: points,
            undone: undone,
            availableAt: availableAt,
            epoch: epoch,
            terms: terms,
            state: ILoyaltyPoints.State(state)
        });
        ILoyaltyPoints.Entry memory again = Entries.pack(entry).unpack();
        assert(again.customer == customer);
        assert(again.points == points);
        assert(again.undone == undone);
        assert(again.availableAt == availableAt);
        assert(again.epoch == epoch);
        assert(again.terms == terms);
        assert(uint8(again.state) == state);
    }

    function check_an_entry_matches_its_own_content_only(
        bytes32 customerId,
        uint32 points,
        uint32 terms,
        uint40 availableAt,
        uint32 otherPoints,
        uint32 otherTerms
    ) public pure {
        PackedEntry entry =
            Entries.pack(customerId, points, availableAt, 0, terms, ILoyaltyPoints.State.Pending);
        assert(entry.concerns(customerId));
        bool same = points == otherPoints && terms == otherTerms;
        assert(entry.matches(customerId, otherPoints, otherTerms) == same);
    }
}
