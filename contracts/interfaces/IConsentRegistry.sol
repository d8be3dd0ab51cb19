// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title What a customer allows, and the answer to one question: is it granted now?
/// @notice Purposes stand in groups of up to seven lanes, so that a whole preference centre is one
/// transaction. A purpose never changes once it is defined. A notice is what customers are told: its
/// document by hash, its choices in plain words, one for each lane. A grant cites the current
/// notice and ends by itself when the purpose's age is reached. What nobody decided is not granted; only an
/// opt-out purpose (sale or sharing, CCPA 1798.120) is, until the customer says no.
///
/// Only the customer's wallet, or its signature, grants. For a customer without a wallet an operator
/// may record a grant, which stands as `Recorded` for ever: on the operator's evidence, not the customer's.
/// A withdrawal always works, while paused as well, and is final until granted again (GDPR article 7(3)).
///
/// Signed intents are EIP-712 typed data under the domain ("Rapport ConsentRegistry", "1"), with a
/// mandatory deadline. `Save` names the sequence of the one group that it changes, so intents for
/// different groups or customers never block each other.
///
/// `receipt` is a keyed digest (HMAC-SHA256) of the receipt that the customer was given; it is in the
/// event only.
///
/// Roles: DEFAULT_ADMIN (two steps) unpauses. PUBLISHER defines purposes and publishes notices.
/// OPERATOR records for others. ENROLLER, which is meant for code alone, saves what a wallet has signed
/// for it. GUARDIAN pauses, which stops grants, never a withdrawal.
interface IConsentRegistry {
    enum State {
        None,
        Granted, // by the customer
        Recorded, // granted on an operator's evidence
        Withdrawn
    }

    struct Purpose {
        bytes32 iri; // keccak256 of the purpose's IRI in the W3C Data Privacy Vocabulary
        uint16 maxAgeDays; // a grant holds for so many days, its first included
        bool optOut; // granted until withdrawn
    }

    struct Notice {
        bytes32 document; // digest of the notice as customers read it
        bytes32 wording; // keccak256 of the seven keccak256 of the lanes' words, zero for a lane without
    }

    struct Consent {
        State state;
        uint16 notice; // version under which it was granted; 0 unless granted
        uint16 since; // days since 1970-01-01 UTC: of the grant, or of the withdrawal
        uint16 until; // the first day on which a grant no longer holds; 0 unless granted
        bool granted; // what {isGranted} answers now
    }

    /// @dev Masks have a bit for each lane: lane 0 is 1, lane 6 is 64.
    struct Decision {
        bytes32 customerId;
        uint8 group;
        uint8 grant;
        uint8 withdraw;
        uint16 notice; // the current version; ignored if nothing is granted
        bytes32 receipt;
    }

    struct Record {
        Decision decision;
        uint32 seq;
    }

    /// @notice A purpose was defined, for good.
    event PurposeDefined(uint8 indexed group, uint8 indexed lane, bytes32 indexed iri, uint16 maxAgeDays, bool optOut);
    /// @notice A notice is current from now on. `words[lane]` is what the customer is asked; the lanes that
    /// are defined by now are covered.
    event NoticePublished(uint8 indexed group, uint16 indexed version, bytes32 document, string[] words);
    /// @notice The lanes in `granted` were granted under `notice`, those in `withdrawn` withdrawn, by `actor`: the
    /// customer's wallet, or, if `recorded`, an operator. A lane that was withdrawn before keeps its day.
    event ConsentChanged(
        bytes32 indexed customerId,
        uint8 indexed group,
        address indexed actor,
        uint8 granted,
        uint8 withdrawn,
        uint16 notice,
        uint32 seq,
        bool recorded,
        bytes32 receipt
    );
    /// @notice A record of a batch was refused; `reason` is the selector of the error that the single call
    /// reverts with.
    event RecordRefused(bytes32 indexed customerId, uint8 indexed group, bytes4 reason);
    /// @notice What `from` had withdrawn is withdrawn for `to` as well; what `from` had granted ended.
    event ConsentsMerged(bytes32 indexed from, bytes32 indexed to);
    /// @notice Nothing is kept about the customer any more.
    event ConsentsErased(bytes32 indexed customerId);

    /// @notice A lane cannot be granted and withdrawn at once.
    error OverlappingMasks(uint8 grant, uint8 withdraw);
    /// @notice A decision must grant or withdraw something.
    error EmptyDecision();
    /// @notice The lanes in `mask` have no purpose.
    error UnknownPurpose(uint8 group, uint8 mask);
    /// @notice The purpose was defined before, otherwise.
    error PurposeFixed(uint8 group, uint8 lane);
    /// @notice Groups are numbered from 0 without a gap, lanes from 0 to 6.
    error BadLane(uint8 group, uint8 lane);
    /// @notice A grant holds for 1 to `limit` days.
    error BadMaxAge(uint16 maxAgeDays, uint16 limit);
    /// @notice No purpose is defined in this group.
    error UnknownGroup(uint8 group);
    /// @notice A grant made on `today` could end after 2149-06-06, the last day that fits; days since
    /// 1970-01-01 UTC.
    error CalendarEnds(uint256 today, uint256 last);
    /// @notice No such notice was published.
    error UnknownNotice(uint8 group, uint16 version);
    /// @notice Another notice is current; the customer has to be shown that one.
    error StaleNotice(uint8 group, uint16 version, uint16 current);
    /// @notice The current notice says nothing about the lanes in `mask`.
    error PurposeNotInNotice(uint8 group, uint8 mask);
    /// @notice The version was published before, with other content.
    error NoticeFixed(uint8 group, uint16 version);
    /// @notice Versions follow each other without a gap.
    error NoticeGap(uint8 group, uint16 version, uint16 expected);
    /// @notice A notice has words for each defined lane, for no other, and not the same for two.
    error BadWords(uint8 group, uint8 lane);

