// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IConsentRegistry} from "../../../contracts/interfaces/IConsentRegistry.sol";
import {Choices, Consents} from "../../../contracts/libraries/Consents.sol";
import {Masks} from "../../../contracts/libraries/Masks.sol";
import {Purposes} from "../../../contracts/libraries/Purposes.sol";
import {Proofs} from "./Proofs.sol";

/// @title Proofs about packed consents, for every word there is
contract ConsentsProofs is Proofs {
    uint256 private constant DAYS = 65_536;

    /// @dev Everything of one lane: state, notice and day.
    function _lane(uint256 word, uint256 i) private pure returns (uint256) {
        return (word >> (i * 32)) & LANE_MAX;
    }

    /// @dev Everything but one lane.
    function _others(uint256 word, uint256 i) private pure returns (uint256) {
        return word & ~(LANE_MAX << (i * 32));
    }

    /// @dev All bits of a lane if it is withdrawn, none if not: without a branch, which would double the paths.
    function _withdrawn(uint256 word, uint256 i) private pure returns (uint256) {
        uint256 lane = _lane(word, i);
        return (lane & (lane >> 1) & 1) * LANE_MAX;
    }

    function _chosen(uint256 which, uint256 yes, uint256 no) private pure returns (uint256) {
        return no ^ ((yes ^ no) & which);
    }

    function check_spread_puts_each_bit_of_a_mask_into_its_lane(uint8 mask) public pure {
        uint256 lanes = Masks.spread(mask);
        for (uint256 i = 0; i < 7; ++i) {
            assert(_lane(lanes, i) == (mask >> i) & 1);
        }
        assert(lanes >> 224 == 0);
    }

    function check_gather_is_spread_backwards(uint8 mask) public pure {
        assert(Masks.gather(Masks.spread(mask)) == mask & 127);
    }

    function check_gather_takes_the_lowest_bit_of_each_lane(uint256 word) public pure {
        uint8 mask = Masks.gather(word & Masks.ONES);
        for (uint256 i = 0; i < 7; ++i) {
            assert((mask >> i) & 1 == _lane(word, i) & 1);
        }
        assert(mask < 128);
    }

    function check_a_grant_writes_its_lane_and_no_other(
        uint256 word,
        bool recorded,
        uint16 version,
        uint16 today,
        uint256 ages
    ) public pure {
        VM.assume(version < 16_384);
        IConsentRegistry.State how = recorded ? IConsentRegistry.State.Recorded : IConsentRegistry.State.Granted;
        uint256 terms = Consents.grantOf(how, version);
        for (uint256 lane = 0; lane < 7; ++lane) {
            uint256 age = _lane(ages, lane) >> 16;
            VM.assume(today + age < DAYS);
            Choices next = Choices.wrap(word).decide(Masks.spread(Masks.bit(lane)), 0, terms, today, ages);
            assert(next.state(lane) == how);
            assert(next.notice(lane) == version);
            assert(next.day(lane) == today + age);
            assert(_others(Choices.unwrap(next), lane) == _others(word, lane));
        }
    }

    /// @dev Of all lanes at once, where no carry of one may reach the next.
    function check_a_grant_of_every_lane_writes_each(uint256 word, uint16 version, uint16 today, uint256 ages)
        public
        pure
    {
        VM.assume(version < 16_384);
        for (uint256 i = 0; i < 7; ++i) {
            VM.assume(today + (_lane(ages, i) >> 16) < DAYS);
        }
        uint256 terms = Consents.grantOf(IConsentRegistry.State.Granted, version);
        Choices next = Choices.wrap(word).decide(Masks.ONES, 0, terms, today, ages);
        for (uint256 i = 0; i < 7; ++i) {
            assert(next.state(i) == IConsentRegistry.State.Granted);
            assert(next.notice(i) == version);
            assert(next.day(i) == today + (_lane(ages, i) >> 16));
        }
        assert(next.seq() == word >> 224);
    }

    /// @dev Each lane granted while all others are withdrawn.
    function check_granting_and_withdrawing_at_once_do_not_meet(
        uint256 word,
        uint16 version,
        uint16 today,
        uint256 ages
    ) public pure {
        VM.assume(version < 16_384);
        uint256 terms = Consents.grantOf(IConsentRegistry.State.Granted, version);
        for (uint256 lane = 0; lane < 7; ++lane) {
            VM.assume(today + (_lane(ages, lane) >> 16) < DAYS);
            uint256 granted = Masks.spread(Masks.bit(lane));
            Choices next = Choices.wrap(word).decide(granted, Masks.ONES ^ granted, terms, today, ages);
            Choices less = Choices.wrap(word).withdraw(Masks.ONES ^ granted, today);
            assert(next.equals(less.decide(granted, 0, terms, today, ages)));
        }
    }

    function check_a_withdrawal_ends_its_lane_keeps_an_earlier_day_and_touches_no_other(uint256 word, uint16 today)
        public
        pure
    {
        for (uint256 lane = 0; lane < 7; ++lane) {
            Choices next = Choices.wrap(word).withdraw(Masks.spread(Masks.bit(lane)), today);
            uint256 expected = _chosen(_withdrawn(word, lane), _lane(word, lane), uint256(today) << 16 | 3);
            assert(_lane(Choices.unwrap(next), lane) == expected);
            assert(_others(Choices.unwrap(next), lane) == _others(word, lane));
        }
    }

    function check_withdrawing_every_lane_ends_each_and_keeps_the_sequence(uint256 word, uint16 today) public pure {
        Choices next = Choices.wrap(word).withdraw(Masks.ONES, today);
        for (uint256 i = 0; i < 7; ++i) {
            uint256 expected = _chosen(_withdrawn(word, i), _lane(word, i), uint256(today) << 16 | 3);
            assert(_lane(Choices.unwrap(next), i) == expected);
        }
        assert(next.seq() == word >> 224);
    }

    function check_a_merge_takes_over_withdrawals_and_nothing_else(uint256 word, uint256 other) public pure {
        Choices next = Choices.wrap(word).withdrawnWith(Choices.wrap(other));
        for (uint256 i = 0; i < 7; ++i) {
            uint256 taken = _withdrawn(other, i) & ~_withdrawn(word, i);
            assert(_lane(Choices.unwrap(next), i) == _chosen(taken, _lane(other, i), _lane(word, i)));
        }
        assert(next.seq() == word >> 224);
    }

    function check_counting_moves_the_sequence_by_one_and_nothing_else(uint256 word) public pure {
        Choices next = Choices.wrap(word).counted();
        unchecked {
            assert(next.seq() == uint32(word >> 224) + 1);
        }
        assert(Choices.unwrap(next) & type(uint224).max == word & type(uint224).max);
    }

    function check_a_grant_answers_yes_until_its_day_and_a_withdrawal_never(uint256 word, uint8 lane, uint256 today)
        public
        pure
    {
        VM.assume(lane < 7);
        (bool decided, bool granted) = Choices.wrap(word).answer(lane, today);
        uint256 state = _lane(word, lane) & 3;
        assert(decided == (state != 0));
        assert(granted == ((state == 1 || state == 2) && today < _lane(word, lane) >> 16));
    }

    function check_a_purpose_is_put_into_its_lane_alone(uint256 word, uint16 age, bool optOut) public pure {
        for (uint256 lane = 0; lane < 7; ++lane) {
            uint256 empty = _others(word, lane);
            Purposes next = Purposes.wrap(empty).withPurpose(lane, age, optOut);
            assert(next.maxAge(lane) == age);
            assert(_lane(next.defined(), lane) == 1);
            assert(_lane(next.optOut(), lane) == (optOut ? 1 : 0));
            assert(_lane(next.covered(), lane) == 0);
            assert(_others(Purposes.unwrap(next), lane) == empty);
        }
    }

    function check_a_notice_covers_what_is_defined_and_keeps_the_purposes(uint256 word, uint16 version) public pure {
        VM.assume(version < 16_384);
        Purposes before = Purposes.wrap(word);
        VM.assume(before.covered() & ~before.defined() == 0);
        Purposes next = before.withNotice(version);
        assert(next.notice() == version);
        assert(next.covered() == before.defined());
        assert(next.defined() == before.defined());
        assert(next.optOut() == before.optOut());
        assert(next.paused() == before.paused());
        assert(next.more() == before.more());
        for (uint256 i = 0; i < 7; ++i) {
            assert(next.maxAge(i) == before.maxAge(i));
        }
    }

    function check_pausing_and_following_groups_touch_one_bit_each(uint256 word, bool stop) public pure {
        Purposes before = Purposes.wrap(word);
        Purposes paused = before.withPaused(stop);
        assert(paused.paused() == stop);
        assert(paused.more() == before.more());
        assert(before.withMore().more());
        assert(before.withMore().paused() == before.paused());
        uint256 bits = 1 << 238;
        assert(Purposes.unwrap(paused) & ~bits == word & ~bits);
        bits = 1 << 239;
        assert(Purposes.unwrap(before.withMore()) & ~bits == word & ~bits);
    }
}
