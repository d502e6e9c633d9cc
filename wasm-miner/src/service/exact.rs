//! The bit-exact mode as the service loads it.

use std::rc::Rc;

use lantern_worker_bridge::miner::Place;

use crate::{
    error::LoadError,
    generate::Model,
    loader::stream::Plan,
    model::exact::{
        Exact, Place as In,
        cpu::ExactCpu,
        gpu::{ExactGpu, GpuRows},
        weights::ExactWeights,
    },
    runtime::Gpu,
};

/// Weights on their way to one place or both.
pub(super) fn weights(gpu: Option<Rc<Gpu>>, place: Place) -> ExactWeights {
    match gpu {
        Some(gpu) => ExactWeights::for_gpu(GpuRows::new(gpu), place != Place::Gpu),
        None => ExactWeights::for_cpu(),
    }
}

/// A model for each place that weights were kept for: the device, with its dispatches per token, and the CPU.
pub(super) async fn models(
    plan: &Plan,
    mut weights: ExactWeights,
    context: usize,
) -> Result<(Option<(Model, usize)>, Option<Model>), LoadError> {
    let digest = weights.digest(&plan.config)?;
    let model = |place| Model::Exact(Exact { digest, place });
    let (mut gpu, mut cpu) = (None, None);
    if weights.has_gpu() {
        let on_gpu = ExactGpu::new(plan, &mut weights, context).await?;
        let dispatches = on_gpu.dispatches_per_token();
        gpu = Some((model(In::Gpu(Box::new(on_gpu))), dispatches));
    }
    if weights.has_cpu() {
        cpu = Some(model(In::Cpu(Box::new(ExactCpu::new(plan, &mut weights, context)?))));
    }
    Ok((gpu, cpu))
}
