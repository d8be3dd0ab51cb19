// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title The public rules by which points are earned
/// @notice A rule says how many points a purchase in an asset earns, so that a customer can check
/// every award. An asset is a token (its address) or a currency (its ISO 4217 code).
///
/// points = floor(floor(amount * rule.points / rule.per) * multiplierBps[tier] / 10,000),
/// at most `cap`, and 0 below `minimum`. The tier is the one held when the order is recorded.
///
/// Subscriptions that renew have a rule of their own for each asset, kept under {renewalOf} the asset.
///
/// Roles: DEFAULT_ADMIN (two steps). RULES sets rules, never for the past. RECORDER records orders:
/// a backend for off-chain ones, the suite's payment contracts for on-chain ones. Of these, only sales of
/// a MERCHANT earn: anybody can be a merchant there, and pay themselves.
interface IEarnRules {
    /// @dev Two slots.
    struct PurchaseRule {
        uint32 points; // earned for each `per` of the amount
        uint96 per; // in the asset's smallest unit; cents for a currency with cents
        uint96 minimum; // amounts below earn nothing
        uint32 cap; // points an order can earn at most
        uint40 validFrom; // Unix seconds
        uint40 validTo; // Unix seconds, exclusive; type(uint40).max = until replaced
        uint32 returnWindow; // seconds that the points stay pending
        uint16[8] multiplierBps; // by tier, 10,000 = once
    }

    struct Order {
        bytes32 customerId;
        bytes32 ref;
        bytes32 asset;
        uint96 amount; // in the asset's smallest unit
    }

    /// @notice A rule was set; it is version `version` of its asset.
    event PurchaseRuleSet(bytes32 indexed asset, uint16 indexed version, PurchaseRule rule);
    /// @notice A rule ends at `validTo`, Unix seconds.
    event PurchaseRuleEnded(bytes32 indexed asset, uint16 indexed version, uint40 validTo);
    /// @notice An order earned points under version `version` of its asset's rule.
    event Earned(
        bytes32 indexed customerId,
        bytes32 indexed ref,
        bytes32 indexed asset,
        uint96 amount,
        uint32 points,
        uint16 version
    );
    /// @notice An order of a batch was refused; `reason` is the selector of the error that the single
    /// call reverts with.
    event EarnRefused(bytes32 indexed customerId, bytes32 indexed ref, bytes4 reason);

    /// @notice No rule for this asset is in force now.
    error NoRule(bytes32 asset, uint256 timestamp);
    /// @notice The rule cannot be applied; `field` says what is wrong with it.
    error BadRule(bytes32 field);
    /// @notice This merchant's sales earn no points here.
    error NotAMerchant(address merchant);
    /// @notice More of the order would be returned than was bought.
    error ReturnExceedsOrder(uint256 returned, uint256 amount);

    /// @notice Sets the rule for an asset, from `rule.validFrom` on. Until then the present one holds.
    /// @dev RULES. A `validFrom` in the past means now; a rule never reaches back. A rule that was set
    /// to begin later is replaced.
    function setPurchaseRule(bytes32 asset, PurchaseRule calldata rule) external returns (uint16 version);

    /// @notice Ends the rule for an asset now, and any that was set to follow.
    /// @dev RULES. Reverts `NoRule` if none is in force and none follows.
    function endPurchaseRule(bytes32 asset) external;

    /// @notice Records an order and awards its points, once.
    /// @dev RECORDER. An order below the minimum is recorded with zero points. The same order again
    /// returns false, whatever the rule or the tier is by then; the same `ref` with another
    /// customer, asset or amount reverts `RefConflict`.
    function earn(bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount)
        external
        returns (bool added, uint32 points);

    /// @notice As {earn}, for a sale of a merchant in one of the suite's payment contracts.
    /// @dev RECORDER. Reverts `NotAMerchant` unless the merchant holds the MERCHANT role.
    function earnOnSale(address merchant, bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount)
        external
        returns (bool added, uint32 points);

    /// @notice Records many orders, as if by `earn` one after the other. Duplicates are skipped; a
    /// conflict, an unknown or closed customer or a missing rule is an `EarnRefused` event and
    /// stops nobody else.
    /// @dev RECORDER. The whole batch reverts if it exceeds this contract's cap as an issuer, if
    /// points are paused, or if it would overflow somebody's epoch.
    function earnBatch(Order[] calldata orders) external returns (uint256 added);

    /// @notice Takes back the points of what was returned of an order, in proportion, rounded down.
    /// @dev RECORDER.
    /// @param totalReturned How much of `amount` came back in all, so that a retry is a no-op.
    function reverse(bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount, uint96 totalReturned)
        external
        returns (bool changed);

    /// @notice What an order of this amount would earn now, and from when it could be spent.
    function quote(bytes32 customerId, bytes32 asset, uint96 amount)
        external
        view
        returns (uint32 points, uint40 availableAt, uint16 version);

    /// @notice The rule in force now. Reverts `NoRule` if none is.
    function purchaseRule(bytes32 asset) external view returns (PurchaseRule memory rule, uint16 version);

    /// @notice The rule that is set to follow; version 0 if none.
    function nextPurchaseRule(bytes32 asset) external view returns (PurchaseRule memory rule, uint16 version);

    /// @notice The key of an ISO 4217 currency: its three letters, left-aligned.
    function currency(bytes3 code) external pure returns (bytes32 asset);

    /// @notice The key under which the rule for renewals in an asset is kept.
    function renewalOf(bytes32 asset) external pure returns (bytes32);

    /// @notice The digest that binds an entry to its order: the first 32 bits of keccak256(asset, amount).
    function terms(bytes32 asset, uint96 amount) external pure returns (uint32);
}
