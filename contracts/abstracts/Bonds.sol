// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISLAEscrow} from "../interfaces/ISLAEscrow.sol";
import {Refusals} from "../libraries/Refusals.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {Custody} from "./Custody.sol";

/// @title What stands behind a provider's promises
/// @notice The part of {ISLAEscrow} that concerns bonds. What a provider is owed is its free bond: it can be
/// reserved or withdrawn.
abstract contract Bonds is ISLAEscrow, Custody {
    using Transfers for IERC20;

    /// @inheritdoc ISLAEscrow
    function depositBond(IERC20 token, uint128 amount) external nonReentrant {
        if (amount == 0) revert Refusals.ZeroAmount();
        owed[msg.sender][token] += amount;
        emit BondDeposited(msg.sender, token, amount);
        token.pull(msg.sender, address(this), amount);
    }

    // Internals

    function _reserve(address provider, IERC20 token, uint256 amount) internal {
        uint256 free = owed[provider][token];
        if (free < amount) revert BondTooSmall(free, amount);
        owed[provider][token] = free - amount;
    }

    function _release(address provider, IERC20 token, uint256 amount) internal {
        owed[provider][token] += amount;
    }
}
