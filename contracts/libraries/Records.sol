// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ISubscriptions} from "../interfaces/ISubscriptions.sol";

/// @title The records of subscriptions in whole words
/// @notice Layouts as {ISubscriptions} names them, each slot from its lowest bit. Writing words costs a third
/// of the code, and some of the gas, of the compiler's field by field copy; the contract needs both.
library Records {
    struct One {
        uint256 word;
    }

    struct Two {
        uint256 first;
        uint256 second;
    }

    struct Three {
        uint256 first;
        uint256 second;
        uint256 third;
    }

    function store(Two storage slots, ISubscriptions.Subscription memory s) internal {
        storeFirst(slots, s);
        storeSecond(slots, s);
    }

    function storeFirst(Two storage slots, ISubscriptions.Subscription memory s) internal {
        uint256 flags = (s.noted ? 1 : 0) | (s.earning ? 2 : 0);
        slots.first = uint256(uint160(s.payer)) | (uint256(s.paidThrough) << 160) | (uint256(s.cycles) << 200)
            | (uint256(s.seq) << 216) | (uint256(s.mode) << 232) | (flags << 240);
    }

    function storeSecond(Two storage slots, ISubscriptions.Subscription memory s) internal {
        slots.second = uint256(s.priceCap) | (uint256(s.lastPaid) << 96) | (uint256(s.planId) << 192)
            | (uint256(s.nextPlanId) << 224);
    }

    function load(Two storage slots, ISubscriptions.Subscription memory s) internal view {
        loadFirst(slots, s);
        loadSecond(slots, s);
    }

    function loadFirst(Two storage slots, ISubscriptions.Subscription memory s) internal view {
        uint256 word = slots.first;
        s.payer = address(uint160(word));
        s.paidThrough = uint40(word >> 160);
        s.cycles = uint16(word >> 200);
        s.seq = uint16(word >> 216);
        s.mode = ISubscriptions.Mode(uint8(word >> 232));
        s.noted = word >> 240 & 1 != 0;
        s.earning = word >> 240 & 2 != 0;
    }

    function loadSecond(Two storage slots, ISubscriptions.Subscription memory s) internal view {
        uint256 word = slots.second;
        s.priceCap = uint96(word);
        s.lastPaid = uint96(word >> 96);
        s.planId = uint32(word >> 192);
        s.nextPlanId = uint32(word >> 224);
    }

    function store(One storage slots, ISubscriptions.Note memory n) internal {
        slots.word = uint256(n.basis) | (uint256(n.discountBps) << 96) | (uint256(n.discountCycles) << 112)
            | (uint256(n.pausedAt) << 128) | (uint256(n.pausedTotal) << 168);
    }

    function load(One storage slots, ISubscriptions.Note memory n) internal view {
        uint256 word = slots.word;
        n.basis = uint96(word);
        n.discountBps = uint16(word >> 96);
        n.discountCycles = uint16(word >> 112);
        n.pausedAt = uint40(word >> 128);
        n.pausedTotal = uint32(word >> 168);
    }

    function store(Three storage slots, ISubscriptions.Plan memory p) internal {
        slots.third = uint256(p.callerFee) | (uint256(p.trial) << 96) | (uint256(p.maxCycles) << 128);
        uint256 flags = (p.closed ? 1 : 0) | (slots.third != 0 ? 2 : 0);
        slots.first =
            uint256(uint160(p.merchant)) | (uint256(p.period) << 160) | (uint256(p.grace) << 192) | (flags << 224);
        slots.second = uint256(uint160(address(p.token))) | (uint256(p.price) << 160);
    }

    function load(Three storage slots, ISubscriptions.Plan memory p) internal view {
        uint256 word = slots.first;
        p.merchant = address(uint160(word));
        p.period = uint32(word >> 160);
        p.grace = uint32(word >> 192);
        p.closed = word >> 224 & 1 != 0;
        // Most plans have nothing in the third slot, and charging them does not read it.
        bool more = word >> 225 != 0;
        word = slots.second;
        p.token = IERC20(address(uint160(word)));
        p.price = uint96(word >> 160);
        if (more) {
            word = slots.third;
            p.callerFee = uint96(word);
            p.trial = uint32(word >> 96);
            p.maxCycles = uint16(word >> 128);
        }
    }
}
