//! Deliveries per second and processor time per delivery over the size of the room, as SVG.

use crate::Result;
use crate::process::Kind;
use crate::report::{Report, short};
use crate::scenario::{COST, DELIVERIES, FAN_OUT_MEMBERS, fan_out_label};
use plotters::coord::Shift;
use plotters::prelude::*;

/// Where all three servers have figures.
const IN_FLIGHT: [usize; 2] = [1, 32];
/// The floor first, and wide: where chatd lies on it, both are to be seen.
const SERVERS: [(Kind, &str, RGBColor, u32); 3] = [
    (Kind::Floor, "floor", RGBColor(190, 190, 190), 8),
    (Kind::Threads, "threads", RED, 2),
    (Kind::Chatd, "chatd", BLUE, 2),
];

pub(crate) fn draw(report: &Report) -> Result<String> {
    let mut text = String::new();
    panels(report, &SVGBackend::with_string(&mut text, (1000, 760)).into_drawing_area())?;
    Ok(text)
}

fn panels(report: &Report, image: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<()> {
    image.fill(&WHITE)?;
    let panels = image.split_evenly((2, 2));
    // The legend has its place where the lines of *threads* end early.
    let measures = [
        (DELIVERIES, 1e4..1e8, SeriesLabelPosition::LowerRight),
        (COST, 1e1..1e5, SeriesLabelPosition::UpperRight),
    ];
    let kinds = measures.iter().flat_map(|measure| IN_FLIGHT.map(|in_flight| (measure, in_flight)));
    for (panel, ((measure, range, legend), in_flight)) in panels.iter().zip(kinds) {
        let mut chart = ChartBuilder::on(panel)
            .caption(format!("{measure}, {in_flight} in flight"), ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(70)
            .build_cartesian_2d(
                (8.0..6000.0)
                    .log_scale()
                    .with_key_points(FAN_OUT_MEMBERS.map(|members| members as f64).to_vec()),
                range.clone().log_scale(),
            )?;
        chart
            .configure_mesh()
            .x_desc("members")
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .light_line_style(WHITE)
            .draw()?;
        for (kind, name, colour, width) in SERVERS {
            let points: Vec<(f64, f64)> = FAN_OUT_MEMBERS
                .iter()
                .filter_map(|&members| {
                    let label = fan_out_label(members, in_flight);
                    Some((members as f64, report.row(&label, measure)?.median(kind)?))
                })
                .collect();
            chart.draw_series(
                points.iter().map(|&point| Circle::new(point, width / 2 + 2, colour.filled())),
            )?;
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(width)))?
                .label(name)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(width))
                });
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
