// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Who a customer is, on chain: a random id, perhaps a wallet, perhaps a verification
/// @notice A customer is 32 random bytes per programme, never a digest of an e-mail address. A
/// wallet may be linked later, rotated, recovered, or never exist. No personal data is stored.
///
/// Signed intents are EIP-712 typed data under the domain ("Rapport CustomerRegistry", "1"),
/// with a mandatory deadline. Their sequence number is the customer record's own `seq`, so
/// intents for different customers never block each other.
///
/// Roles: DEFAULT_ADMIN (two steps) attaches ledgers and grants roles. OPERATOR registers, links
/// first wallets and suspends. ENROLLER, which is meant for code alone, registers and links a customer
/// whose one signature it has checked. STEWARD merges and erases. Links and closings have an allowance that
/// refills over a day, so that a stolen key is noticed before it has reached everybody. VERIFIER
/// sets verification levels. RECOVERY proposes a new wallet, which the current one can veto.
interface ICustomerRegistry {
    enum Status {
        None,
        Active,
        Suspended,
        Merged,
        Erased
    }

    /// @dev One slot.
    struct Customer {
        address wallet; // zero while none is linked
        uint40 validUntil; // verification ends, Unix seconds
        uint16 level; // verification level, 0 = not verified
        Status status;
        uint16 seq; // grows by one with every change of wallet, and wraps; signed intents name it
        uint16 registeredDay; // days since 1970-01-01 UTC
    }

    /// @dev One slot. A proposal to replace a lost wallet.
    struct Recovery {
        address wallet;
        uint48 readyAt; // Unix seconds; 0 = no proposal
    }

    /// @notice A customer was registered. `commitment` is a keyed digest of the brand's own record
    /// (or, from a batch, the Merkle root of the batch's commitments); zero for a wallet that joined.
    event Registered(bytes32 indexed customerId, bytes32 commitment);
    /// @notice The customer's wallet is now `wallet`; zero means that it was unlinked.
    event WalletLinked(bytes32 indexed customerId, address indexed wallet, uint16 seq);
    /// @notice `wallet` was proposed for a customer who lost theirs; it can take effect from `readyAt`, Unix seconds.
    event RecoveryRequested(bytes32 indexed customerId, address indexed wallet, uint48 readyAt);
    /// @notice The proposal to link `wallet` ended, by a veto, a withdrawal or a change of wallet.
    event RecoveryEnded(bytes32 indexed customerId, address indexed wallet);
    /// @notice A verification level holds until `validUntil`. `evidence` is a keyed digest or an
    /// attestation uid; documents never touch the chain.
    event Verified(bytes32 indexed customerId, uint16 level, uint40 validUntil, bytes32 evidence);
    /// @notice The customer is no longer verified.
    event VerificationRevoked(bytes32 indexed customerId);
    /// @notice The customer cannot spend or change wallets until reinstated.
    event Suspended(bytes32 indexed customerId, bytes32 reason);
    /// @notice The customer is active again.
    event Reinstated(bytes32 indexed customerId);
    /// @notice `from` was merged into `to` and never returns.
    event Merged(bytes32 indexed from, bytes32 indexed to);
    /// @notice The customer was erased and never returns.
    event Erased(bytes32 indexed customerId);
    /// @notice Wallets can, or can no longer, enrol themselves.
    event EnrolmentSet(bool open);
    /// @notice The ledger follows merges and erasures from now on.
    event LedgerAttached(address indexed ledger);
    /// @notice The ledger no longer follows merges and erasures.
    event LedgerDetached(address indexed ledger);
    /// @notice Each operator may link, and each steward close, so many customers a day.
    event LimitsSet(uint208 linksPerDay, uint208 closingsPerDay);

    /// @notice The wallet already belongs to a customer.
    error WalletTaken(address wallet, bytes32 customerId);
    /// @notice This wallet enrolled itself with this salt before.
    error CustomerExists(bytes32 customerId);
    /// @notice Wallets cannot enrol themselves in this programme.
    error EnrolmentClosed();
    /// @notice No recovery is under way.
    error NoRecovery(bytes32 customerId);
    /// @notice The veto period has not passed. Both are Unix seconds.
    error RecoveryNotReady(uint256 timestamp, uint48 readyAt);
    /// @notice A customer cannot be merged into itself.
    error SameCustomer(bytes32 customerId);
    /// @notice A zero id is nobody's.
    error ZeroId();
    /// @notice The verification would end before it begins. Both are Unix seconds.
    error ValidityPast(uint40 validUntil, uint256 timestamp);
    /// @notice Level zero means "not verified"; revoke instead.
    error ZeroLevel();
    /// @notice The customer is not suspended.
    error NotSuspended(bytes32 customerId);
    /// @notice At most `limit` ledgers can be attached, so that merges and erasures stay affordable.
    error TooManyLedgers(uint256 limit);
    /// @notice A ledger without code would make every merge and erasure fail.
    error NotAContract(address ledger);
    error LedgerKnown(address ledger);
    error LedgerUnknown(address ledger);

