// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Service levels that pay for themselves when broken
/// @notice A provider publishes policies: how soon it responds and resolves, in which hours its clock runs, and
/// what it costs if it is late. An agreement is one promise under a policy: a support ticket, a delivery, a
/// warranty claim. What a breach costs is computed here and paid without asking.
///
/// What is at stake is either the client's fee, held here until the agreement is settled, or a part of the
/// provider's bond: opening reserves the largest possible credit, so every credit can be paid, and customers who
/// have paid elsewhere pay nothing here.
///
/// Clocks count seconds of business hours, and stop while the provider waits for the customer, within the
/// policy's budget: a pause that is longer than the budget counts no further, and after a breach no pause begins.
/// Every agreement ends, whatever one party, the arbiter or both of them do or leave undone.
///
/// Anyone can be a provider. The contract has no owner, no roles and no pause. What it holds of a token is at
/// least what is at stake, what waits for a wallet and what is owed, free bonds included, together.
///
/// Tokens: as {IPayments}. Times are Unix seconds.
interface ISLAEscrow {
    enum State {
        None,
        Open,
        Delivered,
        Disputed,
        Settled
    }

    /// @dev How an agreement was settled.
    enum Outcome {
        Accepted, // by the client, with the credit that the clocks say
        Finalized, // the review is over, with the credit that the clocks say
        GivenUp, // by the provider: all to the client
        Reclaimed, // never delivered: all to the client
        Agreed, // by both
        Ruled, // by the arbiter
        Expired // the arbiter was silent
    }

    enum Breach {
        Response,
        Resolution
    }

    /// @dev Never changes once it is published, but for `closed`. Shares are in basis points, 10,000 = all.
    struct Policy {
        address provider;
        uint96 minAmount; // the least amount of an agreement, in the token's smallest unit
        IERC20 token;
        bool bonded; // false: the client's fee is held; true: the provider's bond stands for the credits
        bool closed; // to new agreements
        uint16 arbiterFeeBps; // of what is at stake, if the arbiter rules
        uint16 defaultProviderBps; // of what is at stake, if the arbiter is silent
        uint16 lateResponseBps; // credits, of the amount: for a late first response,
        uint16 lateResolutionBps; // for a late resolution,
        uint16 perHourBps; // and for each full hour that the resolution is late
        address arbiter; // 0 = disputes end by agreement or by the default
        uint32 reviewWindow; // seconds that the client has to dispute a delivery: an hour to 366 days
        uint32 arbiterWindow; // seconds that the arbiter has to rule: a day to 366 days
        uint32 maxPause; // seconds of business hours that pauses can take from the clock, in all; at most 366 days
        uint168 hours168; // bit i: the clock runs in hour i of the week, counted from Monday 00:00
        int32 utcOffset; // seconds east of UTC by which `hours168` is meant, the same all year; at most 14 hours
        uint16 maxCreditBps; // the most that credits can be, of the amount
        uint32[4] response; // by priority, seconds of business hours to the first response; 0 = no promise
        uint32[4] resolution; // by priority, seconds of business hours to the delivery; 1 to 366 days'
    }

    /// @dev Two slots.
    struct Agreement {
        address client; // 0 = a customer who has no wallet yet
        uint96 amount; // of which credits are shares; also what is held, if the policy is not bonded
        uint32 policyId;
        uint40 openedAt;
        uint40 respondedAt; // 0 = not yet
        uint40 deliveredAt; // 0 = not yet
        uint40 pausedAt; // 0 = the clock is not paused; in a dispute, when it began
        uint32 pausedTotal; // seconds of business hours that ended pauses have taken
        uint16 creditBps; // what the clocks say, as far as they have stopped
        State state;
        uint8 priority; // 0 to 3
    }

    /// @dev What opens an agreement. A client without gas signs:
    /// `Open(uint32 policyId,uint8 priority,uint96 amount,address client,bytes32 customerId,bytes32 ref,
    /// uint48 deadline)`.
    struct Opening {
        uint32 policyId;
        uint8 priority; // 0 to 3
        uint96 amount; // in the token's smallest unit: the fee, or what a bonded service is worth
        address client; // 0 = whoever `customerId` is linked to, once they are
        bytes32 customerId; // in the registry; 0 = nobody's
        bytes32 ref; // single-use, keyed: never readable data
        uint48 deadline; // of a signature
    }

