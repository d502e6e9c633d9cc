//! Writes a runtime's metadata down in the form of the listing.

use std::collections::BTreeSet;

use codec::Decode as _;
use frame_metadata::v14::{StorageEntryModifier, StorageEntryType};
use frame_metadata::v15::{PalletMetadata, RuntimeMetadataV15};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, Type, TypeDef, TypeDefPrimitive, Variant};

use crate::Interface;

/// Wrappers of one unnamed field that keep their own name; all others stand as what they wrap.
const NAMED_WRAPPERS: [&str; 21] = [
    "AccountId32",
    "BTreeMap",
    "BTreeSet",
    "BoundedVec",
    "ExtraFlags",
    "FixedU128",
    "H160",
    "H256",
    "NonZeroU64",
    "OpaqueMetadata",
    "PalletId",
    "PerU16",
    "Percent",
    "Perquintill",
    "PositionId",
    "Public",
    "Slot",
    "SlotDuration",
    "TickIndex",
    "UncheckedExtrinsic",
    "WeakBoundedVec",
];

impl Interface {
    /// Reads the SCALE bytes that `Metadata_metadata_at_version(15)` answers with.
    ///
    /// # Errors
    ///
    /// The bytes are not metadata of version 15.
    pub fn of_metadata(mut bytes: &[u8]) -> Result<Self, codec::Error> {
        let RuntimeMetadataPrefixed(_, metadata) = RuntimeMetadataPrefixed::decode(&mut bytes)?;
        match metadata {
            RuntimeMetadata::V15(metadata) => Ok(Renderer::new(&metadata.types).interface(&metadata)),
            _ => Err("not metadata of version 15".into()),
        }
    }
}

struct Renderer<'a> {
    types: &'a PortableRegistry,
}

impl<'a> Renderer<'a> {
    fn new(types: &'a PortableRegistry) -> Self {
        Self { types }
    }

    fn interface(&self, metadata: &RuntimeMetadataV15) -> Interface {
        let mut interface = Interface::default();
        for pallet in &metadata.pallets {
            interface.add_section(&format!("pallet {} {}", pallet.index, pallet.name));
            for item in self.pallet(pallet) {
                interface.add_item(&pallet.name, &item);
            }
        }
        interface.add_section("extensions");
        for extension in &metadata.extrinsic.signed_extensions {
            let explicit = self.name(extension.ty.id);
            let item = format!(
                "extension {}({explicit}) + {}",
                extension.identifier,
                self.name(extension.additional_signed.id)
            );
            interface.add_item("extensions", &item);
        }
        for api in &metadata.apis {
            interface.add_section(&format!("api {}", api.name));
            for method in &api.methods {
                let inputs: Vec<_> = method
                    .inputs
                    .iter()
                    .map(|input| format!("{}: {}", input.name, self.name(input.ty.id)))
                    .collect();
                let item = format!(
                    "method {}({}) -> {}",
                    method.name,
                    inputs.join(", "),
                    self.name(method.output.id)
                );
                interface.add_item(&api.name, &item);
            }
        }
        interface.add_section("types");
        for item in self.named_types() {
            interface.add_item("types", &item);
        }
        interface
    }

    fn pallet(&self, pallet: &PalletMetadata<PortableForm>) -> Vec<String> {
        let mut items = Vec::new();
        for entry in pallet.storage.iter().flat_map(|storage| &storage.entries) {
            let (shape, value) = match &entry.ty {
                StorageEntryType::Plain(value) => ("plain".to_owned(), value),
                StorageEntryType::Map { hashers, key, value } => {
                    let hashers: Vec<_> = hashers.iter().map(|hasher| format!("{hasher:?}")).collect();
                    (format!("{}({})", hashers.join("+"), self.name(key.id)), value)
                }
            };
            let value = self.name(value.id);
            items.push(match entry.modifier {
                StorageEntryModifier::Optional => {
                    format!("storage {} optional {shape} -> {value}", entry.name)
                }
                StorageEntryModifier::Default => {
                    format!("storage {} default {shape} -> {value} = {}", entry.name, hex(&entry.default))
                }
            });
        }
        let calls = pallet.calls.as_ref().map(|calls| calls.ty.id);
        let events = pallet.event.as_ref().map(|event| event.ty.id);
        let errors = pallet.error.as_ref().map(|error| error.ty.id);
        for variant in self.variants(calls) {
            items.push(format!("call {}", self.variant(variant)));
        }
        for variant in self.variants(events) {
            items.push(format!("event {}", self.variant(variant)));
        }
        for variant in self.variants(errors) {
            items.push(format!("error {} {}", variant.index, variant.name));
        }
        for constant in &pallet.constants {
            items.push(format!(
                "constant {}: {} = {}",
                constant.name,
                self.name(constant.ty.id),
                hex(&constant.value)
            ));
        }
        items
    }

