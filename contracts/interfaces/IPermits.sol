// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title An allowance by signature, and several calls in one
/// @notice `multicall([permit(...), pay(...)])` needs no approval before it: the payer signs the
/// allowance (ERC-2612) and, where somebody relays, what to do with it.
interface IPermits {
    /// @notice Gives `owner`'s signed allowance for this contract to the token.
    /// @dev Anyone. Never reverts for the token's sake: whoever saw the permit may have used it before,
    /// and then the allowance stands already; if it does not, the call that needs it fails.
    /// @param value Allowance in the token's smallest unit.
    /// @param deadline Unix seconds.
    function permit(
        IERC20Permit token,
        address owner,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}
