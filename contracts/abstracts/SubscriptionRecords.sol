// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {Periods} from "../libraries/Periods.sol";
import {Dues, PackedNote, Record, Records, Standing} from "../libraries/Records.sol";
import {Plans} from "./Plans.sol";

/// @title What is kept of subscriptions
/// @notice The part of {ISubscriptions} that concerns the record of each and what it says now.
abstract contract SubscriptionRecords is Plans {
    using Periods for Standing;

    // Sets of statuses, a bit for each
    uint256 internal constant PAST_DUE = uint256(1) << uint8(Status.PastDue);
    uint256 internal constant PAID_FOR = (uint256(1) << uint8(Status.Trialing)) | (uint256(1) << uint8(Status.Active));
    uint256 internal constant GOING = PAID_FOR | PAST_DUE;
    uint256 internal constant LAPSED = uint256(1) << uint8(Status.Lapsed);
    uint256 internal constant NOT_ENDED = GOING | LAPSED | (uint256(1) << uint8(Status.Paused));

    mapping(bytes32 id => Record subscription) private _subscriptions;
    mapping(bytes32 id => PackedNote note) private _notes;

    /// @inheritdoc ISubscriptions
    function subscription(bytes32 id) external view returns (Subscription memory) {
        return _load(id).unpack();
    }

    /// @inheritdoc ISubscriptions
    function note(bytes32 id) external view returns (Note memory) {
        return _loadNote(id, _subscriptions[id].standing);
    }

    /// @inheritdoc ISubscriptions
    function statusOf(bytes32 id) external view returns (Status) {
        Record memory s = _load(id);
        return s.standing.exists() ? _statusOf(s) : Status.None;
    }

    /// @inheritdoc ISubscriptions
    function isEntitled(bytes32 id) external view returns (bool) {
        Standing standing = _subscriptions[id].standing;
        return block.timestamp < standing.paidThrough() && !standing.isPaused();
    }

    // Internals

    function _store(bytes32 id, Record memory s) internal {
        _store(id, s.standing, s.dues);
    }

    function _store(bytes32 id, Standing standing, Dues dues) internal {
        Record storage record = _subscriptions[id];
        record.standing = standing;
        record.dues = dues;
    }

    /// @dev What a cancellation reads, and changes.
    function _knownStanding(bytes32 id) internal view returns (Standing standing) {
        standing = _recordOf(id).standing;
    }

    function _storeStanding(bytes32 id, Standing standing) internal {
        _subscriptions[id].standing = standing;
    }

    function _recordOf(bytes32 id) internal view returns (Record storage record) {
        record = _subscriptions[id];
        _requireKnown(id, record.standing);
    }

    function _duesOf(bytes32 id) internal view returns (Dues) {
        return _subscriptions[id].dues;
    }

    function _loadNote(bytes32 id, Standing standing) internal view returns (Note memory n) {
        if (standing.noted()) return _notes[id].unpack();
    }

    /// @dev The caller stores the record as well.
    function _storeNote(bytes32 id, Record memory s, Note memory n) internal {
        s.standing = s.standing.withNote();
        _storeNote(id, n);
    }

    /// @dev Where there was a note before.
    function _storeNote(bytes32 id, Note memory n) internal {
        _notes[id] = Records.pack(n);
    }

    /// @dev Reverts `WrongStatus` unless the status is among those `allowed`, a bit for each.
    function _requireStatus(bytes32 id, Status status, uint256 allowed) internal pure {
        if (!_isAmong(status, allowed)) _refuse(id, status);
    }

    /// @dev As {_requireStatus}, of a record as it is now.
    function _requireAmong(bytes32 id, Record memory s, uint256 allowed) internal view {
        _requireStatus(id, _statusOf(s), allowed);
    }

    function _isAmong(Status status, uint256 allowed) internal pure returns (bool) {
        return (allowed >> uint8(status)) & 1 != 0;
    }

    function _refuse(bytes32 id, Status status) internal pure {
        revert WrongStatus(id, status);
    }

    function _load(bytes32 id) internal view returns (Record memory) {
        return _subscriptions[id];
    }

    function _known(bytes32 id) internal view returns (Record memory s) {
        s = _subscriptions[id];
        _requireKnown(id, s.standing);
    }

    function _requireKnown(bytes32 id, Standing standing) internal pure {
        if (!standing.exists()) revert UnknownSubscription(id);
    }

    function _statusOf(Record memory s) internal view returns (Status) {
        return s.standing.statusAt(_planOf(s.dues.nextPlan()), block.timestamp);
    }
}
