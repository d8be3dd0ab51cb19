// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account} from "../../../contracts/libraries/Lanes.sol";
import {Proofs} from "./Proofs.sol";

/// @title A claim that is false, and must be refuted
/// @notice `scripts/assurance/proofs.py` fails unless halmos finds a counterexample: tools that cannot
/// fail prove nothing.
contract Canary is Proofs {
    function check_canary_adding_points_never_changes_the_balance(uint256 word, uint32 points) public pure {
        Account account = Account.wrap(word);
        VM.assume(account.lane(0) + points <= LANE_MAX);
        assert(account.add(0, points).balance() == account.balance());
    }
}