    /// @notice Defines what a lane means, once and for all.
    /// @dev PUBLISHER. Again with the same content: a no-op that returns false. It can be granted once a
    /// notice covers it.
    function definePurpose(uint8 group, uint8 lane, bytes32 iri, uint16 maxAgeDays, bool optOut)
        external
        returns (bool added);

    /// @notice Publishes the next notice of a group. Grants under earlier ones stand; new ones cite this.
    /// @dev PUBLISHER. Again with the same content: a no-op that returns false. Signed grants under the
    /// one before, not yet relayed, are void.
    /// @param words What the customer is asked, by lane; empty for a lane without a purpose.
    function publishNotice(uint8 group, uint16 version, bytes32 document, string[] calldata words)
        external
        returns (bool added);

    /// @notice The customer decides, by wallet.
    /// @dev A decision that also grants is taken whole or refused whole, its withdrawals included; one that only
    /// withdraws is never refused.
    function save(Decision calldata decision) external;

    /// @notice As {save}, by the wallet's signature.
    /// @dev Anyone may relay. Signed: `Save(bytes32 customerId,uint8 group,uint8 grant,uint8 withdraw,uint16
    /// notice,bytes32 receipt,uint32 seq,uint48 deadline)`, without line breaks.
    function saveBySig(Decision calldata decision, uint32 seq, uint48 deadline, bytes calldata signature) external;

    /// @notice As {save}, for the customer's wallet, whose signature the caller has checked.
    /// @dev ENROLLER, a contract. See {IOnboarding}.
    function saveFor(Decision calldata decision, address wallet) external;

    /// @notice Withdraws every purpose of every group.
    /// @dev The customer's wallet, or OPERATOR. Lanes that were withdrawn keep their day; a group in which
    /// nothing changes has no event.
    function withdrawAll(bytes32 customerId, bytes32 receipt) external;

    /// @notice As {withdrawAll}, by the wallet's signature.
    /// @dev Anyone may relay. Signed: `WithdrawAll(bytes32 customerId,bytes32 receipt,uint256 seq,uint48
    /// deadline)`, without line breaks, where `seq` is {sequenceOfAll}, so any other change comes first
    /// at the price of another signature.
    function withdrawAllBySig(
        bytes32 customerId,
        bytes32 receipt,
        uint256 seq,
        uint48 deadline,
        bytes calldata signature
    ) external;

    /// @notice Records what a customer decided elsewhere: on paper, by telephone, by a browser's signal.
    /// @dev OPERATOR. A grant needs a customer without a wallet, and `seq` of the group, so that it never
    /// undoes a later decision. A withdrawal always works and ignores `seq`. What changes nothing, or was
    /// recorded before, is a no-op that returns false.
    function recordFor(Decision calldata decision, uint32 seq) external returns (bool changed);

    /// @notice Records many decisions. One that {recordFor} refuses because of the customer is skipped and
    /// told by `RecordRefused`; a wrong mask or notice reverts all.
    /// @dev OPERATOR.
    function recordBatch(Record[] calldata records) external returns (uint256 changed);

    /// @notice Stops grants.
    /// @dev GUARDIAN.
    function pause() external;
    /// @notice Allows grants again.
    /// @dev DEFAULT_ADMIN.
    function unpause() external;

    /// @notice True if the customer's consent to a purpose stands now. False for whoever and whatever is unknown.
    function isGranted(bytes32 customerId, uint8 group, uint8 lane) external view returns (bool);
    /// @notice {isGranted} for all lanes of a group, as a mask.
    function grantedIn(bytes32 customerId, uint8 group) external view returns (uint8 mask);
    /// @notice What the customer decided about a purpose, and what follows now.
    function statusOf(bytes32 customerId, uint8 group, uint8 lane) external view returns (Consent memory);
    /// @notice The sequence that the next `Save` of this customer and group, or the next record, must name.
    function sequenceOf(bytes32 customerId, uint8 group) external view returns (uint32);
    /// @notice The sum of the customer's sequences over all groups; grows with every change.
    function sequenceOfAll(bytes32 customerId) external view returns (uint256);
    /// @notice What a lane means; all zero if nothing.
    function purpose(uint8 group, uint8 lane) external view returns (Purpose memory);
    /// @notice A notice; all zero if unknown.
    function notice(uint8 group, uint16 version) external view returns (Notice memory);
    /// @notice The current notice's version, 0 while there is none, and the lanes that it covers.
    function currentNotice(uint8 group) external view returns (uint16 version, uint8 covered);
    /// @notice How many groups have purposes.
    function groupCount() external view returns (uint8);
}
