//! Metadata of a small runtime made for tests, and hostile bytes.

use super::{Metadata, MetadataError};
use crate::decode::decode_all;
use crate::storage::{KeyPart, key_parts, storage_key};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use frame_metadata::v14::{
    PalletCallMetadata, PalletConstantMetadata, PalletErrorMetadata, PalletStorageMetadata,
    StorageEntryMetadata, StorageEntryModifier, StorageEntryType, StorageHasher,
};
use frame_metadata::v15::{
    CustomMetadata, ExtrinsicMetadata, OuterEnums, PalletMetadata, RuntimeApiMetadata,
    RuntimeApiMethodMetadata, RuntimeApiMethodParamMetadata, RuntimeMetadataV15, SignedExtensionMetadata,
};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use lantern_types::{AccountId, FieldShape, NetUid, Shape};
use parity_scale_codec::{Compact, Encode};
use proptest::prelude::*;
use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo, meta_type};

/// A wrapper such as `TaoBalance`.
#[derive(Encode, TypeInfo)]
pub(crate) struct Wrapper(pub(crate) u64);

/// A record such as `SubnetIdentityV3`.
#[derive(Encode, TypeInfo)]
pub(crate) struct Named {
    pub(crate) tao: Wrapper,
    pub(crate) account: [u8; 32],
    pub(crate) note: Vec<Compact<u8>>,
}

#[derive(Encode, TypeInfo)]
pub(crate) struct AccountId32(pub(crate) [u8; 32]);

#[derive(Encode, TypeInfo)]
#[allow(dead_code, reason = "only their types are used")]
enum Call {
    #[codec(index = 2)]
    #[allow(non_camel_case_types, reason = "calls are named so")]
    add_stake { hotkey: AccountId32, netuid: u16, amount: Wrapper },
    #[allow(non_camel_case_types, reason = "as above")]
    #[codec(index = 5)]
    batch { calls: Vec<RuntimeCall> },
}

#[derive(Encode, TypeInfo)]
#[allow(dead_code, reason = "only its type is used")]
enum RuntimeCall {
    #[codec(index = 7)]
    SubtensorModule(Call),
}

#[derive(Encode, TypeInfo)]
#[scale_info(capture_docs = "always")]
#[allow(dead_code, reason = "only its type is used")]
enum Error {
    /// There is too little
    /// in the pool.
    #[codec(index = 84)]
    SlippageTooHigh,
}

/// What `System.Events` holds in the small runtime.
#[derive(Encode, TypeInfo)]
pub(crate) struct EventRecord {
    pub(crate) phase: Phase,
    pub(crate) event: RuntimeEvent,
    pub(crate) topics: Vec<[u8; 32]>,
}

#[derive(Encode, TypeInfo)]
pub(crate) enum Phase {
    ApplyExtrinsic(u32),
    Finalization,
}

#[derive(Encode, TypeInfo)]
pub(crate) enum RuntimeEvent {
    System(SystemEvent),
    #[codec(index = 7)]
    SubtensorModule(SubtensorEvent),
}

#[derive(Encode, TypeInfo)]
pub(crate) enum SystemEvent {
    ExtrinsicSuccess { dispatch_info: u8 },
    ExtrinsicFailed { dispatch_error: DispatchError, dispatch_info: u8 },
}

#[derive(Encode, TypeInfo)]
pub(crate) enum DispatchError {
    BadOrigin,
    #[codec(index = 3)]
    Module(ModuleError),
}

#[derive(Encode, TypeInfo)]
pub(crate) struct ModuleError {
    pub(crate) index: u8,
    pub(crate) error: [u8; 4],
}

#[derive(Encode, TypeInfo)]
pub(crate) enum SubtensorEvent {
    #[codec(index = 2)]
    StakeAdded(AccountId32, AccountId32, Wrapper, Wrapper, u16, u64),
}

/// The type table of one type.
pub(crate) fn registry_of<T: TypeInfo + 'static>() -> (PortableRegistry, u32) {
    let mut registry = Registry::new();
    let id = registry.register_type(&meta_type::<T>()).id;
    (registry.into(), id)
}

