// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Earning rules that mean harm, for tests of what sales can suffer from them
contract HostileRules {
    enum Manner {
        Agree,
        BurnGas,
        AnswerAtLength, // a hundred kilobytes
        AnswerNothing,
        RevertAtLength, // a hundred kilobytes, which begin with a selector
        RevertNothing,
        RevertTooShort, // three bytes: no selector
        RevertByName,
        CallBack // into the contract that asks
    }

    uint256 private constant LONG = 100_000; // bytes

    error Hostile(uint256 number);

    Manner public manner;

    /// @notice The most gas that it was ever asked with.
    uint256 public gasGiven;

    /// @notice Whether the contract that asked let itself be called back.
    bool public calledBack;

    bytes private _callBack;

    /// @notice From now on it behaves so.
    function turn(Manner manner_) external {
        manner = manner_;
    }

    /// @notice What it calls back with.
    function setCallBack(bytes calldata data) external {
        _callBack = data;
    }

    fallback() external {
        uint256 given = gasleft();
        if (manner == Manner.BurnGas) assembly { invalid() }
        if (manner == Manner.AnswerAtLength) assembly { return(0, LONG) }
        if (manner == Manner.RevertByName) revert Hostile(7);
        if (manner == Manner.RevertNothing) assembly { revert(0, 0) }
        if (manner >= Manner.RevertAtLength && manner <= Manner.RevertTooShort) {
            uint256 length = manner == Manner.RevertAtLength ? LONG : 3;
            bytes32 beginning = bytes32(Hostile.selector);
            assembly {
                mstore(0, beginning)
                revert(0, length)
            }
        }
        if (manner == Manner.CallBack) (calledBack,) = msg.sender.call(_callBack);
        if (given > gasGiven) gasGiven = given;
    }
}
