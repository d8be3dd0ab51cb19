// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title A contract that pays for a step, and does what it was told when change comes back
contract Litigant {
    bytes private _callBack;
    bool private _refuses;
    uint256 private _stake;

    /// @notice Whether the call that it made when change came went through, and what was answered.
    bool public calledBack;
    bytes public answer;

    error Refused();

    receive() external payable {
        if (_refuses) revert Refused();
        if (_callBack.length != 0) (calledBack, answer) = msg.sender.call{value: _stake}(_callBack);
    }

    /// @notice What it calls whoever gives change with.
    function setCallBack(bytes calldata data, uint256 stake) external {
        (_callBack, _stake) = (data, stake);
    }

    /// @notice Takes no change.
    function refuse() external {
        _refuses = true;
    }

    /// @notice Makes a call of its own.
    function act(address target, bytes calldata data) external payable {
        (bool done, bytes memory said) = target.call{value: msg.value}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(said, 32), mload(said))
            }
        }
    }
}
