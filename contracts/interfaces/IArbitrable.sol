// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IArbitrator} from "./IArbitrator.sol";

/// @title What a court rules on, as ERC-792 has it
/// @notice Takes rulings, and tells where evidence is, as ERC-1497 has it.
/// @dev ERC-792, https://github.com/ethereum/EIPs/issues/792; ERC-1497,
/// https://github.com/ethereum/EIPs/issues/1497. Names and arguments are theirs.
interface IArbitrable {
    /// @notice What a court has ruled (ERC-792).
    event Ruling(IArbitrator indexed _arbitrator, uint256 indexed _disputeID, uint256 _ruling);
    /// @notice Where it is written what disputes are about, and what each ruling means (ERC-1497).
    event MetaEvidence(uint256 indexed _metaEvidenceID, string _evidence);
    /// @notice A dispute was brought; what is submitted under `_evidenceGroupID` belongs to it (ERC-1497).
    event Dispute(
        IArbitrator indexed _arbitrator,
        uint256 indexed _disputeID,
        uint256 _metaEvidenceID,
        uint256 _evidenceGroupID
    );
    /// @notice A party submitted evidence, which is where `_evidence` says (ERC-1497).
    event Evidence(
        IArbitrator indexed _arbitrator,
        uint256 indexed _evidenceGroupID,
        address indexed _party,
        string _evidence
    );

    /// @notice Gives the ruling of a dispute; 0 is a refusal to rule.
    /// @dev The court.
    function rule(uint256 disputeID, uint256 ruling) external;
}
