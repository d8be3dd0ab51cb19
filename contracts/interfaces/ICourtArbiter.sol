// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IArbitrable} from "./IArbitrable.sol";
import {IArbitrator} from "./IArbitrator.sol";
import {ISLAEscrow} from "./ISLAEscrow.sol";

/// @title A court for disputes about service levels
/// @notice An arbiter that a policy can name: it brings disputes to a court (ERC-792) and carries its rulings out.
/// Which share of what is at stake each ruling means for the provider was fixed when this contract was made, as
/// were the court and the escrow. It has no owner and no roles.
///
/// Anyone can bring a dispute, for the court's fee in the chain's own money. What the policy gives its arbiter is
/// divided like the rest, by the ruling: so whoever is right is paid for the court, in the policy's token.
///
/// A round of the court takes `ROUND` seconds at most. None begins that could end after the arbiter's window: who
/// loses cannot appeal until the policy's default comes to its help. The court must take appeals from here alone,
/// as ERC-792 means it, or that can be gone around. A court that never rules, or rules too late, leaves the
/// dispute to the policy's default.
///
/// Errors of {ISLAEscrow} mean the same here.
interface ICourtArbiter is IArbitrable {
    enum Stage {
        None,
        Brought, // the court has not ruled
        Ruled, // and the escrow does not know
        Executed
    }

    /// @notice The court has been paid for another round.
    event Appealed(bytes32 indexed id, uint256 indexed disputeID, address indexed by, uint256 cost);
    /// @notice The court has ruled, and that could not be carried out at once: {execute} says why, or does it.
    event RulingWaits(bytes32 indexed id, uint256 indexed disputeID);
    /// @notice A ruling was carried out. What the arbiter was given is divided; amounts in the token's smallest unit.
    event Executed(
        bytes32 indexed id, uint16 providerBps, IERC20 indexed token, uint256 toProvider, uint256 toClient
    );

    /// @notice There is nothing to call at the address.
    error NoCode(address account);
    /// @notice There are two rulings and the refusal to rule at least, and 256 at most.
    error BadRulings(uint256 count);
    /// @notice The ruling's share is above all, 10,000 basis points.
    error BadShare(uint256 ruling, uint16 providerBps);
    /// @notice A round of the court takes a second to 366 days.
    error BadRound(uint32 round);
    /// @notice The court asks for more than was sent with the call. Both are in the chain's smallest unit.
    error CostNotMet(uint256 sent, uint256 cost);
    /// @notice The caller does not take its change back.
    error ChangeRefused(address caller, uint256 change);
    /// @notice The agreement's dispute is not at a stage that allows this.
    error WrongStage(bytes32 id, Stage stage);
    /// @notice The court gave a number to the dispute that another one has.
    error DisputeTaken(uint256 disputeID);
    /// @notice The court was asked for no such dispute.
    error UnknownDispute(uint256 disputeID);
    /// @notice The court was not asked about such a ruling.
    error UnknownRuling(uint256 ruling, uint256 choices);
    /// @notice Only the court rules.
    error NotCourt(address court, address caller);

    /// @notice Brings a disputed agreement to the court, for what {costs} says. What was sent above it goes back.
    /// @dev Anyone.
    /// @return disputeID The court's.
    /// @return brought False if it was brought before; everything sent goes back.
    function bring(bytes32 id) external payable returns (uint256 disputeID, bool brought);

    /// @notice Appeals the court's ruling of today, for what {costs} says. What was sent above it goes back.
    /// @dev Anyone, as long as the court allows it.
    function appeal(bytes32 id) external payable;

    /// @notice Carries out a ruling that waits, or reverts as the escrow does.
    /// @dev Anyone.
    function execute(bytes32 id) external;

    /// @notice Points the court to evidence. Never readable data: where to ask for it, and its digest.
    /// @dev The client or the provider, before the court has ruled.
    function submitEvidence(bytes32 id, string calldata evidence) external;

    /// @notice Takes what the escrow owes this contract, because the token was refused to it: what is owed here out
    /// of that can be withdrawn then.
    /// @dev Anyone.
    function collect(IERC20 token) external returns (uint256 amount);

    /// @notice The escrow whose disputes are brought.
    function ESCROW() external view returns (ISLAEscrow);
    /// @notice The court that they are brought to.
    function COURT() external view returns (IArbitrator);
    /// @notice How long a round of the court takes at most, in seconds.
    function ROUND() external view returns (uint32);
    /// @notice What the court is told with each dispute.
    function extraData() external view returns (bytes memory);
    /// @notice The provider's share of what is at stake by ruling, in basis points; the first is for a court that
    /// refuses to rule.
    function shares() external view returns (uint16[] memory);
    /// @notice The dispute of an agreement; `ruling` is final.
    function disputeOf(bytes32 id) external view returns (uint256 disputeID, Stage stage, uint8 ruling);
    /// @notice The agreement of a dispute of the court's; zero if it is none.
    function agreementOf(uint256 disputeID) external view returns (bytes32 id);
    /// @notice What the court asks for in the chain's smallest unit, to bring the agreement or to appeal; a step that
    /// is not the next one costs zero.
    function costs(bytes32 id) external view returns (uint256 toBring, uint256 toAppeal);
    /// @notice Until when a round of the court can begin, by {bring} or {appeal}. Unix seconds.
    function until(bytes32 id) external view returns (uint48);
    /// @notice How the court sees the dispute, as {IArbitrator} has it.
    function hearing(bytes32 id)
        external
        view
        returns (IArbitrator.DisputeStatus status, uint256 ruling, uint256 appealFrom, uint256 appealUntil);
}
