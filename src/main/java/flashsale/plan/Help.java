package flashsale.plan;

import java.util.List;
import java.util.Locale;

/** What {@code --help} prints. */
final class Help {

    private final StringBuilder text = new StringBuilder();

    private Help() {}

    static String text() {
        var help = new Help();
        help.line("plan --visitors N --duration TIME [options]");
        help.line("");
        help.line(
                "How many requests a second a sale brings, what they cost Redis and PostgreSQL, and how many replicas");
        help.line("to start before it. Exit code 0, or 2 for an option that is missing or makes no sense.");
        help.line("");
        help.options(Options.QUESTION);
        help.option("json", "the same as JSON");
        help.option("capacity", "a FILE of figures measured elsewhere, with the keys below");
        help.line("");
        help.line("Figures, from the benchmark unless given:");
        help.options(Options.figures());
        return help.text.toString();
    }

    private void options(List<Option> options) {
        for (Option option : options) {
            option(option.name(), option.meaning() + "; " + option.kind().takes + fallback(option));
        }
    }

    private void option(String name, String meaning) {
        line(String.format(Locale.ROOT, "  --%-31s %s", name, meaning));
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private static String fallback(Option option) {
        String fallback = option.fallback();
        return fallback == null || option.name().equals("stock") ? "" : " (" + fallback + ")";
    }
}
