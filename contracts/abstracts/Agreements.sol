// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISLAEscrow} from "../interfaces/ISLAEscrow.sol";
import {AgreementRecords} from "../libraries/AgreementRecords.sol";
import {BusinessHours} from "../libraries/BusinessHours.sol";
import {Refusals} from "../libraries/Refusals.sol";
import {Hours, PolicyTerms} from "../libraries/PolicyTerms.sol";
import {Policies} from "./Policies.sol";

/// @title The clocks of agreements, and what they say
/// @notice The part of {ISLAEscrow} that concerns the record of each agreement. No money moves here.
abstract contract Agreements is Policies {
    using AgreementRecords for AgreementRecords.Kept;

    mapping(bytes32 id => AgreementRecords.Kept agreement) private _agreements;

    /// @inheritdoc ISLAEscrow
    function respond(bytes32 id) external returns (bool) {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofProvider(id);
        if (a.respondedAt != 0) return false;
        _requireState(id, a, State.Open);
        _respond(id, a, p);
        _storeSecond(id, a);
        return true;
    }

    /// @inheritdoc ISLAEscrow
    function awaitCustomer(bytes32 id) external returns (bool) {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofProvider(id);
        _requireState(id, a, State.Open);
        if (a.pausedAt != 0) return false;
        uint256 target = p.resolution.target(a.priority);
        uint256 elapsed = _elapsed(a, p);
        if (elapsed > target) revert AlreadyBreached(elapsed, target);
        uint256 limit = p.windows.maxPause();
        if (a.pausedTotal >= limit) revert PauseExhausted(a.pausedTotal, limit);
        if (a.respondedAt == 0) _respond(id, a, p);
        a.pausedAt = _now();
        _storeSecond(id, a);
        emit ClockPaused(id);
        return true;
    }

    /// @inheritdoc ISLAEscrow
    function resume(bytes32 id) external returns (bool resumed) {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofParty(id);
        resumed = _resume(id, a, p);
        _storeSecond(id, a);
    }

    /// @inheritdoc ISLAEscrow
    function deliver(bytes32 id, bytes32 evidence) external returns (bool) {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofProvider(id);
        if (a.deliveredAt != 0) return false;
        if (a.respondedAt == 0) _respond(id, a, p);
        _stop(id, a, p);
        a.deliveredAt = _now();
        a.state = State.Delivered;
        _storeSecond(id, a);
        emit Delivered(id, evidence);
        return true;
    }

    // Views

    /// @inheritdoc ISLAEscrow
    function agreement(bytes32 id) external view returns (Agreement memory) {
        return _agreements[id].load();
    }

    /// @inheritdoc ISLAEscrow
    function idOf(address opener, bytes32 ref) public pure returns (bytes32) {
        return keccak256(abi.encode(opener, ref));
    }

    /// @inheritdoc ISLAEscrow
    function clocks(bytes32 id)
        external
        view
        returns (uint40 responseDue, uint40 resolutionDue, uint256 elapsed, uint256 paused)
    {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        _requireState(id, a, State.Open);
        (Hours hours_, uint256 response) = (p.hours_, p.response.target(a.priority));
        if (response != 0) responseDue = _later(hours_, a.openedAt, response);
        paused = _paused(a, p);
        resolutionDue = _later(hours_, a.openedAt, p.resolution.target(a.priority) + paused);
        elapsed = _elapsed(a, p);
    }

    // Internals: reading and writing

    function _load(bytes32 id) internal view returns (Agreement memory a, PolicyTerms.Kept storage p) {
        a = _agreements[id].load();
        if (a.state == State.None) revert UnknownAgreement(id);
        p = _terms(a.policyId);
    }

    function _isNew(bytes32 id, Opening calldata o) internal view returns (bool) {
        Agreement memory a = _agreements[id].load();
        if (a.state == State.None) return true;
        if (a.policyId != o.policyId || a.priority != o.priority) revert Refusals.RefConflict(o.ref);
        return false;
    }

    function _store(bytes32 id, Agreement memory a) internal {
        _agreements[id].store(a);
    }

    /// @dev All but the client and the amount.
    function _storeSecond(bytes32 id, Agreement memory a) internal {
        _agreements[id].storeSecond(a);
    }

    function _ofProvider(bytes32 id) internal view returns (Agreement memory a, PolicyTerms.Kept storage p) {
        (a, p) = _load(id);
        _requireProvider(p.parties.provider());
    }

    function _ofParty(bytes32 id) internal view returns (Agreement memory a, PolicyTerms.Kept storage p) {
        (a, p) = _load(id);
        // The client first: it is not in the policy, which then need not be read for this.
        if (msg.sender != a.client && msg.sender != p.parties.provider()) revert NotParty(id, msg.sender);
    }

    function _requireState(bytes32 id, Agreement memory a, State state) internal pure {
        if (a.state != state) revert BadState(id, a.state);
    }

    function _requireLive(bytes32 id, Agreement memory a) internal pure {
        if (a.state == State.Settled) revert BadState(id, State.Settled);
    }

    // Internals: clocks. What they change is stored by the caller.

    function _resume(bytes32 id, Agreement memory a, PolicyTerms.Kept storage p) internal returns (bool) {
        _requireState(id, a, State.Open);
        if (a.pausedAt == 0) return false;
        // Safe cast: at most the policy's 32 bits.
        a.pausedTotal = uint32(_paused(a, p));
        a.pausedAt = 0;
        emit ClockResumed(id, a.pausedTotal);
        return true;
    }

    /// @dev Where the service ends: what the clocks say is final.
    function _stop(bytes32 id, Agreement memory a, PolicyTerms.Kept storage p) internal {
        _resume(id, a, p);
        if (a.respondedAt == 0) _stopResponse(id, a, p);
        uint256 overrun = _overrun(a, p);
        if (overrun == 0) return;
        _addCredit(a, p, _resolutionCredit(p, overrun));
        emit Breached(id, Breach.Resolution, overrun);
    }

    /// @dev The credit that the clocks would say if they were stopped now.
    function _creditNow(Agreement memory a, PolicyTerms.Kept storage p) internal view returns (uint256) {
        if (a.state == State.Open) {
            if (a.respondedAt == 0 && _responseOverrun(a, p) != 0) _addCredit(a, p, p.shares.lateResponseBps());
            uint256 overrun = _overrun(a, p);
            if (overrun != 0) _addCredit(a, p, _resolutionCredit(p, overrun));
        }
        return a.creditBps;
    }

    function _now() internal view returns (uint40) {
        // Safe cast: 40 bits hold the time for 30,000 years.
        return uint40(block.timestamp);
    }

    function _respond(bytes32 id, Agreement memory a, PolicyTerms.Kept storage p) private {
        a.respondedAt = _now();
        emit Responded(id);
        _stopResponse(id, a, p);
    }

    function _stopResponse(bytes32 id, Agreement memory a, PolicyTerms.Kept storage p) private {
        uint256 overrun = _responseOverrun(a, p);
        if (overrun == 0) return;
        _addCredit(a, p, p.shares.lateResponseBps());
        emit Breached(id, Breach.Response, overrun);
    }

    function _addCredit(Agreement memory a, PolicyTerms.Kept storage p, uint256 bps) private view {
        // Safe cast: at most the policy's 16 bits.
        a.creditBps = uint16(Math.min(a.creditBps + bps, p.hours_.maxCreditBps()));
    }

    function _resolutionCredit(PolicyTerms.Kept storage p, uint256 overrun) private view returns (uint256) {
        return p.shares.lateResolutionBps() + p.shares.perHourBps() * (overrun / 1 hours);
    }

    function _responseOverrun(Agreement memory a, PolicyTerms.Kept storage p) private view returns (uint256) {
        uint256 target = p.response.target(a.priority);
        if (target == 0) return 0;
        return Math.saturatingSub(_between(p.hours_, a.openedAt, block.timestamp), target);
    }

    function _overrun(Agreement memory a, PolicyTerms.Kept storage p) private view returns (uint256) {
        return Math.saturatingSub(_elapsed(a, p), p.resolution.target(a.priority));
    }

    /// @dev Seconds of business hours on the clock of the resolution.
    function _elapsed(Agreement memory a, PolicyTerms.Kept storage p) private view returns (uint256) {
        return _between(p.hours_, a.openedAt, block.timestamp) - _paused(a, p);
    }

    /// @dev Seconds of business hours that pauses have taken, the present one included, within their budget.
    function _paused(Agreement memory a, PolicyTerms.Kept storage p) private view returns (uint256) {
        if (a.pausedAt == 0) return a.pausedTotal;
        return Math.min(a.pausedTotal + _between(p.hours_, a.pausedAt, block.timestamp), p.windows.maxPause());
    }

    function _later(Hours hours_, uint256 from, uint256 duration) private pure returns (uint40) {
        // Safe cast: at one hour a week, two MAX_TERM have passed after 350 years.
        return uint40(BusinessHours.later(hours_.mask(), hours_.utcOffset(), from, duration));
    }
}
