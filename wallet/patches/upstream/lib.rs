//! Nothing is built here: this manifest only tells cargo which upstream sources to fetch and verify.
