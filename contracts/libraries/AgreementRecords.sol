// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISLAEscrow} from "../interfaces/ISLAEscrow.sol";

/// @title The records of agreements in whole words
/// @notice Writing words costs a third of the code of the compiler's field by field copy, and less gas.
library AgreementRecords {
    /// @dev From the lowest bit: client 160, amount 96; policyId 32, openedAt 40, respondedAt 40, deliveredAt 40,
    /// pausedAt 40, pausedTotal 32, creditBps 16, state 8, priority 8.
    struct Kept {
        uint256 first;
        uint256 second;
    }

    function store(Kept storage k, ISLAEscrow.Agreement memory a) internal {
        k.first = uint160(a.client) | uint256(a.amount) << 160;
        storeSecond(k, a);
    }

    function storeSecond(Kept storage k, ISLAEscrow.Agreement memory a) internal {
        uint256 stops = uint256(a.respondedAt) | uint256(a.deliveredAt) << 40 | uint256(a.pausedAt) << 80
            | uint256(a.pausedTotal) << 120 | uint256(a.creditBps) << 152;
        k.second = a.policyId | uint256(a.openedAt) << 32 | stops << 72 | uint256(a.state) << 240
            | uint256(a.priority) << 248;
    }

    function load(Kept storage k) internal view returns (ISLAEscrow.Agreement memory a) {
        uint256 word = k.first;
        a.client = address(uint160(word));
        a.amount = uint96(word >> 160);
        word = k.second;
        a.policyId = uint32(word);
        a.openedAt = uint40(word >> 32);
        a.respondedAt = uint40(word >> 72);
        a.deliveredAt = uint40(word >> 112);
        a.pausedAt = uint40(word >> 152);
        a.pausedTotal = uint32(word >> 192);
        a.creditBps = uint16(word >> 224);
        a.state = ISLAEscrow.State(uint8(word >> 240));
        a.priority = uint8(word >> 248);
    }
}
