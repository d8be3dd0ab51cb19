// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Coupons} from "./abstracts/Coupons.sol";
import {Earning} from "./abstracts/Earning.sol";
import {Permits} from "./abstracts/Permits.sol";
import {SubscriptionRecords} from "./abstracts/SubscriptionRecords.sol";
import {IEarnRules} from "./interfaces/IEarnRules.sol";
import {ISubscriptions} from "./interfaces/ISubscriptions.sol";
import {Assets} from "./libraries/Assets.sol";
import {Calls} from "./libraries/Calls.sol";
import {Errors} from "./libraries/Errors.sol";
import {Periods} from "./libraries/Periods.sol";
import {Transfers} from "./libraries/Transfers.sol";

/// @title Subscriptions
/// @notice Specified in {ISubscriptions}.
contract Subscriptions is SubscriptionRecords, Coupons, Earning, Permits {
    using Periods for Subscription;
    using Transfers for IERC20;

    /// @notice Gas that each charge of a batch can use, its points included.
    uint256 public constant CHARGE_GAS = 500_000;

    /// @notice Seconds that the pauses of a subscription can add in all.
    uint256 public constant MAX_PAUSE = 365 days;

    /// @notice Seconds from now until when a merchant can grant time.
    uint256 public constant MAX_GRANT = 3_660 days;

    /// @dev Who earns points, and what the last charge was.
    struct Earner {
        bytes32 customerId;
        uint96 charged;
    }

    mapping(bytes32 id => Earner earner) private _earners;

    /// @inheritdoc ISubscriptions
    mapping(address merchant => mapping(address payer => bool used)) public trialUsed;

    /// @param rules By which charges earn points; address zero if none does.
    constructor(IEarnRules rules) Earning(rules) {}

    // Subscribing

    /// @inheritdoc ISubscriptions
    function subscribe(Terms calldata terms) external nonReentrant returns (bytes32 id, bool added) {
        (id, added) = _isNew(terms);
        if (!added) return (id, false);
        _requirePayer(terms.payer);
        _requireInTime(terms.deadline);
        _subscribePlainly(id, terms);
    }

    /// @inheritdoc ISubscriptions
    function subscribeBySig(Terms calldata terms, bytes calldata signature)
        external
        nonReentrant
        returns (bytes32 id, bool added)
    {
        (id, added) = _isNew(terms);
        if (!added) return (id, false);
        _checkTerms(terms, signature);
        _subscribePlainly(id, terms);
    }

    /// @inheritdoc ISubscriptions
    function subscribeWithCoupon(
        Terms calldata terms,
        bytes calldata signature,
        Coupon calldata coupon,
        bytes calldata couponSignature
    ) external nonReentrant returns (bytes32 id, bool added) {
        (id, added) = _isNew(terms);
        if (!added) return (id, false);
        if (msg.sender != terms.payer) _checkTerms(terms, signature);
        else _requireInTime(terms.deadline);
        _requireCoupon(terms.coupon == couponId(coupon), "coupon");
        Subscription memory s = _draft(terms);
        _applyCoupon(id, s, coupon, couponSignature);
        _subscribe(id, s, terms);
    }

    // Charging

    /// @inheritdoc ISubscriptions
    function charge(bytes32 id) external nonReentrant returns (uint96) {
        return _charge(id, msg.sender);
    }

    /// @inheritdoc ISubscriptions
    function chargeBatch(bytes32[] calldata ids) external nonReentrant returns (bool[] memory charged) {
        charged = new bool[](ids.length);
        uint256 required = Calls.required(CHARGE_GAS);
        for (uint256 i = 0; i < ids.length; ++i) {
            _requireGas(required);
            (bool ok, bytes4 reason) =
                Calls.attempt(address(this), CHARGE_GAS, abi.encodeCall(this.chargeFor, (ids[i], msg.sender)));
            charged[i] = ok;
            if (!ok) emit ChargeFailed(ids[i], reason);
        }
    }

    /// @inheritdoc ISubscriptions
    function chargeFor(bytes32 id, address caller) external returns (uint96) {
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        return _charge(id, caller);
    }

    // What the payer decides

    /// @inheritdoc ISubscriptions
    function acceptPrice(bytes32 id, uint96 priceCap) external {
        _acceptPrice(id, _ofPayer(id), priceCap);
    }

    /// @inheritdoc ISubscriptions
    function changePlan(bytes32 id, uint32 planId, uint96 priceCap, uint96 maxPay)
        external
        nonReentrant
        returns (uint96)
    {
        return _changePlan(id, _ofPayer(id), planId, priceCap, maxPay);
    }

    /// @inheritdoc ISubscriptions
    function pause(bytes32 id) external {
        _pause(id, _ofPayer(id));
    }

    /// @inheritdoc ISubscriptions
    function resume(bytes32 id) external {
        _resume(id, _ofPayer(id));
    }

    /// @inheritdoc ISubscriptions
    function reactivate(bytes32 id) external nonReentrant returns (uint96) {
        return _reactivate(id, _ofPayer(id));
    }

    /// @inheritdoc ISubscriptions
    function cancel(bytes32 id) external returns (bool) {
        Subscription memory s = _knownFirst(id);
        bool byMerchant = msg.sender != s.payer;
        if (byMerchant) {
            _loadSecond(id, s);
            _ownPlan(s.planId);
        }
        return _cancel(id, s, byMerchant);
    }

    /// @inheritdoc ISubscriptions
    function instruct(Instruction calldata i, bytes calldata signature) external nonReentrant {
        bytes32 id = i.subscriptionId;
        Subscription memory s = _known(id);
        if (i.seq != s.seq) revert Errors.BadSequence(i.seq, s.seq);
        _checkInstruction(i, s.payer, signature);
        if (i.action == Action.Cancel) {
            _cancel(id, s, false);
            return;
        }
        _bumpSeq(s);
        if (i.action == Action.Pause) _pause(id, s);
        else if (i.action == Action.Resume) _resume(id, s);
        else if (i.action == Action.Reactivate) _reactivate(id, s);
        else if (i.action == Action.AcceptPrice) _acceptPrice(id, s, i.priceCap);
        else _changePlan(id, s, i.planId, i.priceCap, i.maxPay);
    }

    /// @inheritdoc ISubscriptions
    function redeem(bytes32 id, Coupon calldata coupon, bytes calldata signature) external {
        Subscription memory s = _ofPayer(id);
        Status status = _statusOf(s);
        if (status == Status.Cancelled || status == Status.Completed) _refuse(id, status);
        _applyCoupon(id, s, coupon, signature);
        _store(id, s);
    }

    // What the merchant gives

    /// @inheritdoc ISubscriptions
    function grantTime(bytes32 id, uint40 until) external returns (bool) {
        Subscription memory s = _known(id);
        _ownPlan(s.planId);
        if (until <= s.paidThrough) return false;
        uint256 limit = block.timestamp + MAX_GRANT;
        if (until <= block.timestamp || until > limit) revert BadGrant(until, limit);
        Status status = _statusOf(s);
        if (status != Status.Trialing && status != Status.Active && status != Status.PastDue) {
            _refuse(id, status);
        }
        s.paidThrough = until;
        _store(id, s);
        emit TimeGranted(id, until);
        return true;
    }

    /// @inheritdoc ISubscriptions
    function refund(bytes32 id, uint16 cycle, uint96 kept) external nonReentrant returns (bool) {
        // Checks
        Subscription memory s = _known(id);
        IERC20 token = _ownPlan(s.planId).token;
        if (cycle != s.cycles || cycle == 0) revert NotTheLastCharge(cycle, s.cycles);
        if (kept >= s.lastPaid) return false;
        uint96 amount = s.lastPaid - kept;

        // Effects
        if (s.noted) {
            Note memory n = _loadNote(id, s);
            // Rounds up: zero would mean that there was no upgrade. Safe cast: kept < lastPaid.
            n.basis = uint96(Math.ceilDiv(uint256(n.basis) * kept, s.lastPaid));
            _storeNote(id, s, n);
        }
        s.lastPaid = kept;
        _store(id, s);
        emit Refunded(id, cycle, amount, kept);

        // Interactions
        token.pull(msg.sender, s.payer, amount);
        if (s.earning) {
            Earner memory earner = _earners[id];
            uint96 returned = earner.charged > kept ? earner.charged - kept : 0;
            _unearn(earner.customerId, chargeRef(id, cycle), _assetOf(token, cycle), earner.charged, returned);
        }
        return true;
    }

    // Views

    /// @inheritdoc ISubscriptions
    function customerOf(bytes32 id) external view returns (bytes32) {
        return _earners[id].customerId;
    }

    /// @inheritdoc ISubscriptions
    function nextCharge(bytes32 id)
        public
        view
        returns (uint40 dueAt, uint96 amount, bool chargeable, bytes4 reason)
    {
        Subscription memory s = _known(id);
        Plan memory p = _planOf(s.nextPlan());
        dueAt = s.paidThrough;
        amount = Periods.discounted(p.price, _loadNote(id, s));
        Status status = s.statusAt(p, block.timestamp);
        // In the order in which a charge meets them.
        if (p.closed) reason = PlanIsClosed.selector;
        else if (status == Status.Trialing || status == Status.Active) reason = NotDue.selector;
        else if (status != Status.PastDue) reason = WrongStatus.selector;
        else if (p.price > s.priceCap) reason = PriceAboveCap.selector;
        else if (!_affords(p.token, s.payer, amount)) reason = Errors.TransferFailed.selector;
        chargeable = reason == 0;
    }

    /// @inheritdoc ISubscriptions
    function quoteChange(bytes32 id, uint32 planId) external view returns (uint256, bool) {
        Subscription memory s = _known(id);
        return _quoteChange(id, s, _exchangeable(s.planId, planId));
    }

    /// @inheritdoc ISubscriptions
    function idOf(address payer, bytes32 ref) public pure returns (bytes32) {
        return keccak256(abi.encode(payer, ref));
    }

    /// @inheritdoc ISubscriptions
    function chargeRef(bytes32 id, uint16 cycle) public view returns (bytes32) {
        return keccak256(abi.encode(address(this), id, cycle));
    }

    // Internals: subscribing and charging

    /// @dev The id that these terms have, and whether it is still to begin.
    function _isNew(Terms calldata terms) private view returns (bytes32 id, bool isNew) {
        id = idOf(terms.payer, terms.ref);
        Subscription memory s = _load(id);
        isNew = s.mode == Mode.None;
        if (!isNew && s.planId != terms.planId) revert Errors.RefConflict(terms.ref);
    }

    function _subscribePlainly(bytes32 id, Terms calldata terms) private {
        _requireCoupon(terms.coupon == 0, "coupon");
        _subscribe(id, _draft(terms), terms);
    }

    function _draft(Terms calldata terms) private pure returns (Subscription memory s) {
        s.payer = terms.payer;
        s.mode = Mode.Running;
        s.earning = terms.customerId != 0;
        s.priceCap = terms.priceCap;
        s.planId = terms.planId;
    }

    function _subscribe(bytes32 id, Subscription memory s, Terms calldata terms) private {
        Plan memory p = _openPlan(s.planId);
        if (s.earning) _earners[id].customerId = terms.customerId;

        bool trial = p.trial != 0 && !trialUsed[p.merchant][terms.payer];
        // Safe casts: 40 bits hold the time for 30,000 years, and a period is at most ten years.
        s.paidThrough = uint40(block.timestamp) + (trial ? p.trial : 0);
        emit Subscribed(
            id, terms.planId, terms.payer, terms.priceCap, s.paidThrough, terms.ref, terms.customerId, terms.campaign
        );
        if (trial) {
            _requireAgreed(p.price, s.priceCap);
            trialUsed[p.merchant][terms.payer] = true;
            _store(id, s);
        } else {
            _take(id, s, p, address(0));
        }
    }

    function _charge(bytes32 id, address caller) private returns (uint96) {
        Subscription memory s = _known(id);
        s.planId = s.nextPlan();
        s.nextPlanId = 0;
        Plan memory p = _openPlan(s.planId);
        Status status = s.statusAt(p, block.timestamp);
        if (status == Status.Active || status == Status.Trialing) revert NotDue(block.timestamp, s.paidThrough);
        if (status != Status.PastDue) _refuse(id, status);
        return _take(id, s, p, caller);
    }

    /// @dev Takes one period's price, from `paidThrough` on.
    function _take(bytes32 id, Subscription memory s, Plan memory p, address caller) private returns (uint96 amount) {
        _requireAgreed(p.price, s.priceCap);
        amount = s.noted ? _discount(id, s, p.price) : p.price;
        s.paidThrough += p.period;
        ++s.cycles;
        s.lastPaid = amount;
        _store(id, s);
        emit Charged(id, s.planId, s.payer, amount, s.cycles, s.paidThrough);

        if (s.earning) _earners[id].charged = amount;

        // Interactions
        uint96 fee;
        if (caller != address(0)) {
            fee = p.callerFee < amount ? p.callerFee : amount;
            // A payer who charges itself keeps the fee.
            if (fee != 0 && caller != s.payer) p.token.pull(s.payer, caller, fee);
        }
        if (amount != fee) p.token.pull(s.payer, p.merchant, amount - fee);
        if (s.earning) {
            bytes32 asset = _assetOf(p.token, s.cycles);
            _earn(p.merchant, _earners[id].customerId, chargeRef(id, s.cycles), asset, amount);
        }
    }

    /// @dev The price less a discount, which is used up by one charge. The last upgrade is over.
    function _discount(bytes32 id, Subscription memory s, uint96 price) private returns (uint96 amount) {
        Note memory n = _loadNote(id, s);
        amount = Periods.discounted(price, n);
        if (n.discountCycles != 0) --n.discountCycles;
        n.basis = 0;
        _storeNote(id, s, n);
    }

    function _applyCoupon(
        bytes32 id,
        Subscription memory s,
        Coupon calldata coupon,
        bytes calldata signature
    ) private {
        uint32 planId = s.nextPlan();
        Use memory use = Use(_planOf(planId).merchant, s.payer, planId);
        bytes32 usedId = _useCoupon(coupon, signature, use);
        Note memory n = _loadNote(id, s);
        n.discountBps = coupon.bps;
        n.discountCycles = coupon.cycles;
        _storeNote(id, s, n);
        emit CouponRedeemed(id, usedId, coupon.bps, coupon.cycles);
    }

    // Internals: what the payer decides. Each is given the record with its sequence moved on.

    function _acceptPrice(bytes32 id, Subscription memory s, uint96 priceCap) private {
        if (s.mode == Mode.Cancelled) _refuse(id, Status.Cancelled);
        s.priceCap = priceCap;
        _store(id, s);
        emit PriceAccepted(id, priceCap);
    }

    function _changePlan(bytes32 id, Subscription memory s, uint32 planId, uint96 priceCap, uint96 maxPay)
        private
        returns (uint96 paid)
    {
        // Checks
        if (planId == s.planId) {
            // No change: ends one that was set.
            Status status = _statusOf(s);
            if (status == Status.Cancelled || status == Status.Completed) _refuse(id, status);
            s.nextPlanId = 0;
            s.priceCap = priceCap;
            _store(id, s);
            emit PlanChangeSet(id, planId, priceCap);
            return 0;
        }
        Plan memory to = _exchangeable(s.planId, planId);
        (uint256 difference, bool atOnce) = _quoteChange(id, s, to);
        _requireAgreed(to.price, priceCap);
        if (difference > maxPay) revert PaysTooMuch(difference, maxPay);
        // Safe cast: at most the uint96 maxPay.
        paid = uint96(difference);

        // Effects
        s.priceCap = priceCap;
        if (!atOnce) {
            s.nextPlanId = planId;
            _store(id, s);
            emit PlanChangeSet(id, planId, priceCap);
            return 0;
        }
        s.planId = planId;
        s.nextPlanId = 0;
        s.lastPaid += paid;
        if (s.cycles != 0) {
            Note memory n = _loadNote(id, s);
            n.basis = to.price;
            _storeNote(id, s, n);
        }
        _store(id, s);
        emit PlanChanged(id, planId, priceCap, paid);

        // Interactions
        if (paid != 0) to.token.pull(s.payer, to.merchant, paid);
    }

    function _pause(bytes32 id, Subscription memory s) private {
        Status status = _statusOf(s);
        if (status != Status.Active && status != Status.Trialing) _refuse(id, status);
        Note memory n = _loadNote(id, s);
        if (n.pausedTotal >= MAX_PAUSE) revert PauseExhausted(n.pausedTotal, MAX_PAUSE);
        // Safe cast: as for `paidThrough`.
        n.pausedAt = uint40(block.timestamp);
        _storeNote(id, s, n);
        s.mode = Mode.Paused;
        _store(id, s);
        emit Paused(id);
    }

    function _resume(bytes32 id, Subscription memory s) private {
        if (s.mode != Mode.Paused) _refuse(id, _statusOf(s));
        _addPause(id, s);
        s.mode = Mode.Running;
        _store(id, s);
        emit Resumed(id, s.paidThrough);
    }

    function _reactivate(bytes32 id, Subscription memory s) private returns (uint96) {
        s.planId = s.nextPlan();
        s.nextPlanId = 0;
        Plan memory p = _openPlan(s.planId);
        Status status = s.statusAt(p, block.timestamp);
        if (status != Status.Lapsed) _refuse(id, status);
        // Safe cast: as above.
        s.paidThrough = uint40(block.timestamp);
        return _take(id, s, p, address(0));
    }

    function _cancel(bytes32 id, Subscription memory s, bool byMerchant) private returns (bool) {
        if (s.mode == Mode.Cancelled) return false;
        if (s.mode == Mode.Paused) _addPause(id, s);
        _bumpSeq(s);
        s.mode = Mode.Cancelled;
        _storeFirst(id, s);
        emit Cancelled(id, s.paidThrough, byMerchant);
        return true;
    }

    /// @dev Adds what the pause has taken, as far as pauses can.
    function _addPause(bytes32 id, Subscription memory s) private {
        Note memory n = _loadNote(id, s);
        uint256 added = Math.min(block.timestamp - n.pausedAt, MAX_PAUSE - n.pausedTotal);
        // Safe casts: at most MAX_PAUSE, a year.
        n.pausedTotal += uint32(added);
        n.pausedAt = 0;
        _storeNote(id, s, n);
        s.paidThrough += uint40(added);
    }

    function _requirePayer(address payer) private view {
        if (msg.sender != payer) revert Errors.NotPayer(payer, msg.sender);
    }

    function _requireInTime(uint48 deadline) private view {
        if (block.timestamp > deadline) revert Errors.Expired(deadline, block.timestamp);
    }

    function _requireAgreed(uint96 price, uint96 priceCap) private pure {
        if (price > priceCap) revert PriceAboveCap(price, priceCap);
    }

    // Internals: reading and writing

    /// @dev The record for a decision of the payer's wallet; every one ends what was signed before.
    function _ofPayer(bytes32 id) private view returns (Subscription memory s) {
        _read(id, s);
        _requirePayer(s.payer);
        _bumpSeq(s);
    }

    function _bumpSeq(Subscription memory s) private pure {
        unchecked {
            ++s.seq; // wraps: an intent of 65,536 decisions ago is long past its deadline
        }
    }

    function _quoteChange(bytes32 id, Subscription memory s, Plan memory to) private view returns (uint256, bool) {
        Status status = _statusOf(s);
        if (status == Status.Trialing) return (0, true);
        if (status == Status.PastDue || status == Status.Lapsed) return (0, false);
        if (status != Status.Active) _refuse(id, status);
        Plan memory from = _planOf(s.planId);
        if (!Periods.dearer(to, from)) return (0, false);
        uint256 basis = _loadNote(id, s).basis;
        if (basis == 0) basis = s.lastPaid;
        return (Periods.difference(from, to, basis, s.paidThrough - block.timestamp), true);
    }

    /// @dev The plan to change to, which must be one that the present can be exchanged for.
    function _exchangeable(uint32 fromId, uint32 toId) private view returns (Plan memory to) {
        Plan memory from = _planOf(fromId);
        to = _openPlan(toId);
        bool same = from.merchant == to.merchant && address(from.token) == address(to.token);
        if (!same || from.maxCycles != 0 || to.maxCycles != 0) revert PlanNotExchangeable(fromId, toId);
    }

    function _affords(IERC20 token, address payer, uint256 amount) private view returns (bool) {
        return amount == 0
            || (token.balance(payer) >= amount && token.allowance(payer, address(this)) >= amount);
    }

    /// @dev A first charge is a purchase; the following ones are renewals.
    function _assetOf(IERC20 token, uint16 cycle) private pure returns (bytes32) {
        return cycle == 1 ? Assets.ofToken(token) : Assets.renewalOf(Assets.ofToken(token));
    }
}
