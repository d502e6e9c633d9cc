//! Types of the metadata as shapes that travel to the page.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use lantern_types::{FieldShape, Shape, VariantShape};
use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, TypeDef, TypeDefPrimitive};

const MAX_DEPTH: usize = 24;
/// Nodes of one shape: `Era` alone has more than 500.
const MAX_NODES: usize = 8192;

/// The shape of a type. What is recursive, too large, unknown or a call within a call is `Unsupported`.
pub(super) fn shape(types: &PortableRegistry, ty: u32, call: Option<u32>) -> Shape {
    Builder { types, call, path: Vec::new(), nodes: 0 }.shape(ty)
}

/// The shapes of a variant's fields.
pub(super) fn fields(
    types: &PortableRegistry,
    fields: &[Field<PortableForm>],
    call: Option<u32>,
) -> Vec<FieldShape> {
    Builder { types, call, path: Vec::new(), nodes: 0 }.fields(fields)
}

struct Builder<'m> {
    types: &'m PortableRegistry,
    /// The runtime's outermost call type: calls that contain calls are not written by this client.
    call: Option<u32>,
    /// Types being built, outermost first.
    path: Vec<u32>,
    nodes: usize,
}

impl Builder<'_> {
    fn shape(&mut self, id: u32) -> Shape {
        let Some(ty) = self.types.resolve(id) else {
            return Shape::Unsupported(alloc::format!("type {id}"));
        };
        let name = || ty.path.segments.last().cloned().unwrap_or_else(|| alloc::format!("type {id}"));
        self.nodes = self.nodes.saturating_add(1);
        if self.path.contains(&id)
            || self.path.len() >= MAX_DEPTH
            || self.nodes > MAX_NODES
            || self.call == Some(id)
        {
            return Shape::Unsupported(name());
        }
        match ty.path.segments.last().map(String::as_str) {
            Some("AccountId32") => return Shape::AccountId,
            Some("H256") => return Shape::Hash,
            _ => {}
        }
        self.path.push(id);
        let shape = match &ty.type_def {
            TypeDef::Composite(composite) => match composite.fields.as_slice() {
                [only] if only.name.is_none() => self.shape(only.ty.id),
                fields if !fields.is_empty() && fields.iter().all(|field| field.name.is_none()) => {
                    Shape::Tuple(fields.iter().map(|field| self.shape(field.ty.id)).collect())
                }
                [] => Shape::Tuple(Vec::new()),
                fields => Shape::Struct(self.fields(fields)),
            },
            TypeDef::Variant(variants) => Shape::Variant(
                variants
                    .variants
                    .iter()
                    .map(|variant| VariantShape {
                        index: variant.index,
                        name: variant.name.clone(),
                        fields: self.fields(&variant.fields),
                    })
                    .collect(),
            ),
            TypeDef::Sequence(sequence) => match self.shape(sequence.type_param.id) {
                Shape::U8 => Shape::Bytes,
                element => Shape::Sequence(Box::new(element)),
            },
            TypeDef::Array(array) => Shape::Array(Box::new(self.shape(array.type_param.id)), array.len),
            TypeDef::Tuple(tuple) => match tuple.fields.as_slice() {
                [only] => self.shape(only.id),
                fields => Shape::Tuple(fields.iter().map(|field| self.shape(field.id)).collect()),
            },
            TypeDef::Primitive(primitive) => primitive_shape(primitive),
            TypeDef::Compact(compact) => match self.shape(compact.type_param.id) {
                Shape::Tuple(fields) if fields.is_empty() => Shape::Tuple(fields),
                inner => Shape::Compact(Box::new(inner)),
            },
            TypeDef::BitSequence(_) => Shape::Unsupported(name()),
        };
        self.path.pop();
        shape
    }

    fn fields(&mut self, fields: &[Field<PortableForm>]) -> Vec<FieldShape> {
        fields
            .iter()
            .map(|field| FieldShape {
                name: field.name.clone().unwrap_or_default(),
                type_name: self.type_name(field),
                shape: self.shape(field.ty.id),
            })
            .collect()
    }

    /// The name as the runtime writes it, or that of the type's path.
    fn type_name(&self, field: &Field<PortableForm>) -> String {
        if let Some(name) = &field.type_name {
            return name.clone();
        }
        let path = self.types.resolve(field.ty.id).and_then(|ty| ty.path.segments.last());
        path.cloned().unwrap_or_default()
    }
}

fn primitive_shape(primitive: &TypeDefPrimitive) -> Shape {
    match primitive {
        TypeDefPrimitive::Bool => Shape::Bool,
        TypeDefPrimitive::Str => Shape::Text,
        TypeDefPrimitive::U8 => Shape::U8,
        TypeDefPrimitive::U16 => Shape::U16,
        TypeDefPrimitive::U32 => Shape::U32,
        TypeDefPrimitive::U64 => Shape::U64,
        TypeDefPrimitive::U128 => Shape::U128,
        TypeDefPrimitive::I8 => Shape::I8,
        TypeDefPrimitive::I16 => Shape::I16,
        TypeDefPrimitive::I32 => Shape::I32,
        TypeDefPrimitive::I64 => Shape::I64,
        TypeDefPrimitive::I128 => Shape::I128,
        TypeDefPrimitive::Char => Shape::Unsupported("char".into()),
        TypeDefPrimitive::U256 => Shape::Unsupported("U256".into()),
        TypeDefPrimitive::I256 => Shape::Unsupported("I256".into()),
    }
}
