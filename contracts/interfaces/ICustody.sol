// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Money that waits for an account that could not be paid
/// @notice A payout that a token refuses stops nobody else: the contract owes it instead, and the account takes
/// it when it can, wherever it wants.
interface ICustody {
    /// @notice The account could not be paid, so the contract owes it.
    event Credited(address indexed account, IERC20 indexed token, uint256 amount);
    /// @notice The account has taken what it was owed.
    event Withdrawn(address indexed account, IERC20 indexed token, address to, uint256 amount);

    /// @notice Money sent to nobody, or to this contract, would be lost.
    error BadRecipient(address to);
    /// @notice The account is owed nothing in this token.
    error NothingOwed(address account, IERC20 token);

    /// @notice Takes what the caller is owed. What the token does not move stays owed.
    function withdraw(IERC20 token, address to) external returns (uint256 amount);

    /// @notice What the contract owes an account, in the token's smallest unit.
    function owed(address account, IERC20 token) external view returns (uint256);
}
