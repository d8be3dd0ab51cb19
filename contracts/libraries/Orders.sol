// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IPayments} from "../interfaces/IPayments.sol";

/// @title Orders, read and hashed as a whole
/// @notice All fields of an order are words of a fixed size, one after the other in calldata as in memory.
/// Field by field, the compiler needs ten times the gas for the same.
library Orders {
    bytes32 internal constant TYPEHASH = keccak256(
        "Order(address merchant,address payer,address token,uint96 amount,bytes32 orderId,uint48 payBy,"
        "uint48 captureBy,uint48 refundUntil,Split[] splits,bytes32 customerId)"
        "Split(address recipient,uint16 bps)"
    );

    /// @dev What reads an order: `Orders.reader()(order)`. It is {_read} under another type, since the compiler
    /// fills a struct that a function returns with zeros first, for more gas than reading it takes.
    function reader()
        internal
        pure
        returns (function(IPayments.Order calldata) internal pure returns (IPayments.Order memory) typed)
    {
        function(IPayments.Order calldata) internal pure returns (uint256) read = _read;
        assembly ("memory-safe") {
            typed := read
        }
    }

    /// @dev Where a copy is in memory. A field that holds more than its type reverts without data, as where the
    /// compiler reads it: so that nothing is hashed that a wallet could not show.
    function _read(IPayments.Order calldata given) private pure returns (uint256 order) {
        assembly ("memory-safe") {
            order := mload(0x40)
            mstore(0x40, add(order, 0x140))
            calldatacopy(order, given, 0x140)
            let addresses := or(mload(order), or(mload(add(order, 0x20)), mload(add(order, 0x40))))
            let times := or(mload(add(order, 0xa0)), or(mload(add(order, 0xc0)), mload(add(order, 0xe0))))
            if or(shr(160, addresses), or(shr(96, mload(add(order, 0x60))), shr(48, times))) { revert(0, 0) }
        }
    }

    /// @dev The struct hash of EIP-712. The order's digest of its splits is how that encodes the array itself.
    function hash(IPayments.Order memory order) internal pure returns (bytes32 digest) {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            // The word before the order makes room for as long as both are hashed.
            let before := sub(order, 0x20)
            let kept := mload(before)
            mstore(before, typehash)
            digest := keccak256(before, 0x160)
            mstore(before, kept)
        }
    }
}
