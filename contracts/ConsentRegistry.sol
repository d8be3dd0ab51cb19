// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {ICustomerLedger} from "./interfaces/ICustomerLedger.sol";
import {ICustomerRegistry} from "./interfaces/ICustomerRegistry.sol";
import {Choices, Consents} from "./libraries/Consents.sol";
import {Refusals} from "./libraries/Refusals.sol";
import {Masks} from "./libraries/Masks.sol";
import {Purposes} from "./libraries/Purposes.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Consent registry
/// @notice Specified in {IConsentRegistry}.
contract ConsentRegistry is IConsentRegistry, ICustomerLedger, AccessControlDefaultAdminRules, Pausable, EIP712 {
    /// @dev Who withdraws everything, and with which receipt.
    struct Author {
        address actor;
        bool recorded;
        bytes32 receipt;
    }

    bytes32 public constant PUBLISHER_ROLE = keccak256("PUBLISHER_ROLE");
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    bytes32 public constant ENROLLER_ROLE = keccak256("ENROLLER_ROLE");
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    bytes32 public constant SAVE_TYPEHASH = keccak256(
        "Save(bytes32 customerId,uint8 group,uint8 grant,uint8 withdraw,uint16 notice,bytes32 receipt,"
        "uint32 seq,uint48 deadline)"
    );
    bytes32 public constant WITHDRAW_ALL_TYPEHASH =
        keccak256("WithdrawAll(bytes32 customerId,bytes32 receipt,uint256 seq,uint48 deadline)");

    uint8 public constant MAX_GROUPS = 8;
    uint16 public constant MAX_AGE_DAYS = 3_650;
    uint16 private constant MAX_NOTICES = 16_383; // 14 bits of a lane
    uint256 private constant LAST_DAY = type(uint16).max;
    Choices private constant NOTHING = Choices.wrap(0);
    bytes4 private constant REPEATED = 0xffffffff; // never the selector of an error

    ICustomerRegistry public immutable REGISTRY;

    uint8 public groupCount;

    mapping(uint8 group => Purposes purposes) private _purposes;
    mapping(uint8 group => mapping(uint8 lane => bytes32 iri)) private _iris;
    mapping(uint8 group => mapping(uint16 version => Notice content)) private _notices;
    mapping(bytes32 customerId => mapping(uint8 group => Choices choices)) private _choices;

    /// @param admin Holds DEFAULT_ADMIN, and hands it over in two steps.
    /// @param adminDelay Seconds between the two steps.
    /// @param registry Knows the customers, and tells of merges and erasures.
    constructor(address admin, uint48 adminDelay, ICustomerRegistry registry)
        AccessControlDefaultAdminRules(adminDelay, admin)
        EIP712("Rapport ConsentRegistry", "1")
    {
        if (address(registry) == address(0)) revert Refusals.ZeroAddress();
        REGISTRY = registry;
    }

    modifier onlyRegistry() {
        if (msg.sender != address(REGISTRY)) revert NotTheRegistry(msg.sender);
        _;
    }

    // Purposes and notices

    /// @inheritdoc IConsentRegistry
    function definePurpose(uint8 group, uint8 lane, bytes32 iri, uint16 maxAgeDays, bool optOut)
        external
        onlyRole(PUBLISHER_ROLE)
        returns (bool)
    {
        if (group > groupCount || group >= MAX_GROUPS || lane >= Masks.LANES) revert BadLane(group, lane);
        if (maxAgeDays == 0 || maxAgeDays > MAX_AGE_DAYS) revert BadMaxAge(maxAgeDays, MAX_AGE_DAYS);
        Purpose memory known = purpose(group, lane);
        if (known.maxAgeDays != 0) {
            bool same = known.iri == iri && known.maxAgeDays == maxAgeDays && known.optOut == optOut;
            if (!same) revert PurposeFixed(group, lane);
            return false;
        }
        if (group == groupCount) _open(group);
        _purposes[group] = _purposes[group].withPurpose(lane, maxAgeDays, optOut);
        _iris[group][lane] = iri;
        emit PurposeDefined(group, lane, iri, maxAgeDays, optOut);
        return true;
    }

    /// @inheritdoc IConsentRegistry
    function publishNotice(uint8 group, uint16 version, bytes32 document, string[] calldata words)
        external
        onlyRole(PUBLISHER_ROLE)
        returns (bool)
    {
        // Checks
        if (group >= groupCount) revert UnknownGroup(group);
        Purposes purposes = _purposes[group];
        Notice memory content = Notice(document, _wording(group, words));
        if (version != 0 && version <= purposes.notice()) {
            Notice memory known = _notices[group][version];
            if (known.document != document || known.wording != content.wording) revert NoticeFixed(group, version);
            return false;
        }
        uint16 expected = uint16(purposes.notice()) + 1;
        if (version != expected || version > MAX_NOTICES) revert NoticeGap(group, version, expected);
        _checkWords(group, Masks.gather(purposes.defined()), words);

        // Effects
        _purposes[group] = purposes.withNotice(version);
        _notices[group][version] = content;
        emit NoticePublished(group, version, document, words);
        return true;
    }

    // Decisions of the customer

    /// @inheritdoc IConsentRegistry
    function save(Decision calldata decision) external {
        _onlyCustomer(decision.customerId);
        _decide(decision, msg.sender);
    }

    /// @inheritdoc IConsentRegistry
    function saveBySig(Decision calldata decision, uint32 seq, uint48 deadline, bytes calldata signature) external {
        Decision memory signed = decision;
        address wallet = _walletOf(signed.customerId);
        uint32 expected = _choices[signed.customerId][signed.group].seq();
        if (seq != expected) revert Refusals.BadSequence(seq, expected);
        Signatures.check(wallet, _saveDigest(signed, seq, deadline), deadline, signature);
        _decide(signed, wallet);
    }

    /// @inheritdoc IConsentRegistry
    function saveFor(Decision calldata decision, address wallet) external onlyRole(ENROLLER_ROLE) {
        if (_walletOf(decision.customerId) != wallet) revert Refusals.NotTheCustomer(decision.customerId, wallet);
        _decide(decision, wallet);
    }

    /// @inheritdoc IConsentRegistry
    function withdrawAll(bytes32 customerId, bytes32 receipt) external {
        bool recorded = REGISTRY.walletOf(customerId) != msg.sender;
        if (recorded) {
            _living(customerId);
            if (!hasRole(OPERATOR_ROLE, msg.sender)) revert Refusals.NotTheCustomer(customerId, msg.sender);
        }
        _withdrawAll(customerId, Author(msg.sender, recorded, receipt));
    }

    /// @inheritdoc IConsentRegistry
    function withdrawAllBySig(
        bytes32 customerId,
        bytes32 receipt,
        uint256 seq,
        uint48 deadline,
        bytes calldata signature
    ) external {
        address wallet = _walletOf(customerId);
        uint256 expected = sequenceOfAll(customerId);
        if (seq != expected) revert Refusals.BadSequence(seq, expected);
        bytes32 content = keccak256(abi.encode(WITHDRAW_ALL_TYPEHASH, customerId, receipt, seq, deadline));
        Signatures.check(wallet, _hashTypedDataV4(content), deadline, signature);
        _withdrawAll(customerId, Author(wallet, false, receipt));
    }

    // Records of an operator

    /// @inheritdoc IConsentRegistry
    function recordFor(Decision calldata decision, uint32 seq) external onlyRole(OPERATOR_ROLE) returns (bool) {
        Decision memory told = decision;
        (bytes4 refusal, address wallet) = _refusal(told, seq);
        if (refusal == bytes4(0)) return _record(told);
        if (refusal == REPEATED) return false;
        if (refusal == Refusals.UnknownCustomer.selector) revert Refusals.UnknownCustomer(decision.customerId);
        if (refusal == Refusals.CustomerClosed.selector) revert Refusals.CustomerClosed(decision.customerId);
        if (refusal == Refusals.WalletLinkedAlready.selector) {
            revert Refusals.WalletLinkedAlready(decision.customerId, wallet);
        }
        revert Refusals.BadSequence(seq, _choices[decision.customerId][decision.group].seq());
    }

    /// @inheritdoc IConsentRegistry
    function recordBatch(Record[] calldata records) external onlyRole(OPERATOR_ROLE) returns (uint256 changed) {
        for (uint256 i = 0; i < records.length; ++i) {
            Decision memory decision = records[i].decision;
            (bytes4 refusal,) = _refusal(decision, records[i].seq);
            if (refusal == bytes4(0)) {
                if (_record(decision)) ++changed;
            } else if (refusal != REPEATED) {
                emit RecordRefused(decision.customerId, decision.group, refusal);
            }
        }
    }

    // Merges and erasures

    /// @inheritdoc ICustomerLedger
    function merge(bytes32 from, bytes32 to) external onlyRegistry {
        for (uint8 group = 0; group < groupCount; ++group) {
            Choices gone = _choices[from][group];
            if (gone.equals(NOTHING)) continue;
            _choices[from][group] = NOTHING;
            Choices kept = _choices[to][group];
            Choices next = kept.withdrawnWith(gone);
            if (!next.equals(kept)) _choices[to][group] = next.counted();
        }
        emit ConsentsMerged(from, to);
    }

    /// @inheritdoc ICustomerLedger
    function forfeit(bytes32 customerId) external onlyRegistry {
        for (uint8 group = 0; group < groupCount; ++group) _choices[customerId][group] = NOTHING;
        emit ConsentsErased(customerId);
    }

    // Pausing

    /// @inheritdoc IConsentRegistry
    function pause() external onlyRole(GUARDIAN_ROLE) {
        _pause();
        _setPaused(true);
    }

    /// @inheritdoc IConsentRegistry
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
        _setPaused(false);
    }

    // Views

    /// @inheritdoc IConsentRegistry
    function isGranted(bytes32 customerId, uint8 group, uint8 lane) external view returns (bool) {
        if (lane >= Masks.LANES) return false;
        (bool decided, bool granted) = _choices[customerId][group].answer(lane, _today());
        return decided ? granted : _byDefault(customerId, group, Masks.spread(Masks.bit(lane))) != 0;
    }

    /// @inheritdoc IConsentRegistry
    function grantedIn(bytes32 customerId, uint8 group) external view returns (uint8 mask) {
        Choices choices = _choices[customerId][group];
        uint256 byDefault = _byDefault(customerId, group, Masks.ONES);
        mask = Masks.gather(byDefault);
        for (uint256 lane = 0; lane < Masks.LANES; ++lane) {
            (bool decided, bool granted) = choices.answer(lane, _today());
            if (granted) mask |= Masks.bit(lane);
            else if (decided) mask &= ~Masks.bit(lane);
        }
    }

    /// @inheritdoc IConsentRegistry
    function statusOf(bytes32 customerId, uint8 group, uint8 lane) external view returns (Consent memory status) {
        if (lane >= Masks.LANES) return status;
        Choices choices = _choices[customerId][group];
        status.state = choices.state(lane);
        if (status.state == State.None) {
            status.granted = _byDefault(customerId, group, Masks.spread(Masks.bit(lane))) != 0;
        } else if (status.state == State.Withdrawn) {
            status.since = choices.day(lane);
        } else {
            status.notice = choices.notice(lane);
            status.until = choices.day(lane);
            status.since = status.until - _purposes[group].maxAge(lane);
            (, status.granted) = choices.answer(lane, _today());
        }
    }

    /// @inheritdoc IConsentRegistry
    function sequenceOf(bytes32 customerId, uint8 group) external view returns (uint32) {
        return _choices[customerId][group].seq();
    }

    /// @inheritdoc IConsentRegistry
    function sequenceOfAll(bytes32 customerId) public view returns (uint256 sum) {
        for (uint8 group = 0; group < groupCount; ++group) sum += _choices[customerId][group].seq();
    }

    /// @inheritdoc IConsentRegistry
    function purpose(uint8 group, uint8 lane) public view returns (Purpose memory known) {
        if (lane >= Masks.LANES) return known;
        Purposes purposes = _purposes[group];
        bool optOut = Masks.gather(purposes.optOut()) & Masks.bit(lane) != 0;
        return Purpose(_iris[group][lane], purposes.maxAge(lane), optOut);
    }

    /// @inheritdoc IConsentRegistry
    function notice(uint8 group, uint16 version) external view returns (Notice memory) {
        return _notices[group][version];
    }

    /// @inheritdoc IConsentRegistry
    function currentNotice(uint8 group) external view returns (uint16 version, uint8 covered) {
        Purposes purposes = _purposes[group];
        return (uint16(purposes.notice()), Masks.gather(purposes.covered()));
    }

    // Internals

    /// @dev A group begins; the one before knows that another follows.
    function _open(uint8 group) private {
        groupCount = group + 1;
        if (group != 0) _purposes[group - 1] = _purposes[group - 1].withMore();
        _purposes[group] = _purposes[group].withPaused(paused());
    }

    function _setPaused(bool stop) private {
        for (uint8 group = 0; group < groupCount; ++group) _purposes[group] = _purposes[group].withPaused(stop);
    }

    /// @dev A decision of the customer: it always counts, so that its intent is used up and its receipt
    /// stands in the log.
    function _decide(Decision memory decision, address actor) private {
        mapping(uint8 group => Choices choices) storage own = _choices[decision.customerId];
        uint8 group = decision.group;
        Purposes purposes = _purposes[group];
        _checkMasks(decision, purposes.defined());
        Choices next = _next(own[group], decision, State.Granted, purposes).counted();
        own[group] = next;
        _tell(decision, next.seq(), actor, false);
    }

    /// @dev A record of an operator: it counts if it changes something.
    function _record(Decision memory decision) private returns (bool) {
        mapping(uint8 group => Choices choices) storage own = _choices[decision.customerId];
        uint8 group = decision.group;
        Choices before = own[group];
        Choices next = _next(before, decision, State.Recorded, _purposes[group]);
        if (next.equals(before)) return false;
        next = next.counted();
        own[group] = next;
        _tell(decision, next.seq(), msg.sender, true);
        return true;
    }

    function _tell(Decision memory decision, uint32 seq, address actor, bool recorded) private {
        emit ConsentChanged(
            decision.customerId,
            decision.group,
            actor,
            decision.grant,
            decision.withdraw,
            decision.grant == 0 ? 0 : decision.notice,
            seq,
            recorded,
            decision.receipt
        );
    }

    /// @dev The customer's choices after a decision whose masks are checked; not counted yet.
    function _next(Choices before, Decision memory decision, State how, Purposes purposes)
        private
        view
        returns (Choices)
    {
        uint256 today = _today();
        uint256 granted = Masks.spread(decision.grant);
        if (granted != 0) _checkNotice(decision, purposes, granted, today);
        return before.decide(
            granted,
            Masks.spread(decision.withdraw),
            Consents.grantOf(how, decision.notice),
            Math.min(today, LAST_DAY),
            Purposes.unwrap(purposes)
        );
    }

    function _checkMasks(Decision memory decision, uint256 defined) private pure {
        uint8 grant = decision.grant;
        uint8 withdraw = decision.withdraw;
        if (grant & withdraw != 0) revert OverlappingMasks(grant, withdraw);
        uint8 both = grant | withdraw;
        if (both == 0) revert EmptyDecision();
        if (Masks.spread(both) & ~defined != 0 || both >= Masks.bit(Masks.LANES)) {
            revert UnknownPurpose(decision.group, both & ~Masks.gather(defined));
        }
    }

    function _checkNotice(Decision memory decision, Purposes purposes, uint256 lanes, uint256 today) private pure {
        if (purposes.paused()) revert EnforcedPause();
        uint16 version = decision.notice;
        uint256 current = purposes.notice();
        if (version == 0 || version > current) revert UnknownNotice(decision.group, version);
        if (version != current) revert StaleNotice(decision.group, version, uint16(current));
        uint256 missing = lanes & ~purposes.covered();
        if (missing != 0) revert PurposeNotInNotice(decision.group, Masks.gather(missing));
        if (today > LAST_DAY - MAX_AGE_DAYS) revert CalendarEnds(today, LAST_DAY - MAX_AGE_DAYS);
    }

    function _withdrawAll(bytes32 customerId, Author memory author) private {
        uint8 group = 0;
        while (_withdrawGroup(customerId, group, author)) ++group;
    }

    /// @dev True if another group follows.
    function _withdrawGroup(bytes32 customerId, uint8 group, Author memory author) private returns (bool more) {
        Purposes purposes = _purposes[group];
        more = purposes.more();
        mapping(uint8 group => Choices choices) storage own = _choices[customerId];
        Choices before = own[group];
        Choices next = before.withdraw(purposes.defined(), _dayOfWithdrawal());
        if (next.equals(before)) return more;
        next = next.counted();
        own[group] = next;
        uint8 mask = Masks.gather(purposes.defined());
        emit ConsentChanged(customerId, group, author.actor, 0, mask, 0, next.seq(), author.recorded, author.receipt);
    }

    /// @dev Why an operator cannot record the decision, as the selector of the error: zero if nothing
    /// stands against it, `REPEATED` if it was recorded before.
    function _refusal(Decision memory decision, uint32 seq) private view returns (bytes4, address) {
        ICustomerRegistry.Customer memory customer = REGISTRY.customer(decision.customerId);
        if (customer.status == ICustomerRegistry.Status.None) {
            return (Refusals.UnknownCustomer.selector, address(0));
        }
        if (customer.status == ICustomerRegistry.Status.Merged || customer.status == ICustomerRegistry.Status.Erased) {
            return (Refusals.CustomerClosed.selector, address(0));
        }
        _checkMasks(decision, _purposes[decision.group].defined());
        if (decision.grant == 0) return (bytes4(0), address(0));
        Choices choices = _choices[decision.customerId][decision.group];
        uint32 expected = choices.seq();
        unchecked {
            if (seq + 1 == expected && choices.records(decision)) return (REPEATED, address(0));
        }
        if (customer.wallet != address(0)) return (Refusals.WalletLinkedAlready.selector, customer.wallet);
        return (seq == expected ? bytes4(0) : Refusals.BadSequence.selector, address(0));
    }

    function _onlyCustomer(bytes32 customerId) private view {
        if (REGISTRY.walletOf(customerId) == msg.sender) return;
        _living(customerId);
        revert Refusals.NotTheCustomer(customerId, msg.sender);
    }

    function _walletOf(bytes32 customerId) private view returns (address wallet) {
        wallet = REGISTRY.walletOf(customerId);
        if (wallet != address(0)) return wallet;
        _living(customerId);
        revert Refusals.NoWallet(customerId);
    }

    function _living(bytes32 customerId) private view {
        ICustomerRegistry.Status status = REGISTRY.statusOf(customerId);
        if (status == ICustomerRegistry.Status.None) revert Refusals.UnknownCustomer(customerId);
        if (status == ICustomerRegistry.Status.Merged || status == ICustomerRegistry.Status.Erased) {
            revert Refusals.CustomerClosed(customerId);
        }
    }

    /// @dev Those of `lanes` that a customer who decided nothing has granted: opt-out purposes of which the
    /// current notice speaks, while the customer is one.
    function _byDefault(bytes32 customerId, uint8 group, uint256 lanes) private view returns (uint256) {
        Purposes purposes = _purposes[group];
        lanes &= purposes.optOut() & purposes.covered();
        if (lanes == 0) return 0;
        ICustomerRegistry.Status status = REGISTRY.statusOf(customerId);
        bool open = status == ICustomerRegistry.Status.Active || status == ICustomerRegistry.Status.Suspended;
        return open ? lanes : 0;
    }

    function _saveDigest(Decision memory decision, uint32 seq, uint48 deadline) private view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    SAVE_TYPEHASH,
                    decision.customerId,
                    decision.group,
                    decision.grant,
                    decision.withdraw,
                    decision.notice,
                    decision.receipt,
                    seq,
                    deadline
                )
            )
        );
    }

    /// @dev Words for exactly the lanes that have a purpose.
    function _checkWords(uint8 group, uint8 defined, string[] calldata words) private pure {
        for (uint8 lane = 0; lane < Masks.LANES; ++lane) {
            bool given = lane < words.length && bytes(words[lane]).length != 0;
            if (given != (defined & Masks.bit(lane) != 0)) revert BadWords(group, lane);
        }
    }

    /// @dev No two lanes with the same words: whoever signs them must know which is meant.
    function _wording(uint8 group, string[] calldata words) private pure returns (bytes32) {
        if (words.length > Masks.LANES) revert BadWords(group, uint8(Masks.LANES));
        bytes32[7] memory digests;
        for (uint8 lane = 0; lane < words.length; ++lane) {
            if (bytes(words[lane]).length == 0) continue;
            bytes32 digest = keccak256(bytes(words[lane]));
            for (uint256 other = 0; other < lane; ++other) {
                if (digests[other] == digest) revert BadWords(group, lane);
            }
            digests[lane] = digest;
        }
        return keccak256(abi.encode(digests));
    }

    /// @dev Days since 1970-01-01 UTC.
    function _today() private view returns (uint256) {
        return block.timestamp / 1 days;
    }

    /// @dev Today, in the 16 bits that a lane has for it: a withdrawal works for ever.
    function _dayOfWithdrawal() private view returns (uint256) {
        return Math.min(_today(), LAST_DAY);
    }
}