    /// @notice Registers a customer.
    /// @dev OPERATOR. Again for an active id: a no-op that returns false. An id that was merged or
    /// erased reverts `CustomerClosed`.
    /// @param customerId 32 random bytes. Ledgers keep the first 12 only, which random ids never share.
    /// @param commitment Keyed digest (HMAC-SHA256) of the brand's record of this customer.
    function register(bytes32 customerId, bytes32 commitment) external returns (bool added);

    /// @notice Registers many customers, skipping those that exist.
    /// @dev OPERATOR. `root` is the Merkle root of the customers' commitments, in every event.
    function registerBatch(bytes32[] calldata customerIds, bytes32 root) external returns (uint256 added);

    /// @notice A wallet enrols itself, where the programme is open, and is linked at once.
    /// @dev The id is derived from the wallet and `salt`, never chosen: a chosen id could squat on
    /// one that the brand is about to register.
    function join(bytes32 salt) external returns (bytes32 customerId);

    /// @notice Links a customer's first wallet, which has signed for it.
    /// @dev OPERATOR within its allowance, who knows that the person behind the wallet is this
    /// customer: whoever is linked can spend. Signed:
    /// `LinkWallet(bytes32 customerId,address wallet,uint16 seq,uint48 deadline)`.
    function linkWallet(
        bytes32 customerId,
        address wallet,
        uint16 seq,
        uint48 deadline,
        bytes calldata signature
    ) external;

    /// @notice Registers a customer, unless that is done, and links the first wallet, in one step.
    /// @dev ENROLLER within its allowance: a contract that has checked the wallet's signature, which
    /// named this `seq`. See {IOnboarding}.
    /// @param commitment As for {register}; ignored for a customer who is registered.
    function enrol(bytes32 customerId, bytes32 commitment, address wallet, uint16 seq) external;

    /// @notice Replaces a customer's wallet; the new and the current one have both signed.
    /// @dev Anyone may relay. Both sign the same `LinkWallet` intent.
    function rotateWallet(
        bytes32 customerId,
        address wallet,
        uint16 seq,
        uint48 deadline,
        bytes calldata signature,
        bytes calldata currentSignature
    ) external;

    /// @notice The customer's wallet unlinks itself. The customer stays, without a wallet.
    function unlinkWallet(bytes32 customerId) external;

    /// @notice As {unlinkWallet}, by the wallet's signature.
    /// @dev Anyone may relay. Signed: `UnlinkWallet(bytes32 customerId,uint16 seq,uint48 deadline)`.
    function unlinkWalletBySig(bytes32 customerId, uint16 seq, uint48 deadline, bytes calldata signature) external;

    /// @notice Proposes a new wallet for a customer who lost theirs. The new wallet has signed.
    /// @dev RECOVERY. Takes effect after `RECOVERY_DELAY`, unless the current wallet vetoes.
    function requestRecovery(
        bytes32 customerId,
        address wallet,
        uint16 seq,
        uint48 deadline,
        bytes calldata signature
    ) external;

    /// @notice Stops a recovery. Any other change of the wallet stops it as well.
    /// @dev The current wallet, or a holder of RECOVERY, who may have to undo what a stolen key proposed.
    function vetoRecovery(bytes32 customerId) external;

    /// @notice As {vetoRecovery}, by the current wallet's signature.
    /// @dev Anyone may relay. It ends the one recovery that it names. Signed:
    /// `VetoRecovery(bytes32 customerId,address wallet,uint48 readyAt,uint48 deadline)`, where `wallet` is
    /// the one proposed.
    function vetoRecoveryBySig(bytes32 customerId, uint48 deadline, bytes calldata signature) external;

    /// @notice Completes a recovery after its delay. Anyone may call.
    function completeRecovery(bytes32 customerId) external;

