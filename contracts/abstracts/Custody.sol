// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICustody} from "../interfaces/ICustody.sol";
import {Refusals} from "../libraries/Refusals.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {Guarded} from "./Guarded.sol";

/// @title Money that waits for an account that could not be paid
/// @notice Specified in {ICustody}.
abstract contract Custody is ICustody, Guarded {
    using Transfers for IERC20;

    /// @inheritdoc ICustody
    mapping(address account => mapping(IERC20 token => uint256 amount)) public owed;

    /// @inheritdoc ICustody
    function withdraw(IERC20 token, address to) external nonReentrant returns (uint256 amount) {
        // Checks
        amount = owed[msg.sender][token];
        if (amount == 0) revert NothingOwed(msg.sender, token);
        _requireRecipient(to);

        // Effects and interactions: what the token leaves here stays owed. The guard covers the call.
        owed[msg.sender][token] = 0;
        uint256 moved = token.push(to, amount);
        if (moved == 0) revert Refusals.TransferFailed(address(token), address(this), to, amount);
        if (moved != amount) owed[msg.sender][token] = amount - moved;
        emit Withdrawn(msg.sender, token, to, moved);
        return moved;
    }

    // Internals

    /// @dev Out of what is held; what cannot be paid is owed.
    function _payOut(IERC20 token, address to, uint256 amount) internal {
        if (amount == 0) return;
        uint256 moved = token.push(to, amount);
        if (moved != amount) _credit(token, to, amount - moved);
    }

    function _credit(IERC20 token, address account, uint256 amount) internal {
        owed[account][token] += amount;
        emit Credited(account, token, amount);
    }

    function _requireRecipient(address to) internal view {
        if (to == address(0) || to == address(this)) revert BadRecipient(to);
    }
}
