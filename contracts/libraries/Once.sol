// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Refusals} from "./Refusals.sol";

/// @title Things that a caller makes once for each of its references
/// @notice Numbered from 1. The same call again finds the same number; other terms under the same reference are
/// refused. One slot for each: the number in the lowest 32 bits, above it a digest of the terms.
library Once {
    uint256 private constant NUMBER = type(uint32).max;

    /// @dev The number under which these terms were made; zero if they are new.
    function find(
        mapping(bytes32 key => uint256 made) storage all,
        address maker,
        bytes32 ref,
        bytes32 digest
    ) internal view returns (uint32) {
        uint256 made = all[_key(maker, ref)];
        if (made != 0 && made | NUMBER != uint256(digest) | NUMBER) revert Refusals.RefConflict(ref);
        // Safe cast: the lowest 32 bits are what is meant.
        return uint32(made);
    }

    function keep(
        mapping(bytes32 key => uint256 made) storage all,
        address maker,
        bytes32 ref,
        bytes32 digest,
        uint32 number
    ) internal {
        all[_key(maker, ref)] = (uint256(digest) & ~NUMBER) | number;
    }

    function _key(address maker, bytes32 ref) private pure returns (bytes32) {
        return keccak256(abi.encode(maker, ref));
    }
}