fn entry(
    name: &'static str,
    hashers: Vec<StorageHasher>,
    key: MetaType,
    value: MetaType,
    default: Option<Vec<u8>>,
) -> StorageEntryMetadata {
    StorageEntryMetadata {
        name,
        modifier: match default {
            None => StorageEntryModifier::Optional,
            Some(_) => StorageEntryModifier::Default,
        },
        ty: if hashers.is_empty() {
            StorageEntryType::Plain(value)
        } else {
            StorageEntryType::Map { hashers, key, value }
        },
        default: default.unwrap_or_default(),
        docs: Vec::new(),
    }
}

/// The runtime's metadata as bytes.
pub(crate) fn sample() -> Vec<u8> {
    let unit = meta_type::<()>;
    let entries = vec![
        entry(
            "Tempo",
            vec![StorageHasher::Identity],
            meta_type::<u16>(),
            meta_type::<u16>(),
            Some(vec![104, 1]),
        ),
        entry(
            "Dividends",
            vec![StorageHasher::Identity, StorageHasher::Blake2_128Concat],
            meta_type::<(u16, AccountId32)>(),
            meta_type::<Wrapper>(),
            Some(vec![0; 8]),
        ),
        entry("Contradiction", vec![StorageHasher::Identity; 3], meta_type::<(u16, u16)>(), unit(), None),
    ];
    let pallet = PalletMetadata {
        name: "SubtensorModule",
        storage: Some(PalletStorageMetadata { prefix: "SubtensorModule", entries }),
        calls: Some(PalletCallMetadata { ty: meta_type::<Call>() }),
        event: None,
        constants: vec![PalletConstantMetadata {
            name: "Deposit",
            ty: meta_type::<Wrapper>(),
            value: 500_u64.encode(),
            docs: Vec::new(),
        }],
        error: Some(PalletErrorMetadata { ty: meta_type::<Error>() }),
        index: 7,
        docs: Vec::new(),
    };
    let system = PalletMetadata {
        name: "System",
        storage: Some(PalletStorageMetadata {
            prefix: "System",
            entries: vec![
                entry("Events", Vec::new(), unit(), meta_type::<Vec<EventRecord>>(), Some(vec![0])),
                entry(
                    "BlockHash",
                    vec![StorageHasher::Twox64Concat],
                    meta_type::<u32>(),
                    meta_type::<[u8; 32]>(),
                    Some(vec![0; 32]),
                ),
            ],
        }),
        calls: None,
        event: None,
        constants: Vec::new(),
        error: None,
        index: 0,
        docs: Vec::new(),
    };
    let extrinsic = ExtrinsicMetadata {
        version: 4,
        address_ty: meta_type::<AccountId32>(),
        call_ty: meta_type::<RuntimeCall>(),
        signature_ty: unit(),
        extra_ty: unit(),
        signed_extensions: vec![SignedExtensionMetadata {
            identifier: "CheckNonce",
            ty: meta_type::<Compact<u32>>(),
            additional_signed: unit(),
        }],
    };
    let api = RuntimeApiMetadata {
        name: "SwapRuntimeApi",
        methods: vec![RuntimeApiMethodMetadata {
            name: "current_alpha_price",
            inputs: vec![RuntimeApiMethodParamMetadata { name: "netuid", ty: meta_type::<u16>() }],
            output: meta_type::<u64>(),
            docs: Vec::new(),
        }],
        docs: Vec::new(),
    };
    let enums = OuterEnums { call_enum_ty: unit(), event_enum_ty: unit(), error_enum_ty: unit() };
    let custom = CustomMetadata { map: BTreeMap::new() };
    let metadata = RuntimeMetadataV15::new(vec![system, pallet], extrinsic, unit(), vec![api], enums, custom);
    RuntimeMetadataPrefixed(frame_metadata::META_RESERVED, RuntimeMetadata::V15(metadata)).encode()
}

