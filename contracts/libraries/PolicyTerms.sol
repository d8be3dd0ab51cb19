// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISLAEscrow} from "../interfaces/ISLAEscrow.sol";

/// @dev From the lowest bit: provider 160, minAmount 96.
type Parties is uint256;
/// @dev From the lowest bit: token 160, bonded 8, closed 8, then five shares of 16.
type Shares is uint256;
/// @dev From the lowest bit: arbiter 160, reviewWindow 32, arbiterWindow 32, maxPause 32.
type Windows is uint256;
/// @dev From the lowest bit: hours168 168, utcOffset 32, maxCreditBps 16.
type Hours is uint256;
/// @dev From the lowest bit: 32 for each priority.
type Targets is uint256;

using PolicyTerms for Parties global;
using PolicyTerms for Shares global;
using PolicyTerms for Windows global;
using PolicyTerms for Hours global;
using PolicyTerms for Targets global;

/// @title The terms of a policy in whole words
/// @notice Every verb reads only the words that it needs, each once. {ISLAEscrow} says what the terms mean.
library PolicyTerms {
    /// @dev Six slots.
    struct Kept {
        Parties parties;
        Shares shares;
        Windows windows;
        Hours hours_;
        Targets response;
        Targets resolution;
    }

    uint256 private constant CLOSED = 1 << 168;

    function provider(Parties word) internal pure returns (address) {
        return address(uint160(Parties.unwrap(word)));
    }

    function minAmount(Parties word) internal pure returns (uint96) {
        return uint96(Parties.unwrap(word) >> 160);
    }

    function token(Shares word) internal pure returns (IERC20) {
        return IERC20(address(uint160(Shares.unwrap(word))));
    }

    function bonded(Shares word) internal pure returns (bool) {
        return uint8(Shares.unwrap(word) >> 160) != 0;
    }

    function closed(Shares word) internal pure returns (bool) {
        return uint8(Shares.unwrap(word) >> 168) != 0;
    }

    function close(Shares word) internal pure returns (Shares) {
        return Shares.wrap(Shares.unwrap(word) | CLOSED);
    }

    function arbiterFeeBps(Shares word) internal pure returns (uint16) {
        return uint16(Shares.unwrap(word) >> 176);
    }

    function defaultProviderBps(Shares word) internal pure returns (uint16) {
        return uint16(Shares.unwrap(word) >> 192);
    }

    function lateResponseBps(Shares word) internal pure returns (uint16) {
        return uint16(Shares.unwrap(word) >> 208);
    }

    function lateResolutionBps(Shares word) internal pure returns (uint16) {
        return uint16(Shares.unwrap(word) >> 224);
    }

    function perHourBps(Shares word) internal pure returns (uint16) {
        return uint16(Shares.unwrap(word) >> 240);
    }

    function arbiter(Windows word) internal pure returns (address) {
        return address(uint160(Windows.unwrap(word)));
    }

    function reviewWindow(Windows word) internal pure returns (uint32) {
        return uint32(Windows.unwrap(word) >> 160);
    }

    function arbiterWindow(Windows word) internal pure returns (uint32) {
        return uint32(Windows.unwrap(word) >> 192);
    }

    function maxPause(Windows word) internal pure returns (uint32) {
        return uint32(Windows.unwrap(word) >> 224);
    }

    function mask(Hours word) internal pure returns (uint168) {
        return uint168(Hours.unwrap(word));
    }

    function utcOffset(Hours word) internal pure returns (int32) {
        return int32(uint32(Hours.unwrap(word) >> 168));
    }

    function maxCreditBps(Hours word) internal pure returns (uint16) {
        return uint16(Hours.unwrap(word) >> 200);
    }

    function target(Targets word, uint256 priority) internal pure returns (uint32) {
        return uint32(Targets.unwrap(word) >> (priority * 32));
    }

    function keep(Kept storage k, ISLAEscrow.Policy calldata p) internal {
        k.parties = Parties.wrap(uint160(p.provider) | uint256(p.minAmount) << 160);
        uint256 shares = uint256(p.arbiterFeeBps) | uint256(p.defaultProviderBps) << 16
            | uint256(p.lateResponseBps) << 32 | uint256(p.lateResolutionBps) << 48 | uint256(p.perHourBps) << 64;
        k.shares = Shares.wrap(uint160(address(p.token)) | uint256(p.bonded ? 1 : 0) << 160 | shares << 176);
        k.windows = Windows.wrap(
            uint160(p.arbiter) | uint256(p.reviewWindow) << 160 | uint256(p.arbiterWindow) << 192
                | uint256(p.maxPause) << 224
        );
        k.hours_ = Hours.wrap(
            uint256(p.hours168) | uint256(uint32(p.utcOffset)) << 168 | uint256(p.maxCreditBps) << 200
        );
        k.response = _pack(p.response);
        k.resolution = _pack(p.resolution);
    }

    function read(Kept storage k) internal view returns (ISLAEscrow.Policy memory p) {
        (p.provider, p.minAmount) = (k.parties.provider(), k.parties.minAmount());
        Shares s = k.shares;
        (p.token, p.bonded, p.closed) = (s.token(), s.bonded(), s.closed());
        (p.arbiterFeeBps, p.defaultProviderBps) = (s.arbiterFeeBps(), s.defaultProviderBps());
        p.lateResponseBps = s.lateResponseBps();
        (p.lateResolutionBps, p.perHourBps) = (s.lateResolutionBps(), s.perHourBps());
        Windows w = k.windows;
        (p.arbiter, p.reviewWindow) = (w.arbiter(), w.reviewWindow());
        (p.arbiterWindow, p.maxPause) = (w.arbiterWindow(), w.maxPause());
        Hours h = k.hours_;
        (p.hours168, p.utcOffset, p.maxCreditBps) = (h.mask(), h.utcOffset(), h.maxCreditBps());
        (Targets response, Targets resolution) = (k.response, k.resolution);
        for (uint256 i = 0; i < 4; ++i) {
            (p.response[i], p.resolution[i]) = (response.target(i), resolution.target(i));
        }
    }

    function _pack(uint32[4] calldata targets) private pure returns (Targets) {
        uint256 word;
        for (uint256 i = 4; i != 0; --i) {
            word = word << 32 | targets[i - 1];
        }
        return Targets.wrap(word);
    }
}