    enum Action {
        Resume,
        Accept,
        Dispute,
        AcceptSplit
    }

    /// @dev What a client without gas decides. Signed: `Instruction(string action,bytes32 agreementId,
    /// uint16 providerBps,bytes32 evidence,uint48 deadline)`, where `action` reads "resume", "accept", "dispute"
    /// or "accept split". What an action does not need is zero. "resume" can be relayed until its deadline as often
    /// as the clock is paused.
    struct Instruction {
        Action action;
        bytes32 agreementId;
        uint16 providerBps; // AcceptSplit
        bytes32 evidence; // Dispute
        uint48 deadline;
    }

    /// @notice A provider has published a policy.
    event PolicyCreated(uint32 indexed policyId, address indexed provider, bytes32 indexed ref, Policy policy);
    /// @notice No more agreements are opened under the policy.
    event PolicyClosed(uint32 indexed policyId);
    /// @notice The provider has added to its bond.
    event BondDeposited(address indexed provider, IERC20 indexed token, uint256 amount);
    /// @notice An agreement began, and its clocks with it.
    event Opened(
        bytes32 indexed id,
        uint32 indexed policyId,
        address indexed client,
        uint96 amount,
        uint8 priority,
        bytes32 ref,
        bytes32 customerId
    );
    /// @notice The customer has a wallet now, which is the client from here on.
    event ClientLinked(bytes32 indexed id, address indexed client);
    /// @notice The provider gave its first response.
    event Responded(bytes32 indexed id);
    /// @notice The provider waits for the customer.
    event ClockPaused(bytes32 indexed id);
    /// @notice The clock runs again; pauses have taken `pausedTotal` seconds of business hours so far.
    event ClockResumed(bytes32 indexed id, uint32 pausedTotal);
    /// @notice The provider says that it is done; `evidence` is the digest of what shows it, zero if nothing.
    event Delivered(bytes32 indexed id, bytes32 evidence);
    /// @notice A clock stopped `overrun` seconds of business hours too late.
    event Breached(bytes32 indexed id, Breach indexed kind, uint256 overrun);
    /// @notice A party gave a part of the fee to the other.
    event Conceded(bytes32 indexed id, address indexed by, uint96 part);
    /// @notice The arbiter rules until `until`.
    event Disputed(bytes32 indexed id, address indexed by, uint40 until);
    /// @notice A party points to evidence (ERC-1497): `evidence` names a digest as RFC 6920 does, `nih:sha-256;`
    /// and 64 hexadecimal digits. The agreement's id is the evidence's group.
    event Evidence(address indexed arbitrator, uint256 indexed evidenceGroupID, address indexed party, string evidence);
    /// @notice A party would settle with `providerBps` of what is at stake for the provider.
    event SplitProposed(bytes32 indexed id, address indexed by, uint16 providerBps);
    /// @notice The agreement is over, and what was at stake divided. Under a bonded policy `toProvider` is free
    /// bond again.
    event Settled(
        bytes32 indexed id, Outcome indexed outcome, uint96 toProvider, uint96 toClient, uint96 toArbiter
    );
    /// @notice What is due to a customer waits until they have a wallet.
    event CreditWaits(address indexed provider, bytes32 indexed customerId, IERC20 indexed token, uint256 amount);
    /// @notice What waited was paid to the customer's wallet, or is the provider's if the customer was erased.
    event CreditClaimed(
        address indexed provider, bytes32 indexed customerId, IERC20 indexed token, address to, uint256 amount
    );

