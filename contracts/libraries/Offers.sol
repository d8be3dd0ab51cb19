// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISubscriptions} from "../interfaces/ISubscriptions.sol";

/// @dev Who offers it and how often it is paid, in one word, from the lowest bit:
/// merchant 160 | period 32 | grace 32 | flags 32.
type Basis is uint256;

/// @dev What is paid, in one word, from the lowest bit: token 160 | amount 96.
type Price is uint256;

/// @dev What few plans have, in one word, from the lowest bit: callerFee 96 | trial 32 | maxCycles 16.
type Extras is uint256;

/// @dev An `ISubscriptions.Plan` as it is kept, and worked on.
struct Offer {
    Basis basis;
    Price price;
    Extras extras; // kept only where a flag of the basis says so: charging the others does not read it
}

using Offers for Basis global;
using Offers for Price global;
using Offers for Extras global;
using Offers for Offer global;

/// @title Plans in whole words
/// @notice See {Records} for why.
library Offers {
    uint256 private constant PERIOD = 160; // bit offset
    uint256 private constant GRACE = 192; // bit offset
    uint256 private constant FLAGS = 224; // bit offset
    uint256 private constant CLOSED = 1;
    uint256 private constant WITH_EXTRAS = 2;
    uint256 private constant AMOUNT = 160; // bit offset
    uint256 private constant TRIAL = 96; // bit offset
    uint256 private constant MAX_CYCLES = 128; // bit offset

    function merchant(Basis basis) internal pure returns (address) {
        return address(uint160(Basis.unwrap(basis)));
    }

    function period(Basis basis) internal pure returns (uint256) {
        return uint32(Basis.unwrap(basis) >> PERIOD);
    }

    function grace(Basis basis) internal pure returns (uint256) {
        return uint32(Basis.unwrap(basis) >> GRACE);
    }

    function closed(Basis basis) internal pure returns (bool) {
        return (Basis.unwrap(basis) >> FLAGS) & CLOSED != 0;
    }

    function hasExtras(Basis basis) internal pure returns (bool) {
        return (Basis.unwrap(basis) >> FLAGS) & WITH_EXTRAS != 0;
    }

    function close(Basis basis) internal pure returns (Basis) {
        return Basis.wrap(Basis.unwrap(basis) | (CLOSED << FLAGS));
    }

    function token(Price price) internal pure returns (IERC20) {
        return IERC20(address(uint160(Price.unwrap(price))));
    }

    function amount(Price price) internal pure returns (uint256) {
        return Price.unwrap(price) >> AMOUNT;
    }

    function callerFee(Extras extras) internal pure returns (uint256) {
        return Extras.unwrap(extras) & type(uint96).max;
    }

    function trial(Extras extras) internal pure returns (uint256) {
        return uint32(Extras.unwrap(extras) >> TRIAL);
    }

    function maxCycles(Extras extras) internal pure returns (uint256) {
        return uint16(Extras.unwrap(extras) >> MAX_CYCLES);
    }

    /// @dev Marks that there are extras, and never that there are none: so they are overwritten, not left behind.
    function setPrice(Offer memory offer, uint96 newAmount, uint96 newFee) internal pure {
        uint256 rest = Price.unwrap(offer.price) & type(uint160).max;
        offer.price = Price.wrap(rest | (uint256(newAmount) << AMOUNT));
        rest = Extras.unwrap(offer.extras) & ~uint256(type(uint96).max);
        offer.extras = Extras.wrap(rest | newFee);
        if (Extras.unwrap(offer.extras) != 0) {
            offer.basis = Basis.wrap(Basis.unwrap(offer.basis) | (WITH_EXTRAS << FLAGS));
        }
    }

    // As the interface tells them

    function pack(ISubscriptions.Plan memory p) internal pure returns (Offer memory offer) {
        uint256 extras = (uint256(p.trial) << TRIAL) | (uint256(p.maxCycles) << MAX_CYCLES);
        uint256 basis = uint256(uint160(p.merchant)) | (uint256(p.period) << PERIOD) | (uint256(p.grace) << GRACE);
        offer.basis = Basis.wrap(basis | (extras == 0 ? 0 : WITH_EXTRAS << FLAGS));
        offer.price = Price.wrap(uint256(uint160(address(p.token))));
        offer.extras = Extras.wrap(extras);
        offer.setPrice(p.price, p.callerFee);
    }

    function unpack(Offer memory offer) internal pure returns (ISubscriptions.Plan memory p) {
        p.merchant = merchant(offer.basis);
        p.period = uint32(period(offer.basis));
        p.trial = uint32(trial(offer.extras));
        p.grace = uint32(grace(offer.basis));
        p.token = token(offer.price);
        p.maxCycles = uint16(maxCycles(offer.extras));
        p.closed = closed(offer.basis);
        p.price = uint96(amount(offer.price));
        p.callerFee = uint96(callerFee(offer.extras));
    }
}
