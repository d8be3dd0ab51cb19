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
import {Refusals} from "./libraries/Refusals.sol";
import {Offer} from "./libraries/Offers.sol";
import {Periods} from "./libraries/Periods.sol";
import {Dues, Record, Records, Standing} from "./libraries/Records.sol";
import {Transfers} from "./libraries/Transfers.sol";

/// @title Subscriptions
/// @notice Specified in {ISubscriptions}.
contract Subscriptions is SubscriptionRecords, Coupons, Earning, Permits {
    using Periods for Standing;
    using Transfers for IERC20;

    /// @notice Gas that each charge of a batch can use, its points included.
    uint256 public constant CHARGE_GAS = 500_000;

    /// @notice Seconds that the pauses of a subscription can add in all.
    uint256 public constant MAX_PAUSE = 365 days;

    /// @notice Seconds from now until when a merchant can grant time.
    uint256 public constant MAX_GRANT = 3_660 days;

    /// @dev What one charge of a batch hands on to the next.
    struct Run {
        address caller; // who charges, and has the fee for it
        uint256 planId; // whose merchant was paid last; 0 = there is none
        uint256 balance; // what that merchant has of the plan's token since
    }

    /// @dev Who earns points, and what the last charge was.
    struct Earner {
        bytes32 customerId;
        uint256 charged; // 96 bits of it; a slot of its own is written without being read
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
        _requireNamed(terms, couponId(coupon));
        Record memory s = _draft(terms);
        _applyCoupon(id, s, coupon, couponSignature);
        _subscribe(id, s, terms);
    }

    // Charging

    /// @inheritdoc ISubscriptions
    function charge(bytes32 id) external nonReentrant returns (uint96) {
        return _charge(id, Run(msg.sender, 0, 0));
    }

    /// @inheritdoc ISubscriptions
    function chargeBatch(bytes32[] calldata ids) external nonReentrant returns (bool[] memory charged) {
        charged = new bool[](ids.length);
        uint256 required = Calls.required(CHARGE_GAS);
        bytes memory question = abi.encodeCall(this.chargeFor, (0, msg.sender, 0, 0));
        for (uint256 i = 0; i < ids.length; ++i) {
            _requireGas(required);
            bytes32 id = ids[i];
            Calls.setFirst(question, id);
            (bool ok, bytes4 reason) = Calls.attempt(address(this), CHARGE_GAS, question);
            if (ok) {
                charged[i] = true;
                Calls.handOn(question);
            } else {
                emit ChargeFailed(id, reason);
            }
        }
    }

    /// @inheritdoc ISubscriptions
    function chargeFor(bytes32 id, address caller, uint256 lastPlan, uint256 balance)
        external
        returns (uint256, uint256)
    {
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        Run memory run = Run(caller, lastPlan, balance);
        _charge(id, run);
        return (run.planId, run.balance);
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
        Standing standing = _knownStanding(id);
        bool byMerchant = msg.sender != standing.payer();
        if (byMerchant) _ownPlan(_duesOf(id).planId());
        return _cancel(id, standing, byMerchant);
    }

    /// @inheritdoc ISubscriptions
    function instruct(Instruction calldata i, bytes calldata signature) external nonReentrant {
        bytes32 id = i.subscriptionId;
        Record memory s = _known(id);
        if (i.seq != s.standing.seq()) revert Refusals.BadSequence(i.seq, s.standing.seq());
        _checkInstruction(i, s.standing.payer(), signature);
        Action action = i.action;
        if (action == Action.Cancel) {
            _cancel(id, s.standing, false);
            return;
        }
        _bumpSeq(s);
        if (action == Action.Pause) _pause(id, s);
        else if (action == Action.Resume) _resume(id, s);
        else if (action == Action.Reactivate) _reactivate(id, s);
        else if (action == Action.AcceptPrice) _acceptPrice(id, s, i.priceCap);
        else _changePlan(id, s, i.planId, i.priceCap, i.maxPay);
    }

    /// @inheritdoc ISubscriptions
    function redeem(bytes32 id, Coupon calldata coupon, bytes calldata signature) external {
        Record memory s = _ofPayer(id);
        _requireAmong(id, s, NOT_ENDED);
        _applyCoupon(id, s, coupon, signature);
        _storeStanding(id, s.standing);
    }

    // What the merchant gives

    /// @inheritdoc ISubscriptions
    function grantTime(bytes32 id, uint40 until) external returns (bool) {
        Record memory s = _known(id);
        _ownPlan(s.dues.planId());
        if (until <= s.standing.paidThrough()) return false;
        uint256 limit = block.timestamp + MAX_GRANT;
        if (until <= block.timestamp || until > limit) revert BadGrant(until, limit);
        _requireAmong(id, s, GOING);
        _storeStanding(id, s.standing.withPaidThrough(until));
        emit TimeGranted(id, until);
        return true;
    }

    /// @inheritdoc ISubscriptions
    function refund(bytes32 id, uint16 cycle, uint96 kept) external nonReentrant returns (bool) {
        // Checks
        Record storage record = _recordOf(id);
        Standing standing = record.standing;
        Dues dues = record.dues;
        IERC20 token = _ownToken(dues.planId());
        uint16 last = standing.cycles();
        if (cycle != last || last == 0) revert NotTheLastCharge(cycle, last);
        uint256 paid = dues.lastPaid();
        if (kept >= paid) return false;

        // Effects
        if (standing.noted()) {
            Note memory n = _loadNote(id, standing);
            // Rounds up: zero would mean that there was no upgrade. Safe cast: kept < paid.
            n.basis = uint96(Math.ceilDiv(uint256(n.basis) * kept, paid));
            _storeNote(id, n);
        }
        record.dues = dues.withLastPaid(kept);
        // Safe cast: as much was paid.
        uint96 amount = uint96(paid - kept);
        emit Refunded(id, cycle, amount, kept);

        // Interactions
        token.pull(msg.sender, standing.payer(), amount);
        if (standing.earning()) _unearnOf(id, token, cycle, kept);
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
        Record memory s = _known(id);
        Offer memory p = _planOf(s.dues.nextPlan());
        dueAt = s.standing.paidThrough();
        // Safe cast: at most the price.
        amount = uint96(Periods.discounted(p.price.amount(), _loadNote(id, s.standing)));
        Status status = s.standing.statusAt(p, block.timestamp);
        // In the order in which a charge meets them.
        if (p.basis.closed()) reason = PlanIsClosed.selector;
        else if (_isAmong(status, PAID_FOR)) reason = NotDue.selector;
        else if (!_isAmong(status, PAST_DUE)) reason = WrongStatus.selector;
        else if (p.price.amount() > s.dues.priceCap()) reason = PriceAboveCap.selector;
        else if (!_affords(p.price.token(), s.standing.payer(), amount)) reason = Refusals.TransferFailed.selector;
        chargeable = reason == 0;
    }

    /// @inheritdoc ISubscriptions
    function quoteChange(bytes32 id, uint32 planId) external view returns (uint256, bool) {
        Record memory s = _known(id);
        return _quoteChange(id, s, _exchangeable(s.dues.planId(), planId));
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
        Record memory s = _load(id);
        isNew = !s.standing.exists();
        if (!isNew && s.dues.planId() != terms.planId) revert Refusals.RefConflict(terms.ref);
    }

    function _subscribePlainly(bytes32 id, Terms calldata terms) private {
        _requireNamed(terms, 0);
        _subscribe(id, _draft(terms), terms);
    }

    function _draft(Terms calldata terms) private pure returns (Record memory s) {
        s.standing = Records.begin(terms.payer, terms.customerId != 0);
        s.dues = Records.agree(terms.priceCap, terms.planId);
    }

    function _subscribe(bytes32 id, Record memory s, Terms calldata terms) private {
        Offer memory p = _openPlan(s.dues.planId());
        if (s.standing.earning()) _earners[id].customerId = terms.customerId;

        bool trial = p.extras.trial() != 0 && !trialUsed[p.basis.merchant()][terms.payer];
        // 40 bits hold the time for 30,000 years, and a period is at most ten years.
        s.standing = s.standing.withPaidThrough(block.timestamp + (trial ? p.extras.trial() : 0));
        emit Subscribed(
            id,
            terms.planId,
            terms.payer,
            terms.priceCap,
            s.standing.paidThrough(),
            terms.ref,
            terms.customerId,
            terms.campaign
        );
        if (trial) {
            _requireAgreed(p.price.amount(), s.dues.priceCap());
            trialUsed[p.basis.merchant()][terms.payer] = true;
            _store(id, s);
        } else {
            Run memory run;
            _take(id, s, p, run);
        }
    }

    function _charge(bytes32 id, Run memory run) private returns (uint96) {
        Record memory s = _known(id);
        if (s.dues.hasNextPlan()) s.dues = s.dues.withPlan(s.dues.nextPlan());
        Offer memory p = _openPlan(s.dues.planId());
        Status status = s.standing.statusAt(p, block.timestamp);
        if (uint8(status) != uint8(Status.PastDue)) {
            if (_isAmong(status, PAID_FOR)) revert NotDue(block.timestamp, s.standing.paidThrough());
            _refuse(id, status);
        }
        return _take(id, s, p, run);
    }

    /// @dev Takes one period's price, from `paidThrough` on.
    function _take(bytes32 id, Record memory s, Offer memory p, Run memory run) private returns (uint96 amount) {
        uint256 price = p.price.amount();
        _requireAgreed(price, s.dues.priceCap());
        if (s.standing.noted()) price = _discount(id, s, price);
        // Safe cast: a price is 96 bits.
        amount = uint96(price);
        Standing standing = s.standing.charged(p.basis.period());
        _store(id, standing, s.dues.withLastPaid(price));
        address payer = standing.payer();
        emit Charged(id, s.dues.planId(), payer, amount, standing.cycles(), standing.paidThrough());

        if (standing.earning()) _earners[id].charged = amount;

        // Interactions
        IERC20 token = p.price.token();
        if (run.caller != address(0)) {
            uint256 fee = p.extras.callerFee();
            if (fee != 0 && price != 0) {
                if (fee > price) fee = price; // a discount
                price -= fee;
                run.planId = 0; // the caller can be the merchant
                // A payer who charges itself keeps the fee.
                if (run.caller != payer) token.pull(payer, run.caller, fee);
            }
        }
        if (price != 0) {
            address merchant = p.basis.merchant();
            // What the last charge has looked at is not looked at again.
            if (run.planId != s.dues.planId()) run.balance = token.balance(merchant);
            run.balance = token.pullOnto(payer, merchant, price, run.balance);
            run.planId = s.dues.planId();
        }
        if (standing.earning()) {
            bytes32 asset = _assetOf(token, standing.cycles());
            _earn(p.basis.merchant(), _earners[id].customerId, chargeRef(id, standing.cycles()), asset, amount);
        }
    }

    /// @dev Takes the points back of what the last charge took above `kept`.
    function _unearnOf(bytes32 id, IERC20 token, uint16 cycle, uint96 kept) private {
        Earner memory earner = _earners[id];
        // Safe cast: what was charged was 96 bits.
        uint96 charged = uint96(earner.charged);
        uint96 returned = charged > kept ? charged - kept : 0;
        _unearn(earner.customerId, chargeRef(id, cycle), _assetOf(token, cycle), charged, returned);
    }

    /// @dev The price less a discount, which is used up by one charge. The last upgrade is over.
    function _discount(bytes32 id, Record memory s, uint256 price) private returns (uint256 amount) {
        Note memory n = _loadNote(id, s.standing);
        amount = Periods.discounted(price, n);
        if (n.discountCycles != 0) --n.discountCycles;
        n.basis = 0;
        _storeNote(id, s, n);
    }

    /// @dev The terms name the coupon that is used, or none.
    function _requireNamed(Terms calldata terms, bytes32 used) private pure {
        _requireCoupon(terms.coupon == used, "coupon");
    }

    function _applyCoupon(
        bytes32 id,
        Record memory s,
        Coupon calldata coupon,
        bytes calldata signature
    ) private {
        uint32 planId = s.dues.nextPlan();
        Use memory use = Use(_planOf(planId).basis.merchant(), s.standing.payer(), planId);
        bytes32 usedId = _useCoupon(coupon, signature, use);
        Note memory n = _loadNote(id, s.standing);
        n.discountBps = coupon.bps;
        n.discountCycles = coupon.cycles;
        _storeNote(id, s, n);
        emit CouponRedeemed(id, usedId, coupon.bps, coupon.cycles);
    }

    // Internals: what the payer decides. Each is given the record with its sequence moved on.

    function _acceptPrice(bytes32 id, Record memory s, uint96 priceCap) private {
        if (s.standing.isCancelled()) _refuse(id, Status.Cancelled);
        s.dues = s.dues.withPriceCap(priceCap);
        _store(id, s);
        emit PriceAccepted(id, priceCap);
    }

    function _changePlan(bytes32 id, Record memory s, uint32 planId, uint96 priceCap, uint96 maxPay)
        private
        returns (uint96 paid)
    {
        // Checks
        uint32 present = s.dues.planId();
        s.dues = s.dues.withPriceCap(priceCap);
        Offer memory to;
        bool atOnce;
        if (planId == present) {
            _requireAmong(id, s, NOT_ENDED);
        } else {
            to = _exchangeable(present, planId);
            uint256 difference;
            (difference, atOnce) = _quoteChange(id, s, to);
            _requireAgreed(to.price.amount(), priceCap);
            if (difference > maxPay) revert PaysTooMuch(difference, maxPay);
            // Safe cast: at most the uint96 maxPay.
            paid = uint96(difference);
        }

        // Effects
        if (atOnce) {
            s.dues = s.dues.withPlan(planId).withLastPaid(uint96(s.dues.lastPaid()) + paid);
            if (s.standing.cycles() != 0) {
                Note memory n = _loadNote(id, s.standing);
                // Safe cast: a price is 96 bits.
                n.basis = uint96(to.price.amount());
                _storeNote(id, s, n);
            }
            emit PlanChanged(id, planId, priceCap, paid);
        } else {
            // The present plan again ends a change that was set.
            s.dues = s.dues.withNextPlan(planId == present ? 0 : planId);
            emit PlanChangeSet(id, planId, priceCap);
        }
        _store(id, s);

        // Interactions
        if (paid != 0) to.price.token().pull(s.standing.payer(), to.basis.merchant(), paid);
    }

    function _pause(bytes32 id, Record memory s) private {
        _requireAmong(id, s, PAID_FOR);
        Note memory n = _loadNote(id, s.standing);
        if (n.pausedTotal >= MAX_PAUSE) revert PauseExhausted(n.pausedTotal, MAX_PAUSE);
        // Safe cast: as for `paidThrough`.
        n.pausedAt = uint40(block.timestamp);
        _storeNote(id, s, n);
        _storeStanding(id, s.standing.withMode(Mode.Paused));
        emit Paused(id);
    }

    function _resume(bytes32 id, Record memory s) private {
        if (!s.standing.isPaused()) _refuse(id, _statusOf(s));
        Standing standing = _addPause(id, s.standing).withMode(Mode.Running);
        _storeStanding(id, standing);
        emit Resumed(id, standing.paidThrough());
    }

    function _reactivate(bytes32 id, Record memory s) private returns (uint96) {
        s.dues = s.dues.withPlan(s.dues.nextPlan());
        Offer memory p = _openPlan(s.dues.planId());
        _requireStatus(id, s.standing.statusAt(p, block.timestamp), LAPSED);
        s.standing = s.standing.withPaidThrough(block.timestamp);
        Run memory run;
        return _take(id, s, p, run);
    }

    function _cancel(bytes32 id, Standing standing, bool byMerchant) private returns (bool) {
        if (standing.isCancelled()) return false;
        if (standing.isPaused()) standing = _addPause(id, standing);
        standing = standing.decided().withMode(Mode.Cancelled);
        _storeStanding(id, standing);
        emit Cancelled(id, standing.paidThrough(), byMerchant);
        return true;
    }

    /// @dev Adds what the pause has taken, as far as pauses can.
    function _addPause(bytes32 id, Standing standing) private returns (Standing) {
        Note memory n = _loadNote(id, standing);
        uint256 added = Math.min(block.timestamp - n.pausedAt, MAX_PAUSE - n.pausedTotal);
        // Safe casts, and no overflow: all pauses take MAX_PAUSE at most, a year.
        unchecked {
            n.pausedTotal += uint32(added);
        }
        n.pausedAt = 0;
        _storeNote(id, n);
        return standing.withPaidThrough(standing.paidThrough() + added);
    }

    function _requirePayer(address payer) private view {
        if (msg.sender != payer) revert Refusals.NotPayer(payer, msg.sender);
    }

    function _requireInTime(uint48 deadline) private view {
        if (block.timestamp > deadline) revert Refusals.Expired(deadline, block.timestamp);
    }

    /// @dev Safe casts: both are 96 bits.
    function _requireAgreed(uint256 price, uint256 priceCap) private pure {
        if (price > priceCap) revert PriceAboveCap(uint96(price), uint96(priceCap));
    }

    // Internals: reading and writing

    /// @dev The record for a decision of the payer's wallet; every one ends what was signed before.
    function _ofPayer(bytes32 id) private view returns (Record memory s) {
        s = _known(id);
        _requirePayer(s.standing.payer());
        _bumpSeq(s);
    }

    function _bumpSeq(Record memory s) private pure {
        s.standing = s.standing.decided();
    }

    function _quoteChange(bytes32 id, Record memory s, Offer memory to) private view returns (uint256, bool) {
        Status status = _statusOf(s);
        if (uint8(status) == uint8(Status.Trialing)) return (0, true);
        if (_isAmong(status, PAST_DUE | LAPSED)) return (0, false);
        _requireStatus(id, status, PAID_FOR);
        Offer memory from = _planOf(s.dues.planId());
        if (!Periods.dearer(to, from)) return (0, false);
        uint256 basis = _loadNote(id, s.standing).basis;
        if (basis == 0) basis = s.dues.lastPaid();
        return (Periods.difference(from, to, basis, s.standing.paidThrough() - block.timestamp), true);
    }

    /// @dev The plan to change to, which must be one that the present can be exchanged for.
    function _exchangeable(uint32 fromId, uint32 toId) private view returns (Offer memory to) {
        Offer memory from = _planOf(fromId);
        to = _openPlan(toId);
        bool same = from.basis.merchant() == to.basis.merchant()
            && address(from.price.token()) == address(to.price.token());
        if (!same || from.extras.maxCycles() != 0 || to.extras.maxCycles() != 0) {
            revert PlanNotExchangeable(fromId, toId);
        }
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
