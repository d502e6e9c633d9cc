//! Rewrites a safetensors file with its f32 tensors as f16. Tensors that no encoder reads are left out.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// The same tensors in half precision, in the order of their names.
///
/// The pooler is a layer for another task, and the list of positions is 0, 1, 2, …: sentence embeddings use
/// neither.
pub fn to_half(file: &[u8]) -> Result<Vec<u8>> {
    let tensors = SafeTensors::deserialize(file).context("the weights are no safetensors file")?;
    let mut halves: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (name, tensor) in tensors.tensors() {
        if name.starts_with("pooler.") || name == "embeddings.position_ids" {
            continue;
        }
        ensure!(tensor.dtype() == Dtype::F32, "{name} is {:?}, not F32", tensor.dtype());
        let (words, _) = tensor.data().as_chunks::<4>();
        let mut bytes = Vec::with_capacity(words.len() * 2);
        for word in words {
            let value = f32::from_le_bytes(*word);
            let rounded = f16::from_f32(value);
            ensure!(rounded.is_finite(), "{name} holds {value}, which half precision cannot");
            bytes.extend(rounded.to_le_bytes());
        }
        halves.insert(name, (tensor.shape().to_vec(), bytes));
    }
    let views = halves
        .iter()
        .map(|(name, (shape, bytes))| Ok((name, TensorView::new(Dtype::F16, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, values: &[f32]) -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, vec![values.len()], &bytes).unwrap();
        safetensors::serialize([(name, view)], None).unwrap()
    }

    #[test]
    fn values_are_rounded_to_nearest() {
        let converted = to_half(&file("a", &[1.0, -0.5, 0.1])).unwrap();
        assert_eq!(converted, to_half(&file("a", &[1.0, -0.5, 0.1])).unwrap());
        let tensors = SafeTensors::deserialize(&converted).unwrap();
        let tensor = tensors.tensor("a").unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::F16, [3].as_slice()));
        assert_eq!(tensor.data(), [0, 0x3c, 0, 0xb8, 0x66, 0x2e]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_is_not_used_left_out() {
        assert!(to_half(&file("a", &[1e6])).unwrap_err().to_string().contains("half precision"));
        assert!(to_half(b"nonsense").is_err());
        let converted = to_half(&file("pooler.dense.bias", &[1.0])).unwrap();
        assert_eq!(SafeTensors::deserialize(&converted).unwrap().len(), 0);
    }
}
