// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Digests as names
/// @notice What stands on a chain for something that is kept elsewhere.
library Digests {
    /// @notice The name of what has this SHA-256 digest, as RFC 6920 (section 7) writes it for people: no slash, no
    /// checkdigit.
    function name(bytes32 digest) internal pure returns (string memory) {
        uint256 word = uint256(digest);
        return string.concat("nih:sha-256;", string(abi.encode(_hex(word >> 128), _hex(word & type(uint128).max))));
    }

    /// @dev The 32 hexadecimal digits of 16 bytes. They are drawn apart by halves, until each digit has a byte.
    function _hex(uint256 word) private pure returns (uint256 digits) {
        unchecked {
            word = (word | word << 64) & (type(uint256).max / (2 ** 64 + 1));
            word = (word | word << 32) & (type(uint256).max / (2 ** 32 + 1));
            word = (word | word << 16) & (type(uint256).max / (2 ** 16 + 1));
            word = (word | word << 8) & (type(uint256).max / (2 ** 8 + 1));
            word = (word | word << 4) & (type(uint256).max / (2 ** 4 + 1));
            uint256 ones = type(uint256).max / 255;
            uint256 letters = ((word + ones * 6) >> 4) & ones; // 1 where the digit is ten or more
            digits = word + ones * 0x30 + letters * 0x27;
        }
    }
}
