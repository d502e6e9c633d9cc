//! When epochs run and whom they pay.
