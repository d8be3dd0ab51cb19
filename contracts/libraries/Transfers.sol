// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Refusals} from "./Refusals.sol";

/// @title Transfers that are believed only when they are seen
/// @notice A token may lie: answer that it has moved what it has not, or move less. So the recipient's
/// balance is looked at before and after. The errors are ours, never the token's, so that nothing a token
/// says can be mistaken for an answer of the suite.
library Transfers {
    using SafeERC20 for IERC20;

    /// @notice Moves `amount` out of `from`'s allowance, or reverts `TransferFailed` or `ShortTransfer`.
    function pull(IERC20 token, address from, address to, uint256 amount) internal {
        pullOnto(token, from, to, amount, balance(token, to));
    }

    /// @notice As {pull}, where the recipient is known to have `before`.
    /// @return What the recipient has after it.
    function pullOnto(IERC20 token, address from, address to, uint256 amount, uint256 before)
        internal
        returns (uint256)
    {
        if (!token.trySafeTransferFrom(from, to, amount)) _fail(token, from, to, amount);
        return _requireReceived(token, to, before, amount);
    }

    /// @notice As {pull}, but says false where the token refuses. One that agrees and moves less still
    /// reverts `ShortTransfer`, and one that refuses and moves `TransferFailed`: asked again, it would take
    /// twice.
    function tryPull(IERC20 token, address from, address to, uint256 amount) internal returns (bool) {
        uint256 before = balance(token, to);
        if (!token.trySafeTransferFrom(from, to, amount)) {
            if (balance(token, to) != before) _fail(token, from, to, amount);
            return false;
        }
        _requireReceived(token, to, before, amount);
        return true;
    }

    /// @notice Moves `amount` out of this contract's own balance, as far as the token does it.
    /// @dev What the recipient makes of it is the token's affair: a fee that a token begins to take must not
    /// lock up what is held already. One that takes more from here than it was told to takes it from others, and
    /// reverts `TransferFailed`.
    /// @return moved What has left, whatever the token says of it.
    function push(IERC20 token, address to, uint256 amount) internal returns (uint256 moved) {
        uint256 before = balance(token, address(this));
        // The answer is not believed, the balance is: paid and owed as well would be paid twice.
        token.trySafeTransfer(to, amount);
        uint256 present = balance(token, address(this));
        if (present >= before) return 0;
        moved = before - present;
        if (moved > amount) _fail(token, address(this), to, amount);
    }

    /// @notice What `account` has of the token; reverts `TransferFailed` if it does not say so.
    function balance(IERC20 token, address account) internal view returns (uint256 amount) {
        bytes4 question = IERC20.balanceOf.selector;
        bool told;
        assembly ("memory-safe") {
            // Both the question and the answer fit the scratch space.
            mstore(0, question)
            mstore(4, and(account, shr(96, not(0))))
            told := staticcall(gas(), token, 0, 0x24, 0, 0x20)
            told := and(told, gt(returndatasize(), 0x1f))
            amount := mload(0)
        }
        if (!told) _fail(token, account, account, 0);
    }

    function _requireReceived(IERC20 token, address to, uint256 before, uint256 amount)
        private
        view
        returns (uint256 present)
    {
        present = balance(token, to);
        unchecked {
            uint256 received = present > before ? present - before : 0;
            if (received < amount) revert Refusals.ShortTransfer(address(token), received, amount);
        }
    }

    function _fail(IERC20 token, address from, address to, uint256 amount) private pure {
        revert Refusals.TransferFailed(address(token), from, to, amount);
    }
}
