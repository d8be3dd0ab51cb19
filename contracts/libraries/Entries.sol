// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILoyaltyPoints} from "../interfaces/ILoyaltyPoints.sol";

/// @dev An `ILoyaltyPoints.Entry` in one word, from the lowest bit:
/// state 8 | terms 32 | epoch 16 | availableAt 40 | undone 32 | points 32 | customer 96.
/// The customer is the head of the id's digest, not of the id: anyone can write down an id with the
/// same head as another's, nobody can find one whose digest has it (2**96 tries).
type PackedEntry is uint256;

using Entries for PackedEntry global;

/// @title Entries in one word
/// @notice Writing an entry as a word, and comparing one by a mask, costs a tenth of what the
/// compiler's field by field copy does, on the suite's commonest write.
library Entries {
    uint256 private constant TERMS = 8; // bit offset
    uint256 private constant EPOCH = 40; // bit offset
    uint256 private constant AVAILABLE_AT = 56; // bit offset
    uint256 private constant UNDONE = 96; // bit offset
    uint256 private constant POINTS = 128; // bit offset
    uint256 private constant CUSTOMER = ~uint256(type(uint160).max);
    uint256 private constant CONTENT =
        CUSTOMER | (uint256(type(uint32).max) << POINTS) | (uint256(type(uint32).max) << TERMS);

    /// @dev An entry of which nothing is undone. Every number must fit its field.
    function pack(
        bytes32 customerId,
        uint256 amount,
        uint256 availableAt,
        uint256 epoch,
        uint256 terms,
        ILoyaltyPoints.State state
    ) internal pure returns (PackedEntry) {
        return PackedEntry.wrap(
            _mark(customerId) | (amount << POINTS) | (availableAt << AVAILABLE_AT) | (epoch << EPOCH)
                | (terms << TERMS) | uint256(state)
        );
    }

    function pack(ILoyaltyPoints.Entry memory entry) internal pure returns (PackedEntry) {
        return PackedEntry.wrap(
            uint256(bytes32(entry.customer)) | (uint256(entry.points) << POINTS) | (uint256(entry.undone) << UNDONE)
                | (uint256(entry.availableAt) << AVAILABLE_AT) | (uint256(entry.epoch) << EPOCH)
                | (uint256(entry.terms) << TERMS) | uint256(entry.state)
        );
    }

    function unpack(PackedEntry packed) internal pure returns (ILoyaltyPoints.Entry memory entry) {
        uint256 word = PackedEntry.unwrap(packed);
        entry.customer = bytes12(bytes32(word));
        entry.points = uint32(word >> POINTS);
        entry.undone = uint32(word >> UNDONE);
        entry.availableAt = uint40(word >> AVAILABLE_AT);
        entry.epoch = uint16(word >> EPOCH);
        entry.terms = uint32(word >> TERMS);
        entry.state = ILoyaltyPoints.State(uint8(word));
    }

    function exists(PackedEntry packed) internal pure returns (bool) {
        return PackedEntry.unwrap(packed) != 0;
    }

    function points(PackedEntry packed) internal pure returns (uint32) {
        return uint32(PackedEntry.unwrap(packed) >> POINTS);
    }

    function isRedemption(PackedEntry packed) internal pure returns (bool) {
        return uint8(PackedEntry.unwrap(packed)) == uint8(ILoyaltyPoints.State.Redeemed);
    }

    function concerns(PackedEntry packed, bytes32 customerId) internal pure returns (bool) {
        return PackedEntry.unwrap(packed) & CUSTOMER == _mark(customerId);
    }

    /// @dev True if the entry concerns this customer, these points and these terms.
    function matches(PackedEntry packed, bytes32 customerId, uint256 amount, uint256 terms)
        internal
        pure
        returns (bool)
    {
        uint256 content = _mark(customerId) | (amount << POINTS) | (terms << TERMS);
        return PackedEntry.unwrap(packed) & CONTENT == content;
    }

    /// @dev The digest's head in its place. The scratch space below 0x40 is free to use.
    function _mark(bytes32 customerId) private pure returns (uint256 mark) {
        assembly ("memory-safe") {
            mstore(0, customerId)
            mark := keccak256(0, 32)
        }
        mark &= CUSTOMER;
    }
}
