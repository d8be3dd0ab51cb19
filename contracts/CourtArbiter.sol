// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Custody} from "./abstracts/Custody.sol";
import {IArbitrable} from "./interfaces/IArbitrable.sol";
import {IArbitrator} from "./interfaces/IArbitrator.sol";
import {ICourtArbiter} from "./interfaces/ICourtArbiter.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {ISLAEscrow} from "./interfaces/ISLAEscrow.sol";
import {Transfers} from "./libraries/Transfers.sol";

/// @title CourtArbiter
/// @notice Specified in {ICourtArbiter}.
contract CourtArbiter is ICourtArbiter, Custody {
    using Transfers for IERC20;

    /// @dev Two slots.
    struct Case {
        uint256 disputeID;
        Stage stage;
        uint8 ruling;
    }

    /// @notice All of what is divided, in basis points.
    uint16 public constant MAX_BPS = 10_000;
    /// @notice The longest round of a court.
    uint32 public constant MAX_ROUND = 366 days;
    /// @dev What is left of the gas for saying that a ruling waits, whatever carrying it out has used up.
    uint256 private constant GAS_TO_SAY = 10_000;

    /// @inheritdoc ICourtArbiter
    ISLAEscrow public immutable ESCROW;
    /// @inheritdoc ICourtArbiter
    IArbitrator public immutable COURT;
    /// @inheritdoc ICourtArbiter
    uint32 public immutable ROUND;

    /// @inheritdoc ICourtArbiter
    bytes public extraData;
    /// @inheritdoc ICourtArbiter
    mapping(uint256 disputeID => bytes32 id) public agreementOf;
    /// @inheritdoc ICourtArbiter
    mapping(bytes32 id => Case) public disputeOf;
    uint16[] private _shares;

    /// @param escrow Whose disputes are brought.
    /// @param court That they are brought to.
    /// @param extraData_ What the court is told with each dispute.
    /// @param metaEvidence Where it is written what the disputes are about, as ERC-1497 has it.
    /// @param shares_ The provider's share by ruling, from 0, in basis points.
    /// @param round How long a round of the court takes at most, in seconds.
    constructor(
        ISLAEscrow escrow,
        IArbitrator court,
        bytes memory extraData_,
        string memory metaEvidence,
        uint16[] memory shares_,
        uint32 round
    ) {
        _requireCode(address(escrow));
        _requireCode(address(court));
        uint256 count = shares_.length;
        if (count < 3 || count > 256) revert BadRulings(count);
        for (uint256 i = 0; i < count; ++i) {
            if (shares_[i] > MAX_BPS) revert BadShare(i, shares_[i]);
        }
        if (round == 0 || round > MAX_ROUND) revert BadRound(round);
        ESCROW = escrow;
        COURT = court;
        ROUND = round;
        extraData = extraData_;
        _shares = shares_;
        emit MetaEvidence(0, metaEvidence);
    }

    /// @inheritdoc ICourtArbiter
    function bring(bytes32 id) external payable nonReentrant returns (uint256 disputeID, bool brought) {
        Case storage c = disputeOf[id];
        if (c.stage != Stage.None) {
            _giveBack(msg.value);
            return (c.disputeID, false);
        }

        // Checks
        _requireTime(id);
        bytes memory told = extraData;
        uint256 cost = COURT.arbitrationCost(told);
        if (msg.value < cost) revert CostNotMet(msg.value, cost);

        // Interactions first: the number is the court's. The guard covers the call.
        disputeID = COURT.createDispute{value: cost}(_shares.length - 1, told);
        if (agreementOf[disputeID] != 0) revert DisputeTaken(disputeID);
        agreementOf[disputeID] = id;
        c.disputeID = disputeID;
        c.stage = Stage.Brought;
        emit Dispute(COURT, disputeID, 0, uint256(id));
        _giveBack(msg.value - cost);
        return (disputeID, true);
    }

    /// @inheritdoc ICourtArbiter
    function appeal(bytes32 id) external payable nonReentrant {
        // Checks
        uint256 disputeID = _requireStage(id, Stage.Brought).disputeID;
        _requireTime(id);
        bytes memory told = extraData;
        uint256 cost = COURT.appealCost(disputeID, told);
        if (msg.value < cost) revert CostNotMet(msg.value, cost);

        // Effects
        emit Appealed(id, disputeID, msg.sender, cost);

        // Interactions
        COURT.appeal{value: cost}(disputeID, told);
        _giveBack(msg.value - cost);
    }

    /// @inheritdoc IArbitrable
    /// @dev Not guarded: whatever is under way, and whatever the escrow says, the ruling is kept.
    function rule(uint256 disputeID, uint256 ruling) external {
        // Checks
        if (msg.sender != address(COURT)) revert NotCourt(address(COURT), msg.sender);
        bytes32 id = agreementOf[disputeID];
        if (id == 0) revert UnknownDispute(disputeID);
        Case storage c = _requireStage(id, Stage.Brought);
        uint256 choices = _shares.length - 1;
        if (ruling > choices) revert UnknownRuling(ruling, choices);

        // Effects
        c.stage = Stage.Ruled;
        c.ruling = uint8(ruling); // Safe cast: at most 255 choices.
        emit Ruling(COURT, disputeID, ruling);

        // Interactions
        uint256 left = gasleft();
        if (left > GAS_TO_SAY) {
            try this.execute{gas: left - GAS_TO_SAY}(id) {
                return;
            } catch {}
        }
        emit RulingWaits(id, disputeID);
    }

    /// @inheritdoc ICourtArbiter
    function execute(bytes32 id) external nonReentrant {
        // Checks
        Case storage c = _requireStage(id, Stage.Ruled);
        (ISLAEscrow.Agreement memory a, ISLAEscrow.Policy memory p) = _load(id);
        uint16 providerBps = _shares[c.ruling];

        // Effects
        c.stage = Stage.Executed;

        // Interactions
        (uint256 fee, bool here) = _resolve(id, providerBps, p.token);
        // A customer without a wallet cannot be paid here.
        uint256 toProvider = a.client == address(0) ? fee : fee * providerBps / MAX_BPS;
        emit Executed(id, providerBps, p.token, toProvider, fee - toProvider);
        _give(p.token, p.provider, toProvider, here);
        _give(p.token, a.client, fee - toProvider, here);
    }

    /// @inheritdoc ICourtArbiter
    function submitEvidence(bytes32 id, string calldata evidence) external {
        _requireStage(id, Stage.Brought);
        (ISLAEscrow.Agreement memory a, ISLAEscrow.Policy memory p) = _disputed(id);
        if (msg.sender != a.client && msg.sender != p.provider) revert ISLAEscrow.NotParty(id, msg.sender);
        emit Evidence(COURT, uint256(id), msg.sender, evidence);
    }

    /// @inheritdoc ICourtArbiter
    function collect(IERC20 token) external nonReentrant returns (uint256 amount) {
        return ICustody(address(ESCROW)).withdraw(token, address(this));
    }

    // Views

    /// @inheritdoc ICourtArbiter
    function shares() external view returns (uint16[] memory) {
        return _shares;
    }

    /// @inheritdoc ICourtArbiter
    function costs(bytes32 id) external view returns (uint256 toBring, uint256 toAppeal) {
        Case storage c = disputeOf[id];
        if (c.stage == Stage.None) toBring = COURT.arbitrationCost(extraData);
        else if (c.stage == Stage.Brought) toAppeal = COURT.appealCost(c.disputeID, extraData);
    }

    /// @inheritdoc ICourtArbiter
    function hearing(bytes32 id)
        external
        view
        returns (IArbitrator.DisputeStatus status, uint256 ruling, uint256 appealFrom, uint256 appealUntil)
    {
        Case storage c = disputeOf[id];
        if (c.stage == Stage.None) revert WrongStage(id, Stage.None);
        uint256 disputeID = c.disputeID;
        (appealFrom, appealUntil) = COURT.appealPeriod(disputeID);
        return (COURT.disputeStatus(disputeID), COURT.currentRuling(disputeID), appealFrom, appealUntil);
    }

    /// @inheritdoc ICourtArbiter
    function until(bytes32 id) public view returns (uint48) {
        (ISLAEscrow.Agreement memory a, ISLAEscrow.Policy memory p) = _disputed(id);
        uint48 end = uint48(a.pausedAt) + p.arbiterWindow;
        return end > ROUND ? end - ROUND : 0;
    }

    // Internals

    function _requireTime(bytes32 id) private view {
        uint48 last = until(id);
        if (block.timestamp > last) revert ISLAEscrow.TooLate(block.timestamp, last);
    }

    /// @dev An agreement on which this contract can rule.
    function _disputed(bytes32 id)
        private
        view
        returns (ISLAEscrow.Agreement memory a, ISLAEscrow.Policy memory p)
    {
        (a, p) = _load(id);
        if (p.arbiter != address(this)) revert ISLAEscrow.NotArbiter(p.arbiter, address(this));
        if (a.state != ISLAEscrow.State.Disputed) revert ISLAEscrow.BadState(id, a.state);
    }

    function _load(bytes32 id)
        private
        view
        returns (ISLAEscrow.Agreement memory a, ISLAEscrow.Policy memory p)
    {
        a = ESCROW.agreement(id);
        if (a.state == ISLAEscrow.State.None) revert ISLAEscrow.UnknownAgreement(id);
        p = ESCROW.policy(a.policyId);
    }

    function _requireStage(bytes32 id, Stage stage) private view returns (Case storage c) {
        c = disputeOf[id];
        if (c.stage != stage) revert WrongStage(id, c.stage);
    }

    /// @dev Says what the arbiter is given, and whether all of it came. Seen, not computed: by the balance, and
    /// by what the escrow owes since, because the token did not come.
    function _resolve(bytes32 id, uint16 providerBps, IERC20 token) private returns (uint256 fee, bool here) {
        uint256 had = token.balance(address(this));
        uint256 wasOwed = _dueOf(token);
        ESCROW.resolve(id, providerBps);
        uint256 has = token.balance(address(this));
        uint256 due = _dueOf(token) - wasOwed;
        fee = due + (has > had ? has - had : 0);
        here = due == 0;
    }

    function _dueOf(IERC20 token) private view returns (uint256) {
        return ICustody(address(ESCROW)).owed(address(this), token);
    }

    function _give(IERC20 token, address to, uint256 amount, bool here) private {
        if (here) _payOut(token, to, amount);
        else if (amount != 0) _credit(token, to, amount);
    }

    /// @dev The last thing that a call does.
    function _giveBack(uint256 change) private {
        if (change == 0) return;
        (bool taken,) = msg.sender.call{value: change}("");
        if (!taken) revert ChangeRefused(msg.sender, change);
    }

    function _requireCode(address account) private view {
        if (account.code.length == 0) revert NoCode(account);
    }
}
