// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Custody} from "./abstracts/Custody.sol";
import {Earning} from "./abstracts/Earning.sol";
import {Permits} from "./abstracts/Permits.sol";
import {IEarnRules} from "./interfaces/IEarnRules.sol";
import {IPayments} from "./interfaces/IPayments.sol";
import {Assets} from "./libraries/Assets.sol";
import {Refusals} from "./libraries/Refusals.sol";
import {Orders} from "./libraries/Orders.sol";
import {Outcome, Outcomes} from "./libraries/Outcomes.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Transfers} from "./libraries/Transfers.sol";

/// @title Payments
/// @notice Specified in {IPayments}.
contract Payments is IPayments, Earning, Custody, Permits, EIP712 {
    using Transfers for IERC20;

    bytes32 public constant SPLIT_TYPEHASH = keccak256("Split(address recipient,uint16 bps)");
    bytes32 public constant ORDER_TYPEHASH = Orders.TYPEHASH;

    uint256 public constant MAX_BPS = 10_000;
    uint256 public constant MAX_SPLITS = 4;

    /// @notice Seconds that an order can be authorised for: no money is locked up for longer.
    uint256 public constant MAX_HOLD = 365 days;

    mapping(bytes32 id => Outcome outcome) private _payments;

    /// @param rules By which sales earn points; address zero if none does.
    constructor(IEarnRules rules) Earning(rules) EIP712("Rapport Payments", "1") {}

    // Paying

    /// @inheritdoc IPayments
    function pay(Order calldata order, Split[] calldata splits) external nonReentrant returns (bool paid) {
        Order memory terms = Orders.reader()(order);
        _requirePayer(terms);
        bytes32 id = _idOf(terms);
        if (_payments[id].exists()) return false;
        _pay(id, terms, splits);
        return true;
    }

    /// @inheritdoc IPayments
    function payBySig(Order calldata order, Split[] calldata splits, bytes calldata signature)
        external
        nonReentrant
        returns (bool paid)
    {
        Order memory terms = Orders.reader()(order);
        bytes32 id = _idOf(terms);
        if (_payments[id].exists()) return false;
        Signatures.check(terms.payer, id, terms.payBy, signature);
        _pay(id, terms, splits);
        return true;
    }

    /// @inheritdoc IPayments
    function authorize(Order calldata order, Split[] calldata splits)
        external
        nonReentrant
        returns (bool authorized)
    {
        Order memory terms = Orders.reader()(order);
        _requirePayer(terms);
        bytes32 id = _idOf(terms);
        if (_payments[id].exists()) return false;
        _authorize(id, terms, splits);
        return true;
    }

    /// @inheritdoc IPayments
    function authorizeBySig(Order calldata order, Split[] calldata splits, bytes calldata signature)
        external
        nonReentrant
        returns (bool authorized)
    {
        Order memory terms = Orders.reader()(order);
        bytes32 id = _idOf(terms);
        if (_payments[id].exists()) return false;
        Signatures.check(terms.payer, id, terms.payBy, signature);
        _authorize(id, terms, splits);
        return true;
    }

    // What became of an authorisation

    /// @inheritdoc IPayments
    function capture(Order calldata order, Split[] calldata splits, uint96 amount)
        external
        nonReentrant
        returns (bool)
    {
        Order memory terms = Orders.reader()(order);

        // Checks
        bytes32 id = _idOf(terms);
        _requireMerchant(terms);
        Outcome present = _payments[id];
        State state = present.state();
        if (state == State.Captured && present.captured() == amount) return false;
        if (state != State.Authorized) revert BadState(id, state);
        if (amount == 0) revert Refusals.ZeroAmount();
        if (amount > terms.amount) revert OverCapture(amount, terms.amount);
        if (block.timestamp > terms.captureBy) revert TooLate(block.timestamp, terms.captureBy);
        _requireSplits(terms, splits);

        // Effects
        _payments[id] = Outcomes.paid(amount);
        uint96 rest = terms.amount - amount;
        emit Captured(id, amount, rest);

        // Interactions
        _divide(terms, splits, address(this), amount);
        _deliver(terms.token, address(this), terms.payer, rest);
        if (terms.customerId != 0) _earnFor(id, terms, amount);
        return true;
    }

    /// @inheritdoc IPayments
    function void(Order calldata order) external nonReentrant returns (bool) {
        Order memory terms = Orders.reader()(order);
        bytes32 id = _idOf(terms);
        _requireMerchant(terms);
        if (!_release(id)) return false;
        emit Voided(id);
        _deliver(terms.token, address(this), terms.payer, terms.amount);
        return true;
    }

    /// @inheritdoc IPayments
    function reclaim(Order calldata order) external nonReentrant returns (bool) {
        Order memory terms = Orders.reader()(order);
        bytes32 id = _idOf(terms);
        if (!_release(id)) return false;
        if (block.timestamp <= terms.captureBy) revert TooEarly(block.timestamp, terms.captureBy + 1);
        emit Reclaimed(id);
        _deliver(terms.token, address(this), terms.payer, terms.amount);
        return true;
    }

    // Giving back

    /// @inheritdoc IPayments
    function refund(Order calldata order, uint96 totalRefunded) external nonReentrant returns (bool) {
        Order memory terms = Orders.reader()(order);

        // Checks
        bytes32 id = _idOf(terms);
        _requireMerchant(terms);
        Outcome present = _payments[id];
        if (present.state() != State.Captured) revert BadState(id, present.state());
        uint96 captured = present.captured();
        if (totalRefunded > captured) revert OverRefund(totalRefunded, captured);
        uint96 refunded = present.refunded();
        if (totalRefunded <= refunded) return false;
        if (block.timestamp > terms.refundUntil) revert TooLate(block.timestamp, terms.refundUntil);
        uint96 amount = totalRefunded - refunded;

        // Effects
        _payments[id] = present.withRefunded(totalRefunded);
        emit Refunded(id, totalRefunded);

        // Interactions
        _deliver(terms.token, terms.merchant, terms.payer, amount);
        _unearn(terms.customerId, id, Assets.ofToken(terms.token), captured, totalRefunded);
        return true;
    }

    // Views

    /// @inheritdoc IPayments
    function payment(bytes32 id) external view returns (Payment memory) {
        return _payments[id].unpack();
    }

    /// @inheritdoc IPayments
    function idOf(Order calldata order) external view returns (bytes32) {
        return _idOf(Orders.reader()(order));
    }

    /// @inheritdoc IPayments
    function splitsHash(Split[] calldata splits) public pure returns (bytes32) {
        if (splits.length == 0) return keccak256("");
        bytes32[] memory hashes = new bytes32[](splits.length);
        for (uint256 i = 0; i < splits.length; ++i) {
            hashes[i] = keccak256(abi.encode(SPLIT_TYPEHASH, splits[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    // Internals

    function _idOf(Order memory order) private view returns (bytes32) {
        return _hashTypedDataV4(Orders.hash(order));
    }

    function _pay(bytes32 id, Order memory order, Split[] calldata splits) private {
        // Checks
        if (order.captureBy != 0) revert BadOrder("captureBy");
        _requirePayable(order);
        _requireSplits(order, splits);

        // Effects
        uint96 amount = order.amount;
        _payments[id] = Outcomes.paid(amount);
        emit Paid(id, order.merchant, order.payer, order, splits);

        // Interactions
        _divide(order, splits, order.payer, amount);
        if (order.customerId != 0) _earnFor(id, order, amount);
    }

    function _authorize(bytes32 id, Order memory order, Split[] calldata splits) private {
        // Checks
        if (order.captureBy <= block.timestamp) revert BadOrder("captureBy");
        if (order.captureBy > block.timestamp + MAX_HOLD) revert BadOrder("captureBy");
        _requirePayable(order);
        _requireSplits(order, splits);

        // Effects
        _payments[id] = Outcomes.authorized();
        emit Authorized(id, order.merchant, order.payer, order, splits);

        // Interactions
        order.token.pull(order.payer, address(this), order.amount);
    }

    /// @dev False if the order was released before.
    function _release(bytes32 id) private returns (bool) {
        State state = _payments[id].state();
        if (state == State.Released) return false;
        if (state != State.Authorized) revert BadState(id, state);
        _payments[id] = Outcomes.released();
        return true;
    }

    /// @dev Each its share, and the merchant what is left, which rounding makes no smaller.
    function _divide(Order memory order, Split[] calldata splits, address from, uint256 amount) private {
        IERC20 token = order.token;
        uint256 left = amount;
        for (uint256 i = 0; i < splits.length; ++i) {
            uint256 share = amount * splits[i].bps / MAX_BPS;
            left -= share;
            _deliver(token, from, splits[i].recipient, share);
        }
        _deliver(token, from, order.merchant, left);
    }

    /// @dev To a recipient, out of custody or out of somebody's allowance; what cannot be paid is credited.
    function _deliver(IERC20 token, address from, address to, uint256 amount) private {
        if (from == address(this)) {
            _payOut(token, to, amount);
        } else if (amount != 0 && !token.tryPull(from, to, amount)) {
            _credit(token, to, amount);
            token.pull(from, address(this), amount);
        }
    }

    function _earnFor(bytes32 id, Order memory order, uint96 amount) private {
        _earn(order.merchant, order.customerId, id, Assets.ofToken(order.token), amount);
    }

    function _requirePayer(Order memory order) private view {
        if (msg.sender != order.payer) revert Refusals.NotPayer(order.payer, msg.sender);
    }

    function _requireMerchant(Order memory order) private view {
        if (msg.sender != order.merchant) revert Refusals.NotMerchant(order.merchant, msg.sender);
    }

    function _requirePayable(Order memory order) private view {
        if (order.amount == 0) revert Refusals.ZeroAmount();
        if (block.timestamp > order.payBy) revert Refusals.Expired(order.payBy, block.timestamp);
        address merchant = order.merchant;
        if (merchant == address(0) || merchant == address(this)) revert BadOrder("merchant");
        if (merchant == order.payer) revert BadOrder("payer");
    }

    function _requireSplits(Order memory order, Split[] calldata splits) private view {
        uint256 count = splits.length;
        if (count > MAX_SPLITS || splitsHash(splits) != order.splitsHash) revert BadSplits();
        if (count == 0) return;
        uint256 bps;
        for (uint256 i = 0; i < count; ++i) {
            address recipient = splits[i].recipient;
            if (recipient == address(0) || recipient == address(this) || recipient == order.payer) revert BadSplits();
            bps += splits[i].bps;
        }
        if (bps > MAX_BPS) revert BadSplits();
    }
}
