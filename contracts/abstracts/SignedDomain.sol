// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title The domain of what is signed for a contract
/// @notice As OpenZeppelin's, in less code: the name is a constant, so that none has to be kept, read and measured.
abstract contract SignedDomain is EIP712 {
    string private constant VERSION = "1";

    constructor(string memory name) EIP712(name, VERSION) {}

    /// @notice The EIP-712 domain of all that is signed here (ERC-5267).
    function eip712Domain()
        public
        view
        override
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex"0f", _domainName(), VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    /// @dev The name that the constructor was given.
    function _domainName() internal pure virtual returns (string memory);
}
