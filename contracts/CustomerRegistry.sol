// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {ICustomerLedger} from "./interfaces/ICustomerLedger.sol";
import {ICustomerRegistry} from "./interfaces/ICustomerRegistry.sol";
import {Refusals} from "./libraries/Refusals.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Customer registry
/// @notice Specified in {ICustomerRegistry}.
contract CustomerRegistry is ICustomerRegistry, AccessControlDefaultAdminRules, EIP712 {
    using EnumerableSet for EnumerableSet.AddressSet;
    using RateLimiter for RateLimiter.RefillingBucket;
    using SafeCast for uint256;

    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    bytes32 public constant ENROLLER_ROLE = keccak256("ENROLLER_ROLE");
    bytes32 public constant STEWARD_ROLE = keccak256("STEWARD_ROLE");
    bytes32 public constant VERIFIER_ROLE = keccak256("VERIFIER_ROLE");
    bytes32 public constant RECOVERY_ROLE = keccak256("RECOVERY_ROLE");

    bytes32 public constant LINK_TYPEHASH =
        keccak256("LinkWallet(bytes32 customerId,address wallet,uint16 seq,uint48 deadline)");
    bytes32 public constant MERGE_TYPEHASH = keccak256("Merge(bytes32 from,bytes32 to,uint16 seq,uint48 deadline)");

    bytes32 public constant UNLINK_TYPEHASH = keccak256("UnlinkWallet(bytes32 customerId,uint16 seq,uint48 deadline)");
    bytes32 public constant VETO_TYPEHASH =
        keccak256("VetoRecovery(bytes32 customerId,address wallet,uint48 readyAt,uint48 deadline)");
    bytes32 public constant ERASE_TYPEHASH = keccak256("Erase(bytes32 customerId,uint16 seq,uint48 deadline)");

    uint256 public constant MAX_LEDGERS = 8;
    uint48 private constant WINDOW = 1 days;

    /// @notice Seconds in which a current wallet can veto its replacement.
    uint48 public immutable RECOVERY_DELAY;

    bool public enrolmentOpen;

    mapping(bytes32 customerId => Customer record) private _customers;
    mapping(address wallet => bytes32 customerId) public idOf;
    mapping(bytes32 customerId => Recovery proposal) private _recoveries;
    mapping(bytes32 from => bytes32 to) private _mergedInto;
    EnumerableSet.AddressSet private _ledgers;
    RateLimiter.RefillingBucket private _links;
    RateLimiter.RefillingBucket private _closings;

    /// @param admin Holds DEFAULT_ADMIN, and hands it over in two steps.
    /// @param adminDelay Seconds between the two steps.
    /// @param recoveryDelay Seconds in which a current wallet can veto its replacement.
    /// @param linksPerDay First wallets that an operator may link.
    /// @param closingsPerDay Customers that a steward may merge or erase.
    constructor(
        address admin,
        uint48 adminDelay,
        uint48 recoveryDelay,
        uint208 linksPerDay,
        uint208 closingsPerDay
    )
        AccessControlDefaultAdminRules(adminDelay, admin)
        EIP712("Rapport CustomerRegistry", "1")
    {
        RECOVERY_DELAY = recoveryDelay;
        _setLimits(linksPerDay, closingsPerDay);
    }

    // Registration

    /// @inheritdoc ICustomerRegistry
    function register(bytes32 customerId, bytes32 commitment) external onlyRole(OPERATOR_ROLE) returns (bool added) {
        Status status = _customers[customerId].status;
        if (status == Status.None) return _register(customerId, commitment);
        if (status == Status.Merged || status == Status.Erased) revert Refusals.CustomerClosed(customerId);
    }

    /// @inheritdoc ICustomerRegistry
    function registerBatch(bytes32[] calldata customerIds, bytes32 root)
        external
        onlyRole(OPERATOR_ROLE)
        returns (uint256 added)
    {
        for (uint256 i = 0; i < customerIds.length; ++i) {
            if (_customers[customerIds[i]].status == Status.None) {
                _register(customerIds[i], root);
                ++added;
            }
        }
    }

    /// @inheritdoc ICustomerRegistry
    function join(bytes32 salt) external returns (bytes32 customerId) {
        if (!enrolmentOpen) revert EnrolmentClosed();
        customerId = keccak256(abi.encode(block.chainid, address(this), msg.sender, salt));
        Status status = _customers[customerId].status;
        if (status == Status.Merged || status == Status.Erased) revert Refusals.CustomerClosed(customerId);
        if (status != Status.None) revert CustomerExists(customerId);
        _register(customerId, bytes32(0));
        _setWallet(customerId, msg.sender);
    }

    // Wallets

    /// @inheritdoc ICustomerRegistry
    function linkWallet(bytes32 customerId, address wallet, uint16 seq, uint48 deadline, bytes calldata signature)
        external
        onlyRole(OPERATOR_ROLE)
    {
        _requireNoWallet(customerId);
        Signatures.check(wallet, _linkDigest(customerId, wallet, seq, deadline), deadline, signature);
        _links.consume(_bucket(msg.sender), 1);
        _setWallet(customerId, wallet);
    }

    /// @inheritdoc ICustomerRegistry
    function enrol(bytes32 customerId, bytes32 commitment, address wallet, uint16 seq)
        external
        onlyRole(ENROLLER_ROLE)
    {
        if (wallet == address(0)) revert Refusals.ZeroAddress();
        Customer memory record = _customers[customerId]; // read and written once
        if (record.status == Status.None) {
            _admit(customerId, commitment);
            record.status = Status.Active;
            record.registeredDay = _today();
        } else {
            _requireNoWallet(customerId);
        }
        if (seq != record.seq) revert Refusals.BadSequence(seq, record.seq);
        _links.consume(_bucket(msg.sender), 1);
        _claim(wallet, customerId);
        record.wallet = wallet;
        unchecked {
            ++record.seq; // wraps, as in _setWallet
        }
        _customers[customerId] = record;
        emit WalletLinked(customerId, wallet, record.seq);
    }

    /// @inheritdoc ICustomerRegistry
    function rotateWallet(
        bytes32 customerId,
        address wallet,
        uint16 seq,
        uint48 deadline,
        bytes calldata signature,
        bytes calldata currentSignature
    ) external {
        address current = _linkedWallet(customerId);
        bytes32 digest = _linkDigest(customerId, wallet, seq, deadline);
        Signatures.check(wallet, digest, deadline, signature);
        Signatures.check(current, digest, deadline, currentSignature);
        _setWallet(customerId, wallet);
    }

    /// @inheritdoc ICustomerRegistry
    function unlinkWallet(bytes32 customerId) external {
        if (_customers[customerId].wallet != msg.sender) revert Refusals.NotTheCustomer(customerId, msg.sender);
        _setWallet(customerId, address(0));
    }

    /// @inheritdoc ICustomerRegistry
    function unlinkWalletBySig(bytes32 customerId, uint16 seq, uint48 deadline, bytes calldata signature) external {
        _checkOwn(UNLINK_TYPEHASH, customerId, seq, deadline, signature);
        _setWallet(customerId, address(0));
    }

    /// @inheritdoc ICustomerRegistry
    function requestRecovery(bytes32 customerId, address wallet, uint16 seq, uint48 deadline, bytes calldata signature)
        external
        onlyRole(RECOVERY_ROLE)
    {
        _linkedWallet(customerId);
        Signatures.check(wallet, _linkDigest(customerId, wallet, seq, deadline), deadline, signature);
        uint48 readyAt = (block.timestamp + RECOVERY_DELAY).toUint48();
        _recoveries[customerId] = Recovery({wallet: wallet, readyAt: readyAt});
        emit RecoveryRequested(customerId, wallet, readyAt);
    }

    /// @inheritdoc ICustomerRegistry
    function vetoRecovery(bytes32 customerId) external {
        if (_customers[customerId].wallet != msg.sender && !hasRole(RECOVERY_ROLE, msg.sender)) {
            revert Refusals.NotTheCustomer(customerId, msg.sender);
        }
        if (_recoveries[customerId].readyAt == 0) revert NoRecovery(customerId);
        _endRecovery(customerId);
    }

    /// @inheritdoc ICustomerRegistry
    function vetoRecoveryBySig(bytes32 customerId, uint48 deadline, bytes calldata signature) external {
        Recovery memory proposal = _recoveries[customerId];
        if (proposal.readyAt == 0) revert NoRecovery(customerId);
        bytes32 content = keccak256(abi.encode(VETO_TYPEHASH, customerId, proposal.wallet, proposal.readyAt, deadline));
        Signatures.check(_customers[customerId].wallet, _hashTypedDataV4(content), deadline, signature);
        _endRecovery(customerId);
    }

    /// @inheritdoc ICustomerRegistry
    function completeRecovery(bytes32 customerId) external {
        Recovery memory proposal = _recoveries[customerId];
        if (proposal.readyAt == 0) revert NoRecovery(customerId);
        if (block.timestamp < proposal.readyAt) revert RecoveryNotReady(block.timestamp, proposal.readyAt);
        _linkedWallet(customerId);
        _setWallet(customerId, proposal.wallet);
    }

    // Verification and standing

    /// @inheritdoc ICustomerRegistry
    function verify(bytes32 customerId, uint16 level, uint40 validUntil, bytes32 evidence)
        external
        onlyRole(VERIFIER_ROLE)
    {
        Customer storage record = _living(customerId);
        if (level == 0) revert ZeroLevel();
        if (validUntil <= block.timestamp) revert ValidityPast(validUntil, block.timestamp);
        record.level = level;
        record.validUntil = validUntil;
        emit Verified(customerId, level, validUntil, evidence);
    }

    /// @inheritdoc ICustomerRegistry
    function revokeVerification(bytes32 customerId) external onlyRole(VERIFIER_ROLE) {
        Customer storage record = _living(customerId);
        if (record.level == 0) return;
        record.level = 0;
        record.validUntil = 0;
        emit VerificationRevoked(customerId);
    }

    /// @inheritdoc ICustomerRegistry
    function suspend(bytes32 customerId, bytes32 reason) external onlyRole(OPERATOR_ROLE) {
        Customer storage record = _living(customerId);
        if (record.status == Status.Suspended) return;
        record.status = Status.Suspended;
        emit Suspended(customerId, reason);
    }

    /// @inheritdoc ICustomerRegistry
    function reinstate(bytes32 customerId) external onlyRole(OPERATOR_ROLE) {
        Customer storage record = _living(customerId);
        if (record.status != Status.Suspended) revert NotSuspended(customerId);
        record.status = Status.Active;
        emit Reinstated(customerId);
    }

    // Closing

    /// @inheritdoc ICustomerRegistry
    function merge(bytes32 from, bytes32 to, uint48 deadline, bytes calldata signature)
        external
        onlyRole(STEWARD_ROLE)
    {
        // Checks
        if (from == to) revert SameCustomer(from);
        address wallet = activeWallet(from);
        activeWallet(to);
        if (wallet != address(0)) {
            uint16 seq = _customers[from].seq;
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(MERGE_TYPEHASH, from, to, seq, deadline)));
            Signatures.check(wallet, digest, deadline, signature);
        }

        // Effects
        _closings.consume(_bucket(msg.sender), 1);
        _close(from, Status.Merged);
        _mergedInto[from] = to;
        emit Merged(from, to);

        // Interactions: the suite's own ledgers, attached by the admin.
        for (uint256 i = 0; i < _ledgers.length(); ++i) {
            ICustomerLedger(_ledgers.at(i)).merge(from, to);
        }
    }

    /// @inheritdoc ICustomerRegistry
    function erase(bytes32 customerId) external {
        Customer storage record = _living(customerId);
        if (record.wallet != msg.sender) {
            _checkRole(STEWARD_ROLE);
            _closings.consume(_bucket(msg.sender), 1);
        }
        _erase(customerId);
    }

    /// @inheritdoc ICustomerRegistry
    function eraseBySig(bytes32 customerId, uint16 seq, uint48 deadline, bytes calldata signature) external {
        _checkOwn(ERASE_TYPEHASH, customerId, seq, deadline, signature);
        _erase(customerId);
    }

    // Settings

    /// @inheritdoc ICustomerRegistry
    function setEnrolment(bool open) external onlyRole(DEFAULT_ADMIN_ROLE) {
        enrolmentOpen = open;
        emit EnrolmentSet(open);
    }

    /// @inheritdoc ICustomerRegistry
    function attachLedger(address ledger) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (ledger.code.length == 0) revert NotAContract(ledger);
        if (!_ledgers.add(ledger)) revert LedgerKnown(ledger);
        if (_ledgers.length() > MAX_LEDGERS) revert TooManyLedgers(MAX_LEDGERS);
        emit LedgerAttached(ledger);
    }

    /// @inheritdoc ICustomerRegistry
    function detachLedger(address ledger) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!_ledgers.remove(ledger)) revert LedgerUnknown(ledger);
        emit LedgerDetached(ledger);
    }

    /// @inheritdoc ICustomerRegistry
    function setLimits(uint208 linksPerDay, uint208 closingsPerDay) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setLimits(linksPerDay, closingsPerDay);
    }

    // Views

    /// @inheritdoc ICustomerRegistry
    function customer(bytes32 customerId) external view returns (Customer memory) {
        return _customers[customerId];
    }

    /// @inheritdoc ICustomerRegistry
    function recovery(bytes32 customerId) external view returns (Recovery memory) {
        return _recoveries[customerId];
    }

    /// @inheritdoc ICustomerRegistry
    function walletOf(bytes32 customerId) external view returns (address) {
        return _customers[customerId].wallet;
    }

    /// @inheritdoc ICustomerRegistry
    function statusOf(bytes32 customerId) external view returns (Status) {
        return _customers[customerId].status;
    }

    /// @inheritdoc ICustomerRegistry
    function isVerified(bytes32 customerId, uint16 level) external view returns (bool) {
        Customer storage record = _customers[customerId];
        return record.status == Status.Active && level != 0 && record.level >= level
            && block.timestamp < record.validUntil;
    }

    /// @inheritdoc ICustomerRegistry
    function activeWallet(bytes32 customerId) public view returns (address) {
        Customer storage record = _living(customerId);
        if (record.status == Status.Suspended) revert Refusals.CustomerSuspended(customerId);
        return record.wallet;
    }

    /// @inheritdoc ICustomerRegistry
    function resolve(bytes32 customerId) external view returns (bytes32) {
        while (_customers[customerId].status == Status.Merged) customerId = _mergedInto[customerId];
        _living(customerId);
        return customerId;
    }

    /// @inheritdoc ICustomerRegistry
    function ledgers() external view returns (address[] memory) {
        return _ledgers.values();
    }

    /// @inheritdoc ICustomerRegistry
    function allowances(address account) external view returns (uint256 links, uint256 closings) {
        return (_links.available(_bucket(account)), _closings.available(_bucket(account)));
    }

    // Internals

    function _register(bytes32 customerId, bytes32 commitment) private returns (bool) {
        _admit(customerId, commitment);
        Customer storage record = _customers[customerId];
        record.status = Status.Active;
        record.registeredDay = _today();
        return true;
    }

    function _admit(bytes32 customerId, bytes32 commitment) private {
        if (customerId == bytes32(0)) revert ZeroId();
        emit Registered(customerId, commitment);
    }

    /// @dev The wallet is the customer's from now on, and nobody else's.
    function _claim(address wallet, bytes32 customerId) private {
        bytes32 owner = idOf[wallet];
        if (owner != bytes32(0)) revert WalletTaken(wallet, owner);
        idOf[wallet] = customerId;
    }

    /// @dev Gives the customer `wallet`, or none for zero, and frees the one before. Whatever recovery
    /// was proposed concerned the one before.
    function _setWallet(bytes32 customerId, address wallet) private {
        Customer storage record = _customers[customerId];
        address before = record.wallet;
        if (before != address(0)) {
            delete idOf[before];
            _endRecovery(customerId);
        }
        if (wallet != address(0)) _claim(wallet, customerId);
        record.wallet = wallet;
        uint16 seq;
        // Wraps, so that no number of changes keeps a customer from leaving. An intent 65,536 changes
        // old would need its signer to be the wallet again and its deadline to lie ahead.
        unchecked {
            seq = ++record.seq;
        }
        emit WalletLinked(customerId, wallet, seq);
    }

    /// @dev Empties the record but for its status, sequence and day of registration.
    function _close(bytes32 customerId, Status status) private {
        Customer storage record = _customers[customerId];
        if (record.wallet != address(0)) _setWallet(customerId, address(0));
        record.level = 0;
        record.validUntil = 0;
        record.status = status;
    }

    function _erase(bytes32 customerId) private {
        // Effects
        _close(customerId, Status.Erased);
        emit Erased(customerId);

        // Interactions: the suite's own ledgers, attached by the admin.
        for (uint256 i = 0; i < _ledgers.length(); ++i) {
            ICustomerLedger(_ledgers.at(i)).forfeit(customerId);
        }
    }

    function _endRecovery(bytes32 customerId) private {
        address wallet = _recoveries[customerId].wallet;
        if (wallet == address(0)) return;
        delete _recoveries[customerId];
        emit RecoveryEnded(customerId, wallet);
    }

    function _setLimits(uint208 linksPerDay, uint208 closingsPerDay) private {
        _links.updateSettings(WINDOW, linksPerDay);
        _closings.updateSettings(WINDOW, closingsPerDay);
        emit LimitsSet(linksPerDay, closingsPerDay);
    }

    /// @dev The record of a customer who is registered and neither merged nor erased.
    function _living(bytes32 customerId) private view returns (Customer storage record) {
        record = _customers[customerId];
        Status status = record.status;
        if (status == Status.None) revert Refusals.UnknownCustomer(customerId);
        if (status == Status.Merged || status == Status.Erased) revert Refusals.CustomerClosed(customerId);
    }

    /// @dev The wallet of an active customer who has one.
    function _linkedWallet(bytes32 customerId) private view returns (address wallet) {
        wallet = activeWallet(customerId);
        if (wallet == address(0)) revert Refusals.NoWallet(customerId);
    }

    function _linkDigest(bytes32 customerId, address wallet, uint16 seq, uint48 deadline)
        private
        view
        returns (bytes32)
    {
        _checkSequence(customerId, seq);
        return _hashTypedDataV4(keccak256(abi.encode(LINK_TYPEHASH, customerId, wallet, seq, deadline)));
    }

    /// @dev That the customer's wallet signed what it could also do itself.
    function _checkOwn(bytes32 typehash, bytes32 customerId, uint16 seq, uint48 deadline, bytes calldata signature)
        private
        view
    {
        address wallet = _living(customerId).wallet;
        if (wallet == address(0)) revert Refusals.NoWallet(customerId);
        _checkSequence(customerId, seq);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(typehash, customerId, seq, deadline)));
        Signatures.check(wallet, digest, deadline, signature);
    }

    function _checkSequence(bytes32 customerId, uint16 seq) private view {
        uint16 expected = _customers[customerId].seq;
        if (seq != expected) revert Refusals.BadSequence(seq, expected);
    }

    function _requireNoWallet(bytes32 customerId) private view {
        address current = activeWallet(customerId);
        if (current != address(0)) revert Refusals.WalletLinkedAlready(customerId, current);
    }

    /// @dev Days since 1970-01-01 UTC. Safe cast: they fit 16 bits until the year 2149.
    function _today() private view returns (uint16) {
        return uint16(block.timestamp / 1 days);
    }

    function _bucket(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
