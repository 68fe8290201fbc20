//! Deliveries per second and processor time per delivery over the size of the room, as SVG.

use crate::Result;
use crate::process::Kind;
use crate::report::{Report, short};
use crate::scenario::{FAN_OUT_MEMBERS, fan_out_label};
use plotters::prelude::*;
use std::path::Path;

/// Where all three servers have figures.
const IN_FLIGHT: [usize; 2] = [1, 32];
const SERVERS: [(Kind, &str, RGBColor); 3] =
    [(Kind::Chatd, "chatd", BLUE), (Kind::Floor, "floor", BLACK), (Kind::Threads, "threads", RED)];

pub(crate) fn draw(report: &Report, path: &Path) -> Result<()> {
    let image = SVGBackend::new(path, (1000, 760)).into_drawing_area();
    image.fill(&WHITE)?;
    let panels = image.split_evenly((2, 2));
    // The legend has its place where the lines of *threads* end early.
    let measures = [
        ("deliveries/s", 1e4..1e8, SeriesLabelPosition::LowerRight),
        ("server ns/delivery", 1e1..1e5, SeriesLabelPosition::UpperRight),
    ];
    let kinds = measures.iter().flat_map(|measure| IN_FLIGHT.map(|in_flight| (measure, in_flight)));
    for (panel, ((measure, range, legend), in_flight)) in panels.iter().zip(kinds) {
        let mut chart = ChartBuilder::on(panel)
            .caption(format!("{measure}, {in_flight} in flight"), ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(70)
            .build_cartesian_2d((8.0..6000.0).log_scale(), range.clone().log_scale())?;
        chart
            .configure_mesh()
            .x_desc("members")
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .light_line_style(WHITE)
            .draw()?;
        for (kind, name, colour) in SERVERS {
            let points: Vec<(f64, f64)> = FAN_OUT_MEMBERS
                .iter()
                .filter_map(|&members| {
                    let label = fan_out_label(members, in_flight);
                    Some((members as f64, report.median(&label, measure, kind)?))
                })
                .collect();
            chart
                .draw_series(points.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
            chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?.label(name).legend(
                move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)),
            );
        }
        chart
            .configure_series_labels()
            .position(legend.clone())
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
    }
    Ok(image.present()?)
}
