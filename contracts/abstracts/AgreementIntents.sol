// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISLAEscrow} from "../interfaces/ISLAEscrow.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {SignedDomain} from "./SignedDomain.sol";

/// @title What clients sign about their agreements
/// @notice The part of {ISLAEscrow} that concerns signed openings and instructions.
abstract contract AgreementIntents is ISLAEscrow, SignedDomain {
    bytes32 private constant OPEN_TYPEHASH = keccak256(
        "Open(uint32 policyId,uint8 priority,uint96 amount,address client,bytes32 customerId,bytes32 ref,"
        "uint48 deadline)"
    );
    bytes32 private constant INSTRUCTION_TYPEHASH = keccak256(
        "Instruction(string action,bytes32 agreementId,uint16 providerBps,bytes32 evidence,uint48 deadline)"
    );

    string private constant NAME = "Rapport SLAEscrow";

    constructor() SignedDomain(NAME) {}

    // Internals

    /// @dev Reverts `Expired` or `BadSignature` unless the client has signed the opening.
    function _checkOpening(Opening calldata o, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(OPEN_TYPEHASH, o)));
        Signatures.check(o.client, digest, o.deadline, signature);
    }

    /// @dev Reverts `Expired` or `BadSignature` unless the client has signed the instruction.
    function _checkInstruction(Instruction calldata i, address client, bytes calldata signature) internal view {
        bytes32 content = keccak256(
            abi.encode(INSTRUCTION_TYPEHASH, _word(i.action), i.agreementId, i.providerBps, i.evidence, i.deadline)
        );
        Signatures.check(client, _hashTypedDataV4(content), i.deadline, signature);
    }

    /// @dev The digest of the word that a wallet shows for an action.
    function _word(Action action) private pure returns (bytes32) {
        if (action == Action.Resume) return keccak256("resume");
        if (action == Action.Accept) return keccak256("accept");
        if (action == Action.Dispute) return keccak256("dispute");
        return keccak256("accept split");
    }

    function _domainName() internal pure override returns (string memory) {
        return NAME;
    }
}
