//! Matrices in the memory of the device: cut into shards that each fit a binding, filled as rows arrive.

use crate::{
    error::LoadError,
    kernels::{gemv::Shard, pack::Packed},
    model::weights::{Layout, Run},
    runtime::Gpu,
};

/// Makes room for a matrix. The name is for messages.
pub(super) fn allocate(gpu: &Gpu, name: &str, layout: &Layout) -> Result<Vec<Shard>, LoadError> {
    let shard = |shard: usize| {
        let rows = layout.shard_rows(shard);
        let label = format!("{name} {shard}");
        let bytes = |per_row: usize| (rows * per_row) as u64;
        let scales = layout.format.scale_bytes(layout.columns);
        Ok(Shard {
            weights: gpu.storage(&label, bytes(layout.format.row_bytes(layout.columns)))?,
            scales: if scales > 0 { Some(gpu.storage(&label, bytes(scales))?) } else { None },
            rows,
            first_row: layout.shard_units(shard).0,
        })
    };
    (0..layout.shards()).map(shard).collect()
}

/// Writes a run of packed rows into the shard that it belongs to.
pub(super) fn write(
    gpu: &Gpu,
    name: &str,
    shards: Option<&[Shard]>,
    run: Run,
    packed: &Packed,
) -> Result<(), LoadError> {
    let missing = || LoadError::Tensor { tensor: name.to_owned(), reason: "has no such shard".into() };
    let shard = shards.and_then(|shards| shards.get(run.shard)).ok_or_else(missing)?;
    let offset = |bytes: &[u8]| (run.row * bytes.len().checked_div(run.count).unwrap_or(0)) as u64;
    gpu.write(&shard.weights, offset(&packed.weights), &packed.weights);
    if let Some(scales) = &shard.scales {
        gpu.write(scales, offset(&packed.scales), &packed.scales);
    }
    Ok(())
}
