// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Subscriptions that a customer's wallet pays, and that wallet limits
/// @notice A merchant makes a plan; a payer subscribes to it and names the highest price they agree to. A
/// charge moves one period's price from the payer to the merchant. This contract never holds money,
/// has no owner, no roles and no pause.
///
/// Periods are anchored: a charge moves `paidThrough` on by one period from where it was, however late
/// within the grace it comes. So there is at most one charge in a period, and never arrears: a
/// subscription that was not charged within its grace has lapsed, and only the payer can reactivate it.
/// A charge takes the plan's price of that day, less a coupon, and never above the payer's cap: a price
/// above it has to be accepted first, and a price cut reaches everybody.
///
/// What the payer decides is decided by the payer's wallet, or by an instruction that it signed under the
/// EIP-712 domain ("Rapport Subscriptions", "1"), relayed by anyone.
///
/// Tokens: ERC-20 that move exactly what they are told to; one that delivers less is refused
/// (`ShortTransfer`). Points: a first charge earns as a purchase and the following ones as renewals, see
/// {IEarnRules}; neither ever stops a charge.
///
/// A payer ends everything by {cancel}, or at the token by taking back the allowance. Whoever races a
/// cancellation can at worst charge the one period that is due already.
interface ISubscriptions {
    /// @dev Computed from the record and the time.
    enum Status {
        None,
        Trialing, // nothing paid yet, and not over
        Active, // paid for
        PastDue, // within the grace: can be charged
        Paused,
        Lapsed, // not charged in time: only the payer can reactivate
        Cancelled, // no more charges; what is paid for can still be used
        Completed // a plan with `maxCycles` is paid off
    }

    /// @dev Three slots, see {Records}. Times are in seconds, money in the token's smallest unit.
    struct Plan {
        address merchant;
        uint32 period;
        uint32 trial; // 0 = none
        uint32 grace; // after each period, in which the next can be charged: above 0, at most a period
        IERC20 token;
        uint16 maxCycles; // 0 = until cancelled; else paid off after so many charges (instalments)
        bool closed; // no new subscriptions and no more charges
        uint96 price; // for a period
        uint96 callerFee; // of that, to whoever sends the charge when it is due
    }

    /// @dev Two slots.
    struct Subscription {
        // slot 0
        address payer;
        uint40 paidThrough; // Unix seconds: paid for, or free, until then
        uint16 cycles; // charges so far
        uint16 seq; // grows by one with everything that the payer decides, and wraps
        Mode mode;
        bool noted; // {Note} holds something
        bool earning; // the customer earns points
        // slot 1
        uint96 priceCap; // the highest price that the payer has agreed to
        uint96 lastPaid; // in the present period, less what was refunded of it
        uint32 planId;
        uint32 nextPlanId; // from the next charge on; 0 = no change
    }

    enum Mode {
        None,
        Running,
        Paused,
        Cancelled
    }

    /// @dev One slot, for what few subscriptions have.
    struct Note {
        uint96 basis; // what a whole period is worth after an upgrade within it; 0 = what was paid
        uint16 discountBps; // off the price of the next charges
        uint16 discountCycles; // charges that the discount is still for
        uint40 pausedAt; // Unix seconds; 0 = not paused
        uint32 pausedTotal; // seconds that pauses have added so far
    }

    /// @dev What the payer asks for. Signed:
    /// `Subscribe(address payer,uint32 planId,uint96 priceCap,bytes32 ref,bytes32 customerId,bytes32 campaign,
    /// bytes32 coupon,uint48 deadline)`.
    struct Terms {
        address payer;
        uint32 planId;
        uint96 priceCap; // the highest price for a period, in the token's smallest unit
        bytes32 ref; // the payer's, single-use: with the payer it is the subscription's id
        bytes32 customerId; // who earns points; 0 = nobody
        bytes32 campaign; // digest of what brought the customer; 0 = nothing
        bytes32 coupon; // {couponId} of the coupon that is used from the first charge on; 0 = none
        uint48 deadline; // Unix seconds
    }

    /// @dev The merchant signs `Coupon(address merchant,uint32 planId,bytes32 code,uint16 bps,uint16 cycles,
    /// address payer,uint32 maxUses,uint48 deadline)`. Nothing is stored until it is used.
    struct Coupon {
        address merchant;
        uint32 planId; // 0 = every plan of the merchant
        bytes32 code; // digest of what is printed on it, or of the campaign
        uint16 bps; // off the price; 10,000 = free
        uint16 cycles; // charges that it is good for
        address payer; // 0 = anybody, once each
        uint32 maxUses; // 0 = no limit
        uint48 deadline; // Unix seconds
    }

