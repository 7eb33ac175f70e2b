package flashsale.bench;

import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** CPU of a request, by row, stacked by process: a small SVG that can be read on a light and on a dark page. */
final class Plot {

    private static final int WIDTH = 880;
    private static final int LEFT = 230;
    private static final int RIGHT = 150;
    private static final int TOP = 62;
    private static final int ROW = 38;
    private static final int BAR = 22;

    /** One colour for each process; told apart by the colour-blind as well, on white and on black. */
    private enum Part {
        APP("application", "#4c78a8", Figures::app),
        REDIS("Redis", "#e45756", Figures::redis),
        POSTGRES("PostgreSQL", "#d9a514", Figures::postgres);

        private final String label;
        private final String colour;
        private final ToDoubleFunction<Figures> figure;

        Part(String label, String colour, ToDoubleFunction<Figures> figure) {
            this.label = label;
            this.colour = colour;
            this.figure = figure;
        }
    }

    private final Measured measured;
    private final String yardstick;
    private final double most;
    private final StringBuilder svg = new StringBuilder();

    private Plot(Measured measured, String yardstick) {
        this.measured = measured;
        this.yardstick = yardstick;
        this.most = measured.rows().stream().mapToDouble(this::total).max().orElse(1);
    }

    static String of(Measured measured, String yardstick) {
        return new Plot(measured, yardstick).draw();
    }

    private double total(String row) {
        double total = 0;
        for (Part part : Part.values()) {
            total += measured.median(row, part.figure);
        }
        return total;
    }

    private String draw() {
        int height = TOP + measured.rows().size() * ROW + 34;
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\"", WIDTH, height);
        add(" aria-label=\"CPU microseconds of a request, by row\">\n");
        add("<style>text{font:13px system-ui,sans-serif;fill:#24292f}.soft{fill:#57606a}.grid{stroke:#d0d7de}");
        add("@media(prefers-color-scheme:dark){text{fill:#e6edf3}.soft{fill:#9198a1}.grid{stroke:#3d444d}}</style>\n");
        add("<text x=\"12\" y=\"24\" style=\"font-size:15px;font-weight:600\">CPU µs of a request</text>\n");
        legend();
        axis(height - 30);
        int y = TOP;
        for (String row : measured.rows()) {
            bar(row, y);
            y += ROW;
        }
        return svg.append("</svg>\n").toString();
    }

    private void legend() {
        int x = LEFT;
        for (Part part : Part.values()) {
            add("<rect x=\"%d\" y=\"13\" width=\"13\" height=\"13\" rx=\"2\" fill=\"%s\"/>", x, part.colour);
            add("<text x=\"%d\" y=\"24\">%s</text>\n", x + 19, part.label);
            x += 115;
        }
        add("<text class=\"soft\" x=\"%d\" y=\"24\">× application, to %s</text>\n", x, escaped(yardstick));
    }

    private void axis(int bottom) {
        double step = step();
        for (double at = 0; at <= most * 1.001; at += step) {
            double x = LEFT + scaled(at);
            add("<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>", x, x, TOP - 12, bottom);
            add("<text class=\"soft\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n", x, bottom + 18, at);
        }
    }

    /** 1, 2 or 5 times a power of ten, so that there are four to nine lines. */
    private double step() {
        double power = Math.pow(10, Math.floor(Math.log10(most / 4)));
        double times = most / 4 / power;
        return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
    }

    private double scaled(double micros) {
        return micros / most * (WIDTH - LEFT - RIGHT);
    }

    private void bar(String row, int y) {
        add("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", LEFT - 10, y + 16, escaped(row));
        double x = LEFT;
        for (Part part : Part.values()) {
            double micros = measured.median(row, part.figure);
            add(
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\">",
                    x, y, scaled(micros), BAR, part.colour);
            add("<title>%s: %s %.1f µs</title></rect>", escaped(row), part.label, micros);
            x += scaled(micros);
        }
        add("<text x=\"%.1f\" y=\"%d\"><tspan style=\"font-weight:600\">%.1f</tspan>", x + 8, y + 16, total(row));
        add("<tspan class=\"soft\" dx=\"8\">%.2f×</tspan></text>\n", measured.ratio(row, yardstick, Figures::app));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    private void add(String format, Object... values) {
        svg.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    }
}
