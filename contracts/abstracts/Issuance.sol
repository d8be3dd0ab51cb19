// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {ILoyaltyPoints} from "../interfaces/ILoyaltyPoints.sol";
import {Lanes} from "../libraries/Lanes.sol";
import {Meter, Meters} from "../libraries/Meters.sol";

/// @title Who may issue points, how many a day, and what is outstanding
/// @notice The part of {ILoyaltyPoints} that concerns issuers.
/// @dev An award is the commonest write of the suite, so all that it must check and count about its
/// issuer shares one slot: the right to issue, the pause, the cap, and the points issued in the
/// current epoch. The last makes each meter a part of the liability: an award adds to its issuer's
/// meter and not to a common total, and saves a storage write. OpenZeppelin's role, pause, rate
/// limit and a common total would take four slots more, about 11,000 gas of 60,000.
/// AccessControl stays the source of truth: a meter exists exactly while the role is held.
abstract contract Issuance is ILoyaltyPoints, AccessControlDefaultAdminRules, Pausable {
    using EnumerableSet for EnumerableSet.AddressSet;
    using SafeCast for int256;

    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
    bytes32 public constant CAMPAIGN_ROLE = keccak256("CAMPAIGN_ROLE");
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    /// @notice More issuers would make pausing and the liability costly.
    uint256 public constant MAX_ISSUERS = 16;

    EnumerableSet.AddressSet private _issuers;
    mapping(address issuer => Meter meter) private _meters;

    /// @dev Outstanding points by expiry, without the shares that meters still hold. Negative while
    /// points were spent whose award is still in a share.
    mapping(uint256 epoch => int256 points) private _carried;

    // Settings

    /// @inheritdoc ILoyaltyPoints
    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
        _setModes(Meters.Mode.Paused);
    }

    /// @inheritdoc ILoyaltyPoints
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
        _setModes(Meters.Mode.Issuing);
    }

    /// @inheritdoc ILoyaltyPoints
    function setIssuerCap(address issuer, uint64 pointsPerDay) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _checkRole(ISSUER_ROLE, issuer);
        _meters[issuer] = _meters[issuer].withCap(pointsPerDay);
        emit IssuerCapSet(issuer, pointsPerDay);
    }

    // Views

    /// @inheritdoc ILoyaltyPoints
    function issuers() external view returns (address[] memory) {
        return _issuers.values();
    }

    /// @inheritdoc ILoyaltyPoints
    function issuerCap(address issuer) external view returns (uint64 pointsPerDay, uint64 left) {
        Meter meter = _meters[issuer];
        return (uint64(meter.cap()), uint64(meter.left(_day())));
    }

    /// @inheritdoc ILoyaltyPoints
    function outstanding(uint16 epoch) public view returns (uint256) {
        int256 points = _carried[epoch];
        for (uint256 i = 0; i < _issuers.length(); ++i) {
            Meter meter = _meters[_issuers.at(i)];
            if (meter.expiry() == epoch) points += int256(meter.share());
        }
        return points.toUint256();
    }

    /// @inheritdoc ILoyaltyPoints
    function liability() external view returns (uint256 points) {
        uint256 epoch = _epoch();
        // Safe cast: epochs fit 16 bits until the year 7431, if an epoch is a month.
        for (uint256 i = 0; i < Lanes.COUNT; ++i) {
            points += outstanding(uint16(epoch + i));
        }
    }

    // Internals

    /// @dev The current epoch.
    function _epoch() internal view virtual returns (uint256);

    /// @dev The caller's meter, or a refusal if it may not issue now.
    function _issuing() internal view returns (Meter meter) {
        meter = _meters[msg.sender];
        Meters.Mode mode = meter.mode();
        if (mode == Meters.Mode.Issuing) return meter;
        if (mode == Meters.Mode.Paused) revert EnforcedPause();
        revert AccessControlUnauthorizedAccount(msg.sender, ISSUER_ROLE);
    }

    /// @dev Counts points toward the caller's cap of today.
    function _metered(Meter meter, uint256 points) internal view returns (Meter) {
        uint256 day = _day();
        uint256 left = meter.left(day);
        if (points > left) revert IssuerCapExceeded(msg.sender, points, left);
        return meter.use(points, day);
    }

    /// @dev Adds points issued in `epoch` to the meter's share of the liability. A share of an earlier
    /// epoch is carried over first, once an epoch.
    function _shared(Meter meter, uint256 epoch, uint256 points) internal returns (Meter) {
        if (points == 0) return meter;
        uint256 expiry = epoch + Lanes.NEWEST;
        if (meter.expiry() != expiry) {
            _carry(meter);
            meter = meter.startShare(expiry);
        }
        return meter.addShare(points);
    }

    function _storeMeter(Meter meter) internal {
        _meters[msg.sender] = meter;
    }

    /// @dev Adds points to what is outstanding until the end of epoch `expiry`.
    function _bookIn(uint256 expiry, uint256 points) internal {
        _carried[expiry] += int256(points);
    }

    /// @dev Takes points off what is outstanding until the end of epoch `expiry`.
    function _bookOut(uint256 expiry, uint256 points) internal {
        _carried[expiry] -= int256(points);
    }

    function _grantRole(bytes32 role, address account) internal virtual override returns (bool granted) {
        granted = super._grantRole(role, account);
        if (granted && role == ISSUER_ROLE) {
            _issuers.add(account);
            if (_issuers.length() > MAX_ISSUERS) revert TooManyIssuers(MAX_ISSUERS);
            _meters[account] = _meters[account].withMode(paused() ? Meters.Mode.Paused : Meters.Mode.Issuing);
        }
    }

    function _revokeRole(bytes32 role, address account) internal virtual override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (revoked && role == ISSUER_ROLE) {
            _issuers.remove(account);
            _carry(_meters[account]);
            _meters[account] = Meter.wrap(0);
        }
    }

    function _carry(Meter meter) private {
        if (meter.share() != 0) _bookIn(meter.expiry(), meter.share());
    }

    function _setModes(Meters.Mode mode) private {
        for (uint256 i = 0; i < _issuers.length(); ++i) {
            address issuer = _issuers.at(i);
            _meters[issuer] = _meters[issuer].withMode(mode);
        }
    }

    /// @dev Days since 1970; 16 bits hold them until the year 2149.
    function _day() private view returns (uint256) {
        return uint16(block.timestamp / 1 days);
    }
}
