//! The pool against known trades, against doubles, and under properties that no trade may break.

use crate::{Balancer, Reserves};
use proptest::prelude::*;
use sp_runtime::Perquintill;

const TAO: u64 = 1_000_000_000;

fn pool(tao: u64, alpha: u64) -> Reserves {
    Reserves { tao, alpha }
}

/// Weights with `hundredths` of weight on TAO.
fn weighted(hundredths: u64) -> Balancer {
    Balancer::with_quote_weight(Perquintill::from_percent(hundredths)).unwrap()
}

fn buy(balancer: Balancer, reserves: Reserves, tao: u64) -> (u64, Reserves) {
    let out = balancer.alpha_for_tao(reserves, tao);
    (out, pool(reserves.tao + tao, reserves.alpha - out))
}

fn sell(balancer: Balancer, reserves: Reserves, alpha: u64) -> (u64, Reserves) {
    let out = balancer.tao_for_alpha(reserves, alpha);
    (out, pool(reserves.tao - out, reserves.alpha + alpha))
}

#[test]
fn equal_weights_are_the_constant_product() {
    let balancer = Balancer::default();
    let reserves = pool(1_000 * TAO, 4_000 * TAO);
    assert_eq!(balancer.price(reserves), Some(TAO / 4));
    // 4000 · 10 / 1010 alpha
    assert_eq!(balancer.alpha_for_tao(reserves, 10 * TAO), 39_603_960_396);
    // 1000 · 40 / 4040 TAO
    assert_eq!(balancer.tao_for_alpha(reserves, 40 * TAO), 9_900_990_099);
}

#[test]
fn weights_follow_from_a_price() {
    let reserves = pool(1_000 * TAO, 1_000 * TAO);
    let balancer = Balancer::at_price(reserves, 3 * TAO).unwrap();
    assert_eq!(balancer.quote_weight(), 250_000_000_000_000_000);
    assert_eq!(balancer.base_weight(), 750_000_000_000_000_000);
    assert_eq!(balancer.price(reserves), Some(3 * TAO));
    assert_eq!(Balancer::at_price(reserves, 100 * TAO), None, "less than a hundredth of weight on TAO");
}

/// Three quarters of weight on alpha: twice the TAO leaves 2^(−1/3) of the alpha in the pool, whose
/// decimal expansion is 0.793700525984099737375852…
#[test]
fn unequal_weights_to_the_last_rao() {
    let reserves = pool(1_000 * TAO, 1_000_000 * TAO);
    let balancer = Balancer::at_price(reserves, 3_000_000).unwrap();
    assert_eq!(balancer.quote_weight(), 250_000_000_000_000_000);
    assert_eq!(balancer.alpha_for_tao(reserves, 1_000 * TAO), 206_299_474_015_900);
}

#[test]
fn limits_are_reached_and_not_passed() {
    let reserves = pool(1_000 * TAO, 1_000 * TAO);
    let balancer = Balancer::default();
    // The square root of 1.21 is 1.1.
    let tao = balancer.tao_to_price(reserves, 1_210_000_000).unwrap();
    assert!((99_999_999_999..=100 * TAO).contains(&tao), "{tao}");
    let alpha = balancer.alpha_to_price(reserves, 250_000_000).unwrap();
    assert!((999_999_999_999..=1_000 * TAO).contains(&alpha), "{alpha}");
    assert_eq!(balancer.tao_to_price(reserves, TAO), None, "the price is there already");
    assert_eq!(balancer.alpha_to_price(reserves, TAO), None, "the price is there already");
    // A million times the price takes 999 times the reserve.
    let tao = balancer.tao_to_price(reserves, 1_000_000_000_000_000).unwrap();
    assert!((998_999_999_999_999..=999_000 * TAO).contains(&tao), "{tao}");
}

fn reserves() -> impl Strategy<Value = Reserves> {
    // From a thousandth of a TAO to 21 million TAO.
    (6u32..=16, 1u64..=9, 6u32..=16, 1u64..=9, 0u64..1_000_000).prop_map(|(ey, my, ex, mx, low)| {
        let clamp = |value: u64| value.min(21_000_000 * TAO);
        pool(clamp(my * 10u64.pow(ey) + low), clamp(mx * 10u64.pow(ex) + low / 3))
    })
}

fn weights() -> impl Strategy<Value = u64> {
    prop_oneof![Just(50u64), 1u64..=99]
}

/// The formula in doubles; the part of the pool that leaves it.
fn part_out(into: u64, input: u64, exponent: f64) -> f64 {
    -f64::exp_m1(-exponent * f64::ln_1p(input as f64 / into as f64))
}