    /// @notice Records that the customer was verified to `level` until `validUntil`.
    /// @dev VERIFIER.
    function verify(bytes32 customerId, uint16 level, uint40 validUntil, bytes32 evidence) external;

    /// @notice Ends a verification at once. No-op if none stands.
    /// @dev VERIFIER.
    function revokeVerification(bytes32 customerId) external;

    /// @notice Stops a customer from spending and from changing wallets; earning goes on, and so does
    /// leaving: the wallet can still unlink or erase itself.
    /// @dev OPERATOR. `reason` is a keyed digest of the brand's record. No-op if suspended.
    function suspend(bytes32 customerId, bytes32 reason) external;

    /// @notice Ends a suspension.
    /// @dev OPERATOR.
    function reinstate(bytes32 customerId) external;

    /// @notice Merges a duplicate into another customer: `from` closes for ever, its wallet is free
    /// again, and what ledgers hold under it moves to `to`, all in this transaction.
    /// @dev STEWARD within its allowance; neither customer may be suspended. What `from` owes moves
    /// along. While `from` has a wallet, that wallet must have signed
    /// `Merge(bytes32 from,bytes32 to,uint16 seq,uint48 deadline)`; otherwise the last two
    /// arguments are ignored.
    function merge(bytes32 from, bytes32 to, uint48 deadline, bytes calldata signature) external;

    /// @notice Erases a customer: the record is emptied, the wallet is free again, what ledgers hold
    /// is forfeited, and the id never returns.
    /// @dev STEWARD within its allowance, or the customer's own wallet at any time.
    function erase(bytes32 customerId) external;

    /// @notice As {erase}, by the wallet's signature.
    /// @dev Anyone may relay. Signed: `Erase(bytes32 customerId,uint16 seq,uint48 deadline)`.
    function eraseBySig(bytes32 customerId, uint16 seq, uint48 deadline, bytes calldata signature) external;

    /// @notice Opens or closes self-enrolment.
    /// @dev DEFAULT_ADMIN.
    function setEnrolment(bool open) external;

    /// @notice Attaches a ledger, which from now on follows merges and erasures.
    /// @dev DEFAULT_ADMIN. Attach before the ledger serves anyone.
    function attachLedger(address ledger) external;

    /// @notice Detaches a ledger that no longer serves anyone.
    /// @dev DEFAULT_ADMIN.
    function detachLedger(address ledger) external;

    /// @notice Sets how many first wallets each operator may link, and how many customers each steward
    /// may merge or erase, a day.
    /// @dev DEFAULT_ADMIN. A used allowance refills evenly over a day, so any 24 hours see at most
    /// twice as many.
    function setLimits(uint208 linksPerDay, uint208 closingsPerDay) external;

    /// @notice The whole record; all zero for an unknown id.
    function customer(bytes32 customerId) external view returns (Customer memory);
    /// @notice The recovery under way; all zero if none is.
    function recovery(bytes32 customerId) external view returns (Recovery memory);
    /// @notice The customer to whom a wallet belongs; zero if to none.
    function idOf(address wallet) external view returns (bytes32 customerId);
    /// @notice The wallet linked to a customer, whatever their status; zero if none is.
    function walletOf(bytes32 customerId) external view returns (address);
    /// @notice Where the customer stands; `None` for an unknown id.
    function statusOf(bytes32 customerId) external view returns (Status);

    /// @notice True while the customer is active and verified to at least `level`.
    function isVerified(bytes32 customerId, uint16 level) external view returns (bool);

    /// @notice The wallet that may act for an active customer; zero if none is linked.
    /// @dev Reverts `UnknownCustomer`, `CustomerClosed` or `CustomerSuspended`.
    function activeWallet(bytes32 customerId) external view returns (address);

    /// @notice The customer that an id stands for today: itself, or whom it was merged into.
    /// @dev Reverts `UnknownCustomer`, or `CustomerClosed` if that customer was erased.
    function resolve(bytes32 customerId) external view returns (bytes32);

    /// @notice The attached ledgers.
    function ledgers() external view returns (address[] memory);
    /// @notice True while wallets can enrol themselves.
    function enrolmentOpen() external view returns (bool);

    /// @notice How many first wallets `account` could link now as an operator, and how many customers
    /// it could close as a steward.
    function allowances(address account) external view returns (uint256 links, uint256 closings);
}
