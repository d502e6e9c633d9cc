//! Version of the runtime. The macro that writes it into the wasm wants literals, so the two
//! builds have one constant each.

use crate::apis::RUNTIME_API_VERSIONS;
use alloc::borrow::Cow;
use sp_version::{runtime_version, RuntimeVersion};

/// The runtime the chain starts with.
#[cfg(not(feature = "next"))]
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("node-subtensor"),
    impl_name: Cow::Borrowed("node-subtensor"),
    authoring_version: 1,
    spec_version: 425,
    impl_version: 1,
    apis: RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

/// The runtime the chain upgrades to.
#[cfg(feature = "next")]
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("node-subtensor"),
    impl_name: Cow::Borrowed("node-subtensor"),
    authoring_version: 1,
    spec_version: 426,
    impl_version: 1,
    apis: RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};
