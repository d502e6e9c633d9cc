//! Reads metadata of versions 14 and 15 into the parts that are used.

use super::{Entry, Extrinsic, Function, Metadata, MetadataError, Pallet};
use crate::collect::map_of;
use crate::storage::entry_prefix;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use frame_metadata::META_RESERVED;
use frame_metadata::v14::{
    PalletCallMetadata, PalletConstantMetadata, PalletErrorMetadata, PalletStorageMetadata,
    RuntimeMetadataV14, StorageEntryModifier, StorageEntryType,
};
use frame_metadata::v15::{RuntimeApiMetadata, RuntimeMetadataV15};
use parity_scale_codec::Decode as _;
use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, TypeDef};

/// Subtensor's metadata has about 340 kB.
const MAX_BYTES: usize = 16 << 20;

pub(super) fn parse(mut bytes: &[u8]) -> Result<Metadata, MetadataError> {
    if bytes.len() > MAX_BYTES {
        return Err(MetadataError::TooLarge);
    }
    let undecodable = |_codec| MetadataError::Undecodable;
    // Only the two versions that are used: the crate's own enumeration brings the decoders of all others.
    let (magic, version) = <(u32, u8)>::decode(&mut bytes).map_err(undecodable)?;
    match (magic, version) {
        (META_RESERVED, 14) => RuntimeMetadataV14::decode(&mut bytes).map(version_14).map_err(undecodable),
        (META_RESERVED, 15) => RuntimeMetadataV15::decode(&mut bytes).map(version_15).map_err(undecodable),
        (META_RESERVED, other) => Err(MetadataError::UnknownVersion(other.into())),
        _ => Err(MetadataError::Undecodable),
    }
}

fn version_14(metadata: RuntimeMetadataV14) -> Metadata {
    let mut types = metadata.types;
    let pallets = map_of(
        metadata
            .pallets
            .into_iter()
            .map(|p| (p.name, pallet(&types, p.index, p.storage, p.calls, p.error, p.constants))),
    );
    let parameter = |name: &str| {
        let extrinsic = types.resolve(metadata.extrinsic.ty.id)?;
        extrinsic.type_params.iter().find(|parameter| parameter.name == name)?.ty.map(|ty| ty.id)
    };
    let extrinsic = Extrinsic {
        version: metadata.extrinsic.version,
        address: parameter("Address"),
        call: parameter("Call"),
        extensions: metadata
            .extrinsic
            .signed_extensions
            .into_iter()
            .map(|extension| (extension.identifier, extension.ty.id, extension.additional_signed.id))
            .collect(),
    };
    drop_docs(&mut types);
    // Version 14 does not describe runtime APIs: they count as absent.
    Metadata { types, pallets, functions: BTreeMap::new(), extrinsic }
}

fn version_15(metadata: RuntimeMetadataV15) -> Metadata {
    let mut types = metadata.types;
    let pallets = map_of(
        metadata
            .pallets
            .into_iter()
            .map(|p| (p.name, pallet(&types, p.index, p.storage, p.calls, p.error, p.constants))),
    );
    let extrinsic = Extrinsic {
        version: metadata.extrinsic.version,
        address: Some(metadata.extrinsic.address_ty.id),
        call: Some(metadata.extrinsic.call_ty.id),
        extensions: metadata
            .extrinsic
            .signed_extensions
            .into_iter()
            .map(|extension| (extension.identifier, extension.ty.id, extension.additional_signed.id))
            .collect(),
    };
    drop_docs(&mut types);
    Metadata { types, pallets, functions: functions(metadata.apis), extrinsic }
}

fn pallet(
    types: &PortableRegistry,
    index: u8,
    storage: Option<PalletStorageMetadata<PortableForm>>,
    calls: Option<PalletCallMetadata<PortableForm>>,
    errors: Option<PalletErrorMetadata<PortableForm>>,
    constants: Vec<PalletConstantMetadata<PortableForm>>,
) -> Pallet {
    Pallet {
        index,
        entries: storage.map(|storage| entries(types, storage)).unwrap_or_default(),
        calls: calls.map(|calls| calls.ty.id),
        errors: errors.map(|errors| errors.ty.id),
        constants: map_of(
            constants.into_iter().map(|constant| (constant.name, (constant.ty.id, constant.value))),
        ),
    }
}

fn entries(
    types: &PortableRegistry,
    storage: PalletStorageMetadata<PortableForm>,
) -> BTreeMap<String, Entry> {
    let pallet = storage.prefix;
    map_of(storage.entries.into_iter().filter_map(|entry| {
        let (keys, value) = match entry.ty {
            StorageEntryType::Plain(value) => (Vec::new(), value.id),
            StorageEntryType::Map { hashers, key, value } => {
                let key_types = match (&hashers[..], types.resolve(key.id).map(|ty| &ty.type_def)) {
                    ([_], _) => alloc::vec![key.id],
                    (_, Some(TypeDef::Tuple(tuple))) => tuple.fields.iter().map(|field| field.id).collect(),
                    _ => return None,
                };
                // An entry that contradicts itself is as good as absent.
                if key_types.len() != hashers.len() {
                    return None;
                }
                (hashers.into_iter().zip(key_types).collect(), value.id)
            }
        };
        let default = match entry.modifier {
            StorageEntryModifier::Optional => None,
            StorageEntryModifier::Default => Some(entry.default),
        };
        let prefix = entry_prefix(&pallet, &entry.name);
        Some((entry.name, Entry { prefix, keys, value, default }))
    }))
}

fn functions(apis: Vec<RuntimeApiMetadata<PortableForm>>) -> BTreeMap<String, Function> {
    let mut functions = BTreeMap::new();
    for api in apis {
        for method in api.methods {
            let name = alloc::format!("{}_{}", api.name, method.name);
            let inputs = method.inputs.into_iter().map(|input| (input.name, input.ty.id)).collect();
            functions.insert(name, Function { inputs, output: method.output.id });
        }
    }
    functions
}

/// Documentation is most of the metadata, and only that of errors is shown.
fn drop_docs(types: &mut PortableRegistry) {
    for ty in &mut types.types {
        ty.ty.docs = Vec::new();
        let is_error = ty.ty.path.segments.last().is_some_and(|name| name == "Error");
        if let TypeDef::Variant(variants) = &mut ty.ty.type_def
            && !is_error
        {
            for variant in &mut variants.variants {
                variant.docs = Vec::new();
            }
        }
    }
}
