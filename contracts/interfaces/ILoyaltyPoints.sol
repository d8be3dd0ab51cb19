// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Loyalty points that a customer can check and a brand can prove
/// @notice Points are whole numbers, bound to a customer id and not transferable. They expire at
/// the end of a calendar epoch (a month, a quarter, a year: fixed per programme), the oldest are
/// spent first, and what is outstanding is known exactly, at every moment, without a sweep.
///
/// Every award and redemption stands as one entry under a single-use `ref`. The same call again
/// is a no-op that returns false; the same `ref` with other content reverts `RefConflict`.
///
/// Points awarded in epoch E live through epoch E + 4. A customer's tier follows from the points
/// earned in this calendar year or the last, whichever are more; spending never lowers it.
///
/// At every moment, for each customer and in all:
/// earned + refunded + credited = available + redeemed + expired + reversed + forfeited - debt,
/// where pending points are earned once they settle, and a debt written off at erasure stays in.
///
/// Roles: DEFAULT_ADMIN (two steps) sets tiers and caps, and unpauses. ISSUER awards, reverses,
/// refunds and redeems for walletless customers, within a daily cap. CAMPAIGN credits within the
/// campaign's own budget. GUARDIAN pauses, which stops these three, never a customer.
interface ILoyaltyPoints {
    enum State {
        None,
        Pending,
        Awarded,
        Redeemed
    }

    /// @dev One slot.
    struct Entry {
        bytes12 customer; // first 12 bytes of keccak256(customerId)
        uint32 points;
        uint32 undone; // of an award: reversed; of a redemption: refunded. Cumulative
        uint40 availableAt; // Unix seconds from which a pending award may settle
        uint16 epoch; // in which the points became available, or were redeemed
        uint32 terms; // digest of the order behind a rule's award; 0 for a plain one
        State state;
    }

    struct Award {
        bytes32 customerId;
        bytes32 ref;
        uint32 points;
    }

    /// @notice Points were promised or given. Pending until `availableAt` if that lies ahead.
    event Awarded(
        bytes32 indexed customerId, bytes32 indexed ref, uint32 points, uint40 availableAt, uint32 terms
    );
    /// @notice An award of a batch was refused; `reason` is the selector of the error that the single
    /// call reverts with.
    event AwardRefused(bytes32 indexed customerId, bytes32 indexed ref, bytes4 reason);
    /// @notice A pending award became available to `holder`: the customer, or whom they were merged into.
    event Settled(bytes32 indexed customerId, bytes32 indexed ref, bytes32 indexed holder, uint32 points);
    /// @notice A settlement of a batch was refused; `reason` is the selector of the error that the
    /// single call reverts with.
    event SettleRefused(bytes32 indexed customerId, bytes32 indexed ref, bytes4 reason);
    /// @notice `totalReversed` points of an award are taken back so far; `shortfall` of this step had
    /// been spent and became debt.
    event Reversed(
        bytes32 indexed customerId,
        bytes32 indexed ref,
        bytes32 indexed holder,
        uint32 totalReversed,
        uint32 shortfall
    );
    /// @notice Points were spent. `ref` is the entry's, so a wallet's is `customerRef(customerId, ref)`.
    event Redeemed(bytes32 indexed customerId, bytes32 indexed ref, uint32 points);
    /// @notice `totalRefunded` points of a redemption are given back so far, into the current epoch.
    event Refunded(bytes32 indexed customerId, bytes32 indexed ref, bytes32 indexed holder, uint32 totalRefunded);
    /// @notice A campaign gave points, spendable at once.
    event Credited(bytes32 indexed customerId, bytes32 indexed ref, address indexed campaign, uint32 points);
    /// @notice What the customer owes was changed to `debt` points.
    event DebtChanged(bytes32 indexed customerId, uint256 debt);
    /// @notice Everything held under `from` is now held under `to`; `from` is closed for ever.
    event AccountMerged(bytes32 indexed from, bytes32 indexed to);
    /// @notice The account was closed: `points` were given up, and a debt of `debt` was written off.
    event AccountForfeited(bytes32 indexed customerId, uint256 points, uint256 debt);
    /// @notice Tiers begin at these many points a year.
    event TiersSet(uint32[] thresholds);
    /// @notice An issuer may move so many points a UTC day.
    event IssuerCapSet(address indexed issuer, uint64 pointsPerDay);

