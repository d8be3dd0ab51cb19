// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Code that an EIP-7702 account may delegate to and that knows no ERC-1271
contract SilentDelegate {
    /// @notice Accepts ether, as a wallet does.
    receive() external payable {}
}
