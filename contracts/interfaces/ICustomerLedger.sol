// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title A contract that holds something under a customer's id
/// @notice The registry tells every attached ledger of a merge or an erasure in the same
/// transaction, so no ledger ever serves a closed id.
interface ICustomerLedger {
    /// @notice The call did not come from the customer registry.
    error NotTheRegistry(address caller);

    /// @notice Moves everything held under `from` to `to` and closes `from` for ever.
    /// @dev Registry only.
    function merge(bytes32 from, bytes32 to) external;

    /// @notice Gives up everything held under `customerId` and closes it for ever.
    /// @dev Registry only.
    function forfeit(bytes32 customerId) external;
}
