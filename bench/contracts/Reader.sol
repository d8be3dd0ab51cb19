// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What another contract asks of ours.
interface IConsents {
    function isGranted(bytes32 customerId, uint8 group, uint8 lane) external view returns (bool);
}

interface ICustomers {
    function isVerified(bytes32 customerId, uint16 level) external view returns (bool);
}

/// @dev What it would ask of the peers.
interface IAttestations {
    struct Attestation {
        bytes32 uid;
        bytes32 schema;
        uint64 time;
        uint64 expirationTime;
        uint64 revocationTime;
        bytes32 refUID;
        address recipient;
        address attester;
        bool revocable;
        bytes data;
    }

    function getAttestation(bytes32 uid) external view returns (Attestation memory);
}

interface IDelegates {
    function validDelegate(address identity, bytes32 delegateType, address delegate) external view returns (bool);
}

interface IInvestors {
    function isVerified(address investor) external view returns (bool);
}

/// @dev A contract that asks before it acts. `used` is the gas of the whole question: its arguments
/// encoded, the call, and its answer decoded and looked at.
contract Reader {
    function isGranted(IConsents consents, bytes32 customerId, uint8 group, uint8 lane)
        external
        view
        returns (uint256 used, bool answer)
    {
        used = gasleft();
        answer = consents.isGranted(customerId, group, lane);
        used -= gasleft();
    }

    function isVerified(ICustomers customers, bytes32 customerId, uint16 level)
        external
        view
        returns (uint256 used, bool answer)
    {
        used = gasleft();
        answer = customers.isVerified(customerId, level);
        used -= gasleft();
    }

    /// @dev An attestation that exists may have ended, been revoked, or be somebody else's.
    function isAttested(IAttestations attestations, bytes32 uid, bytes32 schema, address attester)
        external
        view
        returns (uint256 used, bool answer)
    {
        used = gasleft();
        IAttestations.Attestation memory found = attestations.getAttestation(uid);
        answer = found.schema == schema && found.attester == attester && found.revocationTime == 0
            && block.timestamp < found.expirationTime;
        used -= gasleft();
    }

    function isDelegate(IDelegates delegates, address identity, bytes32 delegateType, address delegate)
        external
        view
        returns (uint256 used, bool answer)
    {
        used = gasleft();
        answer = delegates.validDelegate(identity, delegateType, delegate);
        used -= gasleft();
    }

    function isVerifiedInvestor(IInvestors investors, address investor)
        external
        view
        returns (uint256 used, bool answer)
    {
        used = gasleft();
        answer = investors.isVerified(investor);
        used -= gasleft();
    }
}
