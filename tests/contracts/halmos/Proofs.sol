// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The one cheatcode that the proofs need.
interface Vm {
    function assume(bool condition) external pure;
}

/// @title What every proof stands on
/// @notice A function `check_...` is run by halmos with symbolic arguments: the assertion must hold
/// for every value, not for a sample. No forge-std.
abstract contract Proofs {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant LANE_MAX = type(uint32).max;
}