    /// @notice The customer has fewer points than asked for.
    error InsufficientPoints(bytes32 customerId, uint256 have, uint256 want);
    /// @notice The award is still pending. Both are Unix seconds.
    error NotYet(uint256 timestamp, uint40 availableAt);
    /// @notice The award has been settled before.
    error AlreadySettled(bytes32 ref);
    /// @notice More would be taken back, or given back, than the entry holds.
    error ExceedsEntry(bytes32 ref, uint256 total, uint256 points);
    /// @notice The award's points have expired or been spent long ago; nothing is taken back.
    error AwardExpired(bytes32 ref, uint256 expiredAt);
    /// @notice The issuer's cap for this UTC day does not allow so many points.
    error IssuerCapExceeded(address issuer, uint256 want, uint256 left);
    /// @notice At most `limit` issuers, so that pausing and the liability stay affordable.
    error TooManyIssuers(uint256 limit);
    /// @notice As many customers as references are needed.
    error LengthMismatch(uint256 customers, uint256 refs);
    /// @notice Thresholds must grow, and be at most seven.
    error BadTiers();
    /// @notice An epoch lasts 1, 2, 3, 4, 6 or 12 months.
    error BadEpoch(uint256 months);

    /// @notice Awards points. Pending while `availableAt` lies ahead, otherwise available at once.
    /// @dev ISSUER, not while paused. The issuer vouches for the id: points under an id that the
    /// registry does not know stand, but cannot be spent. A pending award touches no account, so
    /// whether its customer was merged or erased is seen when it settles. A repeated `ref` is compared
    /// by customer, points and terms; `availableAt` may differ, since a retry computes it anew, and the
    /// first stands.
    /// @param points 1 to 2**32 - 1.
    /// @param availableAt Unix seconds; 0 or a past time for "at once".
    /// @return added False if this very award stood already.
    function award(bytes32 customerId, bytes32 ref, uint32 points, uint40 availableAt) external returns (bool added);

    /// @notice Awards points under a public rule; as `award`, but zero points are allowed, and
    /// `terms` binds the entry to the order that earned it.
    /// @dev ISSUER, not while paused.
    function awardUnder(
        bytes32 customerId,
        bytes32 ref,
        uint32 points,
        uint40 availableAt,
        uint32 terms
    ) external returns (bool added);

    /// @notice Awards many customers at once. Duplicates are skipped; a conflict or a closed
    /// customer is an `AwardRefused` event and stops nobody else.
    /// @dev ISSUER, not while paused. The whole batch reverts if it exceeds the issuer's cap, holds an
    /// award of zero points, or would overflow somebody's epoch (`EpochFull`).
    function awardBatch(Award[] calldata awards, uint40 availableAt) external returns (uint256 added);

    /// @notice Makes a pending award available. Anyone may call, once it is due.
    function settle(bytes32 customerId, bytes32 ref) external;

    /// @notice Settles many. What has settled before is skipped; what is not due, not there, or whose
    /// customer is gone is a `SettleRefused` event and stops nobody else.
    function settleBatch(bytes32[] calldata customerIds, bytes32[] calldata refs) external returns (uint256 settled);

    /// @notice Takes back points of an award, because the order was returned.
    /// @dev ISSUER, not while paused; counts toward its cap. The award's own epoch is drawn first,
    /// then the oldest points; what was spent becomes debt, which later points pay off first.
    /// @param totalReversed Points of this award taken back in all, so that a retry is a no-op.
    /// @return changed False if that much had been taken back before.
    function reverse(bytes32 customerId, bytes32 ref, uint32 totalReversed) external returns (bool changed);

    /// @notice Spends points, the oldest first.
    /// @dev The customer's wallet, at any time; an ISSUER within its cap while no wallet is linked. A
    /// wallet's `ref` is kept as `customerRef(customerId, ref)`, so no customer can occupy a
    /// reference of the brand.
    function redeem(bytes32 customerId, bytes32 ref, uint32 points) external returns (bool added);

