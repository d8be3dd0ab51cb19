// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {Periods} from "../libraries/Periods.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {SubscriptionIntents} from "./SubscriptionIntents.sol";

/// @title What merchants sign to make a subscription cheaper for a while
/// @notice The part of {ISubscriptions} that concerns coupons.
abstract contract Coupons is SubscriptionIntents {
    bytes32 private constant COUPON_TYPEHASH = keccak256(
        "Coupon(address merchant,uint32 planId,bytes32 code,uint16 bps,uint16 cycles,address payer,"
        "uint32 maxUses,uint48 deadline)"
    );

    /// @dev What a coupon is used for.
    struct Use {
        address merchant;
        address payer;
        uint32 planId;
    }

    mapping(bytes32 couponId => uint256 uses) private _uses;
    mapping(bytes32 couponId => mapping(address payer => bool used)) private _usedBy;

    /// @inheritdoc ISubscriptions
    function couponId(Coupon calldata coupon) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(COUPON_TYPEHASH, coupon)));
    }

    /// @dev Checks a coupon and counts its use; the caller applies it.
    function _useCoupon(Coupon calldata coupon, bytes calldata signature, Use memory use)
        internal
        returns (bytes32 id)
    {
        _requireCoupon(coupon.merchant == use.merchant, "merchant");
        _requireCoupon(coupon.planId == 0 || coupon.planId == use.planId, "planId");
        _requireCoupon(coupon.payer == address(0) || coupon.payer == use.payer, "payer");
        _requireCoupon(coupon.bps != 0 && coupon.bps <= Periods.MAX_BPS, "bps");
        _requireCoupon(coupon.cycles != 0, "cycles");
        id = couponId(coupon);
        Signatures.check(use.merchant, id, coupon.deadline, signature);

        uint256 uses = _uses[id];
        if (_usedBy[id][use.payer] || (coupon.maxUses != 0 && uses >= coupon.maxUses)) revert CouponUsed(id, uses);
        _uses[id] = uses + 1;
        _usedBy[id][use.payer] = true;
    }

    function _requireCoupon(bool fit, bytes32 field) internal pure {
        if (!fit) revert BadCoupon(field);
    }
}
