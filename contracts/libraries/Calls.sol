// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Calls that may fail
/// @notice Calls with a fixed share of gas, whose failure is an answer.
library Calls {
    /// @dev What a call needs besides the gas that it hands on.
    uint256 private constant OVERHEAD = 5_000;

    /// @notice Gas that must be left so that a call can be given `gas_`: a call keeps a 64th back (EIP-150).
    function required(uint256 gas_) internal pure returns (uint256) {
        unchecked {
            // A share of gas, which is a constant of the contract.
            return gas_ * 64 / 63 + OVERHEAD;
        }
    }

    /// @notice Calls with so much gas and never fails itself, whatever the callee does or answers.
    /// @return ok Whether the call succeeded.
    /// @return reason The selector of the callee's error; zero if it gave none. No more than that is copied, so
    /// that a long answer costs nobody but the callee.
    function attempt(address target, uint256 gas_, bytes memory data) internal returns (bool ok, bytes4 reason) {
        assembly ("memory-safe") {
            mstore(0, 0)
            ok := call(gas_, target, 0, add(data, 32), mload(data), 0, 4)
            if iszero(ok) {
                // A selector is the first four bytes of the word; less than four are no selector.
                if gt(returndatasize(), 3) { reason := mload(0) }
            }
        }
    }

    /// @notice Puts the two words that the last call has answered in the place of its third and fourth argument.
    function handOn(bytes memory data) internal pure {
        assembly ("memory-safe") {
            returndatacopy(add(data, 100), 0, 64)
        }
    }

    /// @notice Puts another first argument in a call that is made many times.
    function setFirst(bytes memory data, bytes32 argument) internal pure {
        assembly ("memory-safe") {
            // Behind the length and the selector.
            mstore(add(data, 36), argument)
        }
    }
}
