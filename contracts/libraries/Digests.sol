// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Digests as names
/// @notice What stands on a chain for something that is kept elsewhere.
library Digests {
    /// @notice The name of what has this SHA-256 digest, as RFC 6920 (section 7) writes it for people: no slash, no
    /// checkdigit.
    function name(bytes32 digest) internal pure returns (string memory) {
        bytes16 digits = "0123456789abcdef";
        bytes memory text = new bytes(64);
        for (uint256 i = 64; i != 0; --i) {
            text[i - 1] = digits[uint8(uint256(digest)) & 15];
            digest >>= 4;
        }
        return string.concat("nih:sha-256;", string(text));
    }
}
