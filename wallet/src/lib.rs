//! Keys, extrinsic building, signing and review of exactly the bytes that are signed.
