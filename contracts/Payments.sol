// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Earning} from "./abstracts/Earning.sol";
import {Permits} from "./abstracts/Permits.sol";
import {IEarnRules} from "./interfaces/IEarnRules.sol";
import {IPayments} from "./interfaces/IPayments.sol";
import {Assets} from "./libraries/Assets.sol";
import {Errors} from "./libraries/Errors.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Transfers} from "./libraries/Transfers.sol";

/// @title Payments
/// @notice Specified in {IPayments}.
contract Payments is IPayments, Earning, Permits, EIP712 {
    using Transfers for IERC20;

    bytes32 public constant SPLIT_TYPEHASH = keccak256("Split(address recipient,uint16 bps)");
    bytes32 public constant ORDER_TYPEHASH = keccak256(
        "Order(address merchant,address payer,address token,uint96 amount,bytes32 orderId,uint48 payBy,"
        "uint48 captureBy,uint48 refundUntil,Split[] splits,bytes32 customerId)"
        "Split(address recipient,uint16 bps)"
    );

    uint256 public constant MAX_BPS = 10_000;
    uint256 public constant MAX_SPLITS = 4;

    /// @notice Seconds that an order can be authorised for: no money is locked up for longer.
    uint256 public constant MAX_HOLD = 365 days;

    mapping(bytes32 id => Payment payment) private _payments;

    /// @inheritdoc IPayments
    mapping(address account => mapping(IERC20 token => uint256 amount)) public owed;

    /// @param rules By which sales earn points; address zero if none does.
    constructor(IEarnRules rules) Earning(rules) EIP712("Rapport Payments", "1") {}

    // Paying

    /// @inheritdoc IPayments
    function pay(Order calldata order, Split[] calldata splits) external nonReentrant returns (bool paid) {
        bytes32 id;
        (id, paid) = _calledFor(order);
        if (paid) _pay(id, order, splits);
    }

    /// @inheritdoc IPayments
    function payBySig(Order calldata order, Split[] calldata splits, bytes calldata signature)
        external
        nonReentrant
        returns (bool paid)
    {
        bytes32 id;
        (id, paid) = _signedFor(order, signature);
        if (paid) _pay(id, order, splits);
    }

    /// @inheritdoc IPayments
    function authorize(Order calldata order, Split[] calldata splits)
        external
        nonReentrant
        returns (bool authorized)
    {
        bytes32 id;
        (id, authorized) = _calledFor(order);
        if (authorized) _authorize(id, order, splits);
    }

    /// @inheritdoc IPayments
    function authorizeBySig(Order calldata order, Split[] calldata splits, bytes calldata signature)
        external
        nonReentrant
        returns (bool authorized)
    {
        bytes32 id;
        (id, authorized) = _signedFor(order, signature);
        if (authorized) _authorize(id, order, splits);
    }

    // What became of an authorisation

    /// @inheritdoc IPayments
    function capture(Order calldata order, Split[] calldata splits, uint96 amount)
        external
        nonReentrant
        returns (bool)
    {
        // Checks
        bytes32 id = idOf(order);
        _requireMerchant(order);
        Payment memory present = _payments[id];
        if (present.state == State.Captured && present.captured == amount) return false;
        if (present.state != State.Authorized) revert BadState(id, present.state);
        if (amount == 0) revert Errors.ZeroAmount();
        if (amount > order.amount) revert OverCapture(amount, order.amount);
        if (block.timestamp > order.captureBy) revert TooLate(block.timestamp, order.captureBy);
        _requireSplits(order, splits);

        // Effects
        _payments[id] = Payment({captured: amount, refunded: 0, state: State.Captured});
        uint96 rest = order.amount - amount;
        emit Captured(id, amount, rest);

        // Interactions
        _divide(order, splits, address(this), amount);
        _deliver(order.token, address(this), order.payer, rest);
        _earn(order.merchant, order.customerId, id, Assets.ofToken(order.token), amount);
        return true;
    }

    /// @inheritdoc IPayments
    function void(Order calldata order) external nonReentrant returns (bool) {
        bytes32 id = idOf(order);
        _requireMerchant(order);
        if (!_release(id)) return false;
        emit Voided(id);
        _deliver(order.token, address(this), order.payer, order.amount);
        return true;
    }

    /// @inheritdoc IPayments
    function reclaim(Order calldata order) external nonReentrant returns (bool) {
        bytes32 id = idOf(order);
        if (!_release(id)) return false;
        if (block.timestamp <= order.captureBy) revert TooEarly(block.timestamp, order.captureBy + 1);
        emit Reclaimed(id);
        _deliver(order.token, address(this), order.payer, order.amount);
        return true;
    }

    // Giving back

    /// @inheritdoc IPayments
    function refund(Order calldata order, uint96 totalRefunded) external nonReentrant returns (bool) {
        // Checks
        bytes32 id = idOf(order);
        _requireMerchant(order);
        Payment memory present = _payments[id];
        if (present.state != State.Captured) revert BadState(id, present.state);
        if (totalRefunded > present.captured) revert OverRefund(totalRefunded, present.captured);
        if (totalRefunded <= present.refunded) return false;
        if (block.timestamp > order.refundUntil) revert TooLate(block.timestamp, order.refundUntil);
        uint96 amount = totalRefunded - present.refunded;

        // Effects
        _payments[id].refunded = totalRefunded;
        emit Refunded(id, totalRefunded);

        // Interactions
        _deliver(order.token, order.merchant, order.payer, amount);
        _unearn(order.customerId, id, Assets.ofToken(order.token), present.captured, totalRefunded);
        return true;
    }

    /// @inheritdoc IPayments
    function withdraw(IERC20 token, address to) external nonReentrant returns (uint256 amount) {
        // Checks
        amount = owed[msg.sender][token];
        if (amount == 0) revert NothingOwed(msg.sender, token);
        if (to == address(0) || to == address(this)) revert BadRecipient(to);

        // Effects and interactions: what the token leaves here stays owed. The guard covers the call.
        owed[msg.sender][token] = 0;
        uint256 moved = token.push(to, amount);
        if (moved == 0) revert Errors.TransferFailed(address(token), address(this), to, amount);
        if (moved != amount) owed[msg.sender][token] = amount - moved;
        emit Withdrawn(msg.sender, token, to, moved);
        return moved;
    }

    // Views

    /// @inheritdoc IPayments
    function payment(bytes32 id) external view returns (Payment memory) {
        return _payments[id];
    }

    /// @inheritdoc IPayments
    function idOf(Order calldata order) public view returns (bytes32) {
        // The order's digest of its splits is how EIP-712 encodes the array itself.
        return _hashTypedDataV4(keccak256(abi.encode(ORDER_TYPEHASH, order)));
    }

    /// @inheritdoc IPayments
    function splitsHash(Split[] calldata splits) public pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](splits.length);
        for (uint256 i = 0; i < splits.length; ++i) {
            hashes[i] = keccak256(abi.encode(SPLIT_TYPEHASH, splits[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    // Internals

    /// @dev The order's id, and whether it is still to begin; its payer calls.
    function _calledFor(Order calldata order) private view returns (bytes32 id, bool isNew) {
        if (msg.sender != order.payer) revert Errors.NotPayer(order.payer, msg.sender);
        id = idOf(order);
        isNew = _payments[id].state == State.None;
    }

    /// @dev The order's id, and whether it is still to begin; then its payer has signed it.
    function _signedFor(Order calldata order, bytes calldata signature)
        private
        view
        returns (bytes32 id, bool isNew)
    {
        id = idOf(order);
        isNew = _payments[id].state == State.None;
        if (isNew) Signatures.check(order.payer, id, order.payBy, signature);
    }

    function _pay(bytes32 id, Order calldata order, Split[] calldata splits) private {
        // Checks
        if (order.captureBy != 0) revert BadOrder("captureBy");
        _requirePayable(order);
        _requireSplits(order, splits);

        // Effects
        uint96 amount = order.amount;
        _payments[id] = Payment({captured: amount, refunded: 0, state: State.Captured});
        emit Paid(id, order.merchant, order.payer, order, splits);

        // Interactions
        _divide(order, splits, order.payer, amount);
        _earn(order.merchant, order.customerId, id, Assets.ofToken(order.token), amount);
    }

    function _authorize(bytes32 id, Order calldata order, Split[] calldata splits) private {
        // Checks
        if (order.captureBy <= block.timestamp) revert BadOrder("captureBy");
        if (order.captureBy > block.timestamp + MAX_HOLD) revert BadOrder("captureBy");
        _requirePayable(order);
        _requireSplits(order, splits);

        // Effects
        _payments[id] = Payment({captured: 0, refunded: 0, state: State.Authorized});
        emit Authorized(id, order.merchant, order.payer, order, splits);

        // Interactions
        order.token.pull(order.payer, address(this), order.amount);
    }

    /// @dev False if the order was released before.
    function _release(bytes32 id) private returns (bool) {
        State state = _payments[id].state;
        if (state == State.Released) return false;
        if (state != State.Authorized) revert BadState(id, state);
        _payments[id].state = State.Released;
        return true;
    }

    /// @dev Each its share, and the merchant what is left, which rounding makes no smaller.
    function _divide(Order calldata order, Split[] calldata splits, address from, uint256 amount) private {
        uint256 left = amount;
        for (uint256 i = 0; i < splits.length; ++i) {
            uint256 share = amount * splits[i].bps / MAX_BPS;
            left -= share;
            _deliver(order.token, from, splits[i].recipient, share);
        }
        _deliver(order.token, from, order.merchant, left);
    }

    /// @dev To a recipient, out of custody or out of somebody's allowance; what cannot be paid is credited.
    function _deliver(IERC20 token, address from, address to, uint256 amount) private {
        if (amount == 0) return;
        if (from == address(this)) {
            uint256 moved = token.push(to, amount);
            if (moved != amount) _credit(token, to, amount - moved);
        } else if (!token.tryPull(from, to, amount)) {
            _credit(token, to, amount);
            token.pull(from, address(this), amount);
        }
    }

    function _credit(IERC20 token, address account, uint256 amount) private {
        owed[account][token] += amount;
        emit Credited(account, token, amount);
    }

    function _requireMerchant(Order calldata order) private view {
        if (msg.sender != order.merchant) revert Errors.NotMerchant(order.merchant, msg.sender);
    }

    function _requirePayable(Order calldata order) private view {
        if (order.amount == 0) revert Errors.ZeroAmount();
        if (block.timestamp > order.payBy) revert Errors.Expired(order.payBy, block.timestamp);
        if (order.merchant == address(0) || order.merchant == address(this)) revert BadOrder("merchant");
        if (order.merchant == order.payer) revert BadOrder("payer");
    }

    function _requireSplits(Order calldata order, Split[] calldata splits) private view {
        if (splits.length > MAX_SPLITS || splitsHash(splits) != order.splitsHash) revert BadSplits();
        uint256 bps;
        for (uint256 i = 0; i < splits.length; ++i) {
            address recipient = splits[i].recipient;
            if (recipient == address(0) || recipient == address(this) || recipient == order.payer) revert BadSplits();
            bps += splits[i].bps;
        }
        if (bps > MAX_BPS) revert BadSplits();
    }
}
