// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {BusinessHours} from "../libraries/BusinessHours.sol";

/// @title The clock of business hours by itself, for tests of what it costs
contract OfficeClock {
    /// @notice Seconds of business hours from one moment to another, and the gas that counting them took.
    function elapsed(uint168 mask, int32 utcOffset, uint256 from, uint256 until)
        external
        view
        returns (uint256 time, uint256 spent)
    {
        spent = gasleft();
        time = BusinessHours.between(mask, utcOffset, from, until);
        spent -= gasleft();
    }
}