proptest! {
    #[test]
    fn agrees_with_doubles(reserves in reserves(), weight in weights(), size in 0.000_001f64..10.0) {
        let ratio = reserves.tao as f64 / reserves.alpha as f64;
        prop_assume!((1e-7..1e7).contains(&ratio));
        let balancer = weighted(weight);
        let exponent = balancer.quote_weight() as f64 / balancer.base_weight() as f64;

        let tao = (reserves.tao as f64 * size) as u64;
        let expected = reserves.alpha as f64 * part_out(reserves.tao, tao, exponent);
        let alpha = balancer.alpha_for_tao(reserves, tao) as f64;
        prop_assert!((alpha - expected).abs() <= 1.0 + expected * 1e-11, "{alpha} {expected}");

        let alpha = (reserves.alpha as f64 * size) as u64;
        let expected = reserves.tao as f64 * part_out(reserves.alpha, alpha, 1.0 / exponent);
        let tao = balancer.tao_for_alpha(reserves, alpha) as f64;
        prop_assert!((tao - expected).abs() <= 1.0 + expected * 1e-11, "{tao} {expected}");
    }

    #[test]
    fn a_round_trip_never_profits(reserves in reserves(), weight in weights(), tao in 1u64..=u64::MAX >> 10) {
        let ratio = reserves.tao as f64 / reserves.alpha as f64;
        prop_assume!((1e-7..1e7).contains(&ratio));
        let tao = tao.min(reserves.tao * 100);
        let balancer = weighted(weight);
        let (alpha, between) = buy(balancer, reserves, tao);
        prop_assume!(between.alpha > 0);
        let (back, _) = sell(balancer, between, alpha);
        prop_assert!(back <= tao, "{back} for {tao}");
    }

    #[test]
    fn more_in_never_gives_less_out(reserves in reserves(), weight in weights(), a: u32, b: u32) {
        let ratio = reserves.tao as f64 / reserves.alpha as f64;
        prop_assume!((1e-7..1e7).contains(&ratio));
        let balancer = weighted(weight);
        let (less, more) = (u64::from(a.min(b)), u64::from(a.max(b)));
        prop_assert!(balancer.alpha_for_tao(reserves, less) <= balancer.alpha_for_tao(reserves, more));
        prop_assert!(balancer.tao_for_alpha(reserves, less) <= balancer.tao_for_alpha(reserves, more));
        prop_assert!(balancer.alpha_for_tao(reserves, more) < reserves.alpha);
        prop_assert_eq!(balancer.alpha_for_tao(reserves, 0), 0);
    }

    #[test]
    fn the_largest_purchase_stops_at_the_limit(reserves in reserves(), weight in weights(), rise in 1u64..500) {
        let ratio = reserves.tao as f64 / reserves.alpha as f64;
        prop_assume!((1e-4..1e4).contains(&ratio));
        let balancer = weighted(weight);
        let price = balancer.price(reserves).unwrap();
        let limit = price + price * rise / 100 + 1;
        let tao = balancer.tao_to_price(reserves, limit).unwrap();
        let (_, after) = buy(balancer, reserves, tao);
        prop_assert!(balancer.price(after).unwrap() <= limit);
        // A thousandth more would pass the limit, unless rounding to whole rao hides it.
        if tao > 1_000_000_000 && tao < reserves.tao.saturating_mul(1_000) {
            let (_, beyond) = buy(balancer, reserves, tao + tao / 1_000);
            prop_assert!(balancer.price(beyond).unwrap() >= limit);
        }
    }

    #[test]
    fn the_largest_sale_stops_at_the_limit(reserves in reserves(), weight in weights(), fall in 1u64..90) {
        let ratio = reserves.tao as f64 / reserves.alpha as f64;
        prop_assume!((1e-4..1e4).contains(&ratio));
        let balancer = weighted(weight);
        let price = balancer.price(reserves).unwrap();
        let limit = price - price * fall / 100;
        prop_assume!(limit > 0 && limit < price);
        let alpha = balancer.alpha_to_price(reserves, limit).unwrap();
        let (_, after) = sell(balancer, reserves, alpha);
        // Rounding the proceeds down leaves TAO in the pool, which keeps the price up.
        prop_assert!(balancer.price(after).unwrap() >= limit);
    }

    #[test]
    fn injected_emission_keeps_the_price(reserves in reserves(), weight in 2u64..=98, tao in 0u64..TAO, alpha in 0u64..TAO) {
        let ratio = reserves.tao as f64 / reserves.alpha as f64;
        prop_assume!((1e-4..1e4).contains(&ratio));
        prop_assume!(reserves.tao > 100 * TAO && reserves.alpha > 100 * TAO);
        let balancer = weighted(weight);
        let before = balancer.price(reserves).unwrap();
        let Some(adjusted) = balancer.after_injection(reserves, tao, alpha) else { return Ok(()) };
        let after = adjusted.price(pool(reserves.tao + tao, reserves.alpha + alpha)).unwrap();
        prop_assert!(before.abs_diff(after) <= 1, "{before} {after}");
    }
}