    /// @notice The policy does not exist.
    error UnknownPolicy(uint32 policyId);
    /// @notice The policy cannot be; `field` is the place in {Policy} of what is wrong with it, from 0.
    error BadPolicy(uint8 field);
    /// @notice The policy takes no new agreements.
    error PolicyIsClosed(uint32 policyId);
    /// @notice The agreement cannot be opened so; `field` is the place in {Opening} of what is wrong, from 0.
    error BadOpening(uint8 field);
    /// @notice The agreement does not exist.
    error UnknownAgreement(bytes32 id);
    /// @notice The agreement is not in a state that allows this.
    error BadState(bytes32 id, State state);
    /// @notice Only the provider can do this.
    error NotProvider(address provider, address caller);
    /// @notice Only the client can do this.
    error NotClient(address client, address caller);
    /// @notice Only the client or the provider can do this.
    error NotParty(bytes32 id, address caller);
    /// @notice Only the arbiter can do this.
    error NotArbiter(address arbiter, address caller);
    /// @notice This can be done from `from` on. Both are Unix seconds.
    error TooEarly(uint256 timestamp, uint48 from);
    /// @notice This could be done until `until`. Both are Unix seconds.
    error TooLate(uint256 timestamp, uint48 until);
    /// @notice The resolution is not yet so late that the fee goes back. Both are seconds of business hours.
    error StillRunning(uint256 elapsed, uint256 limit);
    /// @notice The clock is past its target, and cannot be paused any more. Both are seconds of business hours.
    error AlreadyBreached(uint256 elapsed, uint256 target);
    /// @notice The pauses have taken all that they can. Both are seconds of business hours.
    error PauseExhausted(uint256 paused, uint256 limit);
    /// @notice A share is above all, or not the one that the other party has proposed.
    error BadSplit(uint16 providerBps);
    /// @notice What would be left is zero, or more than is held.
    error BadPart(uint96 left, uint96 amount);
    /// @notice No fee is held under a bonded policy.
    error NoFee(bytes32 id);
    /// @notice Less of the bond is free than is needed.
    error BondTooSmall(uint256 free, uint256 required);
    /// @notice Nothing waits for the customer.
    error NothingWaits(address provider, bytes32 customerId, IERC20 token);
    /// @notice The customer has no wallet that could be paid or bound.
    error NoClient(bytes32 customerId);

    // Policies

    /// @notice Publishes a policy. Its provider is the caller.
    /// @param ref The provider's, single-use: the same call again returns the same policy.
    /// @param terms `provider` is the caller and `closed` false.
    function createPolicy(bytes32 ref, Policy calldata terms) external returns (uint32 policyId, bool added);

    /// @notice Ends a policy for new agreements. Open ones go on as they began.
    /// @dev The provider.
    function closePolicy(uint32 policyId) external returns (bool closed);

    // Bonds

    /// @notice Adds to the caller's bond. What is free of it is what the contract owes the provider
    /// ({ICustody-owed}), who takes it with {ICustody-withdraw}.
    function depositBond(IERC20 token, uint128 amount) external;

    // Opening

    /// @notice Opens an agreement; its clocks run from now on.
    /// @dev The client, who has allowed this contract to take the fee; under a bonded policy the provider, whose
    /// free bond covers the largest credit. The same call again changes nothing; the same `ref` for another policy
    /// or priority reverts `RefConflict`. The other fields can have changed since, and are not compared.
    function open(Opening calldata opening) external returns (bytes32 id, bool added);

    /// @notice As {open}, for a client who has signed.
    /// @dev Anyone, under a policy that is not bonded.
    function openBySig(Opening calldata opening, bytes calldata signature)
        external
        returns (bytes32 id, bool added);

    /// @notice Binds the wallet that the customer has now as the client, again if it was replaced since.
    /// @dev Anyone, if the agreement was opened for a customer without a wallet.
    /// @return linked False if it is the client already.
    function linkClient(bytes32 id) external returns (bool linked);

    // Service

    /// @notice Records the first response.
    /// @dev The provider.
    /// @return responded False if there was one before.
    function respond(bytes32 id) external returns (bool responded);

    /// @notice Stops the clock while the customer is asked; counts as a response.
    /// @dev The provider, before the resolution is late.
    /// @return paused False if the clock stands already.
    function awaitCustomer(bytes32 id) external returns (bool paused);

    /// @notice Lets the clock run again.
    /// @dev The client or the provider.
    /// @return resumed False if the clock was not paused.
    function resume(bytes32 id) external returns (bool resumed);

    /// @notice Says that the service is done, and stops the clocks.
    /// @dev The provider.
    /// @param evidence Digest of what shows it; zero if nothing.
    /// @return delivered False if it was delivered before.
    function deliver(bytes32 id, bytes32 evidence) external returns (bool delivered);

    // Settling

    /// @notice Accepts a delivery: the credit that the clocks say goes to the client, the rest to the provider.
    /// @dev The client.
    function accept(bytes32 id) external;

