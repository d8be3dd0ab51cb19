// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {Periods} from "../libraries/Periods.sol";
import {Records} from "../libraries/Records.sol";
import {Plans} from "./Plans.sol";

/// @title What is kept of subscriptions
/// @notice The part of {ISubscriptions} that concerns the record of each and what it says now.
abstract contract SubscriptionRecords is Plans {
    using Periods for Subscription;
    using Records for Records.One;
    using Records for Records.Two;

    mapping(bytes32 id => Records.Two subscription) private _subscriptions;
    mapping(bytes32 id => Records.One note) private _notes;

    /// @inheritdoc ISubscriptions
    function subscription(bytes32 id) external view returns (Subscription memory) {
        return _load(id);
    }

    /// @inheritdoc ISubscriptions
    function note(bytes32 id) external view returns (Note memory) {
        return _loadNote(id, _load(id));
    }

    /// @inheritdoc ISubscriptions
    function statusOf(bytes32 id) external view returns (Status) {
        Subscription memory s = _load(id);
        return s.mode == Mode.None ? Status.None : _statusOf(s);
    }

    /// @inheritdoc ISubscriptions
    function isEntitled(bytes32 id) external view returns (bool) {
        Subscription memory s;
        _subscriptions[id].loadFirst(s);
        return block.timestamp < s.paidThrough && s.mode != Mode.Paused;
    }

    // Internals

    function _store(bytes32 id, Subscription memory s) internal {
        _subscriptions[id].store(s);
    }

    /// @dev What a cancellation changes: only the first slot is read and written.
    function _knownFirst(bytes32 id) internal view returns (Subscription memory s) {
        _subscriptions[id].loadFirst(s);
        _requireKnown(id, s);
    }

    function _storeFirst(bytes32 id, Subscription memory s) internal {
        _subscriptions[id].storeFirst(s);
    }

    function _loadSecond(bytes32 id, Subscription memory s) internal view {
        _subscriptions[id].loadSecond(s);
    }

    function _loadNote(bytes32 id, Subscription memory s) internal view returns (Note memory n) {
        if (s.noted) _notes[id].load(n);
    }

    /// @dev The caller stores the record as well.
    function _storeNote(bytes32 id, Subscription memory s, Note memory n) internal {
        if (!s.noted) s.noted = true;
        _notes[id].store(n);
    }

    function _refuse(bytes32 id, Status status) internal pure {
        revert WrongStatus(id, status);
    }

    function _load(bytes32 id) internal view returns (Subscription memory s) {
        _subscriptions[id].load(s);
    }

    function _known(bytes32 id) internal view returns (Subscription memory s) {
        _read(id, s);
    }

    /// @dev Into a record that its caller has made room for: a struct costs its zeros each time it is returned.
    function _read(bytes32 id, Subscription memory s) internal view {
        _subscriptions[id].load(s);
        _requireKnown(id, s);
    }

    function _requireKnown(bytes32 id, Subscription memory s) internal pure {
        if (s.mode == Mode.None) revert UnknownSubscription(id);
    }

    function _statusOf(Subscription memory s) internal view returns (Status) {
        return s.statusAt(_planOf(s.nextPlan()), block.timestamp);
    }
}
