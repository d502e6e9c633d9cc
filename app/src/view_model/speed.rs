//! What the chart of the miner's speed draws and says.

use super::miner::{hash_unit, time};
use crate::state::speed::{Kind, SPAN_MILLIS, Span, Speed};
use lantern_types::format;
use std::fmt::Write as _;

/// The plane that is drawn on.
pub const WIDTH: usize = 3_000;
/// The plane that is drawn on.
pub const HEIGHT: u32 = 2_000;

/// What is shown: as many spans as were lived through, with their words for the axis.
const WINDOWS: [(usize, &str, &str); 4] = [
    (30, "−1 min", "−30 s"),
    (60, "−2 min", "−1 min"),
    (150, "−5 min", "−2.5 min"),
    (300, "−10 min", "−5 min"),
];

/// A chart: paths on the plane, and the words around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chart {
    /// The rate, in steps.
    pub line: String,
    /// What lies below it.
    pub area: String,
    /// Where work was held.
    pub held: String,
    /// The height of the best rate.
    pub best: String,
    /// From the highest to the lowest.
    pub rates: Vec<String>,
    /// The unit of the rates.
    pub unit: &'static str,
    /// From the oldest to now.
    pub times: [&'static str; 3],
    /// How long work was held, in words; empty where it was not.
    pub held_for: String,
    /// What the line is.
    pub measure: &'static str,
    /// All of it, for those who listen.
    pub words: String,
}

/// The name of what is measured.
#[must_use]
pub const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Writing => "Writing",
        Kind::Searching => "Proof of work",
    }
}

/// What is shown: what was chosen, or else what ran last.
#[must_use]
pub fn shown(speed: &Speed) -> Kind {
    let wanted = [speed.chosen.unwrap_or(speed.latest), speed.latest, Kind::Writing, Kind::Searching];
    wanted.into_iter().find(|kind| !speed.course(*kind).spans().is_empty()).unwrap_or_default()
}

/// Whether both kinds of work ran, so that there is a choice.
#[must_use]
pub fn is_choice(speed: &Speed) -> bool {
    [Kind::Writing, Kind::Searching].iter().all(|kind| !speed.course(*kind).spans().is_empty())
}

/// The chart of one kind of work; nothing where nothing was measured.
#[must_use]
pub fn chart(speed: &Speed, kind: Kind) -> Option<Chart> {
    let course = speed.course(kind);
    let all = course.spans();
    let last = all.iter().rev().find_map(Span::rate)?;
    let (shown, from, middle) = WINDOWS.into_iter().find(|(spans, ..)| *spans >= all.len())?;
    let best = course.best();
    let (unit, size) = match kind {
        Kind::Writing => ("tokens/s", 1.0),
        Kind::Searching => hash_unit(best),
    };
    let step = nice_step(best / size);
    let top = step * 4.0 * size;
    let mut chart = Chart { unit, times: [from, middle, "now"], ..Chart::default() };
    let mut held_spans = 0;
    let mut was_drawn = false;
    let first = shown - all.len();
    for (index, span) in all.iter().enumerate() {
        let (left, right) = ((first + index) * WIDTH / shown, (first + index + 1) * WIDTH / shown);
        let rate = span.rate();
        match rate {
            Some(rate) => {
                let y = height(rate, top);
                // Writing to a text cannot fail.
                _ = if was_drawn {
                    write!(chart.line, "V{y}H{right}")
                } else {
                    write!(chart.line, "M{left} {y}H{right}")
                };
                _ = write!(chart.area, "M{left} {HEIGHT}V{y}H{right}V{HEIGHT}");
            }
            None if span.is_held => {
                held_spans += 1;
                _ = write!(chart.held, "M{left} 0H{right}V{HEIGHT}H{left}");
            }
            None => {}
        }
        was_drawn = rate.is_some();
    }
    chart.best = format!("M0 {}H{WIDTH}", height(best, top));
    let places = places(step);
    chart.rates = (0..=4).rev().map(|count| figure(step * f64::from(count), places)).collect();
    if held_spans > 0 {
        chart.held_for = format!("Held for {}", format::duration(held_spans * SPAN_MILLIS / 1_000));
    }
    chart.measure = match kind {
        Kind::Writing => "Tokens a second while writing",
        Kind::Searching => "Seals a second, rests included",
    };
    let printed = |rate: f64| figure(rate / size, if rate / size < 100.0 { 1 } else { 0 });
    chart.words = format!(
        "{} over the last {}, in {unit}. Last {}, best {}. {}",
        name(kind),
        time((shown as u64 * SPAN_MILLIS / 1_000) as f64),
        printed(last),
        printed(best),
        chart.held_for
    );
    Some(chart)
}

