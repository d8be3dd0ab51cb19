// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev A contract that asks another one before it acts.
contract Reader {
    error Refused();

    /// @dev `used` is the gas of the call: the cold address and all that is executed there. What the asking
    /// contract spends on encoding its arguments and on decoding the answer is its own and not counted.
    /// `answer` is the first word of what was returned.
    function ask(address asked, bytes calldata question) external view returns (uint256 used, uint256 answer) {
        bytes memory encoded = question;
        bool done;
        assembly ("memory-safe") {
            let before := gas()
            done := staticcall(gas(), asked, add(encoded, 32), mload(encoded), 0, 32)
            used := sub(before, gas())
            answer := mload(0)
        }
        if (!done) revert Refused();
    }
}
