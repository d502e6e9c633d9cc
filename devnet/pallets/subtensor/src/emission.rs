//! How much each block issues and how subnets share it.