    enum Action {
        Cancel,
        Pause,
        Resume,
        Reactivate,
        AcceptPrice,
        ChangePlan
    }

    /// @dev What a payer without gas decides. Signed: `Instruction(string action,bytes32 subscriptionId,
    /// uint32 planId,uint96 priceCap,uint96 maxPay,uint16 seq,uint48 deadline)`, where `action` reads "cancel",
    /// "pause", "resume", "reactivate", "accept price" or "change plan", so that a wallet shows it in words. What
    /// an action does not need is zero.
    struct Instruction {
        Action action;
        bytes32 subscriptionId;
        uint32 planId; // ChangePlan
        uint96 priceCap; // AcceptPrice, ChangePlan
        uint96 maxPay; // ChangePlan: the most that may be taken now
        uint16 seq; // the subscription's
        uint48 deadline; // Unix seconds
    }

    /// @notice A merchant has made a plan.
    event PlanCreated(uint32 indexed planId, address indexed merchant, bytes32 indexed ref, Plan plan);
    /// @notice The plan costs `price` a period from now on, of which `callerFee` goes to whoever charges.
    event PlanPriced(uint32 indexed planId, uint96 price, uint96 callerFee);
    /// @notice The plan takes no new subscriptions, and charges none any more.
    event PlanClosed(uint32 indexed planId);
    /// @notice A subscription began; it is free until `paidThrough`, Unix seconds, or charged at once.
    event Subscribed(
        bytes32 indexed subscriptionId,
        uint32 indexed planId,
        address indexed payer,
        uint96 priceCap,
        uint40 paidThrough,
        bytes32 ref,
        bytes32 customerId,
        bytes32 campaign
    );
    /// @notice A period was paid: charge number `cycle`, of `amount`, until `paidThrough` (Unix seconds).
    event Charged(
        bytes32 indexed subscriptionId,
        uint32 indexed planId,
        address indexed payer,
        uint96 amount,
        uint16 cycle,
        uint40 paidThrough
    );
    /// @notice A charge of a batch failed and changed nothing; `reason` is the selector of the error that the
    /// single call reverts with, zero if it ran out of gas.
    event ChargeFailed(bytes32 indexed subscriptionId, bytes4 reason);
    /// @notice The payer agrees to a price of up to `priceCap`.
    event PriceAccepted(bytes32 indexed subscriptionId, uint96 priceCap);
    /// @notice The plan is `planId` now, for which `paid` was paid for the rest of the period.
    event PlanChanged(bytes32 indexed subscriptionId, uint32 indexed planId, uint96 priceCap, uint96 paid);
    /// @notice The plan will be `planId` from the next charge on; the present one again ends the change.
    event PlanChangeSet(bytes32 indexed subscriptionId, uint32 indexed planId, uint96 priceCap);
    /// @notice The subscription is neither charged nor usable until it is resumed.
    event Paused(bytes32 indexed subscriptionId);
    /// @notice The subscription runs again, until `paidThrough`, Unix seconds.
    event Resumed(bytes32 indexed subscriptionId, uint40 paidThrough);
    /// @notice No more charges; usable until `paidThrough`, Unix seconds.
    event Cancelled(bytes32 indexed subscriptionId, uint40 paidThrough, bool byMerchant);
    /// @notice The merchant has given time, until `paidThrough` (Unix seconds).
    event TimeGranted(bytes32 indexed subscriptionId, uint40 paidThrough);
    /// @notice The merchant has given back a part of charge number `cycle`; `kept` is what it keeps.
    event Refunded(bytes32 indexed subscriptionId, uint16 indexed cycle, uint96 amount, uint96 kept);
    /// @notice A coupon takes `bps` off the next `cycles` charges.
    event CouponRedeemed(bytes32 indexed subscriptionId, bytes32 indexed couponId, uint16 bps, uint16 cycles);