/// The chart as markup. All of it is the page's own words and numbers.
#[must_use]
pub fn markup(chart: &Chart) -> String {
    let Chart { line, area, held, best, rates, unit, times, held_for, measure, words } = chart;
    let axis = |labels: &mut dyn Iterator<Item = &str>| -> String {
        labels.flat_map(|label| ["<span>", label, "</span>"]).collect()
    };
    let rates = axis(&mut rates.iter().map(String::as_str));
    let times = axis(&mut times.iter().copied());
    let key = |class: &str, path: &str, words: &str| {
        format!(
            r#"<span class="key"><svg viewBox="0 0 20 8" aria-hidden="true"><path class="{class}" d="{path}"/></svg>{words}</span>"#
        )
    };
    let mut keys = key("s1", "M0 4H20", measure) + &key("guide", "M0 4H20", "Best seen in this session");
    if !held_for.is_empty() {
        keys += &key("hole", "M4 0H16V8H4", held_for);
    }
    let quarters = [0, 1, 2, 3, 4].map(|quarter| quarter * HEIGHT / 4);
    let [a, b, c, d, e] = quarters.map(|y| format!("M0 {y}H{WIDTH}"));
    format!(
        r#"<figure class="chart"><div class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{words}"><path class="grid-l" d="{a}{b}{c}{d}{e}"/><path class="area" d="{area}"/><path class="hole" d="{held}"/><path class="s1" d="{line}"/><path class="guide" d="{best}"/></svg><div class="y">{rates}</div><div class="x">{times}</div><div class="u">{unit}</div></div><figcaption class="cap">{keys}</figcaption></figure>"#
    )
}

/// A round number of which four are a little more than `most`.
fn nice_step(most: f64) -> f64 {
    let least = (most * 1.02 / 4.0).max(1e-3);
    // Logarithms and powers would have to be shipped for this alone.
    let mut power = if least < 1.0 { 1e-3 } else { 1.0 };
    while power * 10.0 <= least && power < 1e18 {
        power *= 10.0;
    }
    [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= least)
        .unwrap_or(10.0 * power)
}

/// Decimals that tell the multiples of a step apart.
fn places(step: f64) -> usize {
    match step {
        _ if step.fract() == 0.0 => 0,
        1.0.. => 1,
        0.1.. => 2,
        _ => 3,
    }
}

fn figure(number: f64, places: usize) -> String {
    if places == 0 { format::integer(number.round() as u64) } else { format!("{number:.places$}") }
}

