// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Refusals of more than one contract
/// @notice A name means the same condition and the same arguments everywhere in the suite.
/// @dev Not `Errors`, which is a library of OpenZeppelin's: slither cannot tell two of one name apart.
library Refusals {
    /// @notice Nobody is registered under this id.
    error UnknownCustomer(bytes32 customerId);

    /// @notice The customer was merged into another or erased, and never returns.
    error CustomerClosed(bytes32 customerId);

    /// @notice The customer is suspended; what they hold stays theirs, but cannot be spent now.
    error CustomerSuspended(bytes32 customerId);

    /// @notice The caller is neither the customer's wallet nor a role that may act here.
    error NotTheCustomer(bytes32 customerId, address caller);

    /// @notice A wallet is linked, so only that wallet, or its signature, can do this.
    error WalletLinkedAlready(bytes32 customerId, address wallet);

    /// @notice No wallet is linked to this customer, so none can act or be replaced.
    error NoWallet(bytes32 customerId);

    /// @notice The reference was used before, with other content.
    error RefConflict(bytes32 ref);

    /// @notice No entry stands under this reference.
    error UnknownRef(bytes32 ref);

    /// @notice The signed intent is past its deadline. Both are Unix seconds.
    error Expired(uint48 deadline, uint256 timestamp);

    /// @notice The intent was signed for another state of the record.
    error BadSequence(uint256 given, uint256 expected);

    /// @notice The signature is not a valid one of `signer` over this intent.
    error BadSignature(address signer);

    /// @notice An epoch of the account would hold so many points; the limit is 2**32 - 1.
    error EpochFull(uint256 points);

    /// @notice An amount of zero changes nothing and is refused.
    error ZeroAmount();

    /// @notice An address that must be set was zero.
    error ZeroAddress();

    /// @notice Only the payer, or its signature, can do this.
    error NotPayer(address payer, address caller);

    /// @notice Only the merchant can do this.
    error NotMerchant(address merchant, address caller);

    /// @notice The token did not move the amount: the balance or the allowance is short, somebody is blocked, or
    /// it does not answer as ERC-20 demands.
    error TransferFailed(address token, address from, address to, uint256 amount);

    /// @notice The token moved less than it was told to, so it cannot be used here.
    error ShortTransfer(address token, uint256 received, uint256 required);
}
