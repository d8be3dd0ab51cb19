// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";

/// @dev A customer's decisions in one group: seven lanes of `state 2 | notice 14 | day 16`, lowest first,
/// and the sequence in the top 32 bits. `day` counts from 1970-01-01 UTC: of a grant, the first on which
/// it no longer holds; of a withdrawal, the one on which it was made.
type Choices is uint256;

using Consents for Choices global;

/// @title Arithmetic of packed consents
/// @notice Lanes are numbered 0 to 6; a mask has the bit of each lane that it names.
library Consents {
    uint256 internal constant LANES = 7;
    uint256 private constant WIDTH = 32;
    uint256 private constant LANE = 0xffffffff;
    uint256 private constant STATE = 3;
    uint256 private constant NOTICE_AT = 2;
    uint256 private constant NOTICE = 0x3fff;
    uint256 private constant DAY_AT = 16;
    uint256 private constant SEQ_AT = 224;
    uint256 private constant ONE = 1;

    /// @dev The mask that names one lane.
    function bit(uint256 lane) internal pure returns (uint8) {
        return uint8(ONE << lane);
    }

    function state(Choices self, uint256 lane) internal pure returns (IConsentRegistry.State) {
        return IConsentRegistry.State((Choices.unwrap(self) >> (lane * WIDTH)) & STATE);
    }

    function notice(Choices self, uint256 lane) internal pure returns (uint16) {
        return uint16((Choices.unwrap(self) >> (lane * WIDTH + NOTICE_AT)) & NOTICE);
    }

    function day(Choices self, uint256 lane) internal pure returns (uint16) {
        return uint16(Choices.unwrap(self) >> (lane * WIDTH + DAY_AT));
    }

    function seq(Choices self) internal pure returns (uint32) {
        return uint32(Choices.unwrap(self) >> SEQ_AT);
    }

    /// @dev True while a grant by the customer, or on an operator's evidence, holds.
    function holds(Choices self, uint256 lane, uint256 today) internal pure returns (bool) {
        IConsentRegistry.State met = state(self, lane);
        bool granted = met == IConsentRegistry.State.Granted || met == IConsentRegistry.State.Recorded;
        return granted && today < day(self, lane);
    }

    /// @dev The lane granted under `version`, until the start of `until`.
    function grant(Choices self, uint256 lane, IConsentRegistry.State how, uint16 version, uint256 until)
        internal
        pure
        returns (Choices)
    {
        return _put(self, lane, uint256(how) | uint256(version) << NOTICE_AT | until << DAY_AT);
    }

    /// @dev The lane withdrawn. One that was withdrawn before keeps its day.
    function withdraw(Choices self, uint256 lane, uint256 today) internal pure returns (Choices) {
        if (state(self, lane) == IConsentRegistry.State.Withdrawn) return self;
        return _put(self, lane, uint256(IConsentRegistry.State.Withdrawn) | today << DAY_AT);
    }

    /// @dev The lanes in `mask` withdrawn.
    function withdrawnIn(Choices self, uint8 mask, uint256 today) internal pure returns (Choices) {
        for (uint256 lane = 0; lane < LANES; ++lane) {
            if (mask & bit(lane) != 0) self = withdraw(self, lane, today);
        }
        return self;
    }

    /// @dev The next sequence. It wraps, so that nobody can be kept from deciding: an intent 2**32
    /// decisions old would also need its deadline to lie ahead.
    function counted(Choices self) internal pure returns (Choices) {
        unchecked {
            return Choices.wrap(Choices.unwrap(self) + (ONE << SEQ_AT));
        }
    }

    /// @dev The withdrawals among `other`, taken over; they keep their day.
    function withdrawnWith(Choices self, Choices other) internal pure returns (Choices) {
        for (uint256 lane = 0; lane < LANES; ++lane) {
            if (state(other, lane) == IConsentRegistry.State.Withdrawn) self = withdraw(self, lane, day(other, lane));
        }
        return self;
    }

    /// @dev True if the decision's lanes stand as an operator's record of it leaves them.
    function records(Choices self, IConsentRegistry.Decision calldata decision) internal pure returns (bool) {
        for (uint256 lane = 0; lane < LANES; ++lane) {
            uint8 named = bit(lane);
            IConsentRegistry.State met = state(self, lane);
            if (decision.grant & named != 0) {
                if (met != IConsentRegistry.State.Recorded || notice(self, lane) != decision.notice) return false;
            } else if (decision.withdraw & named != 0 && met != IConsentRegistry.State.Withdrawn) {
                return false;
            }
        }
        return true;
    }

    function equals(Choices self, Choices other) internal pure returns (bool) {
        return Choices.unwrap(self) == Choices.unwrap(other);
    }

    function _put(Choices self, uint256 lane, uint256 content) private pure returns (Choices) {
        uint256 shift = lane * WIDTH;
        return Choices.wrap(Choices.unwrap(self) & ~(LANE << shift) | content << shift);
    }
}
