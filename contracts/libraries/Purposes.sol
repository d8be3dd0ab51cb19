// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Masks} from "./Masks.sol";

/// @dev All that a decision about a group is held against, in one word. Seven lanes of `defined 1 | optOut 1 |
/// covered 1 | - 13 | maxAge 16`, the age in days where {Choices} keep theirs; then `notice 14 | paused 1 |
/// more 1`, where `more` says that another group follows.
type Purposes is uint256;

using PurposeWords for Purposes global;

/// @title Arithmetic of a group's purposes
/// @notice Packed, so that a decision reads its group once.
library PurposeWords {
    uint256 private constant DEFINED = 1;
    uint256 private constant OPT_OUT = 2;
    uint256 private constant OPT_OUT_AT = 1;
    uint256 private constant COVERED_AT = 2;
    uint256 private constant AGE_AT = 16;
    uint256 private constant NOTICE_AT = 224;
    uint256 private constant NOTICE = 0x3fff;
    uint256 private constant PAUSED = 1 << 238;
    uint256 private constant MORE = 1 << 239;

    /// @dev The defined lanes, spread.
    function defined(Purposes self) internal pure returns (uint256) {
        return Purposes.unwrap(self) & Masks.ONES;
    }

    /// @dev The lanes of which the current notice speaks, spread.
    function covered(Purposes self) internal pure returns (uint256) {
        return Purposes.unwrap(self) >> COVERED_AT & Masks.ONES;
    }

    /// @dev The lanes granted until withdrawn, spread.
    function optOut(Purposes self) internal pure returns (uint256) {
        return Purposes.unwrap(self) >> OPT_OUT_AT & Masks.ONES;
    }

    function maxAge(Purposes self, uint256 lane) internal pure returns (uint16) {
        return uint16(Purposes.unwrap(self) >> (lane * Masks.WIDTH + AGE_AT));
    }

    /// @dev The current notice's version.
    function notice(Purposes self) internal pure returns (uint256) {
        return Purposes.unwrap(self) >> NOTICE_AT & NOTICE;
    }

    function paused(Purposes self) internal pure returns (bool) {
        return Purposes.unwrap(self) & PAUSED != 0;
    }

    function more(Purposes self) internal pure returns (bool) {
        return Purposes.unwrap(self) & MORE != 0;
    }

    /// @dev With a purpose in a lane that had none.
    function withPurpose(Purposes self, uint256 lane, uint256 maxAgeDays, bool optsOut)
        internal
        pure
        returns (Purposes)
    {
        uint256 content = DEFINED | (optsOut ? OPT_OUT : 0) | maxAgeDays << AGE_AT;
        return Purposes.wrap(Purposes.unwrap(self) | content << (lane * Masks.WIDTH));
    }

    /// @dev With the next notice, which speaks of every defined lane.
    function withNotice(Purposes self, uint256 version) internal pure returns (Purposes) {
        uint256 kept = Purposes.unwrap(self) & ~(NOTICE << NOTICE_AT);
        return Purposes.wrap(kept | defined(self) << COVERED_AT | version << NOTICE_AT);
    }

    function withPaused(Purposes self, bool stop) internal pure returns (Purposes) {
        uint256 kept = Purposes.unwrap(self) & ~PAUSED;
        return Purposes.wrap(stop ? kept | PAUSED : kept);
    }

    function withMore(Purposes self) internal pure returns (Purposes) {
        return Purposes.wrap(Purposes.unwrap(self) | MORE);
    }
}
