// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Guarded} from "./Guarded.sol";
import {IPermits} from "../interfaces/IPermits.sol";

/// @title An allowance by signature, and several calls in one
/// @notice Specified in {IPermits}.
abstract contract Permits is IPermits, Multicall, Guarded {
    /// @inheritdoc IPermits
    function permit(
        IERC20Permit token,
        address owner,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // An address without code answers nothing, and try would revert on it.
        if (address(token).code.length == 0) return;
        try token.permit(owner, address(this), value, deadline, v, r, s) {} catch {}
    }
}
