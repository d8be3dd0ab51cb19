// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Refusals} from "./Refusals.sol";

/// @dev A customer's points in one word, from the lowest bit:
/// five lanes of 32 bits | earned this year 32 | earned last year 32 | epoch 16 | flags 16.
/// Lane i holds the points that are lost when epoch `epoch + i` ends, so lane 0 is the oldest.
type Account is uint256;

using Lanes for Account global;

/// @title Arithmetic on an account's lanes
/// @notice Expiry costs nothing: moving an account forward by k epochs shifts its lanes by k, and
/// what falls out has expired.
library Lanes {
    uint256 internal constant COUNT = 5;
    uint256 internal constant NEWEST = COUNT - 1;

    /// @dev Merged or erased.
    uint256 internal constant CLOSED = 1 << 240;
    /// @dev Something is owed.
    uint256 internal constant INDEBTED = 1 << 241;

    uint256 private constant LANE_BITS = 32;
    uint256 private constant LANE = type(uint32).max;
    uint256 private constant ALL_LANES = type(uint160).max;
    uint256 private constant THIS_YEAR = 160; // bit offset
    uint256 private constant LAST_YEAR = 192; // bit offset
    uint256 private constant EPOCH = 224; // bit offset
    uint256 private constant EPOCH_MASK = type(uint16).max;
    uint256 private constant FLAGS = type(uint256).max << 240;

    function epoch(Account account) internal pure returns (uint256) {
        return (Account.unwrap(account) >> EPOCH) & EPOCH_MASK;
    }

    function lane(Account account, uint256 i) internal pure returns (uint256) {
        return (Account.unwrap(account) >> (i * LANE_BITS)) & LANE;
    }

    function thisYear(Account account) internal pure returns (uint256) {
        return (Account.unwrap(account) >> THIS_YEAR) & LANE;
    }

    function lastYear(Account account) internal pure returns (uint256) {
        return (Account.unwrap(account) >> LAST_YEAR) & LANE;
    }

    function has(Account account, uint256 flag) internal pure returns (bool) {
        return Account.unwrap(account) & flag != 0;
    }

    function set(Account account, uint256 flag) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(account) | flag);
    }

    function clear(Account account, uint256 flag) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(account) & ~flag);
    }

    /// @dev Points in all lanes: at most five times 2**32, far from overflow.
    function balance(Account account) internal pure returns (uint256 points) {
        unchecked {
            uint256 word = Account.unwrap(account);
            points = (word & LANE) + ((word >> 32) & LANE) + ((word >> 64) & LANE) + ((word >> 96) & LANE)
                + ((word >> 128) & LANE);
        }
    }

    /// @dev The account as it stands in epoch `to`: older lanes have expired, and the yearly counters
    /// have moved on if a calendar year began. `to` is never before the account's epoch.
    function roll(Account account, uint256 to, uint256 epochsPerYear) internal pure returns (Account) {
        unchecked {
            uint256 word = Account.unwrap(account);
            uint256 from = (word >> EPOCH) & EPOCH_MASK;
            if (from == to) return account;

            uint256 yearsOn = to / epochsPerYear - from / epochsPerYear;
            uint256 counters;
            if (yearsOn == 0) counters = word & ((LANE << THIS_YEAR) | (LANE << LAST_YEAR));
            else if (yearsOn == 1) counters = ((word >> THIS_YEAR) & LANE) << LAST_YEAR;

            // A shift of 256 bits or more yields zero, as it should.
            uint256 lanes = (word & ALL_LANES) >> ((to - from) * LANE_BITS);
            return Account.wrap(lanes | counters | (to << EPOCH) | (word & FLAGS));
        }
    }

    /// @dev Adds points to lane `i`.
    function add(Account account, uint256 i, uint256 points) internal pure returns (Account) {
        unchecked {
            uint256 sum = lane(account, i) + points;
            if (sum > LANE) revert Refusals.EpochFull(sum);
            // The lane has room, so adding in place carries into no other.
            return Account.wrap(Account.unwrap(account) + (points << (i * LANE_BITS)));
        }
    }

    /// @dev Takes up to `want` points from lane `i`.
    function draw(Account account, uint256 i, uint256 want) internal pure returns (Account, uint256 taken) {
        unchecked {
            taken = lane(account, i);
            if (taken > want) taken = want;
            return (Account.wrap(Account.unwrap(account) - (taken << (i * LANE_BITS))), taken);
        }
    }

    /// @dev Counts points toward this year's tier; stays at the largest number a counter can hold.
    function qualify(Account account, uint256 points) internal pure returns (Account) {
        unchecked {
            uint256 room = LANE - thisYear(account);
            if (points > room) points = room;
            return Account.wrap(Account.unwrap(account) + (points << THIS_YEAR));
        }
    }

    /// @dev Both accounts' points and tier credit in one; both stand in the same epoch. Flags are those
    /// of `account`.
    function join(Account account, Account other) internal pure returns (Account joined) {
        unchecked {
            joined = account.qualify(other.thisYear());
            uint256 room = LANE - lastYear(account);
            uint256 last = other.lastYear();
            if (last > room) last = room;
            joined = Account.wrap(Account.unwrap(joined) + (last << LAST_YEAR));
            for (uint256 i = 0; i < COUNT; ++i) {
                joined = joined.add(i, other.lane(i));
            }
        }
    }

    /// @dev Takes back tier credit earned `yearsAgo` calendar years ago, as far as it still counts.
    function disqualify(Account account, uint256 points, uint256 yearsAgo) internal pure returns (Account) {
        unchecked {
            if (yearsAgo > 1) return account;
            uint256 offset = yearsAgo == 0 ? THIS_YEAR : LAST_YEAR;
            uint256 counted = (Account.unwrap(account) >> offset) & LANE;
            if (points > counted) points = counted;
            return Account.wrap(Account.unwrap(account) - (points << offset));
        }
    }
}
