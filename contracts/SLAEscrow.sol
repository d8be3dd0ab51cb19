// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AgreementIntents} from "./abstracts/AgreementIntents.sol";
import {Agreements} from "./abstracts/Agreements.sol";
import {Bonds} from "./abstracts/Bonds.sol";
import {Permits} from "./abstracts/Permits.sol";
import {ICustomerRegistry} from "./interfaces/ICustomerRegistry.sol";
import {ISLAEscrow} from "./interfaces/ISLAEscrow.sol";
import {Digests} from "./libraries/Digests.sol";
import {Refusals} from "./libraries/Refusals.sol";
import {PolicyTerms, Shares, Windows} from "./libraries/PolicyTerms.sol";
import {Transfers} from "./libraries/Transfers.sol";

/// @title SLAEscrow
/// @notice Specified in {ISLAEscrow}.
contract SLAEscrow is Agreements, Bonds, AgreementIntents, Permits {
    using Transfers for IERC20;

    /// @notice Where customers' wallets are known.
    ICustomerRegistry public immutable REGISTRY;

    /// @dev What a party would settle with.
    struct Proposal {
        address by;
        uint16 providerBps;
    }

    /// @inheritdoc ISLAEscrow
    mapping(bytes32 id => bytes32 customerId) public customerOf;

    /// @inheritdoc ISLAEscrow
    mapping(bytes32 id => Proposal proposal) public proposal;

    /// @inheritdoc ISLAEscrow
    mapping(
        address provider => mapping(bytes32 customerId => mapping(IERC20 token => uint256 amount))
    ) public waiting;

    constructor(ICustomerRegistry registry) {
        if (address(registry) == address(0)) revert Refusals.ZeroAddress();
        REGISTRY = registry;
    }

    // Opening

    /// @inheritdoc ISLAEscrow
    function open(Opening calldata o) external nonReentrant returns (bytes32 id, bool added) {
        PolicyTerms.Kept storage p = _known(o.policyId);
        if (p.shares.bonded()) _requireProvider(p.parties.provider());
        else if (msg.sender != o.client) revert NotClient(o.client, msg.sender);
        id = idOf(msg.sender, o.ref);
        added = _isNew(id, o);
        if (added) _open(id, o, p);
    }

    /// @inheritdoc ISLAEscrow
    function openBySig(Opening calldata o, bytes calldata signature)
        external
        nonReentrant
        returns (bytes32 id, bool added)
    {
        PolicyTerms.Kept storage p = _known(o.policyId);
        _requireOpening(!p.shares.bonded(), 0);
        id = idOf(o.client, o.ref);
        added = _isNew(id, o);
        if (!added) return (id, false);
        _checkOpening(o, signature);
        _open(id, o, p);
    }

    /// @inheritdoc ISLAEscrow
    function linkClient(bytes32 id) external returns (bool) {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        _requireLive(id, a);
        bytes32 customerId = customerOf[id];
        if (customerId == 0) return false;
        address client = _requireWallet(customerId);
        if (client == a.client) return false;
        // As for any client: nobody promises to itself.
        if (client == p.parties.provider()) revert NoClient(customerId);
        a.client = client;
        _store(id, a);
        emit ClientLinked(id, client);
        return true;
    }

    // Settling

    /// @inheritdoc ISLAEscrow
    function accept(bytes32 id) external nonReentrant {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        if (msg.sender != a.client) revert NotClient(a.client, msg.sender);
        _settleByClocks(id, a, p, Outcome.Accepted);
    }

    /// @inheritdoc ISLAEscrow
    function finalize(bytes32 id) external nonReentrant {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        uint48 until = uint48(a.deliveredAt) + p.windows.reviewWindow();
        if (block.timestamp <= until) revert TooEarly(block.timestamp, until + 1);
        _settleByClocks(id, a, p, Outcome.Finalized);
    }

    /// @inheritdoc ISLAEscrow
    function giveUp(bytes32 id) external nonReentrant {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofProvider(id);
        _settle(id, a, p, Outcome.GivenUp, _stake(a, p), 0);
    }

    /// @inheritdoc ISLAEscrow
    function reclaim(bytes32 id) external nonReentrant {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        _requireState(id, a, State.Open);
        uint256 limit = uint256(p.resolution.target(a.priority)) + p.windows.maxPause();
        uint256 until = Math.max(block.timestamp - p.windows.reviewWindow(), a.openedAt);
        uint256 elapsed = _between(p.hours_, a.openedAt, until);
        if (elapsed <= limit) revert StillRunning(elapsed, limit);
        _settle(id, a, p, Outcome.Reclaimed, _stake(a, p), 0);
    }

    /// @inheritdoc ISLAEscrow
    function concede(bytes32 id, uint96 left) external nonReentrant returns (bool) {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofParty(id);
        _requireLive(id, a);
        Shares s = p.shares;
        if (s.bonded()) revert NoFee(id);
        if (left == 0 || left > a.amount) revert BadPart(left, a.amount);
        if (left == a.amount) return false;
        uint96 part = a.amount - left;
        a.amount = left;
        _store(id, a);
        emit Conceded(id, msg.sender, part);
        _payOut(s.token(), msg.sender == a.client ? p.parties.provider() : a.client, part);
        return true;
    }

    /// @inheritdoc ISLAEscrow
    function proposeSplit(bytes32 id, uint16 providerBps) external {
        (Agreement memory a,) = _ofParty(id);
        _requireLive(id, a);
        _requireShare(providerBps);
        proposal[id] = Proposal(msg.sender, providerBps);
        emit SplitProposed(id, msg.sender, providerBps);
    }

    /// @inheritdoc ISLAEscrow
    function acceptSplit(bytes32 id, uint16 providerBps) external nonReentrant {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofParty(id);
        _acceptSplit(id, a, p, msg.sender, providerBps);
    }

    // Disputes

    /// @inheritdoc ISLAEscrow
    function dispute(bytes32 id, bytes32 evidence) external {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofParty(id);
        _dispute(id, a, p, msg.sender, evidence);
    }

    /// @inheritdoc ISLAEscrow
    function submitEvidence(bytes32 id, bytes32 digest) external {
        (Agreement memory a, PolicyTerms.Kept storage p) = _ofParty(id);
        _requireLive(id, a);
        _point(id, p.windows, msg.sender, digest);
    }

    /// @inheritdoc ISLAEscrow
    function resolve(bytes32 id, uint16 providerBps) external nonReentrant {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        address arbiter = p.windows.arbiter();
        if (msg.sender != arbiter) revert NotArbiter(arbiter, msg.sender);
        uint48 until = _ruledUntil(id, a, p);
        if (block.timestamp > until) revert TooLate(block.timestamp, until);
        _requireShare(providerBps);
        uint96 stake = _stake(a, p);
        uint96 fee = _part(stake, p.shares.arbiterFeeBps());
        uint96 toProvider = _part(stake - fee, providerBps);
        _settle(id, a, p, Outcome.Ruled, stake - fee - toProvider, fee);
    }

    /// @inheritdoc ISLAEscrow
    function expireDispute(bytes32 id) external nonReentrant {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        uint48 until = _ruledUntil(id, a, p);
        if (block.timestamp <= until) revert TooEarly(block.timestamp, until + 1);
        uint96 stake = _stake(a, p);
        uint96 rest = stake - _part(stake, p.shares.defaultProviderBps());
        uint96 credit = _credited(a.amount, a.creditBps);
        _settle(id, a, p, Outcome.Expired, rest > credit ? rest : credit, 0);
    }

    /// @inheritdoc ISLAEscrow
    function instruct(Instruction calldata i, bytes calldata signature) external nonReentrant {
        bytes32 id = i.agreementId;
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        _checkInstruction(i, a.client, signature);
        if (i.action == Action.Resume) {
            _resume(id, a, p);
            _storeSecond(id, a);
        } else if (i.action == Action.Accept) {
            _settleByClocks(id, a, p, Outcome.Accepted);
        } else if (i.action == Action.Dispute) {
            _dispute(id, a, p, a.client, i.evidence);
        } else {
            _acceptSplit(id, a, p, a.client, i.providerBps);
        }
    }

    // Customers without a wallet

    /// @inheritdoc ISLAEscrow
    function claim(address provider, bytes32 customerId, IERC20 token)
        external
        nonReentrant
        returns (uint256 amount)
    {
        amount = waiting[provider][customerId][token];
        if (amount == 0) revert NothingWaits(provider, customerId, token);
        (bool known, bytes32 today) = _ask(REGISTRY.resolve.selector, customerId);
        // Only what the registry says counts: a call that ran out of gas has said nothing.
        bool erased = !known && bytes4(today) == Refusals.CustomerClosed.selector;
        address to = erased ? provider : _requireWallet(customerId);
        waiting[provider][customerId][token] = 0;
        emit CreditClaimed(provider, customerId, token, to, amount);
        _payOut(token, to, amount);
    }

    // Views

    /// @inheritdoc ISLAEscrow
    function quoteSettlement(bytes32 id) external view returns (uint96 toProvider, uint96 toClient) {
        (Agreement memory a, PolicyTerms.Kept storage p) = _load(id);
        _requireLive(id, a);
        toClient = _credited(a.amount, _creditNow(a, p));
        toProvider = _stake(a, p) - toClient;
    }

    // Internals: opening

    function _open(bytes32 id, Opening calldata o, PolicyTerms.Kept storage p) private {
        // Checks
        Shares s = p.shares;
        address provider = p.parties.provider();
        if (s.closed()) revert PolicyIsClosed(o.policyId);
        _requireOpening(o.priority < 4, 1);
        _requireOpening(o.amount >= p.parties.minAmount(), 2);
        _requireOpening(o.client != provider, 3);
        if (o.client == address(0)) {
            // A customer of the registry stands in for the client.
            REGISTRY.resolve(o.customerId);
            customerOf[id] = o.customerId;
        }

        // Effects
        Agreement memory a;
        a.client = o.client;
        a.amount = o.amount;
        a.policyId = o.policyId;
        a.openedAt = _now();
        a.state = State.Open;
        a.priority = o.priority;
        _store(id, a);
        emit Opened(id, o.policyId, o.client, o.amount, o.priority, o.ref, o.customerId);

        // Interactions
        if (s.bonded()) _reserve(provider, s.token(), _stake(a, p));
        else s.token().pull(o.client, address(this), o.amount);
    }

    function _requireOpening(bool fit, uint8 field) private pure {
        if (!fit) revert BadOpening(field);
    }

    // Internals: what a client decides, by itself or by signature

    function _acceptSplit(
        bytes32 id,
        Agreement memory a,
        PolicyTerms.Kept storage p,
        address by,
        uint16 providerBps
    ) private {
        Proposal memory offer = proposal[id];
        // Of today: a customer who has changed wallets has not become the other party.
        address other = by == a.client ? p.parties.provider() : a.client;
        if (other == address(0) || offer.by != other || offer.providerBps != providerBps) {
            revert BadSplit(providerBps);
        }
        delete proposal[id];
        uint96 stake = _stake(a, p);
        _settle(id, a, p, Outcome.Agreed, stake - _part(stake, providerBps), 0);
    }

    function _dispute(
        bytes32 id,
        Agreement memory a,
        PolicyTerms.Kept storage p,
        address by,
        bytes32 evidence
    ) private {
        Windows w = p.windows;
        if (a.state == State.Open && by == a.client) {
            _stop(id, a, p);
        } else {
            _requireState(id, a, State.Delivered);
            uint48 until = uint48(a.deliveredAt) + w.reviewWindow();
            if (block.timestamp > until) revert TooLate(block.timestamp, until);
        }
        a.state = State.Disputed;
        a.pausedAt = _now();
        _storeSecond(id, a);
        emit Disputed(id, by, a.pausedAt + w.arbiterWindow());
        if (evidence != 0) _point(id, w, by, evidence);
    }

    function _point(bytes32 id, Windows w, address by, bytes32 digest) private {
        emit Evidence(w.arbiter(), uint256(id), by, Digests.name(digest));
    }

    function _ruledUntil(bytes32 id, Agreement memory a, PolicyTerms.Kept storage p) private view returns (uint48) {
        _requireState(id, a, State.Disputed);
        return uint48(a.pausedAt) + p.windows.arbiterWindow();
    }

    // Internals: money

    /// @dev What an agreement can cost its losing side: the fee, or the largest credit.
    function _stake(Agreement memory a, PolicyTerms.Kept storage p) private view returns (uint96) {
        return p.shares.bonded() ? _credited(a.amount, p.hours_.maxCreditBps()) : a.amount;
    }

    /// @dev Rounds up, for the client.
    function _credited(uint96 amount, uint256 bps) private pure returns (uint96) {
        // Safe cast: at most 10,000 basis points are at most the amount.
        return uint96(Math.ceilDiv(amount * bps, MAX_BPS));
    }

    /// @dev Rounds down, for the client as well: what is left is the client's.
    function _part(uint96 amount, uint256 bps) private pure returns (uint96) {
        // Safe cast: as above.
        return uint96(amount * bps / MAX_BPS);
    }

    function _requireShare(uint16 providerBps) private pure {
        if (providerBps > MAX_BPS) revert BadSplit(providerBps);
    }

    function _settleByClocks(
        bytes32 id,
        Agreement memory a,
        PolicyTerms.Kept storage p,
        Outcome outcome
    ) private {
        _requireState(id, a, State.Delivered);
        _settle(id, a, p, outcome, _credited(a.amount, a.creditBps), 0);
    }

    /// @dev What neither the client nor the arbiter gets of what is at stake is the provider's.
    function _settle(
        bytes32 id,
        Agreement memory a,
        PolicyTerms.Kept storage p,
        Outcome outcome,
        uint96 toClient,
        uint96 toArbiter
    ) private {
        // Checks
        _requireLive(id, a);

        // Effects
        uint96 stake = _stake(a, p);
        uint96 toProvider = stake - toClient - toArbiter;
        a.state = State.Settled;
        _storeSecond(id, a);
        emit Settled(id, outcome, toProvider, toClient, toArbiter);
        Shares s = p.shares;
        address provider = p.parties.provider();
        IERC20 token = s.token();
        if (s.bonded()) _release(provider, token, toProvider);

        // Interactions
        if (!s.bonded()) _payOut(token, provider, toProvider);
        if (toArbiter != 0) _payOut(token, p.windows.arbiter(), toArbiter);
        if (toClient == 0) return;
        address client = a.client == address(0) ? _walletOf(customerOf[id]) : a.client;
        if (client == address(0)) _keepFor(customerOf[id], provider, token, toClient);
        else _payOut(token, client, toClient);
    }

    function _keepFor(bytes32 customerId, address provider, IERC20 token, uint96 amount) private {
        waiting[provider][customerId][token] += amount;
        emit CreditWaits(provider, customerId, token, amount);
    }

    // Internals: customers

    function _requireWallet(bytes32 customerId) private view returns (address wallet) {
        wallet = _walletOf(customerId);
        if (wallet == address(0)) revert NoClient(customerId);
    }

    /// @dev The wallet of the customer that an id stands for today; zero if none can act.
    function _walletOf(bytes32 customerId) private view returns (address) {
        (bool known, bytes32 today) = _ask(REGISTRY.resolve.selector, customerId);
        if (!known) return address(0);
        (bool active, bytes32 wallet) = _ask(REGISTRY.activeWallet.selector, today);
        // Safe cast: an address, as the registry answers it.
        return active ? address(uint160(uint256(wallet))) : address(0);
    }

    /// @dev What a view of the registry says of a customer, or the head of the error that it reverts with.
    function _ask(bytes4 question, bytes32 customerId) private view returns (bool ok, bytes32 answer) {
        address registry = address(REGISTRY);
        assembly ("memory-safe") {
            mstore(0, question)
            mstore(4, customerId)
            ok := staticcall(gas(), registry, 0, 0x24, 0, 0x20)
            answer := mul(mload(0), gt(returndatasize(), 3))
        }
    }
}
