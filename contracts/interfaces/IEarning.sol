// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Sales that earn points as they happen
/// @notice A sale earns through {IEarnRules} in its own transaction. Points never stop money: whatever
/// goes wrong with them is an event. Nor can a relayer keep them from the customer: the rules get
/// {EARN_GAS}, and a transaction that does not bring so much reverts as a whole.
interface IEarning {
    /// @notice A sale earned no points, or a refund took none back. `reason` is the selector of the error that
    /// the rules reverted with; zero if they ran out of gas or gave none.
    event EarnSkipped(bytes32 indexed customerId, bytes32 indexed ref, bytes4 reason);

    /// @notice The transaction brings too little gas for points to be earned as well.
    error GasTooLow(uint256 gas, uint256 required);

    /// @notice Gas that the rules can use for one sale.
    function EARN_GAS() external view returns (uint256);
}
