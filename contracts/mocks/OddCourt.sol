// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IArbitrator} from "../interfaces/IArbitrator.sol";

/// @title A court that anyone rules, and that does whatever it was turned to do
contract OddCourt is IArbitrator {
    /// @notice What it says that a step costs, and what it takes. In the chain's smallest unit.
    uint256 public quoted;
    uint256 public taken;

    /// @notice Every dispute is given this number, once it is set; 0 = they are counted from 7.
    uint256 public fixedID;
    uint256 public count = 7;

    uint256 public appeals;
    bytes public told;
    bytes private _callBack;

    /// @notice Whether its caller let itself be called back, and what it answered.
    bool public calledBack;
    bytes public answer;

    error TooLittle(uint256 sent);

    function setCosts(uint256 quoted_, uint256 taken_) external {
        (quoted, taken) = (quoted_, taken_);
    }

    function setID(uint256 id) external {
        fixedID = id;
    }

    /// @notice What it calls whoever brings or appeals with.
    function setCallBack(bytes calldata data) external {
        _callBack = data;
    }

    /// @notice Makes a call of its own, with so much gas; 0 = all.
    function act(address target, bytes calldata data, uint256 gas_) external {
        (bool done, bytes memory said) = target.call{gas: gas_ == 0 ? gasleft() : gas_}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(said, 32), mload(said))
            }
        }
    }

    function createDispute(uint256 choices, bytes calldata extraData) external payable returns (uint256) {
        told = abi.encode(choices, extraData);
        _take();
        return fixedID == 0 ? count++ : fixedID;
    }

    function appeal(uint256, bytes calldata extraData) external payable {
        told = extraData;
        ++appeals;
        _take();
    }

    function arbitrationCost(bytes calldata) external view returns (uint256) {
        return quoted;
    }

    function appealCost(uint256, bytes calldata) external view returns (uint256) {
        return quoted;
    }

    function appealPeriod(uint256) external view returns (uint256 start, uint256 end) {
        return (block.timestamp, block.timestamp + 1 days);
    }

    function disputeStatus(uint256) external pure returns (DisputeStatus) {
        return DisputeStatus.Appealable;
    }

    function currentRuling(uint256) external pure returns (uint256) {
        return 1;
    }

    function _take() private {
        if (msg.value < taken) revert TooLittle(msg.value);
        if (_callBack.length != 0) (calledBack, answer) = msg.sender.call(_callBack);
    }
}
