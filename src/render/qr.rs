//! Owns QR codes: for a terminal, as PNG and as SVG. Must not know what they say.

use std::fmt::Write as _;

use anstyle::{Ansi256Color, Color, Style};
use fast_qr::{ECL, QRBuilder, QRCode};

use super::terminal_text::TerminalText;
use crate::secret::Secret;

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;
/// The least that readers still find a code in.
const LEAST_QUIET: usize = 1;
/// Pixels of a module in a PNG.
const SCALE: usize = 8;
/// Black and white of the colour cube, which no theme of a terminal changes, unlike the 16 named colours.
const DARK: Color = Color::Ansi256(Ansi256Color(16));
const LIGHT: Color = Color::Ansi256(Ansi256Color(231));

pub(crate) struct QrCode(QRCode);

impl QrCode {
    /// None if the text is too long for a code.
    pub(crate) fn new(text: &Secret) -> Option<Self> {
        QRBuilder::new(text.expose()).ecl(ECL::L).build().ok().map(Self)
    }

    /// False around the code.
    fn is_dark(&self, x: usize, y: usize, [left, top]: [usize; 2]) -> bool {
        let inside = |at: usize, quiet: usize| at.checked_sub(quiet).filter(|at| *at < self.0.size);
        inside(x, left).zip(inside(y, top)).is_some_and(|(x, y)| self.0[y][x].value())
    }

    /// Two modules in each character, with both colours drawn, so that the background does not matter. None if the code does
    /// not fit on a terminal of that size.
    pub(crate) fn for_terminal(&self, columns: usize, lines: usize) -> Option<TerminalText> {
        let quiet =
            |room: usize| Some((room.checked_sub(self.0.size)? / 2).min(QUIET)).filter(|quiet| *quiet >= LEAST_QUIET);
        let (left, top) = (quiet(columns)?, quiet(lines * 2)?);
        let [width, height] = [left, top].map(|quiet| self.0.size + 2 * quiet);
        let color = |x, y| Some(if self.is_dark(x, y, [left, top]) { DARK } else { LIGHT });
        let mut text = String::new();
        for y in (0..height).step_by(2) {
            for x in 0..width {
                let style = Style::new().fg_color(color(x, y)).bg_color(color(x, y + 1));
                _ = write!(text, "{style}▀{style:#}");
            }
            text.push('\n');
        }
        Some(TerminalText::trusted(text))
    }

    pub(crate) fn svg(&self) -> String {
        let width = self.0.size + 2 * QUIET;
        let dark = (0..width * width).map(|place| (place % width, place / width));
        let dark = dark.filter(|(x, y)| self.is_dark(*x, *y, [QUIET; 2]));
        let path = dark.map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect::<Vec<_>>().concat();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{width}v{width}H0z\"/><path d=\"{path}\"/></svg>\n"
        )
    }

    pub(crate) fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let width = (self.0.size + 2 * QUIET) * SCALE;
        let pixel = |place: usize| {
            let (x, y) = (place % width / SCALE, place / width / SCALE);
            if self.is_dark(x, y, [QUIET; 2]) { 0 } else { u8::MAX }
        };
        let pixels: Vec<u8> = (0..width * width).map(pixel).collect();
        let (mut file, side) = (Vec::new(), u32::try_from(width).unwrap_or(u32::MAX));
        // One byte for each pixel, grey, is what an encoder makes if nothing is said.
        png::Encoder::new(&mut file, side, side).write_header()?.write_image_data(&pixels)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> QrCode {
        QrCode::new(&Secret::new("otpauth://totp/AWS:alice@111122223333?secret=GEZDGNBVGY3TQOJQ&issuer=AWS")).unwrap()
    }

    #[test]
    fn a_code_leaves_two_lines_of_a_small_terminal_free_and_none_is_drawn_where_it_would_be_cut() {
        let (code, size) = (code(), code().0.size);
        let lines = |columns, lines| code.for_terminal(columns, lines).map(|text| text.as_str().lines().count());
        assert_eq!(lines(80, 100), Some((size + 2 * QUIET).div_ceil(2)));
        let least = (size + 2).div_ceil(2);
        assert_eq!((lines(80, least), lines(80, least - 1)), (Some(least), None));
        assert_eq!((lines(size + 2, 100).is_some(), lines(size + 1, 100)), (true, None));
    }

    #[test]
    fn a_text_that_no_code_holds_has_none() {
        assert!(QrCode::new(&Secret::new("x".repeat(3000))).is_none());
    }
}