    /// @notice The plan does not exist.
    error UnknownPlan(uint32 planId);
    /// @notice The plan cannot be; `field` says what is wrong with it.
    error BadPlan(bytes32 field);
    /// @notice The plan is closed.
    error PlanIsClosed(uint32 planId);
    /// @notice The plan has a fixed number of charges, or another merchant or token.
    error PlanNotExchangeable(uint32 from, uint32 to);
    /// @notice The subscription does not exist.
    error UnknownSubscription(bytes32 subscriptionId);
    /// @notice The subscription is not in a state that allows this.
    error WrongStatus(bytes32 subscriptionId, Status status);
    /// @notice The period is paid for until `dueAt`. Both are Unix seconds.
    error NotDue(uint256 timestamp, uint40 dueAt);
    /// @notice The price is higher than the payer has agreed to.
    error PriceAboveCap(uint96 price, uint96 priceCap);
    /// @notice More is due now than the payer has agreed to pay.
    error PaysTooMuch(uint256 due, uint96 maxPay);
    /// @notice Only {chargeBatch} itself makes this call.
    error NotSelf(address caller);
    /// @notice The pause has been as long as pauses can be. Both are in seconds.
    error PauseExhausted(uint256 paused, uint256 limit);
    /// @notice Time can be granted for the future, and no further than `limit`. All are Unix seconds.
    error BadGrant(uint40 until, uint256 limit);
    /// @notice The charge is not the last one.
    error NotTheLastCharge(uint16 cycle, uint16 last);
    /// @notice The coupon is not the one in the terms, or not for this; `field` says why.
    error BadCoupon(bytes32 field);
    /// @notice The coupon was used up, or by this payer before.
    error CouponUsed(bytes32 couponId, uint256 uses);

    /// @notice Makes a plan. Its merchant is the caller; merchant, token and times never change.
    /// @param ref The merchant's, single-use: the same call again returns the same plan.
    /// @param terms `merchant` is the caller and `closed` false.
    function createPlan(bytes32 ref, Plan calldata terms) external returns (uint32 planId, bool added);

    /// @notice Sets what a period costs from the next charges on.
    /// @dev The merchant. Who has not agreed to so much is not charged more: the charge fails.
    function setPlanPrice(uint32 planId, uint96 price, uint96 callerFee) external;

    /// @notice Ends a plan for good: nobody subscribes to it or is charged for it any more.
    /// @dev The merchant. What is paid for can be used, and payers can change to another plan.
    function closePlan(uint32 planId) external returns (bool closed);

    /// @notice Starts a subscription: with the plan's trial, if this is the payer's first with the merchant, or
    /// with a first charge.
    /// @dev The payer. The same call again changes nothing; the same `ref` for another plan than the present
    /// one reverts `RefConflict`, so a retry after a change of plan does. A coupon's event precedes
    /// that of the subscription.
    function subscribe(Terms calldata terms) external returns (bytes32 subscriptionId, bool added);

    /// @notice As {subscribe}, for a payer who has signed the terms.
    /// @dev Anyone.
    function subscribeBySig(Terms calldata terms, bytes calldata signature)
        external
        returns (bytes32 subscriptionId, bool added);

    /// @notice As {subscribe}, with a coupon that already counts for the first charge.
    /// @param signature Of the payer; not looked at when the payer itself calls.
    /// @param couponSignature Of the merchant.
    function subscribeWithCoupon(
        Terms calldata terms,
        bytes calldata signature,
        Coupon calldata coupon,
        bytes calldata couponSignature
    ) external returns (bytes32 subscriptionId, bool added);

    /// @notice Charges the period that is due.
    /// @dev Anyone, within the grace. The plan's `callerFee` goes from the merchant's share to the caller; a payer
    /// who charges itself keeps it.
    function charge(bytes32 subscriptionId) external returns (uint96 amount);

    /// @notice Charges many. One that cannot be charged is a `ChargeFailed` event and stops nobody else.
    /// @dev Anyone. Each has {CHARGE_GAS} for itself, whatever its token does; a transaction that does not
    /// bring so much for each reverts `GasTooLow` as a whole. Asked without sending (`eth_call`), it says which
    /// of them are due and can pay.
    function chargeBatch(bytes32[] calldata subscriptionIds) external returns (bool[] memory charged);

    /// @notice One charge of {chargeBatch}, which alone calls it so that a failure undoes only this one.
    /// What one charge has seen of its merchant's balance it hands on to the next: in between no token is called.
    /// @param lastPlan Whose merchant was paid last; zero if that is not known.
    /// @param balance What that merchant has of the plan's token since.
    function chargeFor(bytes32 subscriptionId, address caller, uint256 lastPlan, uint256 balance)
        external
        returns (uint256 nextPlan, uint256 nextBalance);

