// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Time that runs in some hours of the week only
/// @notice Hours are bits of a mask, from Monday 00:00 on, in a local time that is the same all year. How much of
/// them lies between two moments is the difference of two sums since a Monday long ago, so it costs the same for
/// an hour as for years.
library BusinessHours {
    uint256 private constant HOUR = 1 hours;
    uint256 private constant WEEK = 7 days;
    /// @dev The Unix epoch was a Thursday.
    int256 private constant MONDAY = 3 days;

    /// @notice Seconds of business hours between two Unix times, `from <= until`.
    function between(uint168 mask, int32 utcOffset, uint256 from, uint256 until) internal pure returns (uint256) {
        unchecked {
            uint256 whole = count(mask); // once for both
            return _since(mask, whole, utcOffset, until) - _since(mask, whole, utcOffset, from);
        }
    }

    /// @notice The first Unix time at which `duration` seconds of business hours have passed since `from`.
    /// @param duration Above zero.
    function later(uint168 mask, int32 utcOffset, uint256 from, uint256 duration) internal pure returns (uint256) {
        uint256 whole = count(mask);
        uint256 sum = _since(mask, whole, utcOffset, from) + duration;
        // The last of these seconds, counted from 0, in the week in which it lies.
        uint256 last = (sum - 1) % (whole * HOUR);
        uint256 weeks_ = (sum - 1) / (whole * HOUR);
        uint256 local = weeks_ * WEEK + _nth(mask, last / HOUR) * HOUR + last % HOUR + 1;
        return uint256(int256(local) - MONDAY - utcOffset);
    }

    /// @notice How many hours of the week a mask has.
    /// @dev Sums neighbouring bits in ever wider fields (Warren, Hacker's Delight, 5-1). A count of 168 fits the
    /// top byte.
    function count(uint256 bits) internal pure returns (uint256) {
        unchecked {
            bits -= (bits >> 1) & (type(uint256).max / 3);
            bits = (bits & (type(uint256).max / 5)) + ((bits >> 2) & (type(uint256).max / 5));
            bits = (bits + (bits >> 4)) & (type(uint256).max / 17);
            return bits * (type(uint256).max / 255) >> 248;
        }
    }

    /// @dev Seconds of business hours since the Monday before the epoch.
    function _since(uint256 mask, uint256 whole, int256 utcOffset, uint256 timestamp) private pure returns (uint256) {
        unchecked {
            // Positive: an offset is less than a day.
            uint256 local = uint256(int256(timestamp) + MONDAY + utcOffset);
            uint256 hour = local % WEEK / HOUR;
            uint256 hours_ = local / WEEK * whole + count(mask & ~(type(uint256).max << hour));
            return hours_ * HOUR + (mask >> hour & 1) * (local % HOUR);
        }
    }

    /// @dev The position of the bit number `n`, counted from 0, of a mask that has more than `n`.
    function _nth(uint256 mask, uint256 n) private pure returns (uint256 position) {
        for (uint256 step = 128; step != 0; step >>= 1) {
            if (count(mask & ~(type(uint256).max << (position + step))) <= n) position += step;
        }
    }
}
