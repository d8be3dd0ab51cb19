// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ISubscriptions} from "../interfaces/ISubscriptions.sol";

/// @dev Who pays, until when it is paid and in what state it is, in one word, from the lowest bit:
/// payer 160 | paidThrough 40 | cycles 16 | seq 16 | mode 8 | flags 8.
type Standing is uint256;

/// @dev What is paid for what, in one word, from the lowest bit: priceCap 96 | lastPaid 96 | planId 32 | nextPlanId 32.
type Dues is uint256;

/// @dev An `ISubscriptions.Subscription` as it is kept, and worked on.
struct Record {
    Standing standing;
    Dues dues;
}

/// @dev An `ISubscriptions.Note` in one word, from the lowest bit:
/// basis 96 | discountBps 16 | discountCycles 16 | pausedAt 40 | pausedTotal 32.
type PackedNote is uint256;

using Records for Standing global;
using Records for Dues global;
using Records for Record global;
using Records for PackedNote global;

/// @title The records of subscriptions in whole words
/// @notice What a call needs of a record is read out of its two words, and what it changes is put there: taking
/// all fields apart and putting them together again costs more than the rest of a charge.
library Records {
    uint256 private constant PAID_THROUGH = 160; // bit offset
    uint256 private constant CYCLES = 200; // bit offset
    uint256 private constant SEQ = 216; // bit offset
    uint256 private constant MODE = 232; // bit offset
    uint256 private constant FLAGS = 240; // bit offset
    uint256 private constant NOTED = 1;
    uint256 private constant EARNING = 2;

    uint256 private constant LAST_PAID = 96; // bit offset
    uint256 private constant PLAN = 192; // bit offset
    uint256 private constant NEXT_PLAN = 224; // bit offset

    uint256 private constant U8 = type(uint8).max;
    uint256 private constant U16 = type(uint16).max;
    uint256 private constant U32 = type(uint32).max;
    uint256 private constant U40 = type(uint40).max;
    uint256 private constant U64 = type(uint64).max;
    uint256 private constant U96 = type(uint96).max;

    // Beginning

    /// @dev Running, with nothing paid yet.
    function begin(address payer_, bool earning_) internal pure returns (Standing) {
        uint256 mode_ = uint256(ISubscriptions.Mode.Running) << MODE;
        return Standing.wrap(uint256(uint160(payer_)) | mode_ | (earning_ ? EARNING << FLAGS : 0));
    }

    function agree(uint96 cap, uint32 planId_) internal pure returns (Dues) {
        return Dues.wrap(uint256(cap) | (uint256(planId_) << PLAN));
    }

    // Who pays, until when

    function exists(Standing standing) internal pure returns (bool) {
        return Standing.unwrap(standing) != 0;
    }

    function payer(Standing standing) internal pure returns (address) {
        return address(uint160(Standing.unwrap(standing)));
    }

    function paidThrough(Standing standing) internal pure returns (uint40) {
        return uint40(Standing.unwrap(standing) >> PAID_THROUGH);
    }

    function cycles(Standing standing) internal pure returns (uint16) {
        return uint16(Standing.unwrap(standing) >> CYCLES);
    }

    function seq(Standing standing) internal pure returns (uint16) {
        return uint16(Standing.unwrap(standing) >> SEQ);
    }

    function mode(Standing standing) internal pure returns (ISubscriptions.Mode) {
        return ISubscriptions.Mode(uint8(Standing.unwrap(standing) >> MODE));
    }

    function isRunning(Standing standing) internal pure returns (bool) {
        return uint8(Standing.unwrap(standing) >> MODE) == uint8(ISubscriptions.Mode.Running);
    }

    function isPaused(Standing standing) internal pure returns (bool) {
        return uint8(Standing.unwrap(standing) >> MODE) == uint8(ISubscriptions.Mode.Paused);
    }

    function isCancelled(Standing standing) internal pure returns (bool) {
        return uint8(Standing.unwrap(standing) >> MODE) == uint8(ISubscriptions.Mode.Cancelled);
    }

    function noted(Standing standing) internal pure returns (bool) {
        return (Standing.unwrap(standing) >> FLAGS) & NOTED != 0;
    }

    function earning(Standing standing) internal pure returns (bool) {
        return (Standing.unwrap(standing) >> FLAGS) & EARNING != 0;
    }

    function withPaidThrough(Standing standing, uint256 time) internal pure returns (Standing) {
        return Standing.wrap(_put(Standing.unwrap(standing), PAID_THROUGH, U40, time));
    }

    function withMode(Standing standing, ISubscriptions.Mode next) internal pure returns (Standing) {
        return Standing.wrap(_put(Standing.unwrap(standing), MODE, U8, uint8(next)));
    }

    function withNote(Standing standing) internal pure returns (Standing) {
        return Standing.wrap(Standing.unwrap(standing) | (NOTED << FLAGS));
    }

    /// @dev After a decision of the payer. Wraps: an intent of 65,536 decisions ago is long past its deadline.
    function decided(Standing standing) internal pure returns (Standing) {
        unchecked {
            return Standing.wrap(_put(Standing.unwrap(standing), SEQ, U16, seq(standing) + 1));
        }
    }

    /// @dev After a charge for one more period. Nothing carries into the next field: each charge moves the time on
    /// by a day at least, so 65,535 of them take 179 years, and the time stays ten years from now at most.
    function charged(Standing standing, uint256 period) internal pure returns (Standing) {
        unchecked {
            return Standing.wrap(Standing.unwrap(standing) + (period << PAID_THROUGH) + (uint256(1) << CYCLES));
        }
    }

    // What is paid for what

    function priceCap(Dues dues) internal pure returns (uint256) {
        return Dues.unwrap(dues) & U96;
    }

    function lastPaid(Dues dues) internal pure returns (uint256) {
        return (Dues.unwrap(dues) >> LAST_PAID) & U96;
    }

    function planId(Dues dues) internal pure returns (uint32) {
        return uint32(Dues.unwrap(dues) >> PLAN);
    }

    function hasNextPlan(Dues dues) internal pure returns (bool) {
        return Dues.unwrap(dues) >> NEXT_PLAN != 0;
    }

    /// @dev The plan that the next charge is under.
    function nextPlan(Dues dues) internal pure returns (uint32) {
        uint256 next = Dues.unwrap(dues) >> NEXT_PLAN;
        return next == 0 ? planId(dues) : uint32(next);
    }

    function withPriceCap(Dues dues, uint96 cap) internal pure returns (Dues) {
        return Dues.wrap(_put(Dues.unwrap(dues), 0, U96, cap));
    }

    function withLastPaid(Dues dues, uint256 amount) internal pure returns (Dues) {
        return Dues.wrap(_put(Dues.unwrap(dues), LAST_PAID, U96, amount));
    }

    /// @dev Under this plan from now on, and under none later.
    function withPlan(Dues dues, uint32 id) internal pure returns (Dues) {
        return Dues.wrap(_put(Dues.unwrap(dues), PLAN, U64, id));
    }

    /// @dev Under this plan from the next charge on; zero: no change.
    function withNextPlan(Dues dues, uint32 id) internal pure returns (Dues) {
        return Dues.wrap(_put(Dues.unwrap(dues), NEXT_PLAN, U32, id));
    }

    // As the interface tells them

    function unpack(Record memory record) internal pure returns (ISubscriptions.Subscription memory s) {
        Standing standing = record.standing;
        Dues dues = record.dues;
        s.payer = payer(standing);
        s.paidThrough = paidThrough(standing);
        s.cycles = cycles(standing);
        s.seq = seq(standing);
        s.mode = mode(standing);
        s.noted = noted(standing);
        s.earning = earning(standing);
        s.priceCap = uint96(priceCap(dues));
        s.lastPaid = uint96(lastPaid(dues));
        s.planId = planId(dues);
        s.nextPlanId = uint32(Dues.unwrap(dues) >> NEXT_PLAN);
    }

    function pack(ISubscriptions.Note memory n) internal pure returns (PackedNote) {
        return PackedNote.wrap(
            uint256(n.basis) | (uint256(n.discountBps) << 96) | (uint256(n.discountCycles) << 112)
                | (uint256(n.pausedAt) << 128) | (uint256(n.pausedTotal) << 168)
        );
    }

    function unpack(PackedNote packed) internal pure returns (ISubscriptions.Note memory n) {
        uint256 word = PackedNote.unwrap(packed);
        n.basis = uint96(word);
        n.discountBps = uint16(word >> 96);
        n.discountCycles = uint16(word >> 112);
        n.pausedAt = uint40(word >> 128);
        n.pausedTotal = uint32(word >> 168);
    }

    /// @dev The word with another value, which fits, in one of its fields.
    function _put(uint256 word, uint256 offset, uint256 mask, uint256 value) private pure returns (uint256) {
        return word ^ ((((word >> offset) ^ value) & mask) << offset);
    }
}
