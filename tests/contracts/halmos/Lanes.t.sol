// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account, Lanes} from "../../../contracts/libraries/Lanes.sol";
import {Proofs} from "./Proofs.sol";

/// @title Proofs about the arithmetic on an account's lanes, for every word there is
contract LanesProofs is Proofs {
    uint256 private constant ALL = type(uint256).max;

    /// @dev Everything but lane `i`.
    function _others(Account account, uint256 i) private pure returns (uint256) {
        return Account.unwrap(account) & ~(LANE_MAX << (i * 32));
    }

    function check_balance_is_the_sum_of_the_lanes(uint256 word) public pure {
        Account account = Account.wrap(word);
        uint256 sum;
        for (uint256 i = 0; i < 5; ++i) {
            sum += account.lane(i);
        }
        assert(account.balance() == sum);
    }

    function check_add_changes_one_lane_by_the_points_and_nothing_else(uint256 word, uint256 i, uint256 points)
        public
        pure
    {
        Account account = Account.wrap(word);
        VM.assume(i < 5);
        VM.assume(points <= LANE_MAX);
        VM.assume(account.lane(i) + points <= LANE_MAX);
        Account more = account.add(i, points);
        assert(more.lane(i) == account.lane(i) + points);
        assert(_others(more, i) == _others(account, i));
    }

    function addOutside(uint256 word, uint256 i, uint256 points) external pure returns (uint256) {
        return Account.unwrap(Account.wrap(word).add(i, points));
    }

    function check_add_refuses_what_a_lane_cannot_hold(uint256 word, uint256 i, uint256 points) public view {
        VM.assume(i < 5);
        VM.assume(points <= LANE_MAX);
        bool fits = Account.wrap(word).lane(i) + points <= LANE_MAX;
        try this.addOutside(word, i, points) returns (uint256) {
            assert(fits);
        } catch {
            assert(!fits);
        }
    }

    function check_draw_takes_what_is_wanted_or_all_and_only_from_its_lane(uint256 word, uint256 i, uint256 want)
        public
        pure
    {
        Account account = Account.wrap(word);
        VM.assume(i < 5);
        uint256 there = account.lane(i);
        (Account less, uint256 taken) = account.draw(i, want);
        assert(taken == (want < there ? want : there));
        assert(less.lane(i) == there - taken);
        assert(_others(less, i) == _others(account, i));
    }

    function check_roll_moves_every_lane_down_and_loses_only_the_expired(uint256 word, uint16 to) public pure {
        Account account = Account.wrap(word);
        uint256 from = account.epoch();
        VM.assume(to >= from);
        Account later = account.roll(to, 12);
        for (uint256 i = 0; i < 5; ++i) {
            uint256 source = i + (to - from);
            assert(later.lane(i) == (source < 5 ? account.lane(source) : 0));
        }
        assert(later.epoch() == to);
        assert(Account.unwrap(later) >> 240 == word >> 240);
    }

    function check_roll_keeps_two_calendar_years_of_tier_credit(uint256 word, uint16 to) public pure {
        Account account = Account.wrap(word);
        VM.assume(to >= account.epoch());
        Account later = account.roll(to, 12);
        uint256 begun = to / 12 - account.epoch() / 12;
        assert(later.thisYear() == (begun == 0 ? account.thisYear() : 0));
        uint256 last = begun == 0 ? account.lastYear() : begun == 1 ? account.thisYear() : 0;
        assert(later.lastYear() == last);
    }

    function check_rolling_twice_is_rolling_once(uint256 word, uint16 between, uint16 to) public pure {
        Account account = Account.wrap(word);
        VM.assume(between >= account.epoch());
        VM.assume(to >= between);
        Account twice = account.roll(between, 12).roll(to, 12);
        assert(Account.unwrap(twice) == Account.unwrap(account.roll(to, 12)));
    }

    function check_qualify_counts_up_to_the_largest_number_and_touches_nothing_else(uint256 word, uint32 points)
        public
        pure
    {
        Account account = Account.wrap(word);
        Account more = account.qualify(points);
        uint256 sum = account.thisYear() + points;
        assert(more.thisYear() == (sum < LANE_MAX ? sum : LANE_MAX));
        uint256 others = ALL ^ (LANE_MAX << 160);
        assert(Account.unwrap(more) & others == word & others);
    }

    function check_disqualify_never_goes_below_nothing_and_touches_one_counter(
        uint256 word,
        uint32 points,
        uint8 yearsAgo
    ) public pure {
        Account account = Account.wrap(word);
        Account less = account.disqualify(points, yearsAgo);
        uint256 thisYear = account.thisYear();
        uint256 lastYear = account.lastYear();
        if (yearsAgo == 0) thisYear = thisYear > points ? thisYear - points : 0;
        if (yearsAgo == 1) lastYear = lastYear > points ? lastYear - points : 0;
        assert(less.thisYear() == thisYear);
        assert(less.lastYear() == lastYear);
        uint256 others = ALL ^ (LANE_MAX << 160) ^ (LANE_MAX << 192);
        assert(Account.unwrap(less) & others == word & others);
    }

    function check_join_adds_lane_by_lane(uint256 word, uint256 other) public pure {
        Account left = Account.wrap(word);
        Account right = Account.wrap(other);
        for (uint256 i = 0; i < 5; ++i) {
            VM.assume(left.lane(i) + right.lane(i) <= LANE_MAX);
        }
        Account joined = left.join(right);
        for (uint256 i = 0; i < 5; ++i) {
            assert(joined.lane(i) == left.lane(i) + right.lane(i));
        }
        assert(Account.unwrap(joined) >> 224 == word >> 224);
    }

    function check_flags_are_set_and_cleared_alone(uint256 word) public pure {
        Account account = Account.wrap(word);
        assert(account.set(Lanes.CLOSED).has(Lanes.CLOSED));
        assert(!account.clear(Lanes.CLOSED).has(Lanes.CLOSED));
        assert(Account.unwrap(account.set(Lanes.INDEBTED)) == word | Lanes.INDEBTED);
        assert(Account.unwrap(account.clear(Lanes.INDEBTED)) == word & ~Lanes.INDEBTED);
    }
}
