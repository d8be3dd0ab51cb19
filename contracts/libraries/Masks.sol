// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Seven lanes named by a mask, and the same lanes 32 bits apart
/// @notice A mask has a bit for each lane: lane 0 is 1, lane 6 is 64. Spread, the bit of lane i stands at
/// 32 * i, so that one multiplication writes the same content into all the lanes it names.
library Masks {
    uint256 internal constant LANES = 7;
    uint256 internal constant WIDTH = 32;
    uint256 internal constant LANE = 0xffffffff;
    uint256 private constant ONE = 1;
    /// @dev Lowest bits of all lanes.
    uint256 internal constant ONES = 0x0000000000000001000000010000000100000001000000010000000100000001;
    /// @dev Bits 0, 31, 62 ... 186: the product has bit i of the mask at i + 31 * k, which is 32 * i for k = i
    /// and never a multiple of 32 otherwise.
    uint256 private constant STEP = ONE | ONE << 31 | ONE << 62 | ONE << 93 | ONE << 124 | ONE << 155 | ONE << 186;

    /// @dev The mask that names one lane.
    function bit(uint256 lane) internal pure returns (uint8) {
        return uint8(ONE << lane);
    }

    /// @dev The lowest bits of the lanes in `mask`; its eighth bit names no lane and is lost.
    function spread(uint256 mask) internal pure returns (uint256) {
        unchecked {
            return (mask * STEP) & ONES; // below 2**8 * 2**187
        }
    }

    /// @dev The lanes whose lowest bit is set, as a mask; `lanes` has no other bits. The product has bit
    /// 32 * i at 186 + i, for then 31 * k is 186 - 31 * i, and at no other of the seven places above 186.
    function gather(uint256 lanes) internal pure returns (uint8) {
        unchecked {
            return uint8((lanes * STEP) >> 186 & 0x7f);
        }
    }
}
