//! Four sums side by side: one vector of WebAssembly, or four numbers elsewhere, added in the same order.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use plain::Sums;
#[cfg(target_arch = "wasm32")]
pub(crate) use vectors::Sums;

#[cfg(target_arch = "wasm32")]
mod vectors {
    use std::arch::wasm32::{
        f32x4, f32x4_add, f32x4_convert_i32x4, f32x4_extract_lane, f32x4_mul, f32x4_splat,
        i16x8_extend_high_i8x16, i16x8_extend_low_i8x16, i32x4_extend_high_i16x8, i32x4_extend_low_i16x8,
        u64x2, v128,
    };

    #[derive(Clone, Copy)]
    pub(crate) struct Sums(v128);

    #[inline]
    #[target_feature(enable = "simd128")]
    fn loaded([a, b, c, d]: &[f32; 4]) -> v128 {
        f32x4(*a, *b, *c, *d)
    }

    impl Sums {
        #[inline]
        #[target_feature(enable = "simd128")]
        pub(crate) fn zero() -> Self {
            Self(f32x4_splat(0.0))
        }

        /// Adds what the numbers, read as signed, give with the floats.
        #[inline]
        #[target_feature(enable = "simd128")]
        pub(crate) fn products(self, numbers: &[u8; 16], floats: &[f32; 16]) -> Self {
            let ([low, high], [a, b, c, d]) = (numbers.as_chunks::<8>().0, floats.as_chunks::<4>().0) else {
                return self;
            };
            let bytes = u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high));
            let (low, high) = (i16x8_extend_low_i8x16(bytes), i16x8_extend_high_i8x16(bytes));
            let first = f32x4_mul(f32x4_convert_i32x4(i32x4_extend_low_i16x8(low)), loaded(a));
            let second = f32x4_mul(f32x4_convert_i32x4(i32x4_extend_high_i16x8(low)), loaded(b));
            let third = f32x4_mul(f32x4_convert_i32x4(i32x4_extend_low_i16x8(high)), loaded(c));
            let fourth = f32x4_mul(f32x4_convert_i32x4(i32x4_extend_high_i16x8(high)), loaded(d));
            let all = f32x4_add(f32x4_add(first, second), f32x4_add(third, fourth));
            Self(f32x4_add(self.0, all))
        }

        /// Adds the floats themselves.
        #[inline]
        #[target_feature(enable = "simd128")]
        pub(crate) fn floats(self, floats: &[f32; 16]) -> Self {
            let [a, b, c, d] = floats.as_chunks::<4>().0 else { return self };
            let (first, last) = (f32x4_add(loaded(a), loaded(b)), f32x4_add(loaded(c), loaded(d)));
            Self(f32x4_add(self.0, f32x4_add(first, last)))
        }

        /// Adds other sums, times a factor.
        #[inline]
        #[target_feature(enable = "simd128")]
        pub(crate) fn scaled(self, other: Self, factor: f32) -> Self {
            Self(f32x4_add(self.0, f32x4_mul(other.0, f32x4_splat(factor))))
        }

        #[inline]
        #[target_feature(enable = "simd128")]
        pub(crate) fn total(self) -> f32 {
            let (first, second) = (f32x4_extract_lane::<0>(self.0), f32x4_extract_lane::<1>(self.0));
            let (third, fourth) = (f32x4_extract_lane::<2>(self.0), f32x4_extract_lane::<3>(self.0));
            (first + second) + (third + fourth)
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod plain {
    #[derive(Clone, Copy)]
    pub(crate) struct Sums([f32; 4]);

    fn added(mut to: [f32; 4], from: [f32; 4]) -> [f32; 4] {
        for (to, from) in to.iter_mut().zip(from) {
            *to += from;
        }
        to
    }

    fn folded([a, b, c, d]: [[f32; 4]; 4]) -> [f32; 4] {
        added(added(a, b), added(c, d))
    }

    impl Sums {
        pub(crate) fn zero() -> Self {
            Self([0.0; 4])
        }

        /// Adds what the numbers, read as signed, give with the floats.
        pub(crate) fn products(self, numbers: &[u8; 16], floats: &[f32; 16]) -> Self {
            let mut products = [[0.0; 4]; 4];
            let pairs = numbers.iter().zip(floats);
            for (product, (number, x)) in products.as_flattened_mut().iter_mut().zip(pairs) {
                *product = f32::from(number.cast_signed()) * x;
            }
            Self(added(self.0, folded(products)))
        }

        /// Adds the floats themselves.
        pub(crate) fn floats(self, floats: &[f32; 16]) -> Self {
            let [a, b, c, d] = floats.as_chunks::<4>().0 else { return self };
            Self(added(self.0, folded([*a, *b, *c, *d])))
        }

        /// Adds other sums, times a factor.
        pub(crate) fn scaled(self, other: Self, factor: f32) -> Self {
            Self(added(self.0, other.0.map(|x| x * factor)))
        }

        pub(crate) fn total(self) -> f32 {
            let [first, second, third, fourth] = self.0;
            (first + second) + (third + fourth)
        }
    }
}
