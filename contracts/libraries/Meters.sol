// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev What an issuer may do and has done, in one word, from the lowest bit:
/// mode 8 | share 88 | expiry 16 | day 16 | used 64 | cap 64.
/// `cap` and `used` are points a UTC day and on `day` (days since 1970); `share` are points issued
/// that expire when epoch `expiry` ends and stand in no common total yet.
type Meter is uint256;

using Meters for Meter global;

/// @title Issuers' meters
/// @notice See {Issuance} for why all of it shares one word.
library Meters {
    /// @dev May not issue; may; may not while the programme is paused.
    enum Mode {
        None,
        Issuing,
        Paused
    }

    uint256 private constant SHARE = 8; // bit offset
    uint256 private constant SHARE_MASK = type(uint88).max;
    uint256 private constant EXPIRY = 96; // bit offset
    uint256 private constant DAY = 112; // bit offset
    uint256 private constant USED = 128; // bit offset
    uint256 private constant CAP = 192; // bit offset
    uint256 private constant U16 = type(uint16).max;
    uint256 private constant U64 = type(uint64).max;

    function mode(Meter meter) internal pure returns (Mode) {
        return Mode(uint8(Meter.unwrap(meter)));
    }

    function share(Meter meter) internal pure returns (uint256) {
        return (Meter.unwrap(meter) >> SHARE) & SHARE_MASK;
    }

    function expiry(Meter meter) internal pure returns (uint256) {
        return (Meter.unwrap(meter) >> EXPIRY) & U16;
    }

    function cap(Meter meter) internal pure returns (uint256) {
        return Meter.unwrap(meter) >> CAP;
    }

    /// @dev Points that the cap leaves on `day`. A cap may have been lowered below what was used.
    function left(Meter meter, uint256 day) internal pure returns (uint256) {
        unchecked {
            uint256 word = Meter.unwrap(meter);
            uint256 used = (word >> DAY) & U16 == day ? (word >> USED) & U64 : 0;
            uint256 limit = word >> CAP;
            return used < limit ? limit - used : 0;
        }
    }

    /// @dev Counts points toward the cap of `day`; the caller has seen that they are left.
    function use(Meter meter, uint256 points, uint256 day) internal pure returns (Meter) {
        unchecked {
            uint256 word = Meter.unwrap(meter);
            if ((word >> DAY) & U16 != day) word = (word & ~((U64 << USED) | (U16 << DAY))) | (day << DAY);
            // used + points <= cap, so the sum stays in its field.
            return Meter.wrap(word + (points << USED));
        }
    }

    /// @dev Adds to the share. 2**88 points are more than any cap allows in thousands of years.
    function addShare(Meter meter, uint256 points) internal pure returns (Meter) {
        unchecked {
            return Meter.wrap(Meter.unwrap(meter) + (points << SHARE));
        }
    }

    /// @dev An empty share of points that expire when epoch `newExpiry` ends.
    function startShare(Meter meter, uint256 newExpiry) internal pure returns (Meter) {
        uint256 kept = Meter.unwrap(meter) & ~((SHARE_MASK << SHARE) | (U16 << EXPIRY));
        return Meter.wrap(kept | (newExpiry << EXPIRY));
    }

    function withMode(Meter meter, Mode newMode) internal pure returns (Meter) {
        return Meter.wrap((Meter.unwrap(meter) & ~uint256(type(uint8).max)) | uint8(newMode));
    }

    function withCap(Meter meter, uint64 newCap) internal pure returns (Meter) {
        return Meter.wrap((Meter.unwrap(meter) & ~(U64 << CAP)) | (uint256(newCap) << CAP));
    }
}
