// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {ICustomerRegistry} from "./interfaces/ICustomerRegistry.sol";
import {ILoyaltyPoints} from "./interfaces/ILoyaltyPoints.sol";
import {IOnboarding} from "./interfaces/IOnboarding.sol";
import {Refusals} from "./libraries/Refusals.sol";
import {Masks} from "./libraries/Masks.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Onboarding
/// @notice Specified in {IOnboarding}.
contract Onboarding is IOnboarding, AccessControlDefaultAdminRules, EIP712 {
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");

    bytes32 public constant CHOICE_TYPEHASH = keccak256("Choice(string purpose,bool allowed)");
    bytes32 public constant ONBOARD_TYPEHASH = keccak256(
        "Onboard(string programme,bytes32 customerId,address wallet,Choice[] choices,uint8 group,uint16 notice,"
        "bytes32 noticeDocument,uint32 welcomePoints,bytes32 receipt,uint16 seq,uint48 deadline)"
        "Choice(string purpose,bool allowed)"
    );

    ICustomerRegistry public immutable REGISTRY;
    IConsentRegistry public immutable CONSENTS;
    ILoyaltyPoints public immutable POINTS;
    bytes32 private immutable PROGRAMME_DIGEST;

    string public programme;
    uint32 public welcome;

    /// @param admin Holds DEFAULT_ADMIN, and hands it over in two steps.
    /// @param adminDelay Seconds between the two steps.
    /// @param registry Where customers are registered and wallets linked.
    /// @param consents Where consents are saved.
    /// @param points Where the welcome points are awarded.
    /// @param programme_ The programme's name, as wallets show it.
    constructor(
        address admin,
        uint48 adminDelay,
        ICustomerRegistry registry,
        IConsentRegistry consents,
        ILoyaltyPoints points,
        string memory programme_
    )
        AccessControlDefaultAdminRules(adminDelay, admin)
        EIP712("Rapport Onboarding", "1")
    {
        if (address(registry) == address(0) || address(consents) == address(0) || address(points) == address(0)) {
            revert Refusals.ZeroAddress();
        }
        REGISTRY = registry;
        CONSENTS = consents;
        POINTS = points;
        PROGRAMME_DIGEST = keccak256(bytes(programme_));
        programme = programme_;
    }

    /// @inheritdoc IOnboarding
    function onboard(
        Onboard calldata intent,
        bytes32[7] calldata words,
        bytes32 commitment,
        bytes calldata signature
    ) external onlyRole(OPERATOR_ROLE) {
        // Checks
        Onboard memory given = intent; // decoded once
        uint32 points = given.welcomePoints;
        if (points != 0 && points != welcome) revert WelcomeChanged(points, welcome);
        Signatures.check(given.wallet, _digest(given, words), given.deadline, signature);

        // Interactions: the suite's own contracts, none of which calls anybody outside it.
        REGISTRY.enrol(given.customerId, commitment, given.wallet, given.seq);
        CONSENTS.saveFor(
            IConsentRegistry.Decision({
                customerId: given.customerId,
                group: given.group,
                grant: given.grant,
                withdraw: given.withdraw,
                notice: given.notice,
                receipt: given.receipt
            }),
            given.wallet
        );
        if (points != 0 && !POINTS.award(given.customerId, welcomeRef(given.customerId), points, 0)) points = 0;
        emit Onboarded(given.customerId, given.wallet, points);
    }

    /// @inheritdoc IOnboarding
    function setWelcome(uint32 points) external onlyRole(DEFAULT_ADMIN_ROLE) {
        welcome = points;
        emit WelcomeSet(points);
    }

    /// @inheritdoc IOnboarding
    function welcomeRef(bytes32 customerId) public pure returns (bytes32) {
        return keccak256(abi.encode("rapport welcome", customerId));
    }

    function _digest(Onboard memory intent, bytes32[7] calldata words) private view returns (bytes32) {
        IConsentRegistry.Notice memory shown = CONSENTS.notice(intent.group, intent.notice);
        if (shown.wording != keccak256(abi.encode(words))) revert WrongWords(intent.group, intent.notice);
        bytes32[12] memory fields = [
            ONBOARD_TYPEHASH,
            PROGRAMME_DIGEST,
            intent.customerId,
            bytes32(uint256(uint160(intent.wallet))),
            _choices(intent, words),
            bytes32(uint256(intent.group)),
            bytes32(uint256(intent.notice)),
            shown.document,
            bytes32(uint256(intent.welcomePoints)),
            intent.receipt,
            bytes32(uint256(intent.seq)),
            bytes32(uint256(intent.deadline))
        ];
        bytes32 content;
        assembly ("memory-safe") {
            content := keccak256(fields, 384) // twelve words
        }
        return _hashTypedDataV4(content);
    }

    /// @dev The digest of the choices: each lane that the intent decides, in order.
    function _choices(Onboard memory intent, bytes32[7] calldata words) private pure returns (bytes32 digest) {
        uint256 decided = intent.grant | intent.withdraw;
        uint256 granted = intent.grant;
        bytes32[7] memory choices;
        bytes32[3] memory choice;
        choice[0] = CHOICE_TYPEHASH;
        uint256 count = 0;
        for (uint256 lane = 0; lane < Masks.LANES; ++lane) {
            if (decided >> lane & 1 == 0) continue;
            choice[1] = words[lane];
            choice[2] = bytes32(granted >> lane & 1);
            bytes32 hash;
            assembly ("memory-safe") {
                hash := keccak256(choice, 96) // three words
            }
            choices[count] = hash;
            ++count;
        }
        assembly ("memory-safe") {
            digest := keccak256(choices, mul(count, 32))
        }
    }
}
