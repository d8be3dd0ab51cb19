// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";

/// @dev The least that OpenZeppelin's token can be: anyone may mint.
contract BareERC20 is ERC20("Points", "PTS") {
    function mint(address to, uint256 value) external {
        _mint(to, value);
    }
}

/// @dev The same with many tokens in one contract.
contract BareERC6909 is ERC6909 {
    function mint(address to, uint256 id, uint256 value) external {
        _mint(to, id, value);
    }
}
