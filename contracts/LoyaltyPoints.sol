// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Issuance} from "./abstracts/Issuance.sol";
import {ICustomerLedger} from "./interfaces/ICustomerLedger.sol";
import {ICustomerRegistry} from "./interfaces/ICustomerRegistry.sol";
import {ILoyaltyPoints} from "./interfaces/ILoyaltyPoints.sol";
import {Calendar} from "./libraries/Calendar.sol";
import {Entries, PackedEntry} from "./libraries/Entries.sol";
import {Refusals} from "./libraries/Refusals.sol";
import {Account, Lanes} from "./libraries/Lanes.sol";
import {Meter} from "./libraries/Meters.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Loyalty points
/// @notice Specified in {ILoyaltyPoints}.
contract LoyaltyPoints is Issuance, ICustomerLedger, EIP712 {
    bytes32 public constant REDEEM_TYPEHASH =
        keccak256("Redeem(bytes32 customerId,bytes32 ref,uint32 points,uint48 deadline)");

    uint256 public constant MAX_TIERS = 7;
    uint256 private constant TIER_BITS = 32;
    bytes4 private constant DUPLICATE = 0xffffffff; // never the selector of an error
    uint256 private constant PENDING = 0; // no epoch of our time: epoch 0 begins in January 1970

    ICustomerRegistry public immutable REGISTRY;

    /// @notice Calendar months in an epoch.
    uint256 public immutable EPOCH_MONTHS;
    uint256 private immutable EPOCHS_PER_YEAR;

    mapping(bytes32 customerId => Account account) private _accounts;
    mapping(bytes32 customerId => uint256 points) private _debts;
    mapping(bytes32 ref => PackedEntry entry) private _entries;

    /// @dev Seven thresholds of 32 bits, tier 1 lowest; zero where no tier is.
    uint256 private _tiers;

    /// @param admin Holds DEFAULT_ADMIN, and hands it over in two steps.
    /// @param adminDelay Seconds between the two steps.
    /// @param registry Knows the customers, and tells of merges and erasures.
    /// @param epochMonths 1, 2, 3, 4, 6 or 12: points live for four to five epochs.
    constructor(address admin, uint48 adminDelay, ICustomerRegistry registry, uint256 epochMonths)
        AccessControlDefaultAdminRules(adminDelay, admin)
        EIP712("Rapport LoyaltyPoints", "1")
    {
        if (address(registry) == address(0)) revert Refusals.ZeroAddress();
        if (epochMonths == 0 || epochMonths > 12 || 12 % epochMonths != 0) revert BadEpoch(epochMonths);
        REGISTRY = registry;
        EPOCH_MONTHS = epochMonths;
        EPOCHS_PER_YEAR = 12 / epochMonths;
    }

    modifier onlyRegistry() {
        if (msg.sender != address(REGISTRY)) revert NotTheRegistry(msg.sender);
        _;
    }

    // Awarding

    /// @inheritdoc ILoyaltyPoints
    function award(bytes32 customerId, bytes32 ref, uint32 points, uint40 availableAt) external returns (bool) {
        if (points == 0) revert Refusals.ZeroAmount();
        return _award(customerId, ref, points, availableAt, 0);
    }

    /// @inheritdoc ILoyaltyPoints
    function awardUnder(bytes32 customerId, bytes32 ref, uint32 points, uint40 availableAt, uint32 terms)
        external
        returns (bool)
    {
        return _award(customerId, ref, points, availableAt, terms);
    }

    /// @inheritdoc ILoyaltyPoints
    function awardBatch(Award[] calldata awards, uint40 availableAt) external returns (uint256 added) {
        Meter meter = _issuing();
        uint256 epoch = availableAt > block.timestamp ? PENDING : _epoch();
        uint256 total;
        uint256 gained;
        for (uint256 i = 0; i < awards.length; ++i) {
            Award calldata item = awards[i];
            uint256 points = item.points;
            if (points == 0) revert Refusals.ZeroAmount();
            bytes4 refusal = _clash(item.customerId, item.ref, points, 0);
            uint256 gain;
            if (refusal == 0) (gain, refusal) = _enter(item.customerId, item.ref, points, availableAt, epoch, 0);
            if (refusal == 0) {
                // No overflow: fewer than 2**32 awards fit a block, of fewer than 2**32 points each.
                unchecked {
                    ++added;
                    total += points;
                    gained += gain;
                }
            } else if (refusal != DUPLICATE) {
                emit AwardRefused(item.customerId, item.ref, refusal);
            }
        }
        if (added != 0) _storeMeter(_shared(_metered(meter, total), epoch, gained));
    }

    /// @inheritdoc ILoyaltyPoints
    function settle(bytes32 customerId, bytes32 ref) external {
        (Entry memory e, bytes4 refusal) = _due(customerId, ref);
        if (refusal == Refusals.UnknownRef.selector) revert Refusals.UnknownRef(ref);
        if (refusal == AlreadySettled.selector) revert AlreadySettled(ref);
        if (refusal == NotYet.selector) revert NotYet(block.timestamp, e.availableAt);
        _settle(customerId, ref, e, _holder(customerId), _epoch());
    }

    /// @inheritdoc ILoyaltyPoints
    function settleBatch(bytes32[] calldata customerIds, bytes32[] calldata refs) external returns (uint256 settled) {
        if (customerIds.length != refs.length) revert LengthMismatch(customerIds.length, refs.length);
        uint256 epoch = _epoch();
        for (uint256 i = 0; i < refs.length; ++i) {
            bytes32 customerId = customerIds[i];
            (Entry memory e, bytes4 refusal) = _due(customerId, refs[i]);
            bytes32 holder = customerId;
            if (refusal == 0 && _accounts[customerId].has(Lanes.CLOSED)) {
                try REGISTRY.resolve(customerId) returns (bytes32 heir) {
                    holder = heir;
                } catch {
                    refusal = Refusals.CustomerClosed.selector;
                }
            }
            if (refusal == 0) {
                _settle(customerId, refs[i], e, holder, epoch);
                ++settled;
            } else if (refusal != AlreadySettled.selector) {
                emit SettleRefused(customerId, refs[i], refusal);
            }
        }
    }

    /// @inheritdoc ILoyaltyPoints
    function reverse(bytes32 customerId, bytes32 ref, uint32 totalReversed) external returns (bool changed) {
        // Checks
        Meter meter = _issuing();
        Entry memory e = _entryOf(customerId, ref);
        if (e.state == State.Redeemed) revert Refusals.UnknownRef(ref);
        if (totalReversed > e.points) revert ExceedsEntry(ref, totalReversed, e.points);
        if (totalReversed <= e.undone) return false;
        uint256 points = totalReversed - e.undone;

        // Effects
        _storeMeter(_metered(meter, points));
        e.undone = totalReversed;
        _entries[ref] = Entries.pack(e);
        bytes32 holder = customerId;
        uint256 shortfall;
        if (e.state == State.Awarded) {
            holder = _holder(customerId);
            shortfall = _takeBack(holder, ref, e.epoch, points);
        }
        // Safe cast: at most `points`, a uint32.
        emit Reversed(customerId, ref, holder, totalReversed, uint32(shortfall));
        return true;
    }

    // Spending

    /// @inheritdoc ILoyaltyPoints
    function redeem(bytes32 customerId, bytes32 ref, uint32 points) external returns (bool added) {
        address wallet = REGISTRY.activeWallet(customerId);
        if (msg.sender == wallet) return _redeem(customerId, customerRef(customerId, ref), points);
        // An issuer's retry changes nothing, also when a wallet was linked in between.
        PackedEntry present = _entries[ref];
        if (present.isRedemption() && present.matches(customerId, points, 0)) return false;
        if (wallet != address(0)) revert Refusals.NotTheCustomer(customerId, msg.sender);
        Meter meter = _issuing();
        added = _redeem(customerId, ref, points);
        if (added) {
            _storeMeter(_metered(meter, points));
        }
    }

    /// @inheritdoc ILoyaltyPoints
    function redeemBySig(bytes32 customerId, bytes32 ref, uint32 points, uint48 deadline, bytes calldata signature)
        external
        returns (bool)
    {
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(REDEEM_TYPEHASH, customerId, ref, points, deadline)));
        Signatures.check(REGISTRY.activeWallet(customerId), digest, deadline, signature);
        return _redeem(customerId, customerRef(customerId, ref), points);
    }

    /// @inheritdoc ILoyaltyPoints
    function refund(bytes32 customerId, bytes32 ref, uint32 totalRefunded) external returns (bool changed) {
        // Checks
        Meter meter = _issuing();
        Entry memory e = _entryOf(customerId, ref);
        if (e.state != State.Redeemed) revert Refusals.UnknownRef(ref);
        if (totalRefunded > e.points) revert ExceedsEntry(ref, totalRefunded, e.points);
        if (totalRefunded <= e.undone) return false;
        uint256 points = totalRefunded - e.undone;

        // Effects
        e.undone = totalRefunded;
        _entries[ref] = Entries.pack(e);
        uint256 epoch = _epoch();
        bytes32 holder = _holder(customerId);
        (Account account, uint256 gained) = _credited(holder, _accounts[holder], epoch, points);
        _accounts[holder] = account;
        _storeMeter(_shared(_metered(meter, points), epoch, gained));
        emit Refunded(customerId, ref, holder, totalRefunded);
        return true;
    }

    /// @inheritdoc ILoyaltyPoints
    function credit(bytes32 customerId, bytes32 ref, uint32 points) external onlyRole(CAMPAIGN_ROLE) whenNotPaused {
        if (points == 0) revert Refusals.ZeroAmount();
        (Account account, bytes4 refusal) = _open(customerId);
        _refuse(refusal, customerId, ref);
        uint256 epoch = _epoch();
        uint256 gained;
        (account, gained) = _credited(customerId, account, epoch, points);
        _accounts[customerId] = account;
        _bookIn(epoch + Lanes.NEWEST, gained);
        emit Credited(customerId, ref, msg.sender, points);
    }

    // Closing

    /// @inheritdoc ICustomerLedger
    function merge(bytes32 from, bytes32 to) external onlyRegistry {
        uint256 epoch = _epoch();
        Account joined = _accounts[to].roll(epoch, EPOCHS_PER_YEAR).join(_accounts[from].roll(epoch, EPOCHS_PER_YEAR));
        _accounts[from] = Account.wrap(Lanes.CLOSED);

        uint256 debt = _debts[from] + _debts[to];
        if (debt != 0) {
            delete _debts[from];
            uint256 unpaid;
            (joined, unpaid) = _spend(joined, epoch, debt);
            joined = _setDebt(to, joined, unpaid);
        }
        _accounts[to] = joined;
        emit AccountMerged(from, to);
    }

    /// @inheritdoc ICustomerLedger
    function forfeit(bytes32 customerId) external onlyRegistry {
        uint256 epoch = _epoch();
        Account account = _accounts[customerId].roll(epoch, EPOCHS_PER_YEAR);
        uint256 points = account.balance();
        _spend(account, epoch, points);
        _accounts[customerId] = Account.wrap(Lanes.CLOSED);
        uint256 debt = _debts[customerId];
        if (debt != 0) delete _debts[customerId];
        emit AccountForfeited(customerId, points, debt);
    }

    // Settings

    /// @inheritdoc ILoyaltyPoints
    function setTiers(uint32[] calldata thresholds) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (thresholds.length > MAX_TIERS) revert BadTiers();
        uint256 packed;
        uint256 below;
        for (uint256 i = 0; i < thresholds.length; ++i) {
            if (thresholds[i] <= below) revert BadTiers();
            below = thresholds[i];
            packed |= below << (i * TIER_BITS);
        }
        _tiers = packed;
        emit TiersSet(thresholds);
    }

    // Views

    /// @inheritdoc ILoyaltyPoints
    function balanceOf(bytes32 customerId) external view returns (uint256) {
        return _current(customerId).balance();
    }

    /// @inheritdoc ILoyaltyPoints
    function debtOf(bytes32 customerId) external view returns (uint256) {
        return _debts[customerId];
    }

    /// @inheritdoc ILoyaltyPoints
    function expiring(bytes32 customerId)
        external
        view
        returns (uint32[5] memory points, uint40[5] memory expiresAt)
    {
        Account account = _current(customerId);
        uint256 epoch = account.epoch();
        for (uint256 i = 0; i < Lanes.COUNT; ++i) {
            points[i] = uint32(account.lane(i));
            expiresAt[i] = epochEnd(uint16(epoch + i));
        }
    }

    /// @inheritdoc ILoyaltyPoints
    function qualifying(bytes32 customerId) external view returns (uint32 thisYear, uint32 lastYear) {
        Account account = _current(customerId);
        return (uint32(account.thisYear()), uint32(account.lastYear()));
    }

    /// @inheritdoc ILoyaltyPoints
    function tierOf(bytes32 customerId) external view returns (uint8) {
        return _tier(_current(customerId));
    }

    /// @inheritdoc ILoyaltyPoints
    function tiers() external view returns (uint32[] memory thresholds) {
        uint256 count;
        while (count < MAX_TIERS && _threshold(_tiers, count) != 0) ++count;
        thresholds = new uint32[](count);
        for (uint256 i = 0; i < count; ++i) {
            thresholds[i] = _threshold(_tiers, i);
        }
    }

    /// @inheritdoc ILoyaltyPoints
    function entry(bytes32 ref) external view returns (Entry memory) {
        return _entries[ref].unpack();
    }

    /// @inheritdoc ILoyaltyPoints
    function standing(bytes32 customerId, bytes32 ref, uint32 terms)
        external
        view
        returns (bytes4 refusal, uint8 tier, bool recorded, uint32 points)
    {
        PackedEntry present = _entries[ref];
        if (present.exists()) {
            points = present.points();
            recorded = !present.isRedemption() && present.matches(customerId, points, terms);
            if (!recorded) refusal = Refusals.RefConflict.selector;
        } else {
            Account account;
            (account, refusal) = _open(customerId);
            tier = _tier(account.roll(_epoch(), EPOCHS_PER_YEAR));
        }
    }

    /// @inheritdoc ILoyaltyPoints
    function customerRef(bytes32 customerId, bytes32 ref) public pure returns (bytes32) {
        return keccak256(abi.encode(customerId, ref));
    }

    /// @inheritdoc ILoyaltyPoints
    function epochAt(uint256 timestamp) public view returns (uint16) {
        return uint16(Calendar.monthAt(timestamp) / EPOCH_MONTHS);
    }

    /// @inheritdoc ILoyaltyPoints
    function epochEnd(uint16 epoch) public view returns (uint40) {
        return uint40(Calendar.monthStart((uint256(epoch) + 1) * EPOCH_MONTHS));
    }

    // Internals: awarding

    function _award(bytes32 customerId, bytes32 ref, uint256 points, uint256 availableAt, uint256 terms)
        private
        returns (bool)
    {
        Meter meter = _issuing();
        bytes4 refusal = _clash(customerId, ref, points, terms);
        if (refusal == DUPLICATE) return false;
        if (refusal != 0) revert Refusals.RefConflict(ref);
        uint256 epoch = availableAt > block.timestamp ? PENDING : _epoch();
        uint256 gained;
        (gained, refusal) = _enter(customerId, ref, points, availableAt, epoch, terms);
        _refuse(refusal, customerId, ref);
        _storeMeter(_shared(_metered(meter, points), epoch, gained));
        return true;
    }

    /// @dev `DUPLICATE` if this very award stands under `ref`, the selector of `RefConflict` if
    /// anything else does, zero if nothing does.
    function _clash(bytes32 customerId, bytes32 ref, uint256 points, uint256 terms) private view returns (bytes4) {
        PackedEntry present = _entries[ref];
        if (!present.exists()) return 0;
        bool same = present.matches(customerId, points, terms) && !present.isRedemption();
        return same ? DUPLICATE : Refusals.RefConflict.selector;
    }

    /// @dev Enters an award that clashes with none: available in `epoch`, or `PENDING`. Returns the
    /// points that the account gained, or the selector of the error if it is refused. The caller
    /// meters them.
    function _enter(
        bytes32 customerId,
        bytes32 ref,
        uint256 points,
        uint256 availableAt,
        uint256 epoch,
        uint256 terms
    ) private returns (uint256 gained, bytes4 refusal) {
        State state = State.Pending;
        if (epoch != PENDING) {
            Account account = _accounts[customerId];
            if (account.has(Lanes.CLOSED)) return (0, Refusals.CustomerClosed.selector);
            state = State.Awarded;
            if (points != 0) {
                (account, gained) = _credited(customerId, account, epoch, points);
                _accounts[customerId] = account.qualify(points);
            }
        }
        _entries[ref] = Entries.pack(customerId, points, availableAt, epoch, terms, state);
        // Safe casts: all three came in as such.
        emit Awarded(customerId, ref, uint32(points), uint40(availableAt), uint32(terms));
    }

    function _settle(bytes32 customerId, bytes32 ref, Entry memory e, bytes32 holder, uint256 epoch) private {
        e.state = State.Awarded;
        e.epoch = uint16(epoch);
        _entries[ref] = Entries.pack(e);
        uint32 points = e.points - e.undone;
        (Account account, uint256 gained) = _credited(holder, _accounts[holder], epoch, points);
        _accounts[holder] = account.qualify(points);
        _bookIn(epoch + Lanes.NEWEST, gained);
        emit Settled(customerId, ref, holder, points);
    }

    /// @dev The account with `points` more in the current epoch, less what pays off a debt.
    function _credited(bytes32 customerId, Account account, uint256 epoch, uint256 points)
        private
        returns (Account, uint256 gained)
    {
        account = account.roll(epoch, EPOCHS_PER_YEAR);
        gained = points;
        if (account.has(Lanes.INDEBTED)) {
            uint256 debt = _debts[customerId];
            uint256 paid = debt < points ? debt : points;
            gained -= paid;
            account = _setDebt(customerId, account, debt - paid);
        }
        return (account.add(Lanes.NEWEST, gained), gained);
    }

    // Internals: taking

    function _redeem(bytes32 customerId, bytes32 ref, uint32 points) private returns (bool added) {
        // Checks
        if (points == 0) revert Refusals.ZeroAmount();
        PackedEntry present = _entries[ref];
        if (present.exists()) {
            if (present.isRedemption() && present.matches(customerId, points, 0)) return false;
            revert Refusals.RefConflict(ref);
        }
        uint256 epoch = _epoch();
        Account account = _accounts[customerId].roll(epoch, EPOCHS_PER_YEAR);
        uint256 have = account.balance();
        if (have < points) revert InsufficientPoints(customerId, have, points);

        // Effects
        (account,) = _spend(account, epoch, points);
        _accounts[customerId] = account;
        _entries[ref] = Entries.pack(customerId, points, 0, epoch, 0, State.Redeemed);
        emit Redeemed(customerId, ref, points);
        return true;
    }

    /// @dev Takes points of an award made in `awardEpoch` out of the holder's account: from the
    /// award's own lane, then the oldest first; what is missing becomes debt.
    function _takeBack(bytes32 holder, bytes32 ref, uint256 awardEpoch, uint256 points)
        private
        returns (uint256 shortfall)
    {
        uint256 epoch = _epoch();
        if (epoch > awardEpoch + Lanes.NEWEST) {
            revert AwardExpired(ref, epochEnd(uint16(awardEpoch + Lanes.NEWEST)));
        }
        Account account = _accounts[holder].roll(epoch, EPOCHS_PER_YEAR);
        account = account.disqualify(points, epoch / EPOCHS_PER_YEAR - awardEpoch / EPOCHS_PER_YEAR);

        uint256 taken;
        (account, taken) = account.draw(awardEpoch + Lanes.NEWEST - epoch, points);
        if (taken != 0) _bookOut(awardEpoch + Lanes.NEWEST, taken);
        (account, shortfall) = _spend(account, epoch, points - taken);
        if (shortfall != 0) account = _setDebt(holder, account, _debts[holder] + shortfall);
        _accounts[holder] = account;
    }

    /// @dev Draws points from the oldest lane on, and takes them off what is outstanding.
    function _spend(Account account, uint256 epoch, uint256 points) private returns (Account, uint256 missing) {
        missing = points;
        for (uint256 i = 0; i < Lanes.COUNT && missing != 0; ++i) {
            uint256 taken;
            (account, taken) = account.draw(i, missing);
            if (taken == 0) continue;
            missing -= taken;
            _bookOut(epoch + i, taken);
        }
        return (account, missing);
    }

    function _setDebt(bytes32 customerId, Account account, uint256 debt) private returns (Account) {
        _debts[customerId] = debt;
        emit DebtChanged(customerId, debt);
        return debt == 0 ? account.clear(Lanes.INDEBTED) : account.set(Lanes.INDEBTED);
    }

    // Internals: reading

    /// @inheritdoc Issuance
    function _epoch() internal view override returns (uint256) {
        return Calendar.monthAt(block.timestamp) / EPOCH_MONTHS;
    }

    function _current(bytes32 customerId) private view returns (Account) {
        return _accounts[customerId].roll(_epoch(), EPOCHS_PER_YEAR);
    }

    /// @dev The account, and why it cannot earn if it cannot.
    function _open(bytes32 customerId) private view returns (Account account, bytes4 refusal) {
        account = _accounts[customerId];
        if (account.has(Lanes.CLOSED)) return (account, Refusals.CustomerClosed.selector);
        ICustomerRegistry.Status status = REGISTRY.statusOf(customerId);
        if (status == ICustomerRegistry.Status.None) return (account, Refusals.UnknownCustomer.selector);
        if (status == ICustomerRegistry.Status.Merged || status == ICustomerRegistry.Status.Erased) {
            return (account, Refusals.CustomerClosed.selector);
        }
    }

    /// @dev Turns a refusal into the error of a single call.
    function _refuse(bytes4 refusal, bytes32 customerId, bytes32 ref) private pure {
        if (refusal == 0) return;
        if (refusal == Refusals.RefConflict.selector) revert Refusals.RefConflict(ref);
        if (refusal == Refusals.UnknownCustomer.selector) revert Refusals.UnknownCustomer(customerId);
        revert Refusals.CustomerClosed(customerId);
    }

    /// @dev Whose account an entry of `customerId` concerns today.
    function _holder(bytes32 customerId) private view returns (bytes32) {
        return _accounts[customerId].has(Lanes.CLOSED) ? REGISTRY.resolve(customerId) : customerId;
    }

    /// @dev A pending award that may settle now, or the selector of the error that says why not.
    function _due(bytes32 customerId, bytes32 ref) private view returns (Entry memory e, bytes4 refusal) {
        PackedEntry present = _entries[ref];
        e = present.unpack();
        if (!present.concerns(customerId) || e.state == State.Redeemed) refusal = Refusals.UnknownRef.selector;
        else if (e.state == State.Awarded) refusal = AlreadySettled.selector;
        else if (block.timestamp < e.availableAt) refusal = NotYet.selector;
    }

    function _entryOf(bytes32 customerId, bytes32 ref) private view returns (Entry memory e) {
        PackedEntry present = _entries[ref];
        if (!present.concerns(customerId)) revert Refusals.UnknownRef(ref);
        e = present.unpack();
    }

    function _tier(Account account) private view returns (uint8 tier) {
        uint256 earned = account.thisYear();
        if (account.lastYear() > earned) earned = account.lastYear();
        uint256 packed = _tiers;
        while (tier < MAX_TIERS) {
            uint256 threshold = _threshold(packed, tier);
            if (threshold == 0 || earned < threshold) break;
            ++tier;
        }
    }

    function _threshold(uint256 packed, uint256 i) private pure returns (uint32) {
        return uint32(packed >> (i * TIER_BITS));
    }
}
