//! Paying validators, their stakers and owners.
