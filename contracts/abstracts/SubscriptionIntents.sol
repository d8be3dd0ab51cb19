// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISubscriptions} from "../interfaces/ISubscriptions.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {SignedDomain} from "./SignedDomain.sol";

/// @title What payers sign about their subscriptions
/// @notice The part of {ISubscriptions} that concerns signed terms and instructions.
abstract contract SubscriptionIntents is ISubscriptions, SignedDomain {
    string private constant NAME = "Rapport Subscriptions";
    bytes32 private constant SUBSCRIBE_TYPEHASH = keccak256(
        "Subscribe(address payer,uint32 planId,uint96 priceCap,bytes32 ref,bytes32 customerId,bytes32 campaign,"
        "bytes32 coupon,uint48 deadline)"
    );
    bytes32 private constant INSTRUCTION_TYPEHASH = keccak256(
        "Instruction(string action,bytes32 subscriptionId,uint32 planId,uint96 priceCap,uint96 maxPay,"
        "uint16 seq,uint48 deadline)"
    );

    constructor() SignedDomain(NAME) {}

    // Internals

    /// @dev Reverts `Expired` or `BadSignature` unless the payer has signed the terms.
    function _checkTerms(Terms calldata terms, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(SUBSCRIBE_TYPEHASH, terms)));
        Signatures.check(terms.payer, digest, terms.deadline, signature);
    }

    /// @dev Reverts `Expired` or `BadSignature` unless the payer has signed the instruction.
    function _checkInstruction(Instruction calldata i, address payer, bytes calldata signature) internal view {
        bytes32 content = keccak256(
            abi.encode(
                INSTRUCTION_TYPEHASH,
                _word(i.action),
                i.subscriptionId,
                i.planId,
                i.priceCap,
                i.maxPay,
                i.seq,
                i.deadline
            )
        );
        Signatures.check(payer, _hashTypedDataV4(content), i.deadline, signature);
    }

    /// @dev The digest of the word that a wallet shows for an action.
    function _word(Action action) private pure returns (bytes32) {
        if (action == Action.Cancel) return keccak256("cancel");
        if (action == Action.Pause) return keccak256("pause");
        if (action == Action.Resume) return keccak256("resume");
        if (action == Action.Reactivate) return keccak256("reactivate");
        if (action == Action.AcceptPrice) return keccak256("accept price");
        return keccak256("change plan");
    }

    function _domainName() internal pure override returns (string memory) {
        return NAME;
    }
}