#[test]
fn everything_is_found_by_name() {
    let metadata = Metadata::parse(&sample()).unwrap();
    assert!(metadata.entry("SubtensorModule", "Tempo").is_some());
    assert!(metadata.entry("SubtensorModule", "Gone").is_none());
    assert!(metadata.entry("SubtensorModule", "Contradiction").is_none());
    let (ty, value) = metadata.constant("SubtensorModule", "Deposit").unwrap();
    assert_eq!(
        decode_all(&metadata.types, ty, value).map(|value| value.inner().clone()),
        Ok(crate::decode::Value::Uint(500))
    );
    let function = metadata.function("SwapRuntimeApi_current_alpha_price").unwrap();
    assert_eq!(metadata.shape(function.output), Shape::U64);
    let (pallet, error) = metadata.error(7, 84).unwrap();
    assert_eq!((pallet, error.name.as_str()), ("SubtensorModule", "SlippageTooHigh"));
    assert_eq!(error.docs, ["There is too little", "in the pool."]);
    assert!(metadata.error(7, 1).is_none());
}

#[test]
fn calls_have_shapes_and_calls_within_calls_have_none() {
    let metadata = Metadata::parse(&sample()).unwrap();
    let call = metadata.call("SubtensorModule", "add_stake").unwrap();
    let field = |name: &str, type_name: &str, shape| FieldShape {
        name: name.into(),
        type_name: type_name.into(),
        shape,
    };
    assert_eq!(
        metadata.arguments(call),
        [
            field("hotkey", "AccountId32", Shape::AccountId),
            field("netuid", "u16", Shape::U16),
            field("amount", "Wrapper", Shape::U64),
        ]
    );
    let batch = metadata.call("SubtensorModule", "batch").unwrap();
    let unsupported = Shape::Unsupported("RuntimeCall".into());
    assert_eq!(
        metadata.arguments(batch),
        [field("calls", "Vec<RuntimeCall>", Shape::Sequence(alloc::boxed::Box::new(unsupported)))]
    );
    let (_, extra, _) = &metadata.extrinsic.extensions[0];
    assert_eq!(metadata.shape(*extra), Shape::Compact(alloc::boxed::Box::new(Shape::U32)));
}

#[test]
fn keys_follow_the_hashers_and_read_back() {
    let metadata = Metadata::parse(&sample()).unwrap();
    let entry = metadata.entry("SubtensorModule", "Dividends").unwrap();
    let account = AccountId([9; 32]);
    let key = storage_key(&metadata, entry, &[NetUid(258).into(), account.into()]).unwrap();
    assert_eq!(key.len(), 32 + 2 + 16 + 32);
    assert_eq!(key.get(32..34), Some([2_u8, 1].as_slice()));
    let parts = key_parts(&metadata, entry, &key).unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(crate::decode::FromValue::from_value(&parts[1]), Ok(account));
    // A part of the wrong kind is an error, not a key to somewhere else.
    assert!(storage_key(&metadata, entry, &[account.into()]).is_err());
    assert!(storage_key(&metadata, entry, &[KeyPart::Uint(70_000)]).is_err());
}

#[test]
fn other_versions_are_named() {
    let metadata = RuntimeMetadataPrefixed(
        frame_metadata::META_RESERVED,
        RuntimeMetadata::V13(frame_metadata::OpaqueMetadata(Vec::new())),
    );
    assert_eq!(Metadata::parse(&metadata.encode()).err(), Some(MetadataError::UnknownVersion(13)));
    assert_eq!(Metadata::parse(b"meta").err(), Some(MetadataError::Undecodable));
}

proptest! {
    #[test]
    fn damaged_metadata_is_survived(place in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
        let mut bytes = sample();
        let length = bytes.len();
        if let Some(target) = bytes.get_mut(place % length) {
            *target = byte;
        }
        if cut % 4 == 0 {
            bytes.truncate(cut % length);
        }
        if let Ok(metadata) = Metadata::parse(&bytes) {
            // Whatever it says now: shapes end, keys are keys or errors, values are values or errors.
            for ty in 0..u32::try_from(metadata.types.types.len()).unwrap_or(0) {
                let _shape = metadata.shape(ty);
                let _value = decode_all(&metadata.types, ty, &bytes);
            }
            for name in ["Tempo", "Dividends"] {
                if let Some(entry) = metadata.entry("SubtensorModule", name) {
                    let _key = storage_key(&metadata, entry, &[KeyPart::Uint(3)]);
                    let _parts = key_parts(&metadata, entry, &bytes);
                }
            }
        }
    }
}
