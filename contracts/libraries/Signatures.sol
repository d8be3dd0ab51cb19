// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Refusals} from "./Refusals.sol";

/// @title Signatures of customers, whatever account they have
/// @notice Externally owned accounts (ECDSA, low s only), contract accounts (ERC-1271) and
/// EIP-7702 accounts, which are both.
/// @dev OpenZeppelin's SignatureChecker asks every account with code through ERC-1271, so it
/// rejects the key signature of an EIP-7702 account whose delegate does not implement it.
library Signatures {
    /// @dev Reverts `Expired` or `BadSignature` unless `signer` signed `digest` and it is in time.
    function check(address signer, bytes32 digest, uint48 deadline, bytes calldata signature) internal view {
        if (block.timestamp > deadline) revert Refusals.Expired(deadline, block.timestamp);
        if (!isValid(signer, digest, signature)) revert Refusals.BadSignature(signer);
    }

    /// @dev True if `signature` over `digest` speaks for `signer`. Nobody speaks for address zero. The key comes
    /// first: whoever has it is an externally owned account, with or without a delegate, and an account
    /// without code need not be looked at.
    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        return _isKeyOf(signer, digest, signature)
            || SignatureChecker.isValidERC1271SignatureNow(signer, digest, signature);
    }

    function _isKeyOf(address signer, bytes32 digest, bytes calldata signature) private pure returns (bool) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        return failure == ECDSA.RecoverError.NoError && recovered == signer;
    }
}
