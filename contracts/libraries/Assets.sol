// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The keys under which earning rules are kept
/// @notice A token's purchases and its renewals have one each.
library Assets {
    /// @notice The key of what is bought with a token: its address.
    function ofToken(IERC20 token) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(address(token))));
    }

    /// @notice The key of subscriptions that renew in an asset.
    function renewalOf(bytes32 asset) internal pure returns (bytes32) {
        return keccak256(abi.encode("rapport renewal", asset));
    }
}
