// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {Refusals} from "../libraries/Refusals.sol";
import {Basis, Offer, Offers} from "../libraries/Offers.sol";
import {Once} from "../libraries/Once.sol";

/// @title What merchants offer
/// @notice The part of {ISubscriptions} that concerns plans.
abstract contract Plans is ISubscriptions {
    using Once for mapping(bytes32 key => uint256 made);

    uint256 public constant MIN_PERIOD = 1 days;
    uint256 public constant MAX_PERIOD = 3_660 days;

    /// @inheritdoc ISubscriptions
    uint32 public plans;

    mapping(uint32 planId => Offer plan) private _plans;

    mapping(bytes32 key => uint256 made) private _made;

    /// @inheritdoc ISubscriptions
    function createPlan(bytes32 ref, Plan memory terms) external returns (uint32 planId, bool added) {
        bytes32 digest = keccak256(abi.encode(terms));
        planId = _made.find(msg.sender, ref, digest);
        if (planId != 0) return (planId, false);

        _requireMerchant(terms.merchant);
        _requireFit(!terms.closed, "closed");
        _requireFit(address(terms.token).code.length != 0, "token");
        _requireFit(terms.period >= MIN_PERIOD && terms.period <= MAX_PERIOD, "period");
        _requireFit(terms.trial <= MAX_PERIOD, "trial");
        _requireFit(terms.grace != 0 && terms.grace <= terms.period, "grace");

        planId = ++plans;
        _requirePriced(terms.price, terms.callerFee);
        _store(planId, Offers.pack(terms));
        _made.keep(msg.sender, ref, digest, planId);
        emit PlanCreated(planId, msg.sender, ref, terms);
        return (planId, true);
    }

    /// @inheritdoc ISubscriptions
    function setPlanPrice(uint32 planId, uint96 price, uint96 callerFee) external {
        Offer memory p = _ownPlan(planId);
        _requireOpen(planId, p);
        _requirePriced(price, callerFee);
        p.setPrice(price, callerFee);
        _store(planId, p);
        emit PlanPriced(planId, price, callerFee);
    }

    /// @inheritdoc ISubscriptions
    function closePlan(uint32 planId) external returns (bool) {
        Offer memory p = _ownPlan(planId);
        if (p.basis.closed()) return false;
        _plans[planId].basis = p.basis.close();
        emit PlanClosed(planId);
        return true;
    }

    /// @inheritdoc ISubscriptions
    function plan(uint32 planId) external view returns (Plan memory) {
        return _planOf(planId).unpack();
    }

    // Internals

    function _planOf(uint32 planId) internal view returns (Offer memory found) {
        _read(planId, found);
    }

    /// @dev The plan, to be charged or chosen.
    function _openPlan(uint32 planId) internal view returns (Offer memory found) {
        _read(planId, found);
        _requireOpen(planId, found);
    }

    /// @dev The plan, if the caller is its merchant.
    function _ownPlan(uint32 planId) internal view returns (Offer memory found) {
        _read(planId, found);
        _requireMerchant(found.basis.merchant());
    }

    /// @dev What the plan is paid in, if the caller is its merchant. Of a plan that there is.
    function _ownToken(uint32 planId) internal view returns (IERC20) {
        Offer storage kept = _plans[planId];
        _requireMerchant(kept.basis.merchant());
        return kept.price.token();
    }

    /// @dev Into a plan that its caller has made room for: a struct costs its zeros each time it is returned.
    function _read(uint32 planId, Offer memory found) private view {
        Offer storage kept = _plans[planId];
        Basis basis = kept.basis;
        if (basis.merchant() == address(0)) revert UnknownPlan(planId);
        found.basis = basis;
        found.price = kept.price;
        if (basis.hasExtras()) found.extras = kept.extras;
    }

    function _requireMerchant(address merchant) private view {
        if (msg.sender != merchant) revert Refusals.NotMerchant(merchant, msg.sender);
    }

    function _store(uint32 planId, Offer memory offer) private {
        Offer storage kept = _plans[planId];
        kept.basis = offer.basis;
        kept.price = offer.price;
        if (offer.basis.hasExtras()) kept.extras = offer.extras;
    }

    function _requireOpen(uint32 planId, Offer memory offer) private pure {
        if (offer.basis.closed()) revert PlanIsClosed(planId);
    }

    function _requirePriced(uint96 price, uint96 callerFee) private pure {
        _requireFit(price != 0, "price");
        _requireFit(callerFee <= price, "callerFee");
    }

    function _requireFit(bool fit, bytes32 field) private pure {
        if (!fit) revert BadPlan(field);
    }
}
