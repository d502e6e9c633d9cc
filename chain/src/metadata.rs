//! The runtime's own description: what it stores, calls, emits and answers, by name.
//!
//! Nothing here is known in advance. A runtime that renames or drops something is a runtime without it.

mod parse;
mod shape;
#[cfg(test)]
pub(crate) mod tests;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use frame_metadata::v14::StorageHasher;
use lantern_types::{FieldShape, Shape};
use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, TypeDef, Variant};

/// Why metadata cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// It cannot be decoded.
    #[error("the runtime's metadata cannot be decoded")]
    Undecodable,
    /// A version that this client does not know.
    #[error("the runtime's metadata has version {0}, which this client does not know")]
    UnknownVersion(u32),
    /// It is larger than any runtime's.
    #[error("the runtime's metadata is too large")]
    TooLarge,
}

/// The metadata of one runtime.
pub(crate) struct Metadata {
    pub(crate) types: PortableRegistry,
    pallets: BTreeMap<String, Pallet>,
    /// By name on the wire, such as `SwapRuntimeApi_current_alpha_price_all`.
    functions: BTreeMap<String, Function>,
    pub(crate) extrinsic: Extrinsic,
}

/// A pallet.
pub(crate) struct Pallet {
    pub(crate) index: u8,
    entries: BTreeMap<String, Entry>,
    calls: Option<u32>,
    errors: Option<u32>,
    constants: BTreeMap<String, (u32, Vec<u8>)>,
}

/// A storage entry.
pub(crate) struct Entry {
    /// First 32 bytes of its keys.
    pub(crate) prefix: Vec<u8>,
    /// Hasher and type of each part of the key.
    pub(crate) keys: Vec<(StorageHasher, u32)>,
    /// Type of its values.
    pub(crate) value: u32,
    /// What an absent key means: nothing, or these bytes.
    pub(crate) default: Option<Vec<u8>>,
}

/// A function of a runtime API.
pub(crate) struct Function {
    /// Names and types of the arguments.
    pub(crate) inputs: Vec<(String, u32)>,
    pub(crate) output: u32,
}

/// The form of extrinsics.
pub(crate) struct Extrinsic {
    pub(crate) version: u8,
    pub(crate) address: Option<u32>,
    pub(crate) call: Option<u32>,
    /// Identifier, type in the extrinsic, type in the signed payload only.
    pub(crate) extensions: Vec<(String, u32, u32)>,
}

impl Metadata {
    /// Reads the bytes that `Metadata_metadata` and its kin return, without their outer length.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        parse::parse(bytes)
    }

    pub(crate) fn pallet(&self, name: &str) -> Option<&Pallet> {
        self.pallets.get(name)
    }

    pub(crate) fn entry(&self, pallet: &str, entry: &str) -> Option<&Entry> {
        self.pallets.get(pallet)?.entries.get(entry)
    }

    /// A runtime function by its name on the wire.
    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        self.functions.get(name)
    }

    /// Type and value of a constant.
    pub(crate) fn constant(&self, pallet: &str, name: &str) -> Option<(u32, &[u8])> {
        self.pallets.get(pallet)?.constants.get(name).map(|(ty, value)| (*ty, value.as_slice()))
    }

    /// A call of a pallet.
    pub(crate) fn call(&self, pallet: &str, call: &str) -> Option<&Variant<PortableForm>> {
        self.variants(self.pallets.get(pallet)?.calls?)?.iter().find(|variant| variant.name == call)
    }

    /// The error of a pallet by the indices that `DispatchError::Module` carries: pallet name and error.
    pub(crate) fn error(&self, pallet: u8, error: u8) -> Option<(&str, &Variant<PortableForm>)> {
        let (name, pallet) = self.pallets.iter().find(|(_, entry)| entry.index == pallet)?;
        let variant = self.variants(pallet.errors?)?.iter().find(|variant| variant.index == error)?;
        Some((name, variant))
    }

    /// The shape of a type, for writing and reading without the type table.
    pub(crate) fn shape(&self, ty: u32) -> Shape {
        shape::shape(&self.types, ty, self.extrinsic.call)
    }

    /// The shapes of a call's arguments.
    pub(crate) fn arguments(&self, call: &Variant<PortableForm>) -> Vec<FieldShape> {
        shape::fields(&self.types, &call.fields, self.extrinsic.call)
    }

    fn variants(&self, ty: u32) -> Option<&[Variant<PortableForm>]> {
        match &self.types.resolve(ty)?.type_def {
            TypeDef::Variant(variants) => Some(&variants.variants),
            _ => None,
        }
    }
}
