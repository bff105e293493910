//! The picture of a reveal, and the same as text.

use riposte::core::chart::{self, BARS_MAX, Bars};
use riposte::core::say;

fn bars(of: usize, bars: &[(&str, usize)]) -> Bars {
    Bars { of, bars: bars.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect() }
}

fn example() -> Bars {
    bars(
        17,
        &[
            ("A list can be changed in place; a tuple never.", 17),
            ("A tuple of hashable items is hashable, so it can be a `dict` key or stand in a `set`.", 9),
            (
                "People use a tuple for a record – a fixed number of fields, each with its own meaning, as in (name, age, town) – and a list for many things of one kind, which you then append to, sort and loop over.",
                1,
            ),
            ("不可変であること", 4),
            ("Größe ist „fest“ ≤ früher…", 0),
        ],
    )
}

/// Width, height, and for each row of pixels how many have the colour of a bar.
fn decoded(png: &[u8]) -> (u32, u32, Vec<usize>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let rows = pixels.chunks(info.width as usize * 3);
    let filled = rows.map(|row| row.chunks(3).filter(|pixel| *pixel == [38, 101, 204]).count());
    (info.width, info.height, filled.collect())
}

/// The length of each bar that is not empty, from top to bottom.
fn lengths(png: &[u8]) -> Vec<usize> {
    let mut lengths = decoded(png).2;
    lengths.dedup();
    lengths.retain(|length| *length > 0);
    lengths
}

#[test]
fn bars_are_as_long_as_their_counts() {
    let lengths = lengths(&chart::png(&example()));
    let [all, nine, one, four] = lengths[..] else { panic!("four bars have a length: {lengths:?}") };
    for (length, count) in [(nine, 9), (one, 1), (four, 4)] {
        assert!((length * 17).abs_diff(all * count) <= 17, "{count} of 17 is {length} of {all}");
    }
}

#[test]
fn something_is_never_nothing_and_not_all_is_never_all() {
    let bars = bars(1_000, &[("all", 1_000), ("nearly", 999), ("one", 1), ("none", 0)]);
    let lengths = lengths(&chart::png(&bars));
    assert!(matches!(lengths[..], [all, nearly, one] if nearly < all && one >= 1), "{lengths:?}");
}

#[test]
fn picture_stays_within_what_a_phone_shows() {
    let (width, height, _) = decoded(&chart::png(&example()));
    assert!(width == 800 && height < 600, "{width} x {height}");
    let long = "x".repeat(600);
    let many: Vec<_> = (0..200).map(|_| (long.as_str(), 1)).collect();
    let png = chart::png(&bars(1, &many));
    assert_eq!(lengths(&png), vec![lengths(&png)[0]; BARS_MAX]);
    assert!(decoded(&png).1 < 130 * BARS_MAX as u32 && png.len() < 300_000, "{} bytes", png.len());
    decoded(&chart::png(&bars(0, &[])));
    decoded(&chart::png(&bars(0, &[("nobody answered", 0)])));
}

#[test]
fn text_and_alternative_text_say_what_the_picture_shows() {
    insta::assert_snapshot!(say::bars_text(&example()));
    assert!(say::bars_alt(&example()).starts_with("How many said each point. 1. 17 of 17: A list can"));
    let long = "x".repeat(600);
    let alt = say::bars_alt(&bars(3, &[(&long, 1), (&long, 2)]));
    assert!(alt.chars().count() <= 1_024 && alt.ends_with('…'), "{}", alt.chars().count());
}

#[test]
fn picture_is_the_same_every_time() {
    assert_eq!(chart::png(&example()), chart::png(&example()));
}