    /// @notice As {accept}, for a client who is silent.
    /// @dev Anyone, once the review is over.
    function finalize(bytes32 id) external;

    /// @notice Gives everything at stake to the client.
    /// @dev The provider.
    function giveUp(bytes32 id) external;

    /// @notice Gives everything at stake to the client, because nothing was delivered: not in the time to resolve,
    /// nor with all pauses that there can be, nor in a review's length after that.
    /// @dev Anyone.
    function reclaim(bytes32 id) external;

    /// @notice Gives all of the fee that is above `left` to the other party now. Credits are shares of what is left.
    /// @dev The client or the provider, where a fee is held.
    /// @param left Above 0: to give all, {giveUp} or {accept}.
    /// @return conceded False if no more is held already.
    function concede(bytes32 id, uint96 left) external returns (bool conceded);

    /// @notice Proposes to settle with so much of what is at stake for the provider, the rest for the client.
    /// @dev The client or the provider; a new proposal takes the place of the last, whoever made it.
    function proposeSplit(bytes32 id, uint16 providerBps) external;

    /// @notice Settles as the other party has proposed.
    /// @dev The client or the provider.
    function acceptSplit(bytes32 id, uint16 providerBps) external;

    // Disputes

    /// @notice Asks the arbiter.
    /// @dev The client until the review ends; the provider only once it has delivered.
    /// @param evidence Digest of what shows it; zero if nothing.
    function dispute(bytes32 id, bytes32 evidence) external;

    /// @notice Points the arbiter to evidence. What it says stays with the parties: here is only its digest.
    /// @dev The client or the provider, until the agreement is settled.
    function submitEvidence(bytes32 id, bytes32 digest) external;

    /// @notice Divides what is at stake, less the arbiter's fee.
    /// @dev The arbiter, in its window.
    function resolve(bytes32 id, uint16 providerBps) external;

    /// @notice Divides what is at stake by the policy's default, because the arbiter was silent. The client has at
    /// least the credit that the clocks say.
    /// @dev Anyone, after the arbiter's window.
    function expireDispute(bytes32 id) external;

    /// @notice Carries out what the client has signed.
    /// @dev Anyone.
    function instruct(Instruction calldata instruction, bytes calldata signature) external;

    // Customers without a wallet

    /// @notice Pays what waits for a customer to the wallet that they have now; what waits for one who was erased
    /// goes to the provider.
    /// @dev Anyone.
    function claim(address provider, bytes32 customerId, IERC20 token) external returns (uint256 amount);

    // Views

    /// @notice How many policies there are; they are numbered from 1.
    function policies() external view returns (uint32);
    /// @notice A policy's terms.
    function policy(uint32 policyId) external view returns (Policy memory);
    /// @notice An agreement as it is kept.
    function agreement(bytes32 id) external view returns (Agreement memory);
    /// @notice The customer of an agreement that was opened for one without a wallet; zero for others.
    function customerOf(bytes32 id) external view returns (bytes32);
    /// @notice The id of an agreement; `opener` is the client or, under a bonded policy, the provider.
    function idOf(address opener, bytes32 ref) external view returns (bytes32 id);
    /// @notice What waits for a customer, in the token's smallest unit.
    function waiting(address provider, bytes32 customerId, IERC20 token) external view returns (uint256);
    /// @notice The split that waits for the other party's word; `by` is zero if there is none, or it was accepted.
    function proposal(bytes32 id) external view returns (address by, uint16 providerBps);
    /// @notice The clocks of an agreement that is open.
    /// @return responseDue When the time to respond is used up: late from the next second of business hours on; 0 =
    /// no promise.
    /// @return resolutionDue When the time to deliver is, if the clock is not paused from now on.
    /// @return elapsed Seconds of business hours on the clock of the resolution.
    /// @return paused Seconds of business hours that pauses have taken so far.
    function clocks(bytes32 id)
        external
        view
        returns (uint40 responseDue, uint40 resolutionDue, uint256 elapsed, uint256 paused);
    /// @notice What {accept} would pay now; for an open agreement, what it would if it were delivered now.
    function quoteSettlement(bytes32 id) external view returns (uint96 toProvider, uint96 toClient);
}
