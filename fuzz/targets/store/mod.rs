//! A place for weights that keeps none.

use lantern_wasm_miner::{
    error::LoadError,
    kernels::pack::Packed,
    loader::stream::{Plan, WeightStore},
    model::weights::{Matrix, Run, Vector},
};

pub(crate) struct Nothing;

impl WeightStore for Nothing {
    fn begin(&mut self, _plan: &Plan) -> Result<(), LoadError> {
        Ok(())
    }

    fn rows(&mut self, _matrix: Matrix, _run: Run, _packed: &Packed) -> Result<(), LoadError> {
        Ok(())
    }

    fn values(&mut self, _vector: Vector, _first: usize, _values: &[f32]) -> Result<(), LoadError> {
        Ok(())
    }
}
