// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IEarnRules} from "../interfaces/IEarnRules.sol";
import {IEarning} from "../interfaces/IEarning.sol";
import {Calls} from "../libraries/Calls.sol";

/// @title Sales that earn points as they happen
/// @notice Specified in {IEarning}.
abstract contract Earning is IEarning {
    /// @inheritdoc IEarning
    uint256 public constant EARN_GAS = 300_000;

    /// @notice The rules by which sales earn; address zero if nothing here does.
    IEarnRules public immutable RULES;

    constructor(IEarnRules rules) {
        RULES = rules;
    }

    /// @dev Earns for a sale, once for each `ref`. Comes last in a transaction: it calls out.
    function _earn(address merchant, bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount) internal {
        if (customerId == 0 || amount == 0) return;
        _ask(customerId, ref, abi.encodeCall(IEarnRules.earnOnSale, (merchant, customerId, ref, asset, amount)));
    }

    /// @dev Takes back the points of what was returned of a sale, in proportion.
    function _unearn(bytes32 customerId, bytes32 ref, bytes32 asset, uint96 amount, uint96 totalReturned) internal {
        if (customerId == 0 || totalReturned == 0) return;
        _ask(customerId, ref, abi.encodeCall(IEarnRules.reverse, (customerId, ref, asset, amount, totalReturned)));
    }

    function _ask(bytes32 customerId, bytes32 ref, bytes memory question) private {
        if (address(RULES) == address(0)) return;
        _requireGas(Calls.required(EARN_GAS));
        (bool ok, bytes4 reason) = Calls.attempt(address(RULES), EARN_GAS, question);
        if (!ok) emit EarnSkipped(customerId, ref, reason);
    }

    function _requireGas(uint256 required) internal view {
        if (gasleft() < required) revert GasTooLow(gasleft(), required);
    }
}
