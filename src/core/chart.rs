//! Bars as a picture: labels, lengths and numbers, as PNG bytes. `say` has the same as text.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, RasterizedChar, get_raster, get_raster_width};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Bars in a picture at the most; more would be too small to read on a phone. The text has them all.
pub const BARS_MAX: usize = 16;

/// Counts with their labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    /// What a full bar stands for.
    pub of: usize,
    /// Label and count of each, from top to bottom.
    pub bars: Vec<(String, usize)>,
}

type Colour = [u8; 3];

/// The picture brings its own ground, so that it reads the same in light and dark clients. The text has a
/// contrast of 15 to 1 with it, the bar one of 5 to 1.
const GROUND: Colour = [250, 250, 250];
const INK: Colour = [32, 34, 37];
const TRACK: Colour = [222, 226, 232];
const BAR: Colour = [38, 101, 204];

const FONT: RasterHeight = RasterHeight::Size20;
const WEIGHT: FontWeight = FontWeight::Regular;

const WIDTH: usize = 800;
const MARGIN: usize = 24;
const LINE_HEIGHT: usize = 26;
const BAR_HEIGHT: usize = 20;
/// Between a label and its bar.
const GAP: usize = 4;
/// Below each bar.
const SPACE: usize = 22;
/// Lines of a label at the most; the text has the whole of it.
const LABEL_LINES_MAX: usize = 2;
/// The place for `1000 of 1000` at the right.
const COUNT_CHARS: usize = 13;

/// Draws the bars, each with its number and label above and its count at the right.
///
/// A label in letters that the font does not have is left out; its number stands for it, and the text has
/// both. The bytes are the same on every machine.
pub fn png(bars: &Bars) -> Vec<u8> {
    let labels: Vec<Vec<String>> =
        bars.bars.iter().take(BARS_MAX).enumerate().map(|(place, (label, _))| lines(place, label)).collect();
    let bar_space = GAP + BAR_HEIGHT + SPACE;
    let height: usize = labels.iter().map(|lines| lines.len() * LINE_HEIGHT + bar_space).sum();
    let mut canvas = Canvas::new(WIDTH, (2 * MARGIN + height).saturating_sub(SPACE));
    let track = WIDTH - 2 * MARGIN - COUNT_CHARS * char_width();
    let mut top = MARGIN;
    for (lines, (_, count)) in labels.iter().zip(&bars.bars) {
        for line in lines {
            canvas.write(MARGIN, top, line);
            top += LINE_HEIGHT;
        }
        top += GAP;
        canvas.fill(MARGIN, top, track, BAR_HEIGHT, TRACK);
        canvas.fill(MARGIN, top, filled(*count, bars.of, track), BAR_HEIGHT, BAR);
        canvas.write(MARGIN + track + char_width(), top, &format!("{count} of {}", bars.of));
        top += BAR_HEIGHT + SPACE;
    }
    canvas.encode()
}

/// Pixels of a track that are filled. Something is never nothing, and not all is never all.
fn filled(count: usize, of: usize, track: usize) -> usize {
    match count {
        0 => 0,
        count if count >= of => track,
        count => (track * count / of).clamp(1, track - 1),
    }
}

/// A number and a label, broken between words.
fn lines(place: usize, label: &str) -> Vec<String> {
    let number = format!("{}.", place + 1);
    let label = drawable(label);
    if !label.chars().all(|char| glyph(char).is_some()) {
        return vec![number];
    }
    let width = (WIDTH - 2 * MARGIN) / char_width();
    let text = format!("{number} {label}");
    let mut lines: Vec<String> = textwrap::wrap(&text, width).into_iter().map(Into::into).collect();
    if lines.len() > LABEL_LINES_MAX {
        lines.truncate(LABEL_LINES_MAX);
        if let Some(last) = lines.last_mut() {
            last.truncate(last.char_indices().nth(width - 3).map_or(last.len(), |(end, _)| end));
            last.push_str("...");
        }
    }
    lines
}

/// A label without mark-up, and with the plain forms of signs that the font does not have.
fn drawable(label: &str) -> String {
    let words = label.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut plain = String::new();
    for char in words.nfc() {
        match char {
            '`' => {}
            '“' | '”' | '„' => plain.push('"'),
            '‘' | '’' => plain.push('\''),
            '–' | '—' | '−' => plain.push('-'),
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '≤' => plain.push_str("<="),
            '≥' => plain.push_str(">="),
            char => plain.push(char),
        }
    }
    plain
}

fn glyph(char: char) -> Option<RasterizedChar> {
    get_raster(char, WEIGHT, FONT)
}

fn char_width() -> usize {
    get_raster_width(WEIGHT, FONT)
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: GROUND.repeat(width * height) }
    }

    fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, colour: Colour) {
        for y in top..top + height {
            for x in left..left + width {
                self.blend(x, y, colour, u8::MAX);
            }
        }
    }

    fn write(&mut self, left: usize, top: usize, text: &str) {
        for (place, char) in text.chars().enumerate() {
            let Some(glyph) = glyph(char) else { continue };
            for (y, row) in glyph.rows().enumerate() {
                for (x, cover) in row.iter().enumerate() {
                    self.blend(left + place * char_width() + x, top + y, INK, *cover);
                }
            }
        }
    }

    /// Lays a colour over a pixel, from 0 (not at all) to 255. What is outside stays outside.
    fn blend(&mut self, x: usize, y: usize, colour: Colour, cover: u8) {
        if x >= self.width {
            return;
        }
        let start = (y * self.width + x) * 3;
        let Some(pixel) = self.pixels.get_mut(start..start + 3) else { return };
        for (under, over) in pixel.iter_mut().zip(colour) {
            let (cover, under_part) = (u32::from(cover), u32::from(u8::MAX - cover));
            *under = ((u32::from(over) * cover + u32::from(*under) * under_part) / 255) as u8;
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.pixels));
        written.expect("a picture of some hundred lines, in the memory at hand, has no way to fail");
        bytes
    }
}
