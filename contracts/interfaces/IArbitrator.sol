// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title A court, as ERC-792 has it
/// @notice Who decides disputes for a fee. The names of the standard, and of it only what is asked here.
/// @dev ERC-792, https://github.com/ethereum/EIPs/issues/792; https://github.com/kleros/erc-792 has the form that
/// courts are built to. Fees are in the chain's own money.
interface IArbitrator {
    enum DisputeStatus {
        Waiting, // for a ruling
        Appealable, // ruled, and the ruling can be appealed
        Solved // the ruling is final
    }

    /// @notice Brings a dispute. Its arbitrable is the caller, who pays at least {arbitrationCost}.
    /// @param choices How many rulings there are, without 0: the refusal to rule.
    /// @param extraData What the court wants to know of the dispute.
    function createDispute(uint256 choices, bytes calldata extraData) external payable returns (uint256 disputeID);

    /// @notice Appeals the ruling of today, for at least {appealCost}.
    function appeal(uint256 disputeID, bytes calldata extraData) external payable;

    /// @notice What it costs to bring a dispute.
    function arbitrationCost(bytes calldata extraData) external view returns (uint256 cost);
    /// @notice What it costs to appeal.
    function appealCost(uint256 disputeID, bytes calldata extraData) external view returns (uint256 cost);
    /// @notice When the ruling of today can be appealed; both zero if it cannot, or nobody knows.
    function appealPeriod(uint256 disputeID) external view returns (uint256 start, uint256 end);
    /// @notice How far the dispute is.
    function disputeStatus(uint256 disputeID) external view returns (DisputeStatus status);
    /// @notice The ruling of today: the final one if nobody appeals.
    function currentRuling(uint256 disputeID) external view returns (uint256 ruling);
}
