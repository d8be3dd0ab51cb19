// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {Masks} from "./Masks.sol";

/// @dev A customer's decisions in one group: seven lanes of `state 2 | notice 14 | day 16`, lowest first,
/// and the sequence in the top 32 bits. `day` counts from 1970-01-01 UTC: of a grant, the first on which
/// it no longer holds; of a withdrawal, the one on which it was made.
type Choices is uint256;

using Consents for Choices global;

/// @title Arithmetic of packed consents
/// @notice Lanes are given spread, as by {Masks}, and written all at once.
library Consents {
    uint256 private constant STATE = 3;
    uint256 private constant NONE = uint256(IConsentRegistry.State.None);
    uint256 private constant WITHDRAWN = uint256(IConsentRegistry.State.Withdrawn);
    uint256 private constant NOTICE_AT = 2;
    uint256 private constant NOTICE = 0x3fff;
    uint256 private constant DAY_AT = 16;
    uint256 private constant DAY = 0xffff;
    uint256 private constant SEQ_AT = 224;
    uint256 private constant NEXT = 1 << 224;

    function state(Choices self, uint256 lane) internal pure returns (IConsentRegistry.State) {
        return IConsentRegistry.State((Choices.unwrap(self) >> (lane * Masks.WIDTH)) & STATE);
    }

    function notice(Choices self, uint256 lane) internal pure returns (uint16) {
        return uint16((Choices.unwrap(self) >> (lane * Masks.WIDTH + NOTICE_AT)) & NOTICE);
    }

    function day(Choices self, uint256 lane) internal pure returns (uint16) {
        return uint16(Choices.unwrap(self) >> (lane * Masks.WIDTH + DAY_AT));
    }

    function seq(Choices self) internal pure returns (uint32) {
        return uint32(Choices.unwrap(self) >> SEQ_AT);
    }

    /// @dev Whether the lane is decided, and if so, whether a grant holds.
    function answer(Choices self, uint256 lane, uint256 today) internal pure returns (bool decided, bool granted) {
        unchecked {
            uint256 content = Choices.unwrap(self) >> (lane * Masks.WIDTH);
            uint256 met = content & STATE;
            return (met != NONE, met != NONE && met != WITHDRAWN && today < (content >> DAY_AT & DAY));
        }
    }

    /// @dev The lanes `granted` as `how` says, state and notice, each for the days that `ages` has in the place of
    /// the day; the lanes `withdrawn` as by {withdraw}. No day may reach 2**16.
    function decide(
        Choices self,
        uint256 granted,
        uint256 withdrawn,
        uint256 how,
        uint256 today,
        uint256 ages
    ) internal pure returns (Choices) {
        unchecked {
            withdrawn &= ~_withdrawn(self);
            today <<= DAY_AT;
            uint256 content = granted * (how | today) + (ages & granted * (DAY << DAY_AT));
            content |= withdrawn * (WITHDRAWN | today);
            return Choices.wrap(Choices.unwrap(self) & ~((granted | withdrawn) * Masks.LANE) | content);
        }
    }

    /// @dev The state and the notice of a grant, as a lane has them.
    function grantOf(IConsentRegistry.State how, uint256 version) internal pure returns (uint256) {
        return uint256(how) | version << NOTICE_AT;
    }

    /// @dev `lanes` withdrawn on `today`, below 2**16. Those withdrawn before keep their day.
    function withdraw(Choices self, uint256 lanes, uint256 today) internal pure returns (Choices) {
        unchecked {
            lanes &= ~_withdrawn(self);
            uint256 content = lanes * (WITHDRAWN | today << DAY_AT);
            return Choices.wrap(Choices.unwrap(self) & ~(lanes * Masks.LANE) | content);
        }
    }

    /// @dev The withdrawals among `other`, taken over with their day.
    function withdrawnWith(Choices self, Choices other) internal pure returns (Choices) {
        unchecked {
            uint256 taken = (_withdrawn(other) & ~_withdrawn(self)) * Masks.LANE;
            return Choices.wrap(Choices.unwrap(self) & ~taken | Choices.unwrap(other) & taken);
        }
    }

    /// @dev The next sequence. It wraps, so that nobody can be kept from deciding: an intent 2**32
    /// decisions old would also need its deadline to lie ahead.
    function counted(Choices self) internal pure returns (Choices) {
        unchecked {
            return Choices.wrap(Choices.unwrap(self) + NEXT);
        }
    }

    /// @dev True if the decision's lanes stand as an operator's record of it leaves them.
    function records(Choices self, IConsentRegistry.Decision memory decision) internal pure returns (bool) {
        for (uint256 lane = 0; lane < Masks.LANES; ++lane) {
            uint8 named = Masks.bit(lane);
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

    /// @dev The lanes withdrawn: both bits of the state are set.
    function _withdrawn(Choices self) private pure returns (uint256) {
        return Choices.unwrap(self) & Choices.unwrap(self) >> 1 & Masks.ONES;
    }
}
