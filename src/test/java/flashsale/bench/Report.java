package flashsale.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the benchmarks found: {@code target/benchmark.md}, put together from a section of each, so that one can be run
 * again alone. Published into docs/performance.md only when asked for.
 */
public final class Report {

    /** In the order of the page. */
    public enum Section {
        SERVICE,
        HOLDS,
        ORDERS
    }

    static final String BEGIN = "<!-- figures: written by -Dpublish=true -->";
    static final String END = "<!-- /figures -->";

    private final Path folder;
    private final Path page;

    Report(Path folder, Path page) {
        this.folder = folder;
        this.page = page;
    }

    /** Adds or replaces a section, prints it, and publishes all where told. */
    public static void add(Options options, Section section, List<Target> targets, List<String> text)
            throws IOException {
        Report report = new Report(Path.of("target", "benchmark"), Path.of("docs", "performance.md"));
        List<String> all = report.with(section, targets, text);
        System.out.println(String.join(System.lineSeparator(), all));
        if (options.publish()) {
            report.publish(all);
        }
    }

    List<String> with(Section section, List<Target> targets, List<String> text) throws IOException {
        Files.createDirectories(folder);
        Files.write(file(section, "targets"), targets.stream().map(Target::line).toList());
        Files.write(file(section, "text"), text);
        List<String> all = new ArrayList<>(List.of("| target | must | aim | measured | |", "|---|--:|--:|--:|---|"));
        for (Section one : Section.values()) {
            all.addAll(lines(one, "targets"));
        }
        for (Section one : Section.values()) {
            List<String> its = lines(one, "text");
            if (!its.isEmpty()) {
                all.add("");
                all.addAll(its);
            }
        }
        Files.write(Path.of(folder + ".md"), all);
        return all;
    }

    private Path file(Section section, String part) {
        return folder.resolve(section.name().toLowerCase(java.util.Locale.ROOT) + "." + part);
    }

    private List<String> lines(Section section, String part) throws IOException {
        Path file = file(section, part);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /** Between the two marks of the page; what people wrote around them stays. */
    void publish(List<String> figures) throws IOException {
        List<String> old = Files.readAllLines(page);
        int begin = old.indexOf(BEGIN);
        int end = old.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalStateException(page + " must have the lines " + BEGIN + " and " + END);
        }
        List<String> fresh = new ArrayList<>(old.subList(0, begin + 1));
        fresh.addAll(figures);
        fresh.addAll(old.subList(end, old.size()));
        Files.write(page, fresh);
        Path plot = folder.resolve("performance.svg");
        if (Files.exists(plot)) {
            Files.copy(plot, page.resolveSibling("performance.svg"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