    /// @notice Agrees to a price of up to `priceCap`; a lower one withdraws an agreement.
    /// @dev The payer.
    function acceptPrice(bytes32 subscriptionId, uint96 priceCap) external;

    /// @notice Changes to another plan of the same merchant and token.
    /// @dev The payer. A plan that costs more for the same time begins at once, and what the rest of the period
    /// is worth under it, above what was paid for that rest, is paid now; in a trial any plan begins at once and
    /// costs nothing. Every other begins with the next charge. See {quoteChange}.
    /// @param priceCap The highest price of the new plan for a period.
    /// @param maxPay The most that may be taken now.
    function changePlan(bytes32 subscriptionId, uint32 planId, uint96 priceCap, uint96 maxPay)
        external
        returns (uint96 paid);

    /// @notice Stops the clock of what is paid for.
    /// @dev The payer, while something is left. A pause adds its length, in all at most {MAX_PAUSE}; a
    /// paused subscription is never charged.
    function pause(bytes32 subscriptionId) external;

    /// @notice Lets the clock run again.
    /// @dev The payer.
    function resume(bytes32 subscriptionId) external;

    /// @notice Starts a lapsed subscription anew, now, with a charge.
    /// @dev The payer.
    function reactivate(bytes32 subscriptionId) external returns (uint96 amount);

    /// @notice Ends the charges for good. What is paid for can still be used.
    /// @dev The payer or the merchant, at any time.
    /// @return cancelled False if it was cancelled already.
    function cancel(bytes32 subscriptionId) external returns (bool cancelled);

    /// @notice Carries out what the payer has signed.
    /// @dev Anyone.
    function instruct(Instruction calldata instruction, bytes calldata signature) external;

    /// @notice Gives time until `until` at least; it is never refunded.
    /// @dev The merchant, for one that is neither lapsed, cancelled nor completed.
    /// @param until Unix seconds, at most {MAX_GRANT} away.
    /// @return granted False if it lasts so long already.
    function grantTime(bytes32 subscriptionId, uint40 until) external returns (bool granted);

    /// @notice Gives back of the last charge what is above `kept`.
    /// @dev The merchant, from its own balance.
    /// @param cycle Number of the last charge: a refund that comes after the next one is refused.
    /// @return refunded False if no more is kept already.
    function refund(bytes32 subscriptionId, uint16 cycle, uint96 kept) external returns (bool refunded);

    /// @notice Uses a coupon for the next charges; it takes the place of one that is still in use.
    /// @dev The payer.
    function redeem(bytes32 subscriptionId, Coupon calldata coupon, bytes calldata signature) external;

    /// @notice How many plans there are; they are numbered from 1.
    function plans() external view returns (uint32);
    /// @notice A plan's terms.
    function plan(uint32 planId) external view returns (Plan memory);
    /// @notice A subscription as it is kept.
    function subscription(bytes32 subscriptionId) external view returns (Subscription memory);
    /// @notice What few subscriptions have; zero if nothing was noted.
    function note(bytes32 subscriptionId) external view returns (Note memory);
    /// @notice Who earns points for it; zero if nobody.
    function customerOf(bytes32 subscriptionId) external view returns (bytes32);
    /// @notice The id of a payer's subscription.
    function idOf(address payer, bytes32 ref) external view returns (bytes32 subscriptionId);
    /// @notice The id of a coupon: the EIP-712 digest that its merchant signs.
    function couponId(Coupon calldata coupon) external view returns (bytes32);
    /// @notice Under which reference a charge earns points.
    function chargeRef(bytes32 subscriptionId, uint16 cycle) external view returns (bytes32);
    /// @notice What the subscription is now.
    function statusOf(bytes32 subscriptionId) external view returns (Status);
    /// @notice Whether what is paid for, or given, can be used now.
    function isEntitled(bytes32 subscriptionId) external view returns (bool);
    /// @notice Whether the payer has had the one trial with this merchant.
    function trialUsed(address merchant, address payer) external view returns (bool);
    /// @notice When the next charge is due (Unix seconds), what it takes, whether it would succeed now, and
    /// if not, the selector of the error that it meets.
    function nextCharge(bytes32 subscriptionId)
        external
        view
        returns (uint40 dueAt, uint96 amount, bool chargeable, bytes4 reason);
    /// @notice What a change of plan takes now, and whether it begins at once.
    function quoteChange(bytes32 subscriptionId, uint32 planId) external view returns (uint256 amount, bool atOnce);
}
