// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Money that misbehaves, in every way that tokens in use are known for
/// @notice An ERC-20 that anyone may print and anyone may turn odd, before or after it was deposited.
/// @dev Tests name oddities by their number, so a new one comes last.
contract OddToken {
    enum Oddity {
        None,
        NoReturn, // answers nothing
        FalseOnFailure, // says false instead of reverting
        FalseOnSuccess, // moves, and says false
        OddAnswer, // moves, and answers two
        LongReturn, // answers true and a hundred kilobytes
        Phantom, // says true and moves nothing
        RecipientFee, // a hundredth of what is moved
        SenderFee, // a hundredth on top of what is moved
        Bonus, // a hundredth on top of what is received
        BlocksRecipient,
        BlocksSender,
        Paused,
        RevertOnZero,
        Uint96Cap,
        MaxMeansBalance, // the largest uint96 moves everything
        RoundsDown, // one unit is lost on the way
        Shrinks, // everybody's balance is half of what it was
        Grows, // everybody's balance is twice what it was
        CallsBack, // into whoever moves it
        RevertAtLength, // a hundred kilobytes
        BurnsGas,
        NoBalance, // balances are not told
        ShortBalance, // balances are told in one byte
        FullBalance, // everybody is told to have the most
        NoMetadata,
        MovesHalf // says true and moves half
    }

    uint256 private constant LONG = 100_000; // bytes
    uint256 private constant HUNDREDTH = 100;

    event Transfer(address indexed from, address indexed to, uint256 amount);

    error Short(address from);
    error Blocked(address account);
    error Stopped(Oddity oddity);

    Oddity public oddity;

    /// @notice Whether whoever moved the token let itself be called back.
    bool public calledBack;

    mapping(address account => bool is_) public blocked;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    uint8 private immutable DECIMALS;
    bytes private _callBack;
    mapping(address account => uint256 amount) private _balances;

    constructor(uint8 decimals_) {
        DECIMALS = decimals_;
    }

    /// @notice From now on it behaves so.
    function turn(Oddity oddity_) external {
        oddity = oddity_;
    }

    /// @notice What it calls back with.
    function setCallBack(bytes calldata data) external {
        _callBack = data;
    }

    /// @notice Makes a call of its own, as a merchant or payer that is a contract does.
    function act(address target, bytes calldata data) external {
        (bool done, bytes memory answer) = target.call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @notice Blocks an account, for the oddities that block.
    function setBlocked(address account, bool is_) external {
        blocked[account] = is_;
    }

    /// @notice Prints money, in its smallest unit.
    function mint(address to, uint256 amount) external {
        _balances[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
        _answer(true);
    }

    function transfer(address to, uint256 amount) external {
        _answer(_move(msg.sender, to, amount));
    }

    function transferFrom(address from, address to, uint256 amount) external {
        uint256 allowed = allowance[from][msg.sender];
        bool moved = allowed >= amount && _move(from, to, amount);
        if (moved) allowance[from][msg.sender] = allowed - amount;
        _answer(moved);
    }

    function balanceOf(address account) external view returns (uint256) {
        if (oddity == Oddity.NoBalance) revert Stopped(oddity);
        if (oddity == Oddity.FullBalance) return type(uint256).max;
        if (oddity == Oddity.ShortBalance) {
            assembly {
                mstore(0, not(0))
                return(0, 1)
            }
        }
        return held(account);
    }

    function decimals() external view returns (uint8) {
        if (oddity == Oddity.NoMetadata) revert Stopped(oddity);
        return DECIMALS;
    }

    function symbol() external view returns (string memory) {
        if (oddity == Oddity.NoMetadata) revert Stopped(oddity);
        return "ODD";
    }

    /// @notice What an account has, whatever {balanceOf} says.
    function held(address account) public view returns (uint256) {
        if (oddity == Oddity.Shrinks) return _balances[account] / 2;
        if (oddity == Oddity.Grows) return _balances[account] * 2;
        return _balances[account];
    }

    /// @dev True if the amount was moved, or is claimed to be.
    function _move(address from, address to, uint256 amount) private returns (bool) {
        Oddity o = oddity;
        if (o == Oddity.BurnsGas) assembly { invalid() }
        if (o == Oddity.Phantom) return true;
        if (o == Oddity.Paused) revert Stopped(o);
        if (o == Oddity.RevertAtLength) assembly { revert(0, LONG) }
        if (o == Oddity.BlocksRecipient && blocked[to]) revert Blocked(to);
        if (o == Oddity.BlocksSender && blocked[from]) revert Blocked(from);
        if (o == Oddity.RevertOnZero && amount == 0) revert Stopped(o);
        if (o == Oddity.Uint96Cap && amount > type(uint96).max) revert Stopped(o);
        if (o == Oddity.MaxMeansBalance && amount == type(uint96).max) amount = _balances[from];
        if (o == Oddity.CallsBack) (calledBack,) = msg.sender.call(_callBack);

        if (o == Oddity.MovesHalf) amount /= 2;
        uint256 taken = amount;
        uint256 given = amount;
        if (o == Oddity.RecipientFee) given -= amount / HUNDREDTH;
        if (o == Oddity.SenderFee) taken += amount / HUNDREDTH;
        if (o == Oddity.Bonus) given += amount / HUNDREDTH;
        if (o == Oddity.RoundsDown && amount != 0) given -= 1;
        if (o == Oddity.Shrinks) (taken, given) = (taken * 2, given * 2);
        if (o == Oddity.Grows) (taken, given) = (taken / 2, given / 2);
        if (_balances[from] < taken) {
            if (o == Oddity.FalseOnFailure) return false;
            revert Short(from);
        }
        _balances[from] -= taken;
        _balances[to] += given;
        emit Transfer(from, to, amount);
        return true;
    }

    /// @dev Ends the call with the answer that a token so odd gives.
    function _answer(bool moved) private view {
        Oddity o = oddity;
        if (!moved && o != Oddity.FalseOnFailure) revert Stopped(o);
        if (o == Oddity.NoReturn) assembly { return(0, 0) }
        if (o == Oddity.LongReturn) {
            assembly {
                mstore(0, 1)
                return(0, LONG)
            }
        }
        uint256 answer = moved && o != Oddity.FalseOnSuccess ? 1 : 0;
        if (o == Oddity.OddAnswer) answer = 2;
        assembly {
            mstore(0, answer)
            return(0, 32)
        }
    }
}
