//! Somebody's picture, made ours: whatever else was in the file is not in what we keep.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use tokio::sync::Semaphore;

/// Both ways, in pixels.
const SIDE: u32 = 512;
/// A camera of 50 megapixels.
const MOST_PIXELS: u64 = 52_000_000;
/// What decoding may take, of any format: 50 megapixels of three bytes and some.
const MOST_BYTES: u64 = 256 << 20;
/// As good as it looks at this size.
const QUALITY: u8 = 85;

/// So that many people at once cannot take all memory: each may need a quarter of a gigabyte.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Why a file is no picture that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    #[error("this is no picture: send a JPEG, PNG or WebP file")]
    NotAPicture,
    #[error("the picture has too many pixels: scale it down to 50 megapixels or fewer")]
    TooManyPixels,
    #[error("the picture is damaged or cut off: send it again")]
    Damaged,
}

/// A square JPEG of 512 pixels out of its middle, upright, on white, and without anything but the picture: no
/// place, no camera, no second file behind the first.
///
/// # Errors
/// The file; or the process is stopping.
pub(super) async fn portrait(file: Vec<u8>) -> anyhow::Result<Result<Vec<u8>, PictureFault>> {
    let _turn = AT_ONCE.acquire().await?;
    Ok(tokio::task::spawn_blocking(move || draw(&file)).await?)
}

fn draw(file: &[u8]) -> Result<Vec<u8>, PictureFault> {
    let format = image::guess_format(file).map_err(|_| PictureFault::NotAPicture)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(PictureFault::NotAPicture);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    // What it says of itself, before anything is done that takes as much.
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_BYTES {
        return Err(PictureFault::TooManyPixels);
    }
    let orientation = decoder.orientation().map_err(fault)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(fault)?;
    picture.apply_orientation(orientation);

    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let square = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    drop(picture);
    let square = square.resize_exact(SIDE, SIDE, FilterType::CatmullRom);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&on_white(&square))
        .map_err(fault)?;
    Ok(jpeg)
}

/// JPEG knows no transparency, and black would show through.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let picture = picture.to_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0.map(u16::from);
        let over = |colour: u16| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8;
        Rgb([over(red), over(green), over(blue)])
    })
}

fn fault(error: ImageError) -> PictureFault {
    match error {
        ImageError::Limits(_) => PictureFault::TooManyPixels,
        ImageError::Unsupported(_) => PictureFault::NotAPicture,
        _ => PictureFault::Damaged,
    }
}
