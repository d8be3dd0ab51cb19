// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Payments that a customer makes once
/// @notice An order is paid at once, or authorised and captured later. The terms of an order are its
/// identity: its id is the EIP-712 digest that the payer's wallet shows and signs, under the domain
/// ("Rapport Payments", "1"). So an order is paid once, other terms are another order, and nobody can
/// touch it under terms that the payer has not agreed to.
///
/// Money goes from the payer to the merchant and stays here only while it is authorised, or when an
/// account could not receive it ({ICustody}). Anyone can be a merchant. The contract has no owner, no roles and no
/// pause. What it holds of a token is at least what is authorised and owed in that token.
///
/// Tokens: ERC-20 that move exactly what they are told to. One that delivers less is refused
/// (`ShortTransfer`). One that shrinks balances by itself must not be authorised with.
///
/// An order with a customer earns points through {IEarnRules} in the same transaction, and a refund
/// takes them back in proportion. Neither ever stops a payment: what fails there is an `EarnSkipped`.
interface IPayments {
    enum State {
        None,
        Authorized, // held here
        Captured, // paid; less than the order's amount where less was captured
        Released // voided or reclaimed: all went back to the payer
    }

    /// @dev What the payer signs, with the splits themselves in the place of their digest:
    /// `Order(address merchant,address payer,address token,uint96 amount,bytes32 orderId,uint48 payBy,
    /// uint48 captureBy,uint48 refundUntil,Split[] splits,bytes32 customerId)
    /// Split(address recipient,uint16 bps)`. Times are Unix seconds.
    struct Order {
        address merchant;
        address payer;
        IERC20 token;
        uint96 amount; // in the token's smallest unit
        bytes32 orderId; // the merchant's own reference, keyed: never readable data
        uint48 payBy; // after this the order can no longer be paid or authorised
        uint48 captureBy; // 0 = paid at once; else authorised, to be captured no later than this
        uint48 refundUntil; // after this the contract carries out no refund
        bytes32 splitsHash; // {splitsHash} of the splits
        bytes32 customerId; // who earns points; 0 = nobody
    }

    /// @dev A share of what is captured that goes to somebody else than the merchant.
    struct Split {
        address recipient;
        uint16 bps; // 10,000 = all
    }

    /// @dev One slot.
    struct Payment {
        uint96 captured; // in the token's smallest unit
        uint96 refunded; // in all
        State state;
    }

    /// @notice An order was paid.
    event Paid(bytes32 indexed id, address indexed merchant, address indexed payer, Order order, Split[] splits);
    /// @notice An order's amount is held until it is captured, voided or reclaimed.
    event Authorized(bytes32 indexed id, address indexed merchant, address indexed payer, Order order, Split[] splits);
    /// @notice `captured` of an authorised order was paid out and `returned` went back to the payer.
    event Captured(bytes32 indexed id, uint96 captured, uint96 returned);
    /// @notice The merchant gave an authorisation up, and all went back to the payer.
    event Voided(bytes32 indexed id);
    /// @notice An authorisation was not captured in time, and all went back to the payer.
    event Reclaimed(bytes32 indexed id);
    /// @notice The merchant has given back `totalRefunded` of the order in all.
    event Refunded(bytes32 indexed id, uint96 totalRefunded);

    /// @notice The order cannot be paid as it is; `field` says what is wrong with it.
    error BadOrder(bytes32 field);
    /// @notice The splits are not those of the order, are more than four, or are more than all.
    error BadSplits();
    /// @notice The order is not in the state that this needs.
    error BadState(bytes32 id, State state);
    /// @notice The time to capture is over. Both are Unix seconds.
    error TooLate(uint256 timestamp, uint48 until);
    /// @notice The merchant can still capture. Both are Unix seconds.
    error TooEarly(uint256 timestamp, uint48 from);
    /// @notice More would be captured than is authorised.
    error OverCapture(uint256 amount, uint256 authorized);
    /// @notice More would be refunded than was captured.
    error OverRefund(uint256 totalRefunded, uint256 captured);

    /// @notice Pays an order whose `captureBy` is zero.
    /// @dev The payer, who has allowed this contract to take the amount. Whoever cannot receive their
    /// share is credited.
    /// @return paid False if it is paid already: a retry changes nothing.
    function pay(Order calldata order, Split[] calldata splits) external returns (bool paid);

    /// @notice As {pay}, for a payer who has signed the order.
    /// @dev Anyone. Reverts `Expired` after `payBy`.
    function payBySig(Order calldata order, Split[] calldata splits, bytes calldata signature)
        external
        returns (bool paid);

    /// @notice Takes an order's amount into custody, for the merchant to capture by `captureBy`.
    /// @dev The payer. `captureBy` is at most {MAX_HOLD} away.
    /// @return authorized False if it is authorised, or more, already.
    function authorize(Order calldata order, Split[] calldata splits) external returns (bool authorized);

    /// @notice As {authorize}, for a payer who has signed the order.
    /// @dev Anyone. Reverts `Expired` after `payBy`.
    function authorizeBySig(Order calldata order, Split[] calldata splits, bytes calldata signature)
        external
        returns (bool authorized);

    /// @notice Pays out `amount` of an authorised order, and the rest back to the payer. Once.
    /// @dev The merchant, until `captureBy` included.
    /// @return captured False if this very amount is captured already.
    function capture(Order calldata order, Split[] calldata splits, uint96 amount) external returns (bool captured);

    /// @notice Gives an authorised order up; all goes back to the payer.
    /// @dev The merchant, at any time.
    /// @return voided False if it was released already.
    function void(Order calldata order) external returns (bool voided);

    /// @notice Sends an authorised amount back that was not captured in time.
    /// @dev Anyone, after `captureBy`.
    /// @return reclaimed False if it was released already.
    function reclaim(Order calldata order) external returns (bool reclaimed);

    /// @notice Gives back captured money until `totalRefunded` in all.
    /// @dev The merchant, from its own balance, until `refundUntil` included. A payer who cannot receive is
    /// credited.
    /// @return refunded False if so much was refunded before.
    function refund(Order calldata order, uint96 totalRefunded) external returns (bool refunded);

    /// @notice What became of an order.
    function payment(bytes32 id) external view returns (Payment memory);

    /// @notice The id of an order: the EIP-712 digest that its payer signs.
    function idOf(Order calldata order) external view returns (bytes32 id);

    /// @notice The digest of splits, as EIP-712 encodes `Split[]`; keccak256("") for none.
    function splitsHash(Split[] calldata splits) external pure returns (bytes32);
}