fn height(rate: f64, top: f64) -> u32 {
    let height = f64::from(HEIGHT);
    (height - (rate / top * height).clamp(0.0, height)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_before_the_first_measurement() {
        assert_eq!(chart(&Speed::default(), Kind::Writing), None);
    }

    #[test]
    fn a_lone_measurement_is_as_wide_as_its_span() {
        let mut speed = Speed::default();
        speed.note(Kind::Writing, 95.0, 1.0);
        let chart = chart(&speed, Kind::Writing).unwrap();
        assert_eq!(chart.line, "M2900 100H3000");
        assert_eq!(chart.area, "M2900 2000V100H3000V2000");
        assert_eq!(chart.best, "M0 100H3000");
        assert_eq!(chart.rates, ["100", "75", "50", "25", "0"]);
        assert_eq!((chart.unit, chart.times), ("tokens/s", ["−1 min", "−30 s", "now"]));
        assert_eq!(chart.words, "Writing over the last 1 min, in tokens/s. Last 95.0, best 95.0. ");
    }

    #[test]
    fn the_markup_has_the_picture_and_its_words() {
        let mut speed = Speed::default();
        speed.note(Kind::Writing, 95.0, 1.0);
        let chart = chart(&speed, Kind::Writing).unwrap();
        let text = markup(&chart);
        for part in [
            r#"role="img" aria-label="Writing over the last 1 min, in tokens/s. Last 95.0, best 95.0. ""#,
            r#"<path class="s1" d="M2900 100H3000"/>"#,
            "<span>100</span><span>75</span>",
            "<span>−1 min</span><span>−30 s</span><span>now</span>",
            "Best seen in this session</span></figcaption>",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(markup(&Chart { held_for: "Held for 6 s".into(), ..chart }).contains("/></svg>Held for 6 s"));
    }

    #[test]
    fn idle_time_breaks_the_line_and_held_time_is_marked() {
        let mut speed = Speed::default();
        speed.note(Kind::Searching, 2.0e6, 1.0);
        speed.advance(2_000, false, false);
        speed.note(Kind::Searching, 3.0e6, 1.0);
        speed.advance(4_000, false, true);
        speed.advance(8_000, false, false);
        speed.advance(10_000, false, false);
        speed.note(Kind::Searching, 2.0e6, 1.0);
        let chart = chart(&speed, Kind::Searching).unwrap();
        assert_eq!(chart.line.matches('M').count(), 2, "{}", chart.line);
        assert_eq!(chart.line.matches('V').count(), 1, "two neighbours are joined: {}", chart.line);
        assert_eq!(chart.held, "M2600 0H2700V2000H2600M2700 0H2800V2000H2700M2800 0H2900V2000H2800");
        assert_eq!((chart.unit, chart.held_for.as_str()), ("MH/s", "Held for 6 s"));
        assert_eq!(chart.rates, ["4", "3", "2", "1", "0"]);
        assert!(chart.words.ends_with("Last 2.0, best 3.0. Held for 6 s"), "{}", chart.words);
    }

    #[test]
    fn the_window_grows_with_what_was_lived_through() {
        let mut speed = Speed::default();
        speed.note(Kind::Writing, 0.3, 1.0);
        for (seconds, words) in [(59, "−1 min"), (61, "−2 min"), (200, "−5 min"), (599, "−10 min")] {
            speed.advance(seconds * 1_000, false, false);
            let chart = chart(&speed, Kind::Writing).unwrap();
            assert_eq!(chart.times.first(), Some(&words), "{seconds} s");
        }
        let chart = chart(&speed, Kind::Writing).unwrap();
        assert_eq!(chart.rates, ["0.40", "0.30", "0.20", "0.10", "0.00"]);
    }

    #[test]
    fn what_ran_last_is_shown_until_another_is_chosen() {
        let mut speed = Speed::default();
        assert_eq!(shown(&speed), Kind::Writing);
        speed.chosen = Some(Kind::Searching);
        speed.note(Kind::Writing, 1.0, 1.0);
        assert_eq!((shown(&speed), is_choice(&speed)), (Kind::Writing, false));
        speed.chosen = None;
        speed.note(Kind::Searching, 1.0, 1.0);
        assert_eq!((shown(&speed), is_choice(&speed)), (Kind::Searching, true));
        speed.chosen = Some(Kind::Writing);
        assert_eq!(shown(&speed), Kind::Writing);
    }

    #[test]
    fn steps_are_round_and_leave_a_little_room() {
        for (most, step) in [
            (0.0, 1e-3),
            (0.9, 0.25),
            (3.9, 1.0),
            (95.0, 25.0),
            (370.0, 100.0),
            (393.0, 150.0),
            (964.0, 250.0),
            (2_100.0, 600.0),
        ] {
            assert!((nice_step(most) - step).abs() < 1e-9, "{most}: {}", nice_step(most));
        }
    }
}