    fn variants(&self, id: Option<u32>) -> &'a [Variant<PortableForm>] {
        match id.map(|id| &self.resolve(id).type_def) {
            Some(TypeDef::Variant(variant)) => &variant.variants,
            _ => &[],
        }
    }

    fn variant(&self, variant: &Variant<PortableForm>) -> String {
        format!("{} {}({})", variant.index, variant.name, self.fields(&variant.fields))
    }

    fn fields(&self, fields: &[Field<PortableForm>]) -> String {
        let fields: Vec<_> = fields
            .iter()
            .map(|field| match &field.name {
                Some(name) => format!("{name}: {}", self.name(field.ty.id)),
                None => self.name(field.ty.id),
            })
            .collect();
        fields.join(", ")
    }

    /// Each named struct and enum once; where several types share a name, the first one.
    fn named_types(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut items = Vec::new();
        for ty in &self.types.types {
            let Some(name) = ty.ty.path.segments.last() else {
                continue;
            };
            let body = match &ty.ty.type_def {
                TypeDef::Composite(composite) if composite.fields.iter().all(is_named) => {
                    format!("{{{}}}", self.fields(&composite.fields))
                }
                TypeDef::Variant(variant) => {
                    let variants: Vec<_> = variant.variants.iter().map(|v| self.variant(v)).collect();
                    format!("[{}]", variants.join(", "))
                }
                _ => continue,
            };
            // The error, event and call enums of all pallets share their names.
            if matches!(name.as_str(), "Call" | "Event" | "Error" | "Option" | "Result") {
                continue;
            }
            if seen.insert(name.clone()) {
                items.push(format!("type {name} {body}"));
            }
        }
        items
    }

    fn resolve(&self, id: u32) -> &'a Type<PortableForm> {
        self.types.resolve(id).expect("metadata refers to types that it has")
    }

    /// A type as the listing writes it.
    fn name(&self, id: u32) -> String {
        let ty = self.resolve(id);
        match &ty.type_def {
            TypeDef::Primitive(primitive) => primitive_name(primitive).to_owned(),
            TypeDef::Sequence(sequence) => format!("Vec<{}>", self.name(sequence.type_param.id)),
            TypeDef::Array(array) => {
                format!("[{}; {}]", self.name(array.type_param.id), array.len)
            }
            TypeDef::Compact(compact) => format!("Compact<{}>", self.name(compact.type_param.id)),
            TypeDef::Tuple(tuple) => {
                let fields: Vec<_> = tuple.fields.iter().map(|f| self.name(f.id)).collect();
                match fields.as_slice() {
                    [only] => format!("({only},)"),
                    fields => format!("({})", fields.join(", ")),
                }
            }
            TypeDef::BitSequence(_) => "BitSequence".to_owned(),
            TypeDef::Composite(composite) => {
                let name = ty.path.segments.last().map_or("", String::as_str);
                match composite.fields.as_slice() {
                    // A marker that encodes to nothing, as most transaction extensions are.
                    [] => "()".to_owned(),
                    [inner] if inner.name.is_none() && !NAMED_WRAPPERS.contains(&name) => {
                        self.name(inner.ty.id)
                    }
                    [inner] if inner.name.is_none() => self.wrapper(name, &self.name(inner.ty.id)),
                    _ => name.to_owned(),
                }
            }
            TypeDef::Variant(variant) => {
                let name = ty.path.segments.last().map_or("", String::as_str);
                match name {
                    "Option" => {
                        let some = variant.variants.iter().find(|v| v.name == "Some");
                        let inner = some.map(|v| self.fields(&v.fields)).unwrap_or_default();
                        format!("Option<{inner}>")
                    }
                    "Result" => {
                        let side = |wanted: &str| {
                            let side = variant.variants.iter().find(|v| v.name == wanted);
                            side.map(|v| self.fields(&v.fields)).unwrap_or_default()
                        };
                        format!("Result<{}, {}>", side("Ok"), side("Err"))
                    }
                    name => name.to_owned(),
                }
            }
        }
    }

    /// Collections are written with what they hold, identifiers by their name alone.
    fn wrapper(&self, name: &str, inner: &str) -> String {
        let element = inner.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>'));
        match (name, element) {
            ("BTreeMap", Some(pair)) => {
                let pair = pair.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(pair);
                format!("BTreeMap<{pair}>")
            }
            ("BoundedVec" | "WeakBoundedVec" | "BTreeSet", Some(element)) => {
                format!("{name}<{element}>")
            }
            _ => name.to_owned(),
        }
    }
}

fn is_named(field: &Field<PortableForm>) -> bool {
    field.name.is_some()
}

fn primitive_name(primitive: &TypeDefPrimitive) -> &'static str {
    match primitive {
        TypeDefPrimitive::Bool => "bool",
        TypeDefPrimitive::Char => "char",
        TypeDefPrimitive::Str => "str",
        TypeDefPrimitive::U8 => "u8",
        TypeDefPrimitive::U16 => "u16",
        TypeDefPrimitive::U32 => "u32",
        TypeDefPrimitive::U64 => "u64",
        TypeDefPrimitive::U128 => "u128",
        TypeDefPrimitive::U256 => "u256",
        TypeDefPrimitive::I8 => "i8",
        TypeDefPrimitive::I16 => "i16",
        TypeDefPrimitive::I32 => "i32",
        TypeDefPrimitive::I64 => "i64",
        TypeDefPrimitive::I128 => "i128",
        TypeDefPrimitive::I256 => "i256",
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}
