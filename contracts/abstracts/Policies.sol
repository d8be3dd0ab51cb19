// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISLAEscrow} from "../interfaces/ISLAEscrow.sol";
import {BusinessHours} from "../libraries/BusinessHours.sol";
import {Once} from "../libraries/Once.sol";
import {Hours, PolicyTerms} from "../libraries/PolicyTerms.sol";

/// @title What providers promise
/// @notice The part of {ISLAEscrow} that concerns policies.
abstract contract Policies is ISLAEscrow {
    using Once for mapping(bytes32 key => uint256 made);
    using PolicyTerms for PolicyTerms.Kept;

    uint256 internal constant MAX_BPS = 10_000;
    /// @dev Bounds of reviews, rulings, pauses and targets, and of what local time can be from UTC.
    uint256 private constant MAX_TERM = 366 days;
    uint256 private constant MIN_REVIEW = 1 hours;
    uint256 private constant MIN_RULING = 1 days;
    int256 private constant MAX_OFFSET = 14 hours;

    /// @inheritdoc ISLAEscrow
    uint32 public policies;

    mapping(uint32 policyId => PolicyTerms.Kept terms) private _policies;
    mapping(bytes32 key => uint256 made) private _made;

    /// @inheritdoc ISLAEscrow
    function createPolicy(bytes32 ref, Policy calldata terms) external returns (uint32 policyId, bool added) {
        bytes32 digest = keccak256(msg.data);
        policyId = _made.find(msg.sender, ref, digest);
        if (policyId != 0) return (policyId, false);

        _requireProvider(terms.provider);
        _checkMoney(terms);
        _checkTimes(terms);
        policyId = ++policies;
        _made.keep(msg.sender, ref, digest, policyId);
        _policies[policyId].keep(terms);
        emit PolicyCreated(policyId, msg.sender, ref, _policies[policyId].read());
        return (policyId, true);
    }

    /// @inheritdoc ISLAEscrow
    function closePolicy(uint32 policyId) external returns (bool) {
        PolicyTerms.Kept storage p = _known(policyId);
        _requireProvider(p.parties.provider());
        if (p.shares.closed()) return false;
        p.shares = p.shares.close();
        emit PolicyClosed(policyId);
        return true;
    }

    /// @inheritdoc ISLAEscrow
    function policy(uint32 policyId) external view returns (Policy memory) {
        return _known(policyId).read();
    }

    // Internals

    /// @dev The terms of a policy that an agreement stands under, so that it exists.
    function _terms(uint32 policyId) internal view returns (PolicyTerms.Kept storage) {
        return _policies[policyId];
    }

    function _known(uint32 policyId) internal view returns (PolicyTerms.Kept storage p) {
        p = _policies[policyId];
        if (p.parties.provider() == address(0)) revert UnknownPolicy(policyId);
    }

    function _requireProvider(address provider) internal view {
        if (msg.sender != provider) revert NotProvider(provider, msg.sender);
    }

    /// @dev Seconds of business hours from one moment to another.
    function _between(Hours hours_, uint256 from, uint256 until) internal pure returns (uint256) {
        return BusinessHours.between(hours_.mask(), hours_.utcOffset(), from, until);
    }

    function _checkMoney(Policy calldata terms) private view {
        _require(!terms.closed, 4);
        _require(terms.minAmount != 0, 1);
        _require(address(terms.token).code.length != 0, 2);
        _require(terms.arbiter != msg.sender, 10);
        _within(terms.arbiterFeeBps, 0, terms.arbiter == address(0) ? 0 : MAX_BPS, 5); // nobody has no fee
        _within(terms.defaultProviderBps, 0, MAX_BPS, 6);
        uint256 cap = terms.maxCreditBps;
        _within(cap, terms.bonded ? 1 : 0, MAX_BPS, 16); // a bond that stands for nothing is none
        // A credit above the cap would never be paid.
        _within(terms.lateResponseBps, 0, cap, 7);
        _within(terms.lateResolutionBps, 0, cap, 8);
        _within(terms.perHourBps, 0, cap, 9);
    }

    function _checkTimes(Policy calldata terms) private pure {
        _within(terms.reviewWindow, MIN_REVIEW, MAX_TERM, 11);
        _within(terms.arbiterWindow, MIN_RULING, MAX_TERM, 12);
        _within(terms.maxPause, 0, MAX_TERM, 13);
        _require(terms.hours168 != 0, 14);
        _require(terms.utcOffset >= -MAX_OFFSET && terms.utcOffset <= MAX_OFFSET, 15);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 target = terms.resolution[i];
            _within(target, 1, MAX_TERM, 18);
            _within(terms.response[i], 0, target, 17);
        }
    }

    function _within(uint256 value, uint256 least, uint256 most, uint8 field) private pure {
        _require(value >= least && value <= most, field);
    }

    function _require(bool fit, uint8 field) private pure {
        if (!fit) revert BadPolicy(field);
    }
}
