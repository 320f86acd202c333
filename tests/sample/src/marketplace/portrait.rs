use std::io;
use std::path::Path;

use image::{Rgb, RgbImage};

use super::Marketplace;
use crate::random::Random;

/// In pixels. Some are taller than wide, as photographs are.
const WIDTH: u32 = 240;
const HEIGHTS: [u32; 3] = [240, 300, 320];

const SKINS: [[u8; 3]; 6] = [
    [255, 219, 172],
    [241, 194, 125],
    [224, 172, 105],
    [198, 134, 66],
    [141, 85, 36],
    [92, 56, 28],
];
const HAIR: [[u8; 3]; 5] = [
    [20, 16, 14],
    [59, 36, 20],
    [122, 78, 40],
    [201, 160, 84],
    [150, 150, 155],
];

pub(super) fn write_all(marketplace: &Marketplace, folder: &Path) -> io::Result<()> {
    for (number, person) in marketplace.people().enumerate() {
        let Some(file) = person.picture.as_ref().map(|name| folder.join(name)) else {
            continue;
        };
        if !file.exists() {
            draw(number as u64).save(file).map_err(io::Error::other)?;
        }
    }
    Ok(())
}

/// A head and shoulders before a wall.
fn draw(seed: u64) -> RgbImage {
    let mut random = Random::new(seed);
    let height = HEIGHTS[random.below(HEIGHTS.len())];
    let wall = colour(&mut random, 140);
    let floor = colour(&mut random, 60);
    let shirt = colour(&mut random, 30);
    let skin = SKINS[random.below(SKINS.len())];
    let hair = HAIR[random.below(HAIR.len())];
    let long_hair = random.percent(50);

    let (x, y) = (f64::from(WIDTH) / 2.0, f64::from(height) * 0.42);
    let head =
        |px: f64, py: f64, wide: f64, high: f64| ((px - x) / wide).powi(2) + ((py - y) / high).powi(2) < 1.0;
    RgbImage::from_fn(WIDTH, height, |column, row| {
        let (px, py) = (f64::from(column), f64::from(row));
        let shoulders = (px - x).abs() < 85.0 && py > y + 62.0 + ((px - x) / 85.0).powi(2) * 30.0;
        let neck = (px - x).abs() < 20.0 && py > y;
        let eyes = (py - y).abs() < 4.0 && ((px - x).abs() - 18.0).abs() < 4.0;
        let mouth = (py - y - 26.0).abs() < 2.0 && (px - x).abs() < 12.0;
        let fringe = py < y - 22.0;
        Rgb(if eyes || mouth {
            [40, 24, 24]
        } else if head(px, py, 42.0, 54.0) && !fringe {
            skin
        } else if head(px, py, 48.0, 60.0) && (fringe || long_hair) {
            hair
        } else if shoulders {
            shirt
        } else if neck {
            skin
        } else {
            between(wall, floor, f64::from(row) / f64::from(height))
        })
    })
}

fn colour(random: &mut Random, least: usize) -> [u8; 3] {
    [0; 3].map(|_: u8| u8::try_from(random.between(least..=least + 100)).unwrap_or(u8::MAX))
}

fn between(from: [u8; 3], to: [u8; 3], share: f64) -> [u8; 3] {
    let mix = |from: u8, to: u8| (f64::from(from) * (1.0 - share) + f64::from(to) * share) as u8;
    [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])]
}
