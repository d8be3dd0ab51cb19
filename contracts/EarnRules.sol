// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IEarnRules} from "./interfaces/IEarnRules.sol";
import {ILoyaltyPoints} from "./interfaces/ILoyaltyPoints.sol";
import {Assets} from "./libraries/Assets.sol";
import {Refusals} from "./libraries/Refusals.sol";

/// @title Earning rules
/// @notice Specified in {IEarnRules}.
contract EarnRules is IEarnRules, AccessControlDefaultAdminRules {
    using SafeCast for uint256;

    bytes32 public constant RULES_ROLE = keccak256("RULES_ROLE");
    bytes32 public constant RECORDER_ROLE = keccak256("RECORDER_ROLE");
    bytes32 public constant MERCHANT_ROLE = keccak256("MERCHANT_ROLE");

    uint256 public constant MAX_BPS = 10_000;
    uint256 public constant TIERS = 8;
    uint256 private constant BPS_BITS = 16;

    ILoyaltyPoints public immutable POINTS;

    /// @dev Two slots; `multipliers` packs eight `uint16` basis points, tier 0 lowest.
    struct Rule {
        // slot 0
        uint32 points;
        uint96 per;
        uint96 minimum;
        uint32 cap;
        // slot 1
        uint40 validFrom;
        uint40 validTo;
        uint32 returnWindow;
        uint128 multipliers;
        uint16 version; // 0 = no rule
    }

    /// @dev The rule in force is `present` until its `validTo`, then `next`.
    struct Schedule {
        Rule present;
        Rule next;
        uint16 versions;
        uint40 presentValidTo; // as the rule was set, before a following one cut it short
    }

    mapping(bytes32 asset => Schedule schedule) private _schedules;

    /// @param admin Holds DEFAULT_ADMIN, and hands it over in two steps.
    /// @param adminDelay Seconds between the two steps.
    /// @param points The ledger in which this contract must hold the ISSUER role.
    constructor(address admin, uint48 adminDelay, ILoyaltyPoints points)
        AccessControlDefaultAdminRules(adminDelay, admin)
    {
        if (address(points) == address(0)) revert Refusals.ZeroAddress();
        POINTS = points;
    }

    // Rules

    /// @inheritdoc IEarnRules
    function setPurchaseRule(bytes32 asset, PurchaseRule calldata rule)
        external
        onlyRole(RULES_ROLE)
        returns (uint16 version)
    {
        Schedule storage schedule = _schedules[asset];
        version = ++schedule.versions;
        Rule memory coming = _checked(rule, version);

        // What was to follow and has begun is the present rule.
        if (schedule.next.version != 0 && schedule.next.validFrom <= block.timestamp) {
            schedule.present = schedule.next;
            schedule.presentValidTo = schedule.next.validTo;
        }
        delete schedule.next;

        if (coming.validFrom <= block.timestamp) {
            schedule.present = coming;
            schedule.presentValidTo = coming.validTo;
        } else {
            uint40 validTo = schedule.presentValidTo;
            schedule.present.validTo = validTo < coming.validFrom ? validTo : coming.validFrom;
            schedule.next = coming;
        }
        emit PurchaseRuleSet(asset, version, _unpacked(coming));
    }

    /// @inheritdoc IEarnRules
    function endPurchaseRule(bytes32 asset) external onlyRole(RULES_ROLE) {
        Rule memory rule = _find(asset);
        if (rule.version == 0) rule = _upcoming(asset);
        if (rule.version == 0) revert NoRule(asset, block.timestamp);
        rule.validTo = uint40(block.timestamp);
        Schedule storage schedule = _schedules[asset];
        schedule.present = rule;
        schedule.presentValidTo = rule.validTo;
        delete schedule.next;
        emit PurchaseRuleEnded(asset, rule.version, rule.validTo);
    }

    // Earning

    /// @inheritdoc IEarnRules
    function earn(bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount)
        external
        onlyRole(RECORDER_ROLE)
        returns (bool added, uint32 points)
    {
        return _earnOrRevert(customerId, ref, asset, amount);
    }

    /// @inheritdoc IEarnRules
    function earnOnSale(address merchant, bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount)
        external
        onlyRole(RECORDER_ROLE)
        returns (bool added, uint32 points)
    {
        if (!hasRole(MERCHANT_ROLE, merchant)) revert NotAMerchant(merchant);
        return _earnOrRevert(customerId, ref, asset, amount);
    }

    /// @inheritdoc IEarnRules
    function earnBatch(Order[] calldata orders) external onlyRole(RECORDER_ROLE) returns (uint256 added) {
        bytes32 asset;
        Rule memory rule;
        for (uint256 i = 0; i < orders.length; ++i) {
            Order memory order = orders[i];
            // Most batches hold one asset, so its rule is read once.
            if (i == 0 || order.asset != asset) {
                asset = order.asset;
                rule = _find(asset);
            }
            (bool earned,, bytes4 refusal) = _earn(order, rule);
            if (earned) ++added;
            else if (refusal != 0) emit EarnRefused(order.customerId, order.ref, refusal);
        }
    }

    /// @inheritdoc IEarnRules
    function reverse(bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount, uint96 totalReturned)
        external
        onlyRole(RECORDER_ROLE)
        returns (bool changed)
    {
        if (totalReturned > amount) revert ReturnExceedsOrder(totalReturned, amount);
        ILoyaltyPoints.Entry memory entry = POINTS.entry(ref);
        if (entry.state == ILoyaltyPoints.State.None) revert Refusals.UnknownRef(ref);
        if (entry.terms != terms(asset, amount)) revert Refusals.RefConflict(ref);
        if (totalReturned == 0 || entry.points == 0) return false;
        // Safe cast: at most the entry's own uint32 points, since totalReturned <= amount.
        return POINTS.reverse(customerId, ref, uint32(uint256(entry.points) * totalReturned / amount));
    }

    // Views

    /// @inheritdoc IEarnRules
    function quote(bytes32 customerId, bytes32 asset, uint96 amount)
        external
        view
        returns (uint32 points, uint40 availableAt, uint16 version)
    {
        Rule memory rule = _inForce(asset);
        points = _pointsFor(rule, amount, POINTS.tierOf(customerId));
        availableAt = uint40(block.timestamp + rule.returnWindow);
        version = rule.version;
    }

    /// @inheritdoc IEarnRules
    function purchaseRule(bytes32 asset) external view returns (PurchaseRule memory rule, uint16 version) {
        Rule memory present = _inForce(asset);
        return (_unpacked(present), present.version);
    }

    /// @inheritdoc IEarnRules
    function nextPurchaseRule(bytes32 asset) external view returns (PurchaseRule memory rule, uint16 version) {
        Rule memory next = _upcoming(asset);
        if (next.version != 0) return (_unpacked(next), next.version);
    }

    /// @inheritdoc IEarnRules
    function currency(bytes3 code) external pure returns (bytes32 asset) {
        return bytes32(code);
    }

    /// @inheritdoc IEarnRules
    function renewalOf(bytes32 asset) external pure returns (bytes32) {
        return Assets.renewalOf(asset);
    }

    /// @inheritdoc IEarnRules
    function terms(bytes32 asset, uint96 amount) public pure returns (uint32) {
        return uint32(bytes4(keccak256(abi.encode(asset, amount))));
    }

    // Internals

    function _earnOrRevert(bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount)
        private
        returns (bool added, uint32 points)
    {
        bytes4 refusal;
        (added, points, refusal) = _earn(Order(customerId, ref, asset, amount), _find(asset));
        if (refusal == 0) return (added, points);
        if (refusal == Refusals.RefConflict.selector) revert Refusals.RefConflict(ref);
        if (refusal == Refusals.UnknownCustomer.selector) revert Refusals.UnknownCustomer(customerId);
        if (refusal == Refusals.CustomerClosed.selector) revert Refusals.CustomerClosed(customerId);
        revert NoRule(asset, block.timestamp);
    }

    /// @dev One order under the rule of its asset. Either added, or a duplicate (no refusal), or
    /// refused for a reason that the caller turns into an error or an event. Anything else reverts
    /// the whole call.
    function _earn(Order memory order, Rule memory rule)
        private
        returns (bool added, uint32 points, bytes4 refusal)
    {
        uint32 digest = terms(order.asset, order.amount);
        uint8 tier;
        bool recorded;
        (refusal, tier, recorded, points) = POINTS.standing(order.customerId, order.ref, digest);
        if (recorded || refusal != 0) return (false, points, refusal);
        if (rule.version == 0) return (false, 0, NoRule.selector);

        points = _pointsFor(rule, order.amount, tier);
        emit Earned(order.customerId, order.ref, order.asset, order.amount, points, rule.version);
        uint40 availableAt = rule.returnWindow == 0 ? 0 : uint40(block.timestamp + rule.returnWindow);
        added = POINTS.awardUnder(order.customerId, order.ref, points, availableAt, digest);
    }

    function _pointsFor(Rule memory rule, uint256 amount, uint256 tier) private pure returns (uint32) {
        if (amount < rule.minimum) return 0;
        // No overflow: 96 + 32 + 16 bits.
        uint256 base = amount * rule.points / rule.per;
        uint256 points = base * uint16(rule.multipliers >> (tier * BPS_BITS)) / MAX_BPS;
        // Safe cast: not above the uint32 cap.
        return points < rule.cap ? uint32(points) : rule.cap;
    }

    function _inForce(bytes32 asset) private view returns (Rule memory rule) {
        rule = _find(asset);
        if (rule.version == 0) revert NoRule(asset, block.timestamp);
    }

    /// @dev The rule in force now; version 0 if none is.
    function _find(bytes32 asset) private view returns (Rule memory rule) {
        Schedule storage schedule = _schedules[asset];
        rule = schedule.present;
        if (block.timestamp >= rule.validTo) rule = schedule.next;
        if (block.timestamp < rule.validFrom || block.timestamp >= rule.validTo) rule.version = 0;
    }

    /// @dev The rule that is set to begin later; version 0 if none is.
    function _upcoming(bytes32 asset) private view returns (Rule memory rule) {
        rule = _schedules[asset].next;
        if (block.timestamp >= rule.validFrom) rule.version = 0;
    }

    /// @dev A rule as it is kept: it never begins in the past, and says something for every tier.
    function _checked(PurchaseRule calldata rule, uint16 version) private view returns (Rule memory coming) {
        if (rule.points == 0) revert BadRule("points");
        if (rule.per == 0) revert BadRule("per");
        if (rule.cap == 0) revert BadRule("cap");
        uint128 multipliers;
        for (uint256 tier = TIERS; tier > 0; --tier) {
            uint16 bps = rule.multiplierBps[tier - 1];
            if (bps == 0) revert BadRule("multiplierBps");
            multipliers = (multipliers << uint128(BPS_BITS)) | bps;
        }
        uint40 from = rule.validFrom > block.timestamp ? rule.validFrom : uint40(block.timestamp);
        if (rule.validTo <= from) revert BadRule("validTo");
        coming = Rule({
            points: rule.points,
            per: rule.per,
            minimum: rule.minimum,
            cap: rule.cap,
            validFrom: from,
            validTo: rule.validTo,
            returnWindow: rule.returnWindow,
            multipliers: multipliers,
            version: version
        });
    }

    function _unpacked(Rule memory rule) private pure returns (PurchaseRule memory unpacked) {
        unpacked.points = rule.points;
        unpacked.per = rule.per;
        unpacked.minimum = rule.minimum;
        unpacked.cap = rule.cap;
        unpacked.validFrom = rule.validFrom;
        unpacked.validTo = rule.validTo;
        unpacked.returnWindow = rule.returnWindow;
        for (uint256 tier = 0; tier < TIERS; ++tier) {
            unpacked.multiplierBps[tier] = uint16(rule.multipliers >> (tier * BPS_BITS));
        }
    }
}
