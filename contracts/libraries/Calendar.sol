// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Calendar months in UTC
/// @notice Points expire at the end of a calendar month, quarter or year, as customers are told,
/// so an epoch is a whole number of calendar months counted from January 1970.
/// @dev Days to civil date and back after H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms" (2013), for dates from 1970 on. Proleptic Gregorian; leap seconds do not exist in
/// Unix time.
library Calendar {
    uint256 private constant DAYS_PER_ERA = 146_097; // 400 years
    uint256 private constant DAYS_TO_1970 = 719_468; // from 0000-03-01

    /// @dev Months since January 1970 at `timestamp` (Unix seconds).
    function monthAt(uint256 timestamp) internal pure returns (uint256) {
        unchecked {
            // Nothing overflows below: timestamps of blocks stay far under 2**64.
            uint256 day = timestamp / 1 days + DAYS_TO_1970;
            uint256 era = day / DAYS_PER_ERA;
            uint256 dayOfEra = day - era * DAYS_PER_ERA;
            uint256 yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
            uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            uint256 monthFromMarch = (5 * dayOfYear + 2) / 153;
            // The year of the algorithm starts in March: January is month 10 of the year before.
            return (era * 400 + yearOfEra) * 12 + monthFromMarch + 2 - 1970 * 12;
        }
    }

    /// @dev Unix seconds at which month `month` (since January 1970) begins.
    function monthStart(uint256 month) internal pure returns (uint256) {
        unchecked {
            uint256 fromMarch = month + 1970 * 12 - 2;
            uint256 year = fromMarch / 12;
            uint256 era = year / 400;
            uint256 yearOfEra = year - era * 400;
            uint256 dayOfYear = (153 * (fromMarch % 12) + 2) / 5;
            uint256 dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
            return (era * DAYS_PER_ERA + dayOfEra - DAYS_TO_1970) * 1 days;
        }
    }
}
