// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title One signature, one transaction: a customer joins
/// @notice The wallet signs one intent that says everything in plain words: the programme, each purpose as
/// the notice puts it, yes or no, and the welcome points. The brand relays it, so the customer needs
/// no gas. The customer is registered if that was not done, the wallet linked, the consents saved
/// and the points awarded: all, or nothing.
///
/// The intent is EIP-712 typed data under the domain ("Rapport Onboarding", "1"):
/// `Onboard(string programme,bytes32 customerId,address wallet,Choice[] choices,uint8 group,uint16 notice,bytes32
/// noticeDocument,uint32 welcomePoints,bytes32 receipt,uint16 seq,uint48 deadline)Choice(string
/// purpose,bool allowed)`, without line breaks. It is good once: `seq` is that of the customer's record, which
/// linking a wallet moves on.
///
/// This contract holds ENROLLER of the customer registry and of the consent registry, and is an issuer of
/// points; what it may link and award a day is bounded there.
///
/// Roles: DEFAULT_ADMIN (two steps) sets the welcome award. OPERATOR relays.
interface IOnboarding {
    /// @dev Masks as in {IConsentRegistry-Decision}. Granted lanes are signed as allowed, withdrawn ones as
    /// not allowed, in the order of lanes; the others are not mentioned.
    struct Onboard {
        bytes32 customerId;
        address wallet;
        uint8 group;
        uint8 grant;
        uint8 withdraw;
        uint16 notice; // the current version
        bytes32 receipt; // keyed digest of the consent receipt
        uint32 welcomePoints; // what the programme offers now, or 0 for none
        uint16 seq; // of the customer's record; 0 for a new customer
        uint48 deadline; // Unix seconds
    }

    /// @notice The customer joined with `wallet`, and was awarded `welcomePoints`: none if that was done once before.
    event Onboarded(bytes32 indexed customerId, address indexed wallet, uint32 welcomePoints);
    /// @notice Whoever joins from now on is awarded so many points; 0 for none.
    event WelcomeSet(uint32 points);

    /// @notice The intent promises another welcome award than the programme offers.
    error WelcomeChanged(uint32 given, uint32 offered);
    /// @notice The words given are not those of the notice.
    error WrongWords(uint8 group, uint16 notice);

    /// @notice Carries out what a wallet has signed.
    /// @dev OPERATOR, who knows that the person behind the wallet is this customer.
    /// @param words keccak256 of the notice's words by lane, zero for a lane without.
    /// @param commitment Keyed digest of the brand's record, for a customer who is not registered yet.
    function onboard(
        Onboard calldata intent,
        bytes32[7] calldata words,
        bytes32 commitment,
        bytes calldata signature
    ) external;

    /// @notice Sets what whoever joins is awarded. Intents that promise another award are void.
    /// @dev DEFAULT_ADMIN.
    function setWelcome(uint32 points) external;

    /// @notice The `ref` of a customer's welcome award: one for each customer, ever.
    function welcomeRef(bytes32 customerId) external pure returns (bytes32);
    /// @notice Points that whoever joins is awarded now.
    function welcome() external view returns (uint32 points);
    /// @notice The programme's name, as wallets show it.
    function programme() external view returns (string memory);
}