    /// @notice Spends points by the customer's signed intent. Anyone may relay it.
    /// @dev Signed: `Redeem(bytes32 customerId,bytes32 ref,uint32 points,uint48 deadline)` under the
    /// domain ("Rapport LoyaltyPoints", "1"). The `ref` is the nonce.
    function redeemBySig(
        bytes32 customerId,
        bytes32 ref,
        uint32 points,
        uint48 deadline,
        bytes calldata signature
    ) external returns (bool added);

    /// @notice Gives back points of a redemption, into the current epoch, without tier credit.
    /// @dev ISSUER, not while paused; counts toward its cap. `ref` is the entry's, as in `Redeemed`.
    /// @param totalRefunded Points of this redemption given back in all.
    function refund(bytes32 customerId, bytes32 ref, uint32 totalRefunded) external returns (bool changed);

    /// @notice Credits points of a campaign, which itself keeps each claim unique. No tier credit.
    /// @dev CAMPAIGN, not while paused. `ref` is for the log only.
    function credit(bytes32 customerId, bytes32 ref, uint32 points) external;

    /// @notice Stops issuers and campaigns. Customers redeem and anyone settles as before.
    /// @dev GUARDIAN.
    function pause() external;

    /// @notice Lets issuers and campaigns act again.
    /// @dev DEFAULT_ADMIN.
    function unpause() external;

    /// @notice Sets from how many points a year each tier begins; tier 0 needs none.
    /// @dev DEFAULT_ADMIN. At most seven, growing.
    function setTiers(uint32[] calldata thresholds) external;

    /// @notice Sets how many points an issuer may move a UTC day: awarded, reversed, refunded, redeemed.
    /// @dev DEFAULT_ADMIN. A fixed day: twice as many within a minute around midnight. The account must
    /// hold the ISSUER role.
    function setIssuerCap(address issuer, uint64 pointsPerDay) external;

    /// @notice Points that the customer can spend now.
    function balanceOf(bytes32 customerId) external view returns (uint256);

    /// @notice Points that later awards pay off first. Never together with a balance.
    function debtOf(bytes32 customerId) external view returns (uint256);

    /// @notice The balance by expiry: `points[i]` are lost at `expiresAt[i]` (Unix seconds).
    function expiring(bytes32 customerId)
        external
        view
        returns (uint32[5] memory points, uint40[5] memory expiresAt);

    /// @notice Points earned in this calendar year and in the one before.
    function qualifying(bytes32 customerId) external view returns (uint32 thisYear, uint32 lastYear);
    /// @notice The tier that the customer holds now; 0 is the lowest.
    function tierOf(bytes32 customerId) external view returns (uint8);
    /// @notice From how many points a year each tier begins, tier 1 first.
    function tiers() external view returns (uint32[] memory thresholds);

    /// @notice Points of all customers that expire, or expired, at the end of `epoch`.
    function outstanding(uint16 epoch) external view returns (uint256);

    /// @notice Points of all customers that can be spent now: the sum of all balances.
    function liability() external view returns (uint256);

    /// @notice What stands under a reference; all zero if nothing does.
    function entry(bytes32 ref) external view returns (Entry memory);

    /// @notice Under which `ref` a redemption by the customer's wallet or intent is kept.
    function customerRef(bytes32 customerId, bytes32 ref) external pure returns (bytes32);

    /// @notice Everything a rule needs before it awards under `ref` and `terms`: whether this very
    /// award stands already and with how many points, or else the customer's tier.
    /// @return refusal Selector of the error that an award would meet: `RefConflict` if something else
    /// stands under `ref`, `UnknownCustomer` or `CustomerClosed`; zero if none.
    function standing(bytes32 customerId, bytes32 ref, uint32 terms)
        external
        view
        returns (bytes4 refusal, uint8 tier, bool recorded, uint32 points);

    /// @notice An issuer's cap and what is left of it today, in points.
    function issuerCap(address issuer) external view returns (uint64 pointsPerDay, uint64 left);
    /// @notice Every account that holds the ISSUER role.
    function issuers() external view returns (address[] memory);

    /// @notice The epoch at a time: whole epochs since January 1970.
    function epochAt(uint256 timestamp) external view returns (uint16);

    /// @notice When an epoch ends, Unix seconds: its points are spendable before, not at, that time.
    function epochEnd(uint16 epoch) external view returns (uint40);
}
