// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IPayments} from "../interfaces/IPayments.sol";

/// @dev What became of an order, an `IPayments.Payment` in one word, from the lowest bit:
/// captured 96 | refunded 96 | state 8.
type Outcome is uint256;

using Outcomes for Outcome global;

/// @title What became of orders, in one word each
/// @notice A whole word is written without reading it first, as the compiler does for a struct that
/// leaves bits of its slot free.
library Outcomes {
    uint256 private constant REFUNDED = 96; // bit offset
    uint256 private constant STATE = 192; // bit offset

    /// @dev Held here.
    function authorized() internal pure returns (Outcome) {
        return Outcome.wrap(uint256(IPayments.State.Authorized) << STATE);
    }

    /// @dev So much was paid, and nothing of it is refunded.
    function paid(uint256 amount) internal pure returns (Outcome) {
        return Outcome.wrap(amount | (uint256(IPayments.State.Captured) << STATE));
    }

    /// @dev All went back to the payer.
    function released() internal pure returns (Outcome) {
        return Outcome.wrap(uint256(IPayments.State.Released) << STATE);
    }

    function unpack(Outcome outcome) internal pure returns (IPayments.Payment memory) {
        return IPayments.Payment(outcome.captured(), outcome.refunded(), outcome.state());
    }

    function exists(Outcome outcome) internal pure returns (bool) {
        return Outcome.unwrap(outcome) != 0;
    }

    function captured(Outcome outcome) internal pure returns (uint96) {
        return uint96(Outcome.unwrap(outcome));
    }

    function refunded(Outcome outcome) internal pure returns (uint96) {
        return uint96(Outcome.unwrap(outcome) >> REFUNDED);
    }

    function state(Outcome outcome) internal pure returns (IPayments.State) {
        return IPayments.State(Outcome.unwrap(outcome) >> STATE);
    }

    function withRefunded(Outcome outcome, uint96 total) internal pure returns (Outcome) {
        uint256 rest = Outcome.unwrap(outcome) & ~(uint256(type(uint96).max) << REFUNDED);
        return Outcome.wrap(rest | (uint256(total) << REFUNDED));
    }
}
